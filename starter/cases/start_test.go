package cases_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

// A case of somebody whom a rule refuses keeps nobody else from asking, not
// even somebody who joined it before the rule spoke.
func TestWhoJoinsACaseThatARuleThenRefusesHasOneOfTheirOwn(t *testing.T) {
	for name, telling := range map[string]bool{"that has ended": false, "that still tells of it": true} {
		t.Run(name, func(t *testing.T) {
			s, cl := house(t)
			s.put(nth(1), run{asked: request(ada), now: looks, running: true})
			s.seen = func(id string, asked int) {
				if asked == 2 {
					s.cases[id].now, s.cases[id].running = no, telling
				}
			}
			offboards(t, cl, request(hanna), false, nth(2), false)
			require.Equal(t, hanna, s.cases[nth(2)].asked.RequestedBy)
			s.seen = nil
			offboards(t, cl, request(hanna), false, nth(2), false) // the same request once more
		})
	}
}

func TestARequestAfterARefusedOneOpensACase(t *testing.T) {
	s, cl := house(t)
	s.put(nth(1), run{asked: request(ada), now: no})
	offboards(t, cl, request(hanna), false, nth(2), false)
}

func TestWhoJoinsACaseThatGoesOnStaysWithIt(t *testing.T) {
	for name, c := range map[string]struct {
		by      offboarding.Actor
		state   offboarding.State
		queries int
	}{
		"asked by the same person":    {ada, offboarding.Finding, 0},
		"that waits":                  {hanna, offboarding.Waiting, 1},
		"that waits for an agreement": {hanna, offboarding.AwaitingApproval, 1},
		"that cuts":                   {hanna, offboarding.Revoking, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s, cl := house(t)
			s.put(nth(1), run{asked: request(ada), now: offboarding.Case{State: c.state}, running: true})
			d := request(c.by)
			d.RequestID = "another"
			offboards(t, cl, d, false, nth(1), true)
			require.Equal(t, c.queries, s.calls["query"])
			require.Len(t, s.cases, 1)
		})
	}
}

// A protected person is refused whoever asks.
func TestAProtectedPersonsCaseIsNotAskedForAnew(t *testing.T) {
	s, cl := house(t)
	s.put(nth(1), run{asked: request(ada), now: looks, running: true})
	s.seen = func(id string, _ int) { s.cases[id].now = offboarding.Case{State: offboarding.Refused} }
	offboards(t, cl, request(hanna), false, nth(1), true)
	require.Len(t, s.cases, 1)
}

func TestTheWaitForARuleIsBounded(t *testing.T) {
	s, cl := house(t)
	s.put(nth(1), run{asked: request(ada), now: looks, running: true}) // and looks on
	began := time.Now()
	offboards(t, cl, request(hanna), false, nth(1), true)
	took := time.Since(began)
	require.Greater(t, took, time.Second)
	require.Less(t, took, 10*time.Second)
	require.Greater(t, s.calls["query"], 2)
}

// Whoever the rules refuse asks on and on; that does not go on for ever either.
func TestTheNumberOfTriesIsBounded(t *testing.T) {
	s, cl := house(t)
	s.put(nth(1), run{asked: request(ada), now: no, running: true})
	for n := 2; n < 9; n++ {
		s.put(nth(n), run{asked: request(ada), now: no, running: true})
	}
	s.put(nth(9), run{asked: request(ada), now: looks, running: true})
	s.seen = func(id string, _ int) {
		s.cases[id].now = no
		for n := 10; n < 20; n++ { // the next is theirs too
			if _, ok := s.cases[nth(n)]; !ok {
				s.put(nth(n), run{asked: request(ada), now: looks, running: true})
				return
			}
		}
	}
	before := s.calls["execute"]
	_, err := cl.Offboard(t.Context(), request(hanna), false)
	require.ErrorContains(t, err, "nothing was started, ask again")
	require.Equal(t, 3, s.calls["execute"]-before)
}

func TestARequestNeedsSomebodyWhoAsks(t *testing.T) {
	s, cl := house(t)
	_, err := cl.Offboard(t.Context(), offboarding.Departure{Subject: jane}, false)
	require.ErrorContains(t, err, "the name of the person who asks")
	require.Empty(t, s.calls)
}
