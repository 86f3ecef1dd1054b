package notary_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record/notary"
)

func TestAStopLastsUntilItIsCleared(t *testing.T) {
	h, n := signedHouse(t, 10)
	good := h.log.take()
	h.log.rewrite(4, true)
	h.stops(n, notary.Forked)
	h.log.put(good)
	h.add(2)
	stop := h.stops(n, notary.Forked)
	h.silence()
	again := h.stops(h.start(), notary.Forked) // a new process too, which tells it once more
	require.Equal(t, stop, again)

	t.Run("clearing overrules nothing", func(t *testing.T) {
		bad := h.log.take()
		h.log.rewrite(4, true)
		require.NoError(t, n.Clear(t.Context()))
		h.silence()
		h.stops(n, notary.Forked)
		h.log.put(bad)
	})
	t.Run("by another process", func(t *testing.T) {
		require.NoError(t, h.start().Clear(t.Context()))
		require.NoError(t, n.Tick(t.Context()))
		require.NoError(t, n.Health())
		require.Equal(t, int64(12), h.open(h.kept()).N)
		h.sound()
	})
}

func TestAnAlarmIsToldOnceAndThenHourly(t *testing.T) {
	h, n := signedHouse(t, 10)
	h.log.rewrite(4, true)
	h.stops(n, notary.Forked)
	for range 5 {
		h.clock.step(11 * time.Minute)
		require.Error(t, n.Tick(t.Context()))
	}
	h.alarmed(1)
	h.clock.step(6 * time.Minute)
	require.Error(t, n.Tick(t.Context()))
	h.alarmed(2)
	require.ErrorContains(t, h.told()[1], "starter record resume", "it says what to do")
	h.clock.step(-24 * time.Hour)
	require.Error(t, n.Tick(t.Context()))
	h.alarmed(3) // rather once too often
}

func TestAStopThatCannotBeKeptHoldsAllTheSame(t *testing.T) {
	h, _ := signedHouse(t, 10)
	full := &failing{Copy: h.copy, stop: errors.New("disk full")}
	n := h.start(func(o *notary.Options) { o.Copy = full })
	good := h.log.take()
	h.log.rewrite(4, true)
	h.stops(n, notary.Forked)
	h.log.put(good)
	h.stops(n, notary.Forked)
	full.stop = nil
	h.stops(n, notary.Forked)
	kept, err := h.copy.Stopped()
	require.NoError(t, err)
	require.Equal(t, notary.Forked, kept.Cause, "it is kept as soon as that goes")
}

func TestOnlyAFittingCheckpointIsAdopted(t *testing.T) {
	h, n := signedHouse(t, 10)
	old := h.kept()
	h.add(5)
	require.NoError(t, n.Tick(t.Context()))
	newer := h.kept()
	other, _ := signedHouse(t, 10)

	require.ErrorContains(t, n.Adopt(t.Context(), other.kept()), "not one of this log")
	require.ErrorContains(t, n.Adopt(t.Context(), "scribble"), "not one of this log")
	require.ErrorContains(t, n.Adopt(t.Context(), old), "is newer")
	require.Equal(t, newer, h.kept())

	h.log.rewrite(3, true)
	var stop *notary.Stop
	require.ErrorAs(t, n.Adopt(t.Context(), newer), &stop, "not over a mismatch")
	require.Equal(t, notary.Forked, stop.Cause)
}

func TestAnHourWithoutAnEntryIsRecorded(t *testing.T) {
	h := newHouse(t)
	n := h.start()
	require.NoError(t, n.Tick(t.Context()))
	for hour := int64(1); hour <= 3; hour++ {
		h.clock.step(59 * time.Minute)
		require.NoError(t, n.Tick(t.Context()))
		require.Equal(t, hour-1, h.log.head().N)
		h.clock.step(time.Minute)
		require.NoError(t, n.Tick(t.Context()))
		require.NoError(t, n.Tick(t.Context()))
		require.Equal(t, hour, h.open(h.kept()).N, "the entry, and a checkpoint for it")
	}
	last, err := h.log.Range(t.Context(), 2, 3)
	require.NoError(t, err)
	require.Equal(t, "alive:2", last[0].Entry.Event)

	t.Run("any entry begins the hour anew", func(t *testing.T) {
		h.clock.step(50 * time.Minute)
		h.add(1)
		require.NoError(t, n.Tick(t.Context()))
		h.clock.step(50 * time.Minute)
		require.NoError(t, n.Tick(t.Context()))
		require.Equal(t, int64(4), h.log.head().N)
	})
	t.Run("a restart does not", func(t *testing.T) {
		n := h.start()
		require.NoError(t, n.Tick(t.Context()))
		require.Equal(t, int64(4), h.log.head().N)
		h.clock.step(11 * time.Minute)
		require.NoError(t, n.Tick(t.Context()))
		require.Equal(t, int64(5), h.log.head().N)
		require.NoError(t, n.Tick(t.Context()))
	})
	t.Run("two notaries make one entry", func(t *testing.T) {
		a, b := h.start(), h.start()
		require.NoError(t, a.Tick(t.Context()))
		require.NoError(t, b.Tick(t.Context()))
		h.clock.step(time.Hour)
		require.NoError(t, a.Tick(t.Context()))
		require.Equal(t, int64(6), h.log.head().N)
		require.NoError(t, b.Tick(t.Context()))
		require.Equal(t, int64(6), h.log.head().N)
	})
}

func TestTheClockIsSet(t *testing.T) {
	h, n := signedHouse(t, 5)
	h.clock.step(-48 * time.Hour)
	h.add(1)
	require.NoError(t, n.Tick(t.Context()))
	require.Equal(t, int64(6), h.open(h.kept()).N, "signing does not mind")
	require.NoError(t, n.Tick(t.Context()))
	h.clock.step(61 * time.Minute)
	require.NoError(t, n.Tick(t.Context()))
	require.Equal(t, int64(7), h.log.head().N, "an hour later by the new clock")

	require.NoError(t, n.Tick(t.Context()))
	h.clock.step(72 * time.Hour)
	for range 5 {
		require.NoError(t, n.Tick(t.Context()))
	}
	require.Equal(t, int64(8), h.log.head().N, "a step ahead is one idle time, not many")

	late := h.start()
	h.clock.step(-24 * time.Hour)
	require.NoError(t, late.Tick(t.Context()), "nor does a start mind a last entry from tomorrow")
	require.NoError(t, late.Health())
	h.sound()
	require.Empty(t, h.told())
}
