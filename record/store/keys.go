package store

import (
	"bytes"
	"context"
	"errors"
)

const namesCheck = "lastday record: names key"

// proof is what the record's head has to tell by whether a names key is the right
// one: sealed under the key that everything is sealed under or a later one, and
// under the newest that anything is sealed under.
type proof struct{ names, newest []byte }

// errKeyReplaced says that another process has a newer names key. What this one
// wrote would be unreadable once the old key is retired, and people whom the
// newer key sealed would get a second pseudonym, which nobody could erase.
var errKeyReplaced = errors.New("the names key was replaced: give this process the keyset that has the new key as well, and start it again")

// prove reports with an error whether the names key opens what the head has. What
// it opened once it need not open again.
func (s *Store) prove(p proof) error {
	if was := s.proven.Load(); was != nil && bytes.Equal(was.names, p.names) && bytes.Equal(was.newest, p.newest) {
		return nil
	}
	if len(p.newest) > 0 {
		if _, err := s.keys.Open(p.newest, namesCheck); err != nil {
			if _, old := s.keys.Open(p.names, namesCheck); old == nil || s.proven.Load() != nil {
				return errKeyReplaced
			}
		}
	}
	if _, err := s.keys.Open(p.names, namesCheck); err != nil {
		if s.proven.Load() != nil {
			return errKeyReplaced
		}
		return errors.New("the names key is not the one that this record was made with: give that one, or a keyset that has it")
	}
	s.proven.Store(&p)
	return nil
}

// announce tells the other processes, in the transaction in which something is
// first sealed under it, that there is a newer names key.
func (s *Store) announce(queries []query, p proof) ([]query, error) {
	if s.keys.Newest(p.newest, namesCheck) {
		return queries, nil
	}
	box, err := s.keys.Seal([]byte(namesCheck), namesCheck)
	return append(queries, query{text: "UPDATE record_head SET newest = $1 WHERE one = 1", args: []any{box}}), err
}

// nameKeys says that everything is sealed under the newest names key.
func (s *Store) nameKeys() (query, error) {
	box, err := s.keys.Seal([]byte(namesCheck), namesCheck)
	return query{text: "UPDATE record_head SET names = $1, newest = $1 WHERE one = 1", args: []any{box}}, err
}

// checkKeys compares the names key with the one that the record was made with,
// so that a wrong one is noticed before it seals anything.
func (s *Store) checkKeys(ctx context.Context) error {
	known, err := s.knowsKeys(ctx, s.engine)
	if known || err != nil {
		return err
	}
	return s.engine.write(ctx, func(r runner) error {
		// Again under the lock: another process may have been first.
		known, err := s.knowsKeys(ctx, r)
		if known || err != nil {
			return err
		}
		q, err := s.nameKeys()
		if err != nil {
			return err
		}
		return r.run(ctx, q)
	})
}

// knowsKeys reports whether the record was made with a names key already; it is
// an error if that is another.
func (s *Store) knowsKeys(ctx context.Context, r runner) (bool, error) {
	var found bool
	var p proof
	if err := r.run(ctx, query{text: "SELECT names, newest FROM record_head WHERE one = 1", each: one(&found, &p.names, &p.newest)}); err != nil {
		return false, err
	}
	if !found {
		return false, errors.New("its head is missing: restore the database from a backup")
	}
	if len(p.names) == 0 {
		return false, nil
	}
	return true, s.prove(p)
}
