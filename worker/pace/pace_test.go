package pace

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities/transport"
)

// clock is a time that a test turns on.
type clock struct{ at time.Time }

func (c *clock) now() time.Time               { return c.at }
func (c *clock) turn(by time.Duration)        { c.at = c.at.Add(by) }
func (c *clock) pace(slots int) *Pace         { p := New(slots); p.now = c.now; return p }
func newClock() *clock                        { return &clock{at: time.Unix(1_800_000_000, 0)} }
func (c *clock) in(d time.Duration) time.Time { return c.at.Add(d) }

// vendor allows so many calls of one operation in windows of a minute.
type vendor struct {
	clock       *clock
	of, used    int64
	until       time.Time
	refused     int
	calls       int
	silentAbout bool // its headers say nothing
}

func (v *vendor) call(client any) transport.Call {
	if !v.clock.at.Before(v.until) {
		v.until, v.used = v.clock.in(time.Minute), 0
	}
	v.used++
	v.calls++
	c := transport.Call{Op: "GET /users/{id}", Client: client, Status: http.StatusOK}
	if !v.silentAbout {
		c.Budget = transport.Budget{Left: max(v.of-v.used, 0), Of: v.of, Until: v.until}
	}
	if v.used > v.of {
		v.refused++
		c.Status, c.Limited, c.RetryAfter = http.StatusTooManyRequests, true, v.until.Sub(v.clock.at)
	}
	return c
}

// run has workers do steps of so many calls, each within a tenth of a second, as
// fast as their paces let them, for so long; it gives the steps done.
func run(c *clock, v *vendor, paces []*Pace, calls int, long time.Duration) (steps int, longestWait time.Duration) {
	type running struct {
		step *step
		left int
		of   *Pace
	}
	var all []*running
	lastBegan := c.at
	for end := c.in(long); c.at.Before(end); c.turn(10 * time.Millisecond) {
		for _, p := range paces {
			if len(all) < 100*len(paces) && p.take() <= 0 {
				longestWait = max(longestWait, c.at.Sub(lastBegan))
				lastBegan = c.at
				all = append(all, &running{p.begin(), calls, p})
			}
		}
		var on []*running
		for _, r := range all {
			answer := v.call(r.left % 2)
			r.step.saw(answer)
			if r.left--; r.left > 0 && !answer.Limited {
				on = append(on, r)
				continue
			}
			if !answer.Limited {
				steps++
			}
			r.step.end()
		}
		all = on
	}
	return steps, longestWait
}

func TestStepsComeAsFastAsTheVendorAllowsAndHardlyACallIsRefused(t *testing.T) {
	for name, workers := range map[string]int{"one worker": 1, "two workers": 2} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			v := &vendor{clock: c, of: 600}
			var paces []*Pace
			for range workers {
				paces = append(paces, c.pace(100))
			}
			const calls, minutes = 6, 5
			steps, wait := run(c, v, paces, calls, minutes*time.Minute)
			require.Less(t, v.refused*100, v.calls, "%d of %d calls were refused", v.refused, v.calls)
			require.Greater(t, steps*calls, 600*minutes*95/100, "calls that came to something")
			if workers == 1 {
				require.Less(t, wait, 2*time.Second, "an urgent step waits so long for its turn")
			}
		})
	}
}

func TestAVendorThatOnlyRefusesIsAskedAgainByOneStepAtATime(t *testing.T) {
	c := newClock()
	v := &vendor{clock: c, of: 60, silentAbout: true}
	p := c.pace(100)
	_, _ = run(c, v, []*Pace{p}, 1, time.Minute)
	require.Positive(t, v.refused)
	require.Less(t, v.refused, 20)
	before := v.calls
	_, _ = run(c, v, []*Pace{p}, 1, longest+time.Second)
	require.Greater(t, v.calls, before, "it is never left alone for longer than that")
}

