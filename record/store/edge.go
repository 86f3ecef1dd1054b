package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// edge is the right edge of the tree: the hashes that a further leaf may need.
type edge struct {
	size   int64
	root   tlog.Hash
	hashes map[int64]tlog.Hash // by stored index
}

// ReadHashes implements tlog.HashReader.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		h, ok := e.hashes[index]
		if !ok {
			return nil, fmt.Errorf("hash %d is not on the edge of the tree", index)
		}
		hashes[i] = h
	}
	return hashes, nil
}

// trim gives the edge of the tree of that size, without what it needs no more.
func (e *edge) trim(size int64) (*edge, error) {
	after := &edge{size: size, hashes: map[int64]tlog.Hash{}}
	var err error
	after.root, err = tlog.TreeHash(size, tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes, err := e.ReadHashes(indexes)
		for i := range hashes {
			after.hashes[indexes[i]] = hashes[i]
		}
		return hashes, err
	}))
	return after, err
}

// edgeOf gives the edge that the database has, its own to change: the one that
// this process wrote, if it was the last to write.
func (s *Store) edgeOf(ctx context.Context, r runner, size int64, root []byte) (*edge, error) {
	if e := s.edge.Load(); e != nil && e.size == size && bytes.Equal(e.root[:], root) {
		return &edge{e.size, e.root, maps.Clone(e.hashes)}, nil
	}
	all := &edge{hashes: map[int64]tlog.Hash{}}
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes, err := readHashes(ctx, r, indexes)
		for i := range hashes {
			all.hashes[indexes[i]] = hashes[i]
		}
		return hashes, err
	})
	h, err := tlog.TreeHash(size, read)
	if err != nil {
		return nil, err
	}
	if size > 0 && !bytes.Equal(h[:], root) {
		return nil, errors.New("the record's tree does not have the root that stands in its head: " +
			"somebody changed the database; keep it as it is, and verify it")
	}
	all.size, all.root = size, h
	return all, nil
}

// readHashes reads stored hashes, neighbours together.
func readHashes(ctx context.Context, r runner, indexes []int64) ([]tlog.Hash, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(indexes)))
	found := make(map[int64]tlog.Hash, len(sorted))
	each := func(scan func(...any) error) error {
		var index int64
		var b []byte
		if err := scan(&index, &b); err != nil {
			return err
		}
		if len(b) != tlog.HashSize {
			return fmt.Errorf("hash %d of the record is of %d bytes: somebody changed the database", index, len(b))
		}
		found[index] = tlog.Hash(b)
		return nil
	}
	var queries []query
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n]-sorted[n-1] <= 4 {
			n++
		}
		queries = append(queries, query{
			text: "SELECT idx, hash FROM record_hashes WHERE idx BETWEEN $1 AND $2",
			args: []any{sorted[0], sorted[n-1]}, each: each,
		})
		sorted = sorted[n:]
	}
	if len(queries) > 0 {
		if err := r.run(ctx, queries...); err != nil {
			return nil, fmt.Errorf("read hashes: %w", err)
		}
	}
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		h, ok := found[index]
		if !ok {
			return nil, fmt.Errorf("hash %d of the record is missing: somebody changed the database", index)
		}
		hashes[i] = h
	}
	return hashes, nil
}
