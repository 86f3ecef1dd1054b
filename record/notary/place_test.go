package notary_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record/anchor"
	"lastday/record/notary"
)

// eventually makes rounds until the condition holds.
func eventually(t *testing.T, n *notary.Notary, condition func() bool) {
	t.Helper()
	require.Eventually(t, func() bool { _ = n.Tick(t.Context()); return condition() }, 5*time.Second, time.Millisecond)
}

func TestEveryCheckpointIsAnchoredAndReceipted(t *testing.T) {
	a, b := &shelf{name: "a"}, &shelf{name: "b"}
	h := newHouse(t, a, b)
	n := h.start()
	for size := range 3 {
		h.add(1)
		eventually(t, n, func() bool { return len(a.held()) == size+1 && len(b.held()) == size+1 })
	}
	eventually(t, n, func() bool {
		all, err := h.log.Anchors(t.Context(), 0)
		return err == nil && len(all) == 6 && n.Ages()[0].Size == 3
	})
	require.Equal(t, h.log.checkpoints(), a.held())
	ages := n.Ages()
	require.Len(t, ages, 2)
	require.Equal(t, int64(3), ages[0].Size)
	require.Equal(t, h.clock.now(), ages[0].At)
	require.Zero(t, ages[0].Behind)
}

func TestAnAnchorThatIsDownHoldsUpNothing(t *testing.T) {
	up, down := &shelf{name: "up"}, &shelf{name: "down", fail: errors.New("no route"), deaf: errors.New("no route")}
	h := newHouse(t)
	h.add(1)
	require.NoError(t, h.start().Tick(t.Context()))
	h.o.Anchors = []anchor.Anchor{up, down}
	n := h.start()
	h.add(1)
	eventually(t, n, func() bool { return len(up.held()) > 0 && down.tried() > 0 })
	require.Equal(t, int64(2), h.open(h.kept()).N)

	tried := down.tried()
	for range 20 {
		require.NoError(t, n.Tick(t.Context()))
	}
	require.LessOrEqual(t, down.tried(), tried+1, "it is tried again with patience")
	require.NoError(t, n.Health(), "a while is no illness")
	for range 10 {
		h.clock.step(7 * time.Minute)
		before := down.tried()
		h.add(1)
		eventually(t, n, func() bool { return down.tried() > before })
	}
	eventually(t, n, func() bool { return n.Health() != nil })
	require.ErrorContains(t, n.Health(), "anchor down has taken no checkpoint since")
	require.ErrorContains(t, n.Health(), "no route")
	h.alarmed(1)
	require.ErrorContains(t, n.Ages()[1].Err, "no route")
	require.Zero(t, n.Ages()[1].Size)

	down.set(func(s *shelf) { s.fail = nil })
	h.clock.step(6 * time.Minute)
	eventually(t, n, func() bool { return len(down.held()) == 1 && n.Health() == nil })
	require.Equal(t, h.kept(), down.held()[0], "the newest, which covers all that it missed")
}

func TestAnAnchorThatHangsHoldsUpNothing(t *testing.T) {
	leave := make(chan struct{})
	stuck := &shelf{name: "stuck", hang: leave}
	h := newHouse(t, stuck)
	n := h.start()
	for size := int64(1); size < 5; size++ {
		h.add(1)
		began := time.Now()
		require.NoError(t, n.Tick(t.Context()))
		require.Less(t, time.Since(began), time.Second)
		require.Equal(t, size, h.open(h.kept()).N)
	}
	require.Eventually(t, func() bool { return stuck.tried() == 1 }, 5*time.Second, time.Millisecond)
	h.clock.step(70 * time.Minute)
	require.NoError(t, n.Tick(t.Context()))
	require.ErrorContains(t, n.Health(), "gives no answer")
	h.alarmed(1)
	require.Equal(t, 1, stuck.tried(), "one at a time")
	close(leave)
	eventually(t, n, func() bool { return n.Health() == nil && len(stuck.held()) == 2 })
}

