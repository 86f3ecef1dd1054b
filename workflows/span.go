package workflows

import "time"

// span is the time in which a step ran, by Temporal's clock. What a step says of
// its times is by the clock of the machine that ran it, which may be wrong: a slow
// one would show access cut before it was, a fast one in the time to come.
type span struct{ from, to time.Time }

// spanOf has the resolution of the steps' own times.
func spanOf(from, to time.Time) span {
	return span{from.UTC().Truncate(time.Millisecond), to.UTC().Truncate(time.Millisecond)}
}

// within is the instant in the span that is nearest.
func (s span) within(at time.Time) time.Time {
	switch {
	case at.Before(s.from):
		return s.from
	case at.After(s.to):
		return s.to
	}
	return at
}
