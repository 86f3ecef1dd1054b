package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// maxLeaf is the most that an entry bundle of C2SP tlog-tiles can hold.
const maxLeaf = 1<<16 - 1

// ledger is the end of the log inside one transaction: what was loaded of it,
// and what is to be written.
type ledger struct {
	s      *Store
	now    time.Time
	size   int64
	tree   *edge
	events map[string]record.Entry // in the log, or to be
	people map[string]*person      // by identity
	cases  map[string]*caseRow
	rows   []query
	undo   []func()
	proof  proof
}

// check refuses what no database and no entry could hold.
func check(ev record.Event) error {
	if err := ev.Check(); err != nil {
		return &RefusedError{Event: ev.ID, Why: err.Error()}
	}
	for _, s := range []string{ev.ID, ev.Case, ev.System} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			return refuse(ev.ID, "its id, case and system must be UTF-8 without a zero byte")
		}
	}
	if len(ev.Case) > 200 || len(ev.System) > 200 {
		return refuse(ev.ID, "its case and system must be of at most 200 bytes")
	}
	for role, who := range ev.People {
		if who.IsZero() && who != (record.Person{}) {
			return refuse(ev.ID, "its %s has no identity", role)
		}
	}
	return nil
}

// load reads what adding the events needs, under the lock, in one round trip, or
// in two where another process wrote last.
func (s *Store) load(ctx context.Context, r runner, events []record.Event) (*ledger, error) {
	l := &ledger{
		s:      s,
		events: map[string]record.Entry{}, people: map[string]*person{}, cases: map[string]*caseRow{},
	}
	var found bool
	var root []byte
	var recorded int64
	queries := []query{{
		text: "SELECT size, root, recorded, names, newest FROM record_head WHERE one = 1",
		each: func(scan func(...any) error) error {
			found = true
			if err := scan(&l.size, &root, &recorded, &l.proof.names, &l.proof.newest); err != nil {
				return err
			}
			return s.prove(l.proof) // before anybody is read with the key
		},
	}}
	for _, ev := range events {
		queries = l.want(queries, ev)
	}
	if err := r.run(ctx, queries...); err != nil {
		return nil, err
	}
	if !found {
		return nil, errors.New("the record's head is missing: restore the database from a backup")
	}
	// Not before the lock is held: what waited for it is recorded after what held it.
	l.now = time.Now().UTC().Truncate(time.Microsecond)
	if last := time.UnixMicro(recorded).UTC(); l.now.Before(last) {
		slog.WarnContext(ctx, "this machine's clock is behind the record's last entry: set it right, for auditors see the step back",
			"now", l.now, "last", last)
	}
	var err error
	l.tree, err = s.edgeOf(ctx, r, l.size, root)
	return l, err
}

// want adds the queries for what is known of an event, its people and its case.
func (l *ledger) want(queries []query, ev record.Event) []query {
	if _, ok := l.events[ev.ID]; !ok {
		l.events[ev.ID] = record.Entry{}
		queries = append(queries, query{
			text: "SELECT leaf FROM record_entries WHERE event = $1", args: []any{ev.ID},
			each: func(scan func(...any) error) error {
				var leaf []byte
				if err := scan(&leaf); err != nil {
					return err
				}
				e, err := record.ParseEntry(leaf)
				l.events[ev.ID] = e
				return err
			},
		})
	}
	for _, who := range ev.People {
		queries = l.wantPerson(queries, who)
	}
	return l.wantCase(queries, ev.Case)
}

// addAll adds all the events or none.
func (l *ledger) addAll(events []record.Event) error {
	rows := len(l.rows)
	l.undo = l.undo[:0]
	for _, ev := range events {
		if err := l.add(ev); err != nil {
			for i := len(l.undo) - 1; i >= 0; i-- {
				l.undo[i]()
			}
			l.rows = l.rows[:rows]
			return err
		}
	}
	return nil
}

func (l *ledger) add(ev record.Event) error {
	facts, err := compact(ev.Facts)
	if err != nil {
		return refuse(ev.ID, "its facts: %v", err)
	}
	if was := l.events[ev.ID]; was.Event != "" {
		if was.Kind != ev.Kind || was.Case != ev.Case || was.System != ev.System || !bytes.Equal(was.Facts, facts) {
			return refuse(ev.ID, "the record has an event of this id that says something else: give each event an id of its own")
		}
		return nil
	}
	entry := record.Entry{
		Version: record.Version, Event: ev.ID, Kind: ev.Kind, At: ev.At, Recorded: l.now,
		Case: ev.Case, System: ev.System, Facts: facts,
	}
	index := l.size
	if err := l.name(&entry, ev); err != nil {
		return err
	}
	if err := l.seal(&entry, ev, index); err != nil {
		return err
	}
	if err := l.count(&entry, index); err != nil {
		return err
	}
	leaf, err := entry.Marshal()
	if err != nil {
		return refuse(ev.ID, "%v", err)
	}
	if len(leaf) > maxLeaf {
		return refuse(ev.ID, "its entry would be of %d bytes, and %d is the most: put less into its facts", len(leaf), maxLeaf)
	}
	if again, err := record.ParseEntry(leaf); err != nil || again.Event != ev.ID {
		return refuse(ev.ID, "its entry could not be read again: %v", err)
	}
	return l.put(entry, leaf, index)
}

// put adds the leaf to the tree and to what is to be written.
func (l *ledger) put(entry record.Entry, leaf []byte, index int64) error {
	hashes, err := tlog.StoredHashes(index, leaf, l.tree)
	if err != nil {
		return err
	}
	at := tlog.StoredHashIndex(0, index)
	for i, h := range hashes {
		l.tree.hashes[at+int64(i)] = h
		l.rows = append(l.rows, query{
			text: "INSERT INTO record_hashes (idx, hash) VALUES ($1, $2)", args: []any{at + int64(i), h[:]},
		})
	}
	var inCase, seq any
	if entry.Case != "" {
		inCase, seq = entry.Case, entry.Seq
	}
	l.rows = append(l.rows, query{
		text: "INSERT INTO record_entries (idx, event, case_id, seq, leaf) VALUES ($1, $2, $3, $4, $5)",
		args: []any{index, entry.Event, inCase, seq, leaf},
	})
	l.events[entry.Event] = entry
	l.size++
	l.undo = append(l.undo, func() { l.events[entry.Event] = record.Entry{}; l.size-- })
	return nil
}

// flush writes it all, and gives the edge of the tree for the next transaction.
func (l *ledger) flush(ctx context.Context, r runner) (*edge, error) {
	if l.size == l.tree.size {
		return l.tree, nil
	}
	after, err := l.tree.trim(l.size)
	if err != nil {
		return nil, err
	}
	queries, err := l.s.announce(nil, l.proof)
	if err != nil {
		return nil, err
	}
	if queries, err = l.flushPeople(queries); err != nil {
		return nil, err
	}
	queries = append(queries, l.rows...)
	queries, err = l.flushCases(queries)
	if err != nil {
		return nil, err
	}
	queries = append(queries, query{
		text: "UPDATE record_head SET size = $1, root = $2, recorded = $3 WHERE one = 1",
		args: []any{l.size, after.root[:], l.now.UnixMicro()},
	})
	return after, r.run(ctx, queries...)
}

func compact(facts json.RawMessage) (json.RawMessage, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	var b bytes.Buffer
	err := json.Compact(&b, facts)
	return b.Bytes(), err
}
