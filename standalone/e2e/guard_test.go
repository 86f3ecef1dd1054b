package e2e

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/workflows"
)

var (
	hr   = offboarding.Named(offboarding.DoorCommand, "hr@example.com")
	sven = offboarding.Named(offboarding.DoorCommand, "sven@example.com")
	tara = offboarding.Named(offboarding.DoorCommand, "tara@example.com")
)

// states tells how many of the cases are in which state.
func states(t *testing.T, c *cases.Client) map[string]int {
	t.Helper()
	all, err := c.List(t.Context(), 1000)
	require.NoError(t, err)
	out := map[string]int{}
	for _, s := range all {
		out[s.State]++
	}
	return out
}

// A list of many people, started all at once: no more are cut than the brake
// allows, whatever door they came by, and a restart forgets none of them.
func TestTheBrakeHoldsEverybodyBeyondTheLimit(t *testing.T) {
	const people, allowed = 40, 10
	s := newSite(t, people+1)
	s.append(t, fmt.Sprintf("policy:\n  brake:\n    per_hour: %d\n", allowed))
	h := openHouse(t, s)
	var all sync.WaitGroup
	for n := range people {
		all.Go(func() {
			_, err := h.Cases.Offboard(t.Context(), offboarding.Departure{Subject: member(s, n), RequestedBy: hr, Bulk: true}, false)
			require.NoError(t, err)
		})
	}
	all.Wait()
	eventually(t, "the allowed ones are verified, the others held", func() bool {
		now := states(t, h.Cases)
		return now[string(offboarding.Verified)] == allowed && now[string(offboarding.Paused)] == people-allowed
	})
	untouched := 0
	for n := range people {
		if len(s.firm.Holds(string(member(s, n)))) > 0 {
			untouched++
		}
	}
	require.Equal(t, people-allowed, untouched, "nothing of a held person is cut")

	h.Close()
	h = openHouse(t, s)
	late := member(s, people)
	offboard(t, h.Cases, offboarding.Departure{Subject: late, RequestedBy: hr})
	eventually(t, "one more after the restart is held", func() bool {
		c, err := h.Cases.Get(t.Context(), late)
		return err == nil && c.State == offboarding.Paused
	})
	require.NotEmpty(t, s.firm.Holds(string(late)))

	got, err := h.Cases.Release(t.Context(), sven, "the list is right")
	require.NoError(t, err)
	require.Equal(t, 1, got.Missing)
	got, err = h.Cases.Release(t.Context(), sven, "the list is right")
	require.NoError(t, err)
	require.Equal(t, 1, got.Missing, "one person counts once")
	require.Equal(t, people-allowed+1, states(t, h.Cases)[string(offboarding.Paused)])
	got, err = h.Cases.Release(t.Context(), tara, "the list is right")
	require.NoError(t, err)
	require.Equal(t, people-allowed+1, got.Cases)
	eventually(t, "all are verified", func() bool { return states(t, h.Cases)[string(offboarding.Verified)] == people+1 })
	for n := range people {
		require.Empty(t, s.firm.Holds(string(member(s, n))))
	}
}

func TestTheKillSwitchStopsEveryWrite(t *testing.T) {
	s := newSite(t, 3)
	h := openHouse(t, s)
	frozen := time.Now()
	ordered, err := h.Cases.Freeze(t.Context(), sven, "a wrong list")
	require.NoError(t, err)
	require.Len(t, ordered.Orders, 1)
	eventually(t, "the channel says so", func() bool {
		for _, m := range s.firm.Slack.Messages() {
			if m.Text != "" && m.Blocks != "" {
				return true
			}
		}
		return false
	})
	require.Less(t, time.Since(frozen), 5*time.Second)
	require.Contains(t, s.firm.Slack.Messages()[0].Text, "FROZEN")
	on, err := h.Cases.Frozen(t.Context())
	require.NoError(t, err)
	require.True(t, on)

	offboard(t, h.Cases, offboarding.Departure{Subject: jane, RequestedBy: hr})
	eventually(t, "the case stands before its first write", func() bool {
		c, err := h.Cases.Get(t.Context(), jane)
		return err == nil && c.State == offboarding.Containing
	})
	held := s.firm.Holds(string(jane))
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		require.Empty(t, s.writes(), "nothing is written while it is frozen")
	}
	require.Equal(t, held, s.firm.Holds(string(jane)))

	require.NoError(t, h.Client.CancelWorkflow(t.Context(), workflows.FreezeID, ""))
	one, err := h.Cases.Unfreeze(t.Context(), sven, "all clear")
	require.NoError(t, err)
	require.Equal(t, 1, one.Missing(), "whoever froze counts, but not alone")
	on, err = h.Cases.Frozen(t.Context())
	require.NoError(t, err)
	require.True(t, on)
	_, err = h.Cases.Unfreeze(t.Context(), tara, "all clear")
	require.NoError(t, err)
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Empty(t, s.firm.Holds(string(jane)))
	_, err = h.Cases.Unfreeze(t.Context(), tara, "all clear")
	require.ErrorContains(t, err, "nothing is frozen")
}

// A freeze in the middle of a case stops it between two calls.
func TestAFreezeIsFeltInTheMiddleOfACase(t *testing.T) {
	s := newSite(t, 30)
	h := openHouse(t, s)
	for n := range 20 {
		offboard(t, h.Cases, offboarding.Departure{Subject: member(s, n), RequestedBy: hr})
	}
	eventually(t, "cutting has begun", func() bool { return len(s.writes()) > 3 })
	_, err := h.Cases.Freeze(t.Context(), sven, "stop")
	require.NoError(t, err)
	// A worker's answer of a moment ago still holds, and what was sent is on its way.
	frozen := time.Now()
	eventually(t, "the freeze is felt", func() bool { return time.Since(frozen) > time.Second })
	settled := len(s.writes())
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		require.Len(t, s.writes(), settled)
	}
	for _, who := range []offboarding.Actor{sven, tara} {
		_, err := h.Cases.Unfreeze(t.Context(), who, "go on")
		require.NoError(t, err)
	}
	eventually(t, "all are verified", func() bool { return states(t, h.Cases)[string(offboarding.Verified)] == 20 })
}
