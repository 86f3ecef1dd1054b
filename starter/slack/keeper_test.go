package slack

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func TestRefusalsThatWaitAreBoundedAndTheLogHasTheRest(t *testing.T) {
	log := &bytes.Buffer{}
	open, kept := make(chan struct{}), atomic.Int32{}
	k := newKeeper(2, slog.New(slog.NewTextHandler(log, nil)), func(ctx context.Context, _ offboarding.Subject, _ offboarding.Refusal) error {
		select {
		case <-open:
			kept.Add(1)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	for range 3 {
		k.add("jane.doe@example.com", offboarding.Refusal{By: offboarding.Actor{ID: "U1", Name: "Gus"}, Rule: "guest", Action: "see"})
	}
	close(open)
	k.drain(5 * time.Second)
	require.EqualValues(t, 2, kept.Load())
	require.Equal(t, 1, strings.Count(log.String(), "in this log only"))
	require.Contains(t, log.String(), "id=U1 rule=guest action=see")
	require.NotContains(t, log.String(), "jane")
	require.NotContains(t, log.String(), "Gus")
}

func TestTheDrainTriesRefusalsOnAndThenGivesUp(t *testing.T) {
	log := &bytes.Buffer{}
	var tries atomic.Int32
	k := newKeeper(10, slog.New(slog.NewTextHandler(log, nil)), func(context.Context, offboarding.Subject, offboarding.Refusal) error {
		if tries.Add(1) == 2 {
			return nil
		}
		return errors.New("down")
	})
	k.add("", offboarding.Refusal{Rule: "guest"})
	k.drain(5 * time.Second)
	require.EqualValues(t, 2, tries.Load())
	require.Empty(t, log.String())

	down := newKeeper(10, slog.New(slog.NewTextHandler(log, nil)), func(context.Context, offboarding.Subject, offboarding.Refusal) error { return errors.New("down") })
	down.add("", offboarding.Refusal{Rule: "guest"})
	down.drain(50 * time.Millisecond)
	down.add("", offboarding.Refusal{Rule: "bot"})
	require.Equal(t, 2, strings.Count(log.String(), "in this log only"))
}

func TestAKeeperThatBreaksEndsNothingElse(t *testing.T) {
	log := &bytes.Buffer{}
	k := newKeeper(10, slog.New(slog.NewTextHandler(log, nil)), func(context.Context, offboarding.Subject, offboarding.Refusal) error { panic("jane.doe@example.com") })
	k.add("", offboarding.Refusal{Rule: "guest"})
	k.drain(5 * time.Second)
	require.Contains(t, log.String(), "keeping it broke: string")
}

func TestLooksOfOnePersonAreWorkedOnOneAtATime(t *testing.T) {
	l := newLooks(slog.New(slog.DiscardHandler))
	hold, begun := make(chan struct{}), make(chan string, 10)
	at := func(name string) func(context.Context) {
		return func(context.Context) { begun <- name; <-hold }
	}
	require.True(t, l.add("U1", homeLook, at("first")))
	require.Equal(t, "first", <-begun)
	require.True(t, l.add("U1", homeLook, at("second")))
	require.True(t, l.add("U1", homeLook, at("the second shows it")))
	for range maxLooks - 1 {
		require.True(t, l.add("U1", "", at("list")))
	}
	require.False(t, l.add("U1", "", at("too many")))
	require.True(t, l.add("U2", "", at("somebody else")))
	require.Equal(t, "somebody else", <-begun)
	require.Empty(t, begun)
	close(hold)
	require.Equal(t, "second", <-begun)
	for range maxLooks - 1 {
		require.Equal(t, "list", <-begun)
	}
	l.queue.drain(time.Second)
	require.Empty(t, begun)
}
