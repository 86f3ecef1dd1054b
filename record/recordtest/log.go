package recordtest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// Log is a record in memory: record.Reader and record.Appender, safe for use at
// once.
type Log struct {
	// Key is the public key, Secret the private one, both as package note writes
	// them. The name of both is the log's origin.
	Key, Secret string
	// Clock gives the instants of recording; if nil an entry is recorded a
	// millisecond after the event, or after the entry before it.
	Clock func() time.Time

	mu      sync.Mutex
	entries []record.Recorded
	hashes  []tlog.Hash
	events  map[string]bool
	names   map[string]string // identity to pseudonym
	people  map[string]record.Person
	counts  map[string]int64 // entries by case
	notes   []string
	anchors []record.Anchored
}

// Origin is the name of the logs that New makes.
const Origin = "record.example.com/lastday"

// New gives an empty log with a new key.
func New() *Log {
	secret, key, err := note.GenerateKey(nil, Origin)
	if err != nil {
		panic(err) // a system without randomness
	}
	return WithKey(secret, key)
}

// WithKey gives an empty log that signs with the key of another: what a second
// writer with the same key, or whoever rewrote the log, would have.
func WithKey(secret, key string) *Log {
	return &Log{
		Key: key, Secret: secret, events: map[string]bool{}, names: map[string]string{},
		people: map[string]record.Person{}, counts: map[string]int64{},
	}
}

// Verifier is the log's public key.
func (l *Log) Verifier() note.Verifier {
	v, err := note.NewVerifier(l.Key)
	if err != nil {
		panic(err) // Key was made by New
	}
	return v
}

// Append implements record.Appender.
func (l *Log) Append(ctx context.Context, events []record.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ev := range events {
		if err := ev.Check(); err != nil {
			return err
		}
	}
	for _, ev := range events {
		if l.events[ev.ID] {
			continue
		}
		if err := l.append(ev); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) append(ev record.Event) error {
	e := record.Entry{
		Version: record.Version, Event: ev.ID, Kind: ev.Kind, At: ev.At, Recorded: l.now(ev.At), Case: ev.Case,
		System: ev.System, Facts: ev.Facts,
	}
	if ev.Case != "" {
		e.Seq = l.counts[ev.Case] + 1
	}
	for role, p := range ev.People {
		if e.People == nil {
			e.People = map[record.Role]string{}
		}
		e.People[role] = l.pseudonym(p)
	}
	var opened []byte
	if len(ev.Details) > 0 {
		var err error
		if opened, e.Sealed, err = record.Seal(ev.Details); err != nil {
			return err
		}
	}
	leaf, err := e.Marshal()
	if err != nil {
		return err
	}
	return l.put(leaf, opened)
}

func (l *Log) now(at time.Time) time.Time {
	if l.Clock != nil {
		return l.Clock()
	}
	at = at.Add(time.Millisecond)
	if n := len(l.entries); n > 0 {
		if last := l.entries[n-1].Entry.Recorded.Add(time.Millisecond); last.After(at) {
			return last
		}
	}
	return at
}

func (l *Log) pseudonym(p record.Person) string {
	if l.names[p.Identity] == "" {
		p.Salt = record.NewSalt()
		l.names[p.Identity] = record.Pseudonym(p.Identity, p.Salt)
		l.people[l.names[p.Identity]] = p
	}
	return l.names[p.Identity]
}

// Put appends a leaf as it is, whatever it says, with its opened details.
func (l *Log) Put(leaf, opened []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.put(leaf, opened)
}

func (l *Log) put(leaf, opened []byte) error {
	n := int64(len(l.entries))
	stored, err := tlog.StoredHashes(n, leaf, tlog.HashReaderFunc(l.read))
	if err != nil {
		return fmt.Errorf("hash entry %d: %w", n, err)
	}
	l.hashes = append(l.hashes, stored...)
	e, err := record.ParseEntry(leaf)
	if err == nil {
		l.events[e.Event] = true
		l.counts[e.Case]++
	}
	l.entries = append(l.entries, record.Recorded{Index: n, Leaf: leaf, Entry: e, Opened: opened})
	return nil
}

func (l *Log) read(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(indexes))
	for _, i := range indexes {
		if i < 0 || i >= int64(len(l.hashes)) {
			return nil, fmt.Errorf("there is no hash %d", i)
		}
		out = append(out, l.hashes[i])
	}
	return out, nil
}

// Copy gives a log with the same key and people and the first n entries, without
// checkpoints and anchors: an older state, or a fork to come.
func (l *Log) Copy(n int64) *Log {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rewritten(l.entries[:n])
}

// Rewritten gives a log with the same key and people and the entries that change
// makes of this one's: what somebody with the key and the disk can do. Its
// checkpoints are its own, its anchors are this log's.
func (l *Log) Rewritten(change func([]record.Recorded) []record.Recorded) *Log {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.rewritten(change(slices.Clone(l.entries)))
	out.anchors = slices.Clone(l.anchors)
	return out
}

func (l *Log) rewritten(entries []record.Recorded) *Log {
	out := WithKey(l.Secret, l.Key)
	for identity, p := range l.names {
		out.names[identity] = p
		out.people[p] = l.people[p]
	}
	for _, e := range entries {
		if err := out.put(e.Leaf, e.Opened); err != nil {
			panic(err) // its hashes are in memory
		}
	}
	return out
}

// Forget erases a person and the details that speak of them.
func (l *Log) Forget(identity string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pseudonym := l.names[identity]
	delete(l.people, pseudonym)
	for i, e := range l.entries {
		owner := e.Entry.People[record.Subject]
		if owner == "" {
			owner = e.Entry.People[record.Actor]
		}
		if owner == pseudonym {
			l.entries[i].Opened = nil
		}
	}
}
