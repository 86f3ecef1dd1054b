package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// lookAgain reads back once more what was read too early to be true at the
// end: before live use had stopped everywhere, the person could still give
// themselves access; or before another system told who else they are. It is no
// step of a case in which every vendor is up and knows the person.
func (c *offboardCase) lookAgain() {
	again := workflow.NewWaitGroup(c.work)
	for _, l := range c.lanes {
		if !l.stale() {
			continue
		}
		again.Add(1)
		workflow.Go(c.work, func(ctx workflow.Context) {
			defer again.Done()
			if (!l.Account.Found || l.outdated()) && !l.lookUp(ctx) {
				return
			}
			_ = l.settle(ctx) // the only error is a cancelled case, which ends elsewhere
		})
	}
	again.Wait(c.root)
}

func (c *offboardCase) anyStale() bool {
	return !c.stopped() && slices.ContainsFunc(c.lanes, (*lane).stale)
}

// stale reports whether the lane rests on a reading that is too old. What a
// person has settled by their word rests on none.
func (l *lane) stale() bool {
	rests := l.Verified() || slices.ContainsFunc(l.Verdicts, offboarding.Verdict.Verified)
	return rests && (l.read < l.c.cuts || l.outdated())
}

// outdated reports whether more is known by now of who the person is here than
// when the lane last asked.
func (l *lane) outdated() bool {
	now := l.c.person()
	return !slices.Equal(l.asked.Emails, now.Emails) ||
		l.from != nil && l.asked.Logins[l.System] != now.Logins[l.System]
}
