package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// Offboard is one person's case, from the request to the confirmation. It ends
// with the case as it then stands; it does not fail for reasons outside itself.
func Offboard(ctx workflow.Context, d offboarding.Departure) (offboarding.Case, error) {
	c, err := newCase(ctx, d)
	if err != nil {
		return offboarding.Case{}, err
	}
	if err := c.setup(ctx); err != nil {
		return offboarding.Case{}, err
	}
	return c.run(ctx)
}

// offboardCase is the running case.
type offboardCase struct {
	offboarding.Case
	settings Settings
	lanes    []*lane
	teller   teller
	scribe   scribe

	// work carries every step; stop cancels it. begun is set when nothing stands
	// before the first cut any more, over when no decision can change anything.
	work      workflow.Context
	stop      workflow.CancelFunc
	root      workflow.Context // outlives a cancellation, for cleaning up
	begun     bool
	agreed    bool           // nobody's approval is waited for any more
	asking    workflow.Mutex // one asks the policy at a time
	asked     time.Time      // when the approvals of the plan were asked for
	reminded  map[string]int // how often, by rule
	outdated  bool           // what was found is from before a wait
	met       bool           // some system knew the person before a wait
	admission int            // how often the brake was asked
	over      bool
	cancelled string // who cancelled and why
	shown     string // the last LastdayState
	// shownDeadline is the last LastdayDeadline.
	shownDeadline time.Time
	laggards      workflow.WaitGroup
	// cuts counts the containments so far: what was read before the last of
	// them may have changed since.
	cuts int
}

func newCase(ctx workflow.Context, d offboarding.Departure) (*offboardCase, error) {
	subject, err := offboarding.ParseSubject(string(d.Subject)) //workflowcheck:ignore pure; net/mail has a debug log
	if err != nil {
		return nil, temporal.NewNonRetryableApplicationError(err.Error(), "Usage", nil)
	}
	d.Subject = subject
	info := workflow.GetInfo(ctx)
	c := &offboardCase{
		Case: offboarding.Case{
			ID: subject.CaseIDOf(info.WorkflowExecution.ID), RunID: info.WorkflowExecution.RunID,
			Departure: d, State: offboarding.Finding, StartedAt: info.WorkflowStartTime.UTC(),
		},
		shown: Running,
	}
	c.Due = c.StartedAt
	if d.At.After(c.StartedAt) {
		c.Due = d.At.UTC()
	}
	if !d.Word.IsZero() {
		c.Hear(d.Word)
	}
	c.work, c.stop = workflow.WithCancel(ctx)
	c.root, _ = workflow.NewDisconnectedContext(ctx)
	c.laggards = workflow.NewWaitGroup(ctx)
	c.asking = workflow.NewMutex(ctx)
	return c, nil
}

// run is the story: find, agree, wait, contain, revoke and observe, confirm.
func (c *offboardCase) run(ctx workflow.Context) (offboarding.Case, error) {
	// Also of a case that is cancelled at once: it was asked for, and is recorded.
	settings, err := readSettings(c.root, c.Departure.Subject)
	if err != nil {
		return offboarding.Case{}, fmt.Errorf("read settings: %w", err)
	}
	c.use(settings)
	c.consult()

	c.find()
	c.consultOnPlan()
	if !c.mayGoOn() {
		return c.endEarly()
	}
	c.teller.tell(c)
	c.awaitBeginning()
	if !c.mayGoOn() {
		return c.endEarly()
	}
	c.contain()
	c.teller.tellIfSlow(c)
	c.agreeAfter()
	c.revokeAndObserve()
	if c.stopped() {
		return c.endCancelled()
	}
	return c.confirm()
}

// find asks every system who the person is and what they hold.
func (c *offboardCase) find() {
	if c.protection() != "" || c.Ruling.Refused != "" {
		return
	}
	c.outdated = false
	for _, l := range c.lanes {
		if !l.behind {
			l.FoundAt = time.Time{} // what was found before is no answer any more
		}
	}
	c.together(func(ctx workflow.Context, l *lane) error { return l.find(ctx, c.settings.Patience) })
	// A directory may know the person by other addresses and logins as well.
	c.together(func(ctx workflow.Context, l *lane) error {
		if !l.outdated() {
			return nil
		}
		return l.find(ctx, c.settings.Patience)
	})
}

// awaitBeginning waits for all that stands before the first cut: approvals, the
// case's time, the brake. What was found before a wait is looked up again after
// it: people get access until their last day. Until that is done the case may
// still be moved.
func (c *offboardCase) awaitBeginning() {
	for c.mayGoOn() {
		if c.outdated {
			c.met = true
			c.refresh()
			c.enter(offboarding.Finding)
			c.find()
		}
		c.consultOnPlan()
		switch {
		case !c.mayGoOn():
			return
		case c.agreeFirst(), c.waitForDue(), !c.passBrake():
			c.outdated = true
		case c.hash() == c.Plan:
			c.begin()
			return
		}
	}
}

// begin notes that the first cut comes now.
func (c *offboardCase) begin() {
	c.begun = true
	c.agreed = !c.Ruling.Emergency
	for _, l := range c.lanes {
		l.took = len(c.Decisions)
	}
}

// contain stops live use, in all systems at once.
func (c *offboardCase) contain() {
	c.enter(offboarding.Containing)
	c.together(func(ctx workflow.Context, l *lane) error { return l.contain(ctx, c.settings.Patience) })
	c.sumUp()
}

// revokeAndObserve ends every grant and reads back until it is shown to be
// gone, or a person has decided, in all systems at once. It returns when the
// last system is settled, those that fell behind included.
func (c *offboardCase) revokeAndObserve() {
	c.enter(offboarding.Revoking)
	c.together(func(ctx workflow.Context, l *lane) error { return l.settle(ctx) })
	c.laggards.Wait(c.root)
	for c.anyStale() {
		c.lookAgain()
	}
	c.sumUp()
}

// confirm says how the case ends, in the message and as its result.
func (c *offboardCase) confirm() (offboarding.Case, error) {
	if offboarding.FoundNowhere(c.systems()) {
		return c.endEarly()
	}
	state, outcome := offboarding.Conclude(c.systems())
	return c.end(state, outcome)
}
