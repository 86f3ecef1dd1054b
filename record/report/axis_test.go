package report

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var zero = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at0(after ...time.Duration) []time.Time {
	out := make([]time.Time, 0, len(after))
	for _, d := range after {
		out = append(out, zero.Add(d))
	}
	return out
}

func TestAWaitOfTwoWeeksDoesNotHideWhatTookAHundredMilliseconds(t *testing.T) {
	const day, ms = 24 * time.Hour, time.Millisecond
	due := 14 * day
	a := newAxis(at0(0, due, due+40*ms, due+70*ms, due+100*ms, due+time.Hour), 0, 900)
	require.Len(t, a.parts, 3)
	require.Greater(t, a.x(zero.Add(due+100*ms))-a.x(zero.Add(due)), 300.0)
	require.Greater(t, a.x(zero.Add(due+70*ms))-a.x(zero.Add(due+40*ms)), 50.0)
}

func TestAnAxisIsWholeWhereNothingIsCrowded(t *testing.T) {
	require.Len(t, newAxis(at0(0, time.Hour, 3*time.Hour, 4*time.Hour), 0, 900).parts, 1)
	require.Len(t, newAxis(at0(0, 14*24*time.Hour), 0, 900).parts, 1)
	require.Len(t, newAxis(at0(0, 0, 0), 0, 900).parts, 1)
	require.Empty(t, newAxis([]time.Time{{}}, 0, 900).parts)
	require.Zero(t, newAxis(nil, 0, 900).x(zero))
}

func TestOnAnyAxisLaterIsFurtherRightAndNothingIsOutside(t *testing.T) {
	seed := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's instants need no secrecy
	for range 2000 {
		var instants []time.Time
		for range 1 + seed.IntN(30) {
			instants = append(instants, zero.Add(time.Duration(seed.Int64N(1<<(10+seed.IntN(46))))))
		}
		a := newAxis(instants, 150, 1038)
		require.LessOrEqual(t, len(a.parts), mostParts)
		var seen []time.Time
		last := 0.0
		for _, p := range a.parts {
			seen = append(seen, p.at...)
			for _, at := range p.at {
				x := a.x(at)
				require.GreaterOrEqual(t, x, max(last, 150.0))
				require.LessOrEqual(t, x, 1038.01)
				last = x
				between := a.x(at.Add(time.Nanosecond))
				require.GreaterOrEqual(t, between, x)
			}
			for _, tick := range p.ticks(64) {
				require.LessOrEqual(t, tick, p.length())
			}
		}
		require.NotEmpty(t, seen)
	}
}
