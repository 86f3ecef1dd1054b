package verify

import (
	"context"
	"runtime"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"lastday/record"
	"lastday/record/tiles"
)

// workers is how many goroutines check at once.
func workers() int { return min(8, max(1, runtime.GOMAXPROCS(0))) }

// part is what was read from one file of entries.
type part struct {
	leaves []taken
	err    error
}

// parts reads the files of entries from (included) to (excluded) of a log of
// size entries, all at once.
func parts(ctx context.Context, dir tiles.Dir, from, to, size int64) []part {
	out := make([]part, to-from)
	var g errgroup.Group
	g.SetLimit(workers())
	for i := range out {
		g.Go(func() error {
			if ctx.Err() == nil {
				out[i] = readPart(dir, from+int64(i), size)
			}
			return nil
		})
	}
	_ = g.Wait() // none of them errs
	return out
}

func readPart(dir tiles.Dir, n, size int64) part {
	first := n * torchwood.TileWidth
	leaves, err := dir.Entries(n, int(min(torchwood.TileWidth, size-first)))
	if err != nil {
		return part{err: err}
	}
	p := part{leaves: make([]taken, 0, len(leaves))}
	for i, leaf := range leaves {
		t := taken{hash: tlog.RecordHash(leaf)}
		e, err := record.ParseEntry(leaf)
		if err != nil {
			t.err = err
		} else {
			t.line = lineOf(first+int64(i), e)
		}
		p.leaves = append(p.leaves, t)
	}
	return p
}
