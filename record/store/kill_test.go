package store_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/names"
	"lastday/record/store"
	"lastday/record/store/pgtest"
)

const killWriters = 8

func kills(t *testing.T) int {
	if testing.Short() {
		return 8
	}
	return 50
}

// acknowledged are ids that Append returned nil for.
type acknowledged struct {
	mu  sync.Mutex
	ids []string
}

func (a *acknowledged) add(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids = append(a.ids, id)
}

// areIn checks that each is in the log; sound has checked that none is twice.
func (a *acknowledged) areIn(t *testing.T, entries []record.Recorded) {
	t.Helper()
	events := map[string]bool{}
	for _, e := range entries {
		events[e.Entry.Event] = true
	}
	for _, id := range a.ids {
		require.True(t, events[id], "%s was acknowledged and is lost", id)
	}
	t.Logf("%d acknowledged, %d in the log", len(a.ids), len(entries))
}

// writeUntilKilled is the process that is killed: many writers, each of whose
// acknowledged events it names on standard output.
func writeUntilKilled(dsn string) int {
	keys, err := names.Parse([]byte(os.Getenv("STORE_TEST_KEYS")))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx := context.Background()
	s, err := store.Open(ctx, dsn, keys)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	round := os.Getenv("STORE_TEST_ROUND")
	var wg sync.WaitGroup
	var mu sync.Mutex
	for w := range killWriters {
		wg.Go(func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("round%s-%d-%d", round, w, n)
				if err := s.Append(ctx, []record.Event{action(id, fmt.Sprint("case-", w))}); err != nil {
					fmt.Fprintln(os.Stderr, err)
					return
				}
				mu.Lock()
				fmt.Println(id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return 1
}

// A process that writes is killed over and over, while this one writes as well.
func TestNothingAcknowledgedIsLostWhenTheWriterIsKilled(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		raw, err := names.Generate()
		require.NoError(t, err)
		keys, err := names.Parse(raw)
		require.NoError(t, err)
		s := open(t, dsn, keys)
		acks := &acknowledged{}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		survivor := make(chan error, 1)
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					survivor <- nil
					return
				default:
				}
				id := fmt.Sprint("survivor-", n)
				if err := s.Append(context.Background(), []record.Event{action(id, "case-survivor")}); err != nil {
					survivor <- err
					return
				}
				acks.add(id)
			}
		})
		for round := range kills(t) {
			killAfter(t, 1+round*7%40, acks, "STORE_TEST_WRITER="+dsn,
				"STORE_TEST_KEYS="+string(raw), fmt.Sprint("STORE_TEST_ROUND=", round))
		}
		close(stop)
		wg.Wait()
		require.NoError(t, <-survivor, "who lives is not held up by who was killed")
		acks.areIn(t, sound(t, open(t, dsn, keys)))
	})
}

// killAfter kills the process when it has acknowledged n events.
func killAfter(t *testing.T, n int, acks *acknowledged, env ...string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	lines := bufio.NewScanner(out)
	got := 0
	for lines.Scan() {
		acks.add(lines.Text())
		if got++; got == n {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	_ = cmd.Wait()
	require.GreaterOrEqual(t, got, n, "it ended by itself")
}

func TestNothingAcknowledgedIsLostWhenPostgreSQLIsKilled(t *testing.T) {
	server := pgtest.Start(t)
	dsn, keys := server.New(t), newKeys(t)
	s := open(t, dsn, keys)
	acks := &acknowledged{}
	var count, failed atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for w := range killWriters {
		wg.Go(func() {
			again := time.NewTicker(2 * time.Millisecond)
			defer again.Stop()
			for n := 0; ctx.Err() == nil; n++ {
				ev := action(fmt.Sprintf("%d-%d", w, n), fmt.Sprint("case-", w))
				for s.Append(ctx, []record.Event{ev}) != nil {
					failed.Add(1)
					select {
					case <-ctx.Done():
						return
					case <-again.C:
					}
				}
				acks.add(ev.ID)
				count.Add(1)
			}
		})
	}
	for round := range kills(t) {
		until := count.Load() + int64(1+round*7%40)
		require.Eventually(t, func() bool { return count.Load() >= until }, 30*time.Second, time.Millisecond)
		server.Kill()
		require.NoError(t, server.Start())
	}
	until := count.Load() + killWriters
	require.Eventually(t, func() bool { return count.Load() >= until }, 30*time.Second, time.Millisecond, "it resumes unaided")
	cancel()
	wg.Wait()
	require.NotZero(t, failed.Load())
	require.NoError(t, s.Close(), "it waits for what a writer that gave up has begun")
	acks.areIn(t, sound(t, open(t, dsn, keys)))
}
