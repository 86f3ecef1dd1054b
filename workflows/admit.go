package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// Admission is one case that asks the brake whether it may begin to cut.
type Admission struct {
	// CaseID is the id of the case's workflow, where it is told of its release.
	CaseID string `json:"case_id"`
	RunID  string `json:"run_id"`
	// Asked counts the case's questions: each is answered once.
	Asked int `json:"asked"`
	// Limits are those of the worker that asks, filled in as it asks: a case that
	// has waited for weeks does not bring those of its first day.
	Limits Limits `json:"limits"`
	// Recorded is whether a record is kept.
	Recorded bool `json:"recorded,omitempty"`
}

// Admitted is the brake's answer.
type Admitted struct {
	// Held says why the case has to wait for its release; empty if it may begin.
	Held string `json:"held,omitempty"`
	// Again is when to ask again unasked, where too many are held for each to be
	// told of its release; zero: the case is told.
	Again time.Duration `json:"again,omitempty"`
}

// passBrake asks the brake, and if it holds the case, waits until it is
// released or moved. It reports whether the case may begin now: nothing that it
// waited for before has changed meanwhile.
func (c *offboardCase) passBrake() bool {
	if c.settings.Brake.IsZero() {
		return true
	}
	answer, err := c.admit()
	if err != nil {
		return false
	}
	if answer.Held == "" {
		return !workflow.Now(c.root).Before(c.Due) && (c.Ruling.Emergency || len(c.missing()) == 0)
	}
	c.Held = answer.Held
	defer func() { c.Held = "" }()
	c.enter(offboarding.Paused)
	c.teller.tell(c)
	released := workflow.GetSignalChannel(c.root, releasedSignal)
	due := c.Due
	moved := func() bool { return released.Len() > 0 || !c.Due.Equal(due) }
	if answer.Again > 0 {
		_, _ = workflow.AwaitWithTimeout(c.work, answer.Again, moved)
	} else {
		_ = workflow.Await(c.work, moved)
	}
	for released.ReceiveAsync(nil) {
	}
	return false // looked up anew, and counted, before it begins
}

// admit asks until there is an answer: a brake that cannot be reached holds.
func (c *offboardCase) admit() (Admitted, error) {
	c.admission++
	ctx := workflow.WithActivityOptions(c.work, workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 300 * time.Millisecond, MaximumInterval: 10 * time.Second},
		Summary:             "may one more departure begin now?",
	})
	var a Admitted
	err := workflow.ExecuteActivity(ctx, admitActivity, Admission{
		CaseID: workflow.GetInfo(ctx).WorkflowExecution.ID, RunID: c.RunID, Asked: c.admission,
	}).Get(ctx, &a)
	return a, err
}
