package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// KindRefused is the type of the error with which the policy refuses.
const KindRefused = "Refused"

// maxRefusals bounds how many refusals a case keeps: whoever may reach a door
// could else fill its history.
const maxRefusals = 200

// consult asks the policy about the departure with all that is known by now,
// and takes in what it demands.
func (c *offboardCase) consult(plan *offboarding.Facts) {
	if !c.ruled(c.Departure.RequestedBy) || c.stopped() || c.Ruling.Refused != "" {
		return
	}
	ruling, err := rule(c.work, Inquiry{Action: ActionRequest, Actor: c.Departure.RequestedBy, Departure: c.Departure, Plan: plan})
	if err != nil {
		return // the case was cancelled
	}
	c.Ruling = ruling
	if ruling.Refused != "" {
		_ = c.refuse(workflow.Now(c.root), c.Departure.RequestedBy, ActionRequest, ruling)
	}
}

// ruled reports whether the policy has to be asked about what the actor does.
// Without one the command line may do everything, and no other door anything.
func (c *offboardCase) ruled(by offboarding.Actor) bool {
	return c.settings.Policy || by.Door != offboarding.DoorCommand
}

// consultOnPlan asks again once the person's accounts are known.
func (c *offboardCase) consultOnPlan() {
	if c.protection() != "" || offboarding.FoundNowhere(c.systems()) {
		return
	}
	facts := offboarding.FactsOf(c.systems())
	c.consult(&facts)
}

// allowed asks the policy whether the actor may do this to the case. A refusal
// is kept, with the rule that refused, and is the caller's error.
func (c *offboardCase) allowed(ctx workflow.Context, do Action, by offboarding.Actor) error {
	if !c.ruled(by) {
		return nil
	}
	facts := offboarding.FactsOf(c.systems())
	ruling, err := rule(ctx, Inquiry{Action: do, Actor: by, Departure: c.Departure, Plan: &facts})
	if err != nil || ruling.Refused == "" {
		return err
	}
	return c.refuse(workflow.Now(ctx), by, do, ruling)
}

// refuse keeps a refusal and gives it as an error.
func (c *offboardCase) refuse(now time.Time, by offboarding.Actor, do Action, r offboarding.Ruling) error {
	refusal, err := refusal(now, by, do, r)
	c.Refusals = keep(c.Refusals, refusal)
	return err
}

// refusal is what a ruling that refuses leaves behind, and its error.
func refusal(now time.Time, by offboarding.Actor, do Action, r offboarding.Ruling) (offboarding.Refusal, error) {
	return offboarding.Refusal{By: by, Action: string(do), Rule: r.Refused, Why: r.Why, At: now.UTC()},
		temporal.NewNonRetryableApplicationError("refused by the rule "+r.Refused+": "+r.Why, KindRefused, nil)
}

// keep adds a refusal; of too many the oldest go.
func keep(all []offboarding.Refusal, r offboarding.Refusal) []offboarding.Refusal {
	if r.Rule == "" {
		return all
	}
	all = append(all, r)
	return all[max(0, len(all)-maxRefusals):]
}

// refusedBy asks the policy about an action that concerns no single case.
func refusedBy(ctx workflow.Context, do Action, by offboarding.Actor) (offboarding.Refusal, error) {
	r, err := rule(ctx, Inquiry{Action: do, Actor: by})
	if err != nil || r.Refused == "" {
		return offboarding.Refusal{}, err
	}
	return refusal(workflow.Now(ctx), by, do, r)
}
