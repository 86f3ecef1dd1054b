package notary_test

import (
	"context"
	"crypto/rand"
	"errors"
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

const origin = "record.example.com/lastday"

// memory is a log in memory with tlog's real hashes, and an attacker's hands.
type memory struct {
	clock *clock

	signing sync.Mutex
	mu      sync.Mutex
	state
	down    error  // of every call
	noStore error  // of Sign, after the function ran
	noKeep  error  // of AddAnchor
	lies    bool   // Sign claims a root that the hashes do not give
	before  func() // runs when Sign is called, before the lock
	signs   int
}

// state is what lies in the database.
type state struct {
	leaves   [][]byte
	events   map[string]bool
	hashes   []tlog.Hash
	notes    []string
	receipts []record.Anchored
}

func newMemory(c *clock) *memory {
	return &memory{clock: c, state: state{events: map[string]bool{}}}
}

func (m *memory) Append(_ context.Context, events []record.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return m.down
	}
	for _, ev := range events {
		if m.events[ev.ID] {
			continue
		}
		m.events[ev.ID] = true
		leaf, err := record.Entry{
			Version: record.Version, Event: ev.ID, Kind: ev.Kind, At: ev.At, Recorded: m.clock.now(), Facts: ev.Facts,
		}.Marshal()
		if err != nil {
			return err
		}
		m.grow(leaf)
	}
	return nil
}

func (s *state) grow(leaf []byte) {
	stored, err := tlog.StoredHashes(int64(len(s.leaves)), leaf, s)
	if err != nil {
		panic(err)
	}
	s.leaves, s.hashes = append(s.leaves, leaf), append(s.hashes, stored...)
}

func (s *state) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, x := range at {
		if x >= int64(len(s.hashes)) {
			return nil, fmt.Errorf("hash %d is not stored", x)
		}
		out[i] = s.hashes[x]
	}
	return out, nil
}

func (m *memory) Hashes(context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.down != nil {
			return nil, m.down
		}
		return m.ReadHashes(at)
	})
}

func (m *memory) Head(context.Context) (tlog.Tree, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.head(), m.down
}

func (s *state) head() tlog.Tree {
	root, err := tlog.TreeHash(int64(len(s.leaves)), s)
	if err != nil {
		panic(err)
	}
	return tlog.Tree{N: int64(len(s.leaves)), Hash: root}
}

func (m *memory) Range(_ context.Context, from, to int64) ([]record.Recorded, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return nil, m.down
	}
	var out []record.Recorded
	for i := from; i < min(to, int64(len(m.leaves))); i++ {
		e, err := record.ParseEntry(m.leaves[i])
		if err != nil {
			return nil, err
		}
		out = append(out, record.Recorded{Index: i, Leaf: m.leaves[i], Entry: e})
	}
	return out, nil
}

func (m *memory) Sign(ctx context.Context, fn func(context.Context, record.Signing) (string, error)) error {
	if m.before != nil {
		m.before()
	}
	m.signing.Lock()
	defer m.signing.Unlock()
	m.mu.Lock()
	m.signs++
	s := record.Signing{Head: m.head(), Hashes: m.Hashes(ctx)}
	if len(m.notes) > 0 {
		s.Last = m.notes[len(m.notes)-1]
	}
	if m.lies {
		s.Head.Hash[0] ^= 1
	}
	err := m.down
	m.mu.Unlock()
	if err != nil {
		return err
	}
	text, err := fn(ctx, s)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.noStore != nil {
		return m.noStore
	}
	if text != "" {
		m.notes = append(m.notes, text)
	}
	return nil
}

func (m *memory) AddAnchor(_ context.Context, a record.Anchored) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := errors.Join(m.down, m.noKeep); err != nil {
		return err
	}
	m.receipts = append(m.receipts, a)
	return nil
}

func (m *memory) Anchors(context.Context, int64) ([]record.Anchored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.receipts), m.down
}

// set changes what fails.
func (m *memory) set(change func(*memory)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// take copies the database, put brings a copy back.
func (m *memory) take() state {
	m.mu.Lock()
	defer m.mu.Unlock()
	events := map[string]bool{}
	for k := range m.events {
		events[k] = true
	}
	return state{slices.Clone(m.leaves), events, slices.Clone(m.hashes), slices.Clone(m.notes), slices.Clone(m.receipts)}
}

func (m *memory) put(s state) { m.set(func(m *memory) { m.state = s }) }

// rewrite changes the entry; with hashes it lets the whole tree fit.
func (m *memory) rewrite(i int, hashes bool) {
	m.set(func(m *memory) {
		e, err := record.ParseEntry(m.leaves[i])
		if err != nil {
			panic(err)
		}
		e.System = "nothing-happened-here"
		leaf, err := e.Marshal()
		if err != nil {
			panic(err)
		}
		leaves := slices.Clone(m.leaves)
		leaves[i] = leaf
		if !hashes {
			m.leaves = leaves
			return
		}
		m.leaves, m.hashes = nil, nil
		for _, l := range leaves {
			m.grow(l)
		}
	})
}

func (m *memory) checkpoints() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.notes)
}

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
