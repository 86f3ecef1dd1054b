package workflows

import (
	"errors"
	"time"

	"go.temporal.io/sdk/workflow"
)

// together runs one step in all systems at once and returns when each is
// through or has fallen behind. One that falls behind, because its vendor is
// down or needs a person, goes on alone: containment elsewhere does not wait.
func (c *offboardCase) together(step func(workflow.Context, *lane) error) {
	if c.stopped() {
		return
	}
	through := workflow.NewWaitGroup(c.work)
	for _, l := range c.lanes {
		if l.behind {
			continue
		}
		through.Add(1)
		workflow.Go(c.work, func(ctx workflow.Context) {
			defer through.Done()
			if err := step(ctx, l); err != nil && ctx.Err() == nil {
				l.behind, l.fellOver = true, err
				c.laggards.Add(1)
				workflow.Go(c.work, func(ctx workflow.Context) {
					defer c.laggards.Done()
					l.catchUp(ctx, err)
				})
			}
		})
	}
	through.Wait(c.root)
}

// catchUp takes a lane that fell behind, with the error it fell behind with,
// the rest of its way.
func (l *lane) catchUp(ctx workflow.Context, err error) {
	if final(err) && !l.ask(ctx, err) {
		return
	}
	if (l.FoundAt.IsZero() || lost(err)) && !l.lookUp(ctx) {
		return
	}
	if !l.c.begun {
		l.behind, l.fellOver = false, nil // in time after all: it goes on with the others
		return
	}
	_ = l.settle(ctx) // the only error is a cancelled case, which ends elsewhere
}

// lookUp finds the account anew, however long that takes; it is false as
// insist's answer is.
func (l *lane) lookUp(ctx workflow.Context) bool {
	l.FoundAt = time.Time{}
	return l.insist(ctx, func() error {
		if !l.FoundAt.IsZero() {
			return nil
		}
		return l.find(ctx, l.left(ctx))
	})
}

// insist runs a step until it is through, asking a person each time it cannot
// go on. Where the account was not who it was taken for, it is looked for anew
// before the next try. It is false when a person has settled the system
// otherwise, or the case was cancelled.
func (l *lane) insist(ctx workflow.Context, step func() error) bool {
	for {
		var err error
		if l.FoundAt.IsZero() && l.Account.Found {
			err = l.find(ctx, l.left(ctx))
		}
		if err == nil {
			err = step()
		}
		if lost(err) {
			l.FoundAt = time.Time{}
		}
		switch {
		case err == nil:
			return true
		case ctx.Err() != nil, errors.Is(err, errAnswered):
			return false
		case !l.ask(ctx, err):
			return false
		}
	}
}