func TestAPacedAnchorGetsTheNewestOnly(t *testing.T) {
	slow := &shelf{name: "slow", every: 10 * time.Minute}
	h := newHouse(t, slow)
	n := h.start()
	h.add(1)
	eventually(t, n, func() bool { return n.Ages()[0].Size == 1 })
	for range 5 {
		h.add(1)
		require.NoError(t, n.Tick(t.Context()))
	}
	h.clock.step(9 * time.Minute)
	require.NoError(t, n.Tick(t.Context()))
	require.Equal(t, 1, slow.tried())
	h.clock.step(time.Minute)
	eventually(t, n, func() bool { return n.Ages()[0].Size == 6 })
	require.Equal(t, 2, slow.tried(), "one message for five checkpoints")
	require.Equal(t, h.kept(), slow.held()[1])

	t.Run("nor does a restart hurry it, or a clock that was set back hold it up", func(t *testing.T) {
		h.log.set(func(m *memory) {
			for i := range m.receipts {
				m.receipts[i].At = h.clock.now()
			}
		})
		n := h.start()
		require.NoError(t, n.Tick(t.Context()))
		h.clock.step(9 * time.Minute)
		require.NoError(t, n.Tick(t.Context()))
		require.Equal(t, 2, slow.tried())
		h.clock.step(-48 * time.Hour)
		eventually(t, n, func() bool { return slow.tried() == 3 })
	})
}

func TestAReceiptIsKeptEvenIfTheDatabaseWasAway(t *testing.T) {
	place := &shelf{name: "far"}
	h := newHouse(t, place)
	n := h.start()
	h.add(1)
	h.log.set(func(m *memory) { m.noKeep = errors.New("gone") })
	eventually(t, n, func() bool { return n.Ages()[0].Err != nil })
	h.log.set(func(m *memory) { m.noKeep = nil })
	h.clock.step(2 * time.Second)
	eventually(t, n, func() bool { return n.Ages()[0].Size == 1 })
	require.Equal(t, 1, place.tried(), "it was there already")
	all, err := h.log.Anchors(t.Context(), 0)
	require.NoError(t, err)
	require.Len(t, all, 1)
}

func TestAForkAtAnAnchorStopsSigning(t *testing.T) {
	place := &shelf{name: "far", fail: &anchor.Fork{Anchor: "far", Where: "/mnt/far/2.checkpoint", Detail: "another root"}}
	h := newHouse(t, place)
	n := h.start()
	h.add(2)
	eventually(t, n, func() bool { return n.Health() != nil })
	h.add(1)
	stop := h.stops(n, notary.Forked)
	require.Contains(t, stop.Detail, "/mnt/far/2.checkpoint")
}

func TestSomethingElseAtAnAnchorIsAnAlarmAtOnce(t *testing.T) {
	place := &shelf{name: "far", fail: anchor.ErrOccupied, notes: []string{"scribble"}}
	h := newHouse(t, place)
	n := h.start()
	h.add(2)
	eventually(t, n, func() bool { return len(h.told()) == 2 })
	require.NoError(t, n.Tick(t.Context()), "whoever can write there must not be able to stop the log")
	require.Equal(t, int64(2), h.open(h.kept()).N)
}

func TestAnchorsAreReadBackHourly(t *testing.T) {
	place := &shelf{name: "far"}
	h := newHouse(t, place)
	n := h.start()
	h.add(5)
	eventually(t, n, func() bool { return len(place.held()) == 1 })
	// Somebody with the key signs elsewhere, and it ends up in our anchor.
	other := newHouse(t)
	other.o.Signer, other.o.Verifier = h.o.Signer, h.o.Verifier
	other.add(9)
	other.log.rewrite(2, true)
	require.NoError(t, other.start().Tick(t.Context()))
	place.set(func(s *shelf) { s.notes = append(s.notes, other.kept()) })
	require.NoError(t, n.Tick(t.Context()))
	h.clock.step(61 * time.Minute)
	eventually(t, n, func() bool { return n.Health() != nil })
	stop := h.stops(n, notary.Older)
	require.Contains(t, stop.Detail, "anchor far")

	t.Run("an operator who put it in order is believed", func(t *testing.T) {
		place.set(func(s *shelf) { s.notes = s.notes[:1] })
		require.NoError(t, n.Clear(context.Background()))
		require.NoError(t, n.Tick(t.Context()))
		require.NoError(t, n.Health())
	})
}