func TestOneRefusalWithAnAbsurdTimeHoldsNobodyUpForLong(t *testing.T) {
	c := newClock()
	p := c.pace(10)
	s := p.begin()
	s.saw(transport.Call{Op: "GET /logs", Status: 429, Limited: true, RetryAfter: 24 * time.Hour})
	p.began = c.at
	require.Equal(t, time.Second, p.take())
	c.turn(time.Second)
	require.LessOrEqual(t, p.take(), time.Duration(0))
	// Another's answer to the same operation ends it at once.
	c.turn(10 * time.Millisecond)
	require.Positive(t, p.take())
	s.saw(transport.Call{Op: "GET /logs", Status: 200})
	require.LessOrEqual(t, p.take(), time.Duration(0))
	s.end()
}

func TestAnAnswerThatSaysNothingIsLeftIsPutToTheProof(t *testing.T) {
	c := newClock()
	p := c.pace(10)
	s := p.begin()
	s.saw(transport.Call{Op: "GET /logs", Status: 200, Budget: transport.Budget{Of: 600, Left: 0, Until: c.in(110 * time.Second)}})
	s.end()
	p.began = c.at
	require.Equal(t, longest, p.take())
}

func TestWhatIsLeftForAnHourIsNotSpread(t *testing.T) {
	c := newClock()
	p := c.pace(10)
	s := p.begin()
	s.saw(transport.Call{Op: "GET /orgs", Status: 200, Budget: transport.Budget{Of: 5000, Left: 10, Until: c.in(time.Hour)}})
	s.end()
	p.began = c.at
	require.LessOrEqual(t, p.take(), time.Duration(0))
}

func TestAWorkerThatStopsWaitsForNoStep(t *testing.T) {
	c := newClock()
	p := c.pace(1)
	s := p.begin()
	s.saw(transport.Call{Op: "GET /logs", Status: 429, Limited: true})
	p.began = c.at
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := p.ReserveSlot(ctx, nil)
	require.ErrorIs(t, err, context.Canceled)
	c.turn(time.Minute)
	require.NotNil(t, p.TryReserveSlot(nil), "the slot was given back")
	require.Nil(t, p.TryReserveSlot(nil), "there is one")
	p.ReleaseSlot(nil)
	require.NotNil(t, p.TryReserveSlot(nil))
}

// told is an answer to the one operation of these tests.
func told(of, left int64, until time.Time) transport.Call {
	return transport.Call{Op: "GET /users/{id}", Status: 200, Budget: transport.Budget{Of: of, Left: left, Until: until}}
}

func TestStepsThatRunCountWithTheCallsTheyHaveNotMade(t *testing.T) {
	c := newClock()
	p := c.pace(100)
	until := c.in(time.Minute)
	first := p.begin()
	for range 6 {
		first.saw(told(600, 600, until))
	}
	first.end()
	p.began = c.at
	require.LessOrEqual(t, p.take(), time.Duration(0), "nearly all is left")
	for range 90 {
		p.begin()
	}
	require.Positive(t, p.take(), "540 calls are still to come")
	c.turn(2 * time.Minute)
	p.began = c.at
	require.Positive(t, p.take(), "in the next window too, of which nothing was heard")
}

func TestAnAnswerThatWasOvertakenSaysNothingNew(t *testing.T) {
	c := newClock()
	p := c.pace(10)
	s := p.begin()
	s.saw(told(600, 3, c.in(110*time.Second)))
	s.saw(told(600, 599, c.in(109*time.Second)))
	s.end()
	p.began = c.at
	require.Equal(t, longest, p.take(), "it would be two minutes")
	s = p.begin()
	s.saw(told(600, 599, c.in(118*time.Second)))
	s.saw(told(600, 0, c.in(110*time.Second)))
	s.end()
	require.LessOrEqual(t, p.take(), time.Duration(0), "that window is over")
}

func TestCallsRefusedTogetherCountOnceAndTheVendorsTimeIsTheLongest(t *testing.T) {
	c := newClock()
	p := c.pace(10)
	s := p.begin()
	refused := transport.Call{Op: "GET /logs", Status: 429, Limited: true, Took: 20 * time.Millisecond}
	for range 5 {
		s.saw(refused)
		c.turn(time.Millisecond)
	}
	p.began = c.at
	require.Equal(t, time.Second, p.take())
	for range 6 {
		c.turn(time.Second)
		s.saw(refused)
	}
	p.began = c.at
	require.Equal(t, longest, p.take())
	refused.RetryAfter = 3 * time.Second
	s.saw(refused)
	require.Equal(t, 3*time.Second, p.take())
}
