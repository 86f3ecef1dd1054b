package workflows

import (
	"context"
	"time"

	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// Counsel is what the worker that runs a case knows and the case asks: the
// configuration and its policy. It is asked in local activities, which keep the
// answer in history; no door is a way around it.
type Counsel interface {
	// Settings answers how a case of the person is run.
	Settings(who offboarding.Subject) (Settings, error)
	// Rule answers what the policy says. It does no I/O.
	Rule(Inquiry) offboarding.Ruling
	// Admit asks the brake. Asking again with the same admission changes nothing.
	Admit(context.Context, Admission) (Admitted, error)
}

// Inquiry is one question to the policy.
type Inquiry struct {
	Action    Action                `json:"action"`
	Actor     offboarding.Actor     `json:"actor"`
	Departure offboarding.Departure `json:"departure,omitzero"`
	// Plan is absent as long as the person's accounts are not known.
	Plan *offboarding.Facts `json:"plan,omitempty"`
}

// Action is what somebody wants to do.
type Action string

// The actions that the policy speaks of in a workflow.
const (
	ActionRequest    Action = "request"
	ActionApprove    Action = "approve"
	ActionDecide     Action = "decide"
	ActionCancel     Action = "cancel"
	ActionReschedule Action = "reschedule"
	ActionExpedite   Action = "expedite"
	ActionRelease    Action = "release"
	ActionFreeze     Action = "freeze"
	ActionUnfreeze   Action = "unfreeze"
)

// registered is how the counsel's answers are registered.
type registered struct{ counsel Counsel }

func (r registered) settings(_ context.Context, who offboarding.Subject) (Settings, error) {
	return r.counsel.Settings(who)
}

func (r registered) rule(_ context.Context, q Inquiry) (offboarding.Ruling, error) {
	return r.counsel.Rule(q), nil
}

func (r registered) admit(ctx context.Context, a Admission) (Admitted, error) {
	return r.counsel.Admit(ctx, a)
}

// readSettings asks the worker's configuration, once a case.
func readSettings(ctx workflow.Context, who offboarding.Subject) (Settings, error) {
	var s Settings
	err := workflow.ExecuteLocalActivity(counselling(ctx, "read the settings"), settingsActivity, who).Get(ctx, &s)
	return s, err
}

// refresh reads again what may have changed while the case waited: who is
// protected, whether there is a policy, the brake, and whether a record is kept,
// which for a case that is in one already nobody can take back.
func (c *offboardCase) refresh() {
	now, err := readSettings(c.work, c.Departure.Subject)
	if err != nil {
		return // the case was cancelled
	}
	c.settings.Protected, c.settings.Policy, c.settings.Brake = now.Protected, now.Policy, now.Brake
	c.settings.Recorded = c.settings.Recorded || now.Recorded
	c.linkTo(now.Pages)
}

// rule asks the policy. Its only error is a cancelled workflow.
func rule(ctx workflow.Context, q Inquiry) (offboarding.Ruling, error) {
	var r offboarding.Ruling
	err := workflow.ExecuteLocalActivity(counselling(ctx, "may "+string(q.Action)+"?"), ruleActivity, q).Get(ctx, &r)
	return r, err
}

// counselling: asked until it answers; a case does not fail for its worker's
// troubles.
func counselling(ctx workflow.Context, summary string) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout: 10 * time.Second, Summary: summary,
	})
}
