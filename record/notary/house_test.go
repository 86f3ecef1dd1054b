package notary_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/anchor"
	"lastday/record/notary"
)

// clock is one that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// house is a log, its key, and what a notary is made of.
type house struct {
	t     *testing.T
	clock *clock
	log   *memory
	copy  *notary.File
	o     notary.Options
	skey  string

	mu     sync.Mutex
	alarms []error
	count  int
}

func newHouse(t *testing.T, anchors ...anchor.Anchor) *house {
	t.Helper()
	c := &clock{t: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	h := &house{t: t, clock: c, log: newMemory(c), copy: notary.NewFile(filepath.Join(t.TempDir(), "elsewhere", "checkpoint"))}
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	require.NoError(t, err)
	h.skey = skey
	signer, err := note.NewSigner(skey)
	require.NoError(t, err)
	verifier, err := note.NewVerifier(vkey)
	require.NoError(t, err)
	h.o = notary.Options{
		Log: h.log, Signer: signer, Verifier: verifier, Origin: origin, Copy: h.copy, Anchors: anchors, Clock: c.now,
		Alarm: func(_ context.Context, err error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.alarms = append(h.alarms, err)
		},
	}
	return h
}

// start makes a notary, as a process does that begins.
func (h *house) start(edit ...func(*notary.Options)) *notary.Notary {
	h.t.Helper()
	o := h.o
	for _, e := range edit {
		e(&o)
	}
	n, err := notary.New(o)
	require.NoError(h.t, err)
	h.t.Cleanup(n.Wait) // before its log is closed
	return n
}

// add puts events into the log.
func (h *house) add(n int) {
	h.t.Helper()
	for range n {
		h.mu.Lock()
		h.count++
		id := fmt.Sprintf("event-%d", h.count)
		h.mu.Unlock()
		require.NoError(h.t, h.log.Append(h.t.Context(), []record.Event{{ID: id, Kind: record.Action, At: h.clock.now()}}))
	}
}

func (h *house) told() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.alarms)
}

// silence forgets the alarms so far.
func (h *house) silence() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alarms = nil
}

// alarmed waits for the alarms to be that many.
func (h *house) alarmed(n int) {
	h.t.Helper()
	require.Eventually(h.t, func() bool { return len(h.told()) >= n }, 5*time.Second, time.Millisecond)
	require.Len(h.t, h.told(), n)
}

// open reads a checkpoint as a stranger does.
func (h *house) open(text string) torchwood.Checkpoint {
	h.t.Helper()
	policy := torchwood.ThresholdPolicy(2, torchwood.SingleVerifierPolicy(h.o.Verifier), torchwood.OriginPolicy(origin))
	c, _, err := torchwood.VerifyCheckpoint([]byte(text), policy)
	require.NoError(h.t, err)
	return c
}

// kept is the copy elsewhere.
func (h *house) kept() string {
	h.t.Helper()
	text, err := h.copy.Read()
	require.NoError(h.t, err)
	return text
}

// sound checks that every checkpoint in the database is signed and that each
// continues the one before, up to the copy.
func (h *house) sound() {
	h.t.Helper()
	var before tlog.Tree
	for _, text := range append(h.log.checkpoints(), h.kept()) {
		c := h.open(text)
		require.GreaterOrEqual(h.t, c.N, before.N)
		if before.N > 0 {
			proof, err := tlog.ProveTree(c.N, before.N, h.log.Hashes(h.t.Context()))
			require.NoError(h.t, err)
			require.NoError(h.t, tlog.CheckTree(proof, c.N, c.Hash, before.N, before.Hash))
		}
		before = c.Tree
	}
}

// stops expects that the next rounds sign nothing, with this cause.
func (h *house) stops(n *notary.Notary, cause notary.Cause) *notary.Stop {
	h.t.Helper()
	notes, kept := h.log.checkpoints(), h.kept()
	var stop *notary.Stop
	for range 3 {
		require.ErrorAs(h.t, n.Tick(h.t.Context()), &stop)
		require.Equal(h.t, cause, stop.Cause, stop.Detail)
		require.ErrorContains(h.t, n.Health(), stop.Detail)
	}
	require.Equal(h.t, notes, h.log.checkpoints(), "nothing was signed")
	require.Equal(h.t, kept, h.kept(), "the copy is as it was")
	h.alarmed(1)
	return stop
}

// shelf is an anchor in memory.
type shelf struct {
	name  string
	every time.Duration

	mu    sync.Mutex
	notes []string
	puts  int
	fail  error
	deaf  error         // of Latest
	hang  chan struct{} // waits for it
}

func (s *shelf) Name() string         { return s.name }
func (s *shelf) Kind() string         { return "shelf" }
func (s *shelf) Every() time.Duration { return s.every }

func (s *shelf) Put(ctx context.Context, text string) (record.Anchored, error) {
	s.mu.Lock()
	hang, fail := s.hang, s.fail
	s.puts++
	s.mu.Unlock()
	if hang != nil {
		select {
		case <-hang:
		case <-ctx.Done():
			return record.Anchored{}, ctx.Err()
		}
	}
	if fail != nil {
		return record.Anchored{}, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, text)
	return record.Anchored{Anchor: s.name, Kind: "shelf", Where: "shelf", At: time.Now(), Checkpoint: text}, nil
}

func (s *shelf) Latest(context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf != nil || len(s.notes) == 0 {
		return "", s.deaf
	}
	return s.notes[len(s.notes)-1], nil
}

func (s *shelf) set(change func(*shelf)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *shelf) held() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.notes)
}

func (s *shelf) tried() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.puts
}
