package pace

import (
	"time"

	"lastday/activities/transport"
)

const (
	// longWindow is the longest window that is spread. What a vendor gives for an
	// hour is used as it is needed: spread, one case would take the hour.
	longWindow = 2 * time.Minute
	// unspread is the share of a window that may be left before it is spread, so
	// that a few cases are as fast as without a limit.
	unspread = 0.75
	// jitter is how far two answers' ends of one window may lie apart: they are told
	// in seconds.
	jitter = 2 * time.Second
	// memory is the weight of the last step in what a step costs.
	memory = 1.0 / 16
)

// name is a limit as its calls tell it: one client's, of one operation, or of what
// the vendor itself has a name for.
type name struct {
	client any
	op     string
}

func nameOf(c transport.Call) name {
	if c.Budget.Bucket != "" {
		return name{c.Client, c.Budget.Bucket}
	}
	return name{c.Client, c.Op}
}

// limit is what is known of one.
type limit struct {
	of, left int64
	until    time.Time // the window's end
	heard    time.Time // the last answer

	cost  float64 // calls that a step makes, on average
	known bool    // cost is
	made  int     // calls of the steps that run

	refused  time.Time     // the last 429
	refusals int           // without an answer of another kind in between
	asked    time.Duration // what the last 429 said
}

// spreads reports whether what is left is to be spread over the window's rest.
func spreads(b transport.Budget, now time.Time) bool {
	return b.Of > 0 && b.Until.After(now) && !b.Until.After(now.Add(longWindow))
}

func (l *limit) saw(c transport.Call, now time.Time) {
	l.heard = now
	if b := c.Budget; spreads(b, now) {
		switch {
		case l.sameWindow(b.Of, b.Until):
			l.left = min(l.left, b.Left) // answers overtake each other
		case b.Until.After(l.until) || b.Of != l.of:
			l.of, l.left, l.until = b.Of, b.Left, b.Until
		}
	}
	switch {
	case c.Limited:
		// Calls that were under way together are refused together.
		if l.refusals == 0 || now.Add(-c.Took).After(l.refused) {
			l.refusals++
		}
		l.refused, l.asked = now, c.RetryAfter
	case c.Status > 0 && c.Status < 500 && now.Add(-c.Took).After(l.refused):
		l.refusals = 0
	}
}

func (l *limit) sameWindow(of int64, until time.Time) bool {
	return l.of == of && l.until.Sub(until).Abs() <= jitter
}

// refusedGap is the time between two steps while calls are refused: a second at
// first, then twice that, up to longest, but never more than the vendor said. The
// step that begins then asks for the others.
func (l *limit) refusedGap(now time.Time) time.Duration {
	if l.refusals == 0 || now.Sub(l.refused) > 2*longest {
		return 0
	}
	gap := min(time.Second<<min(l.refusals-1, 4), longest)
	if l.asked > 0 {
		gap = min(gap, l.asked)
	}
	return gap
}

// costs takes note of how many calls a step has made.
func (l *limit) costs(calls int) {
	if !l.known {
		l.cost, l.known = float64(calls), calls > 0
		return
	}
	l.cost += (float64(calls) - l.cost) * memory
}

// stale reports whether nothing was heard for so long that nothing is known.
func (l *limit) stale(now time.Time) bool {
	return l.made == 0 && now.Sub(l.heard) > 2*longWindow
}
