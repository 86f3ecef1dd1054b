package workflows

import (
	"fmt"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// mayHear refuses an HR system's word that comes too late: after the first cut,
// which nothing gives back, or after something newer. Each no has a kind of its
// own, since a program has to tell them apart.
func (c *offboardCase) mayHear(w offboarding.Word) error {
	switch {
	case w.IsZero():
		return nil
	case c.over || c.stopped():
		return deny(offboarding.DeniedOver, "the case is over (%s)", c.State)
	case c.begun:
		return deny(offboarding.DeniedBegun, "the case has begun (%s): what is cut stays cut, and only a person can stop the rest", c.State)
	case c.Overtaken(w):
		return deny(offboarding.DeniedOlder, "something newer is known than what %s says", w.Source)
	}
	return nil
}

// mayTakeBack refuses an HR system's withdrawal of a case for which it has named
// no last day: what only a person asked for, or another system, is for a person
// to cancel. It is asked here, since the case that the hook looked at may be
// followed by another before its word arrives.
func (c *offboardCase) mayTakeBack(w offboarding.Word) error {
	if err := c.mayHear(w); err != nil {
		return err
	}
	if _, named := c.Said(w.Source); !w.IsZero() && !named {
		return deny(offboarding.DeniedUnnamed, "%s has named no last day for this case", w.Source)
	}
	return nil
}

// deny is a no of a kind that a program can tell from others.
func deny(kind, format string, args ...any) error {
	return temporal.NewNonRetryableApplicationError(fmt.Sprintf(format, args...), kind, nil)
}

// HeardEvent is one event of an HR system that was acted on.
type HeardEvent struct {
	Source  string `json:"source"`
	Outcome string `json:"outcome"`
}

// Heard is the mark that an event of an HR system was acted on: its workflow id
// is made of the source and the event's id, and Temporal gives an id away once.
func Heard(_ workflow.Context, e HeardEvent) (HeardEvent, error) { return e, nil }
