package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
)

// errAnswered says that a person has settled the system while a write waited.
var errAnswered = errors.New("settled by a person's word")

// clear holds a write back until the policy allows the plan as it is now: what
// a system told late may have made it another than the one agreed to. Where the
// policy refuses, a person is asked.
func (l *lane) clear(ctx workflow.Context, v activities.Verb) error {
	c := l.c
	if !c.ruled(c.Departure.RequestedBy) {
		return nil
	}
	for {
		ruling, err := c.ruleOnPlan(ctx)
		if err != nil {
			return err
		}
		if ruling.Refused != "" {
			return c.refuse(workflow.Now(ctx), c.Departure.RequestedBy, ActionRequest, ruling)
		}
		if c.cleared(v) {
			return nil
		}
		if err := l.awaitClearance(ctx, v); err != nil {
			return err
		}
	}
}

// cleared reports whether everybody has agreed to the plan as it is. In an
// emergency containing goes first, and revoking waits for who agrees after.
func (c *offboardCase) cleared(v activities.Verb) bool {
	if c.hash() != c.Plan {
		return false
	}
	if c.Ruling.Emergency && v == activities.Contain {
		return true
	}
	return len(c.missing()) == 0 && (c.agreed || !c.Ruling.Emergency)
}

// awaitClearance says what the write waits for, unless the case as a whole does,
// and waits until that may have changed. A person's word on the system is heard
// meanwhile.
func (l *lane) awaitClearance(ctx workflow.Context, v activities.Verb) error {
	c, plan := l.c, l.c.Plan
	if missing := c.missing(); len(missing) > 0 && (c.agreed || !c.Ruling.Emergency) {
		l.Needs = []offboarding.Need{{
			System: l.System, Since: workflow.Now(ctx).UTC(),
			What: "not in the plan that was agreed to; it waits for " + wanted(missing),
		}}
		l.waits = true
		c.needsPerson()
	}
	err := workflow.Await(ctx, func() bool {
		return c.cleared(v) || c.hash() != plan || c.spokeOf(l.System, l.took)
	})
	l.Needs, l.waits = nil, false
	if err != nil {
		return err
	}
	if c.spokeOf(l.System, l.took) {
		l.heard(ctx)
		if l.Settled() {
			l.through()
			return errAnswered
		}
	}
	c.publish()
	return nil
}

// planChanged sends the writes that are under way back to ask, if the plan is
// no longer the one they were cleared for.
func (c *offboardCase) planChanged() {
	if !c.begun || !c.ruled(c.Departure.RequestedBy) || c.hash() == c.Plan {
		return
	}
	for _, l := range c.lanes {
		if l.halt != nil {
			l.again = true
			l.halt()
		}
	}
}

// write runs a step that changes things, and takes down what it did even when
// it did not come through. A step that was sent back asks again, and goes on.
func (l *lane) write(ctx workflow.Context, v activities.Verb, limit time.Duration, summary string, grants []offboarding.Grant) (time.Time, error) {
	for {
		if l.c.protection() != "" {
			return time.Time{}, l.c.refused()
		}
		if err := l.clear(ctx, v); err != nil {
			return time.Time{}, err
		}
		at, err := l.writeOnce(ctx, v, limit, summary, grants)
		again := l.again
		l.again = false
		switch {
		case err == nil:
			return at, nil
		case l.c.protection() != "":
			return time.Time{}, l.c.refused()
		case !again || ctx.Err() != nil:
			return time.Time{}, err
		}
	}
}

func (l *lane) writeOnce(ctx workflow.Context, v activities.Verb, limit time.Duration, summary string, grants []offboarding.Grant) (time.Time, error) {
	ctx, l.halt = workflow.WithCancel(ctx)
	defer func() { l.halt = nil }()
	var done activities.WriteResult
	req := activities.WriteRequest{Subject: l.c.Departure.Subject, Account: l.Account, Grants: grants}
	begun := workflow.Now(ctx)
	err := l.call(ctx, v, limit, summary, req, &done)
	if err != nil {
		done.Actions = activities.DoneBefore(err)
	}
	span := spanOf(begun, workflow.Now(ctx))
	for i := range done.Actions {
		done.Actions[i].At = span.within(done.Actions[i].At)
	}
	l.Wrote(done.Actions)
	l.judge() // what was read back before the write proves nothing after it
	if err != nil {
		return time.Time{}, err
	}
	return span.within(done.At), nil
}
