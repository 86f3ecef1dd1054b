package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/names"
)

// Head is the tree as it is now, signed or not.
func (s *Store) Head(ctx context.Context) (tlog.Tree, error) { return head(ctx, s.engine) }

func head(ctx context.Context, r runner) (tlog.Tree, error) {
	size, err := size(ctx, r)
	if err != nil {
		return tlog.Tree{}, err
	}
	// Of the hashes, and not as it stands beside them: they are what proofs are of.
	root, err := tlog.TreeHash(size, hashReader(ctx, r))
	if err != nil {
		return tlog.Tree{}, fmt.Errorf("read the head of the record: %w", err)
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

func size(ctx context.Context, r runner) (int64, error) {
	var found bool
	var n int64
	err := r.run(ctx, query{text: "SELECT size FROM record_head WHERE one = 1", each: one(&found, &n)})
	if err == nil && !found {
		err = errors.New("it is missing: restore the database from a backup")
	}
	if err != nil {
		return 0, fmt.Errorf("read the head of the record: %w", err)
	}
	return n, nil
}

// Hashes reads tlog's stored hashes. It is valid as long as the context is.
func (s *Store) Hashes(ctx context.Context) tlog.HashReader { return hashReader(ctx, s.engine) }

func hashReader(ctx context.Context, r runner) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		return readHashes(ctx, r, indexes)
	})
}

// entryColumns go with entryTables; what was erased is NULL.
const (
	entryColumns = "e.idx, e.leaf, COALESCE(s.owner, ''), s.box, p.keyset"
	entryTables  = `record_entries e LEFT JOIN record_sealed s ON s.idx = e.idx
LEFT JOIN record_people p ON p.pseudonym = s.owner`
)

func missing(index int64) error { return &record.DamagedError{Index: index, Why: "it is missing"} }

// Range gives the entries from (included) to (excluded) by index, all of which
// must be in the log. A *record.DamagedError says that one is missing or cannot
// be read.
func (s *Store) Range(ctx context.Context, from, to int64) ([]record.Recorded, error) {
	if from < 0 || to < from {
		return nil, fmt.Errorf("read entries %d to %d: there is no such range", from, to)
	}
	n, err := size(ctx, s.engine)
	if err != nil {
		return nil, err
	}
	if to > n {
		return nil, fmt.Errorf("read entries %d to %d: the record has %d", from, to, n)
	}
	entries, err := s.entries(ctx, query{
		text: "SELECT " + entryColumns + " FROM " + entryTables + " WHERE e.idx >= $1 AND e.idx < $2 ORDER BY e.idx",
		args: []any{from, to},
	})
	if err != nil {
		return nil, err
	}
	for i, e := range entries {
		if e.Index != from+int64(i) {
			return nil, missing(from + int64(i))
		}
	}
	if int64(len(entries)) != to-from {
		return nil, missing(from + int64(len(entries)))
	}
	return entries, nil
}

// Case gives all entries of a case in the log's order; none, without an error,
// of a case that it does not know.
func (s *Store) Case(ctx context.Context, id string) ([]record.Recorded, error) {
	return s.entries(ctx, query{
		text: "SELECT " + entryColumns + " FROM " + entryTables + " WHERE e.case_id = $1 ORDER BY e.idx",
		args: []any{id},
	})
}

func (s *Store) entries(ctx context.Context, q query) ([]record.Recorded, error) {
	var all []record.Recorded
	keys := map[string]names.Person{}
	q.each = func(scan func(...any) error) error {
		var r record.Recorded
		var owner string
		var box, keyset []byte
		err := scan(&r.Index, &r.Leaf, &owner, &box, &keyset)
		if err != nil {
			return err
		}
		if r.Entry, err = record.ParseEntry(r.Leaf); err != nil {
			return &record.DamagedError{Index: r.Index, Why: err.Error()}
		}
		if keyset != nil {
			if r.Opened, err = s.open(keys, owner, keyset, box, r); err != nil {
				return err
			}
		}
		all = append(all, r)
		return nil
	}
	if err := s.engine.run(ctx, q); err != nil {
		return nil, fmt.Errorf("read entries: %w", err)
	}
	return all, nil
}

func (s *Store) open(keys map[string]names.Person, owner string, keyset, box []byte, of record.Recorded) ([]byte, error) {
	key, ok := keys[owner]
	if !ok {
		var err error
		if key, err = s.keys.Person(owner, keyset); err != nil {
			return nil, err
		}
		keys[owner] = key
	}
	opened, err := key.Open(box, of.Entry.Event)
	if err != nil {
		return nil, &record.DamagedError{Index: of.Index, Why: err.Error()}
	}
	return opened, nil
}

// People says who pseudonyms are; those that were erased, and those that never
// were, are left out.
func (s *Store) People(ctx context.Context, pseudonyms []string) (map[string]record.Person, error) {
	found := make(map[string]record.Person, len(pseudonyms))
	var queries []query
	for _, pseudonym := range slices.Compact(slices.Sorted(slices.Values(pseudonyms))) {
		queries = append(queries, query{
			text: "SELECT profile FROM record_people WHERE pseudonym = $1", args: []any{pseudonym},
			each: func(scan func(...any) error) error {
				var profile []byte
				if err := scan(&profile); err != nil {
					return err
				}
				var err error
				found[pseudonym], err = s.keys.OpenProfile(pseudonym, profile)
				return err
			},
		})
	}
	if len(queries) == 0 {
		return found, nil
	}
	if err := s.engine.run(ctx, queries...); err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return found, nil
}
