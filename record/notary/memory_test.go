package notary_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
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
