package notary

import (
	"context"
	"errors"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// page is how many entries are read at once.
const page = 1000

// edge is the right edge of a tree: all the hashes it takes to let it grow.
// What grows from it depends on the leaves alone, and on nothing stored.
type edge struct {
	n      int64
	hashes map[int64]tlog.Hash
}

// newEdge reads the edge of a tree whose root is known, and checks it against
// the root.
func newEdge(t tlog.Tree, r tlog.HashReader) (*edge, error) {
	e := &edge{n: t.N, hashes: map[int64]tlog.Hash{}}
	if t.N == 0 {
		return e, nil
	}
	at := torchwood.RightEdge(t.N)
	hashes, err := r.ReadHashes(at)
	if err != nil {
		return nil, fmt.Errorf("read stored hashes: %w", err)
	}
	for i, x := range at {
		e.hashes[x] = hashes[i]
	}
	root, err := e.root()
	if err != nil {
		return nil, err
	}
	if root != t.Hash {
		return nil, stopf(Forked, "the stored hashes of the first %d entries give the root %s, and %s was signed", t.N, root, t.Hash)
	}
	return e, nil
}

// ReadHashes implements tlog.HashReader.
func (e *edge) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		h, ok := e.hashes[x]
		if !ok {
			return nil, fmt.Errorf("hash %d is not on the edge of a tree of size %d", x, e.n)
		}
		out[i] = h
	}
	return out, nil
}

func (e *edge) root() (tlog.Hash, error) { return tlog.TreeHash(e.n, e) }

// add lets the tree grow by a leaf and gives the hashes that are stored for it.
func (e *edge) add(leaf []byte) ([]tlog.Hash, error) {
	stored, err := tlog.StoredHashesForRecordHash(e.n, tlog.RecordHash(leaf), e)
	if err != nil {
		return nil, fmt.Errorf("hash entry %d: %w", e.n, err)
	}
	first := tlog.StoredHashIndex(0, e.n)
	for i, h := range stored {
		e.hashes[first+int64(i)] = h
	}
	e.n++
	return stored, nil
}

// trim forgets what is no longer on the edge.
func (e *edge) trim() {
	keep := make(map[int64]tlog.Hash, 64)
	for _, x := range torchwood.RightEdge(e.n) {
		keep[x] = e.hashes[x]
	}
	e.hashes = keep
}

// walk hashes the entries from the edge up to size anew, at most limit of them
// (0: all), and compares each with what is stored. A difference is a *Stop.
func (n *Notary) walk(ctx context.Context, e *edge, size, limit int64, r tlog.HashReader) error {
	if limit > 0 {
		size = min(size, e.n+limit)
	}
	for e.n < size {
		if err := n.walkPage(ctx, e, min(size, e.n+page), r); err != nil {
			return err
		}
	}
	return nil
}

func (n *Notary) walkPage(ctx context.Context, e *edge, to int64, r tlog.HashReader) error {
	from := e.n
	entries, err := n.o.Log.Range(ctx, from, to)
	if damaged, ok := errors.AsType[*record.DamagedError](err); ok {
		return stopf(Changed, "%v", damaged)
	}
	if err != nil {
		return fmt.Errorf("read entries %d to %d: %w", from, to, err)
	}
	first, end := tlog.StoredHashIndex(0, from), tlog.StoredHashIndex(0, to)
	at := make([]int64, 0, end-first)
	for x := first; x < end; x++ {
		at = append(at, x)
	}
	stored, err := r.ReadHashes(at)
	if err != nil {
		return fmt.Errorf("read stored hashes: %w", err)
	}
	for i := from; i < to; i++ {
		if at := i - from; at >= int64(len(entries)) || entries[at].Index != i {
			return stopf(Changed, "entry %d is missing", i)
		}
		hashes, err := e.add(entries[i-from].Leaf)
		if err != nil {
			return err
		}
		for _, h := range hashes {
			if stored[0] != h {
				return stopf(Changed, "entry %d is not the one whose hash is stored", i)
			}
			stored = stored[1:]
		}
	}
	e.trim()
	return nil
}
