// Package store keeps the record in SQL, in SQLite or in PostgreSQL: a log that
// only grows, the tree over it, and apart from both, sealed, who its people are.
// It signs nothing and trusts nothing it reads back: that is for whoever proves.
package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"lastday/record"
	"lastday/record/names"
)

// Store is an open record. Its methods are safe for many goroutines, and many
// processes may have one database open at once.
type Store struct {
	engine engine
	keys   names.Keys
	edge   atomic.Pointer[edge] // of the tree, as this process last wrote it

	waiting chan *request
	closing chan struct{}
	once    sync.Once
	done    sync.WaitGroup
	signing chan struct{} // holds one value while this process signs
	proven  atomic.Pointer[proof]
}

var (
	_ record.Appender = (*Store)(nil)
	_ record.Reader   = (*Store)(nil)
)

// ErrClosed is what a store says that was closed.
var ErrClosed = errors.New("the record is closed")

// Open opens the record and makes its tables where there are none. The dsn is
// sqlite:PATH, of a file on a local disk, or postgres://… as PostgreSQL writes
// it. A database of a newer version than this program's, one that was made with
// another names key, and no names key at all, are errors. No error tells the dsn.
func Open(ctx context.Context, dsn string, keys names.Keys) (*Store, error) {
	if keys.IsZero() {
		return nil, errors.New("open record: it needs a names key, under which it seals who people are: make one and configure it")
	}
	e, err := openEngine(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("open record: %w", err)
	}
	s := &Store{
		engine: e, keys: keys,
		waiting: make(chan *request), closing: make(chan struct{}), signing: make(chan struct{}, 1),
	}
	if err := s.checkKeys(ctx); err != nil {
		e.close()
		return nil, fmt.Errorf("open record: %w", err)
	}
	if err := s.wipe(ctx); err != nil {
		e.close()
		return nil, fmt.Errorf("open record: finish an erasure that was begun: %w", err)
	}
	s.done.Add(1)
	go s.commitAll()
	return s, nil
}

func openEngine(ctx context.Context, dsn string) (engine, error) {
	switch scheme, rest, _ := strings.Cut(dsn, ":"); scheme {
	case "sqlite":
		return openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return openPostgres(ctx, dsn)
	}
	return nil, errors.New("the address of its database must begin with sqlite: or postgres://")
}

// Close waits for what is being written and closes the record. What still waits
// to be written gets ErrClosed. Closing twice is safe.
func (s *Store) Close() error {
	s.once.Do(func() {
		close(s.closing)
		s.done.Wait()
		s.engine.close()
	})
	return nil
}

// orClosed makes of whatever went wrong in a store that was closed meanwhile that
// it is closed: a database that is gone says so in many ways.
func (s *Store) orClosed(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-s.closing:
		return ErrClosed
	default:
		return err
	}
}
