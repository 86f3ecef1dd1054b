package bundle

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// newestAnchors is how many checkpoints of each anchor a bundle has, beside the
// first that covers the case's last entry.
const newestAnchors = 20

// held is an anchored checkpoint with what it says.
type held struct {
	record.Anchored
	tree tlog.Tree
}

// anchors chooses the anchored checkpoints that speak of the case, and proves
// that the bundle's checkpoint continues each. One that it does not continue is
// put in all the same, with the proof that fails: it shows that the log was
// changed, and whoever checks the bundle must see it.
func anchors(ctx context.Context, r record.Reader, entries []record.Recorded, tree tlog.Tree, hashes *kept) ([]record.Anchored, error) {
	// A checkpoint from before the case's first entry says nothing of the case;
	// only where there are no others are those shown.
	all, err := r.Anchors(ctx, entries[0].Index+1)
	if err == nil && len(all) == 0 {
		all, err = r.Anchors(ctx, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("read the anchors: %w", err)
	}
	chosen, err := choose(all, entries[len(entries)-1].Index, tree.N)
	if err != nil {
		return nil, err
	}
	if err := hashes.fetch(func(r tlog.HashReader) {
		for _, a := range chosen {
			_, _ = tlog.ProveTree(tree.N, a.tree.N, r) // only to learn what it reads
		}
	}); err != nil {
		return nil, err
	}
	out := make([]record.Anchored, 0, len(chosen))
	for _, a := range chosen {
		a.Proof = nil
		if a.tree.N < tree.N {
			if a.Proof, err = tlog.ProveTree(tree.N, a.tree.N, hashes); err != nil {
				return nil, fmt.Errorf("prove that the checkpoint continues the one of %s for %d entries: %w", a.Anchor, a.tree.N, err)
			}
		}
		out = append(out, a.Anchored)
	}
	return out, nil
}

// choose leaves of each anchor the newest checkpoints up to the size, and the
// first that covers the last entry, in the order in which they came.
func choose(all []record.Anchored, last, size int64) ([]held, error) {
	byAnchor := map[string][]held{}
	for _, a := range all {
		cp, err := parse(a.Checkpoint)
		if err != nil {
			return nil, fmt.Errorf("read the checkpoint that was put at %s: %w", a.Anchor, err)
		}
		if cp.N >= 1 && cp.N <= size {
			byAnchor[a.Anchor] = append(byAnchor[a.Anchor], held{a, cp.Tree})
		}
	}
	var out []held
	for _, a := range all {
		list := byAnchor[a.Anchor]
		delete(byAnchor, a.Anchor)
		if len(list) <= newestAnchors {
			out = append(out, list...)
			continue
		}
		newest := list[len(list)-newestAnchors:]
		first := slices.IndexFunc(list, func(h held) bool { return h.tree.N > last })
		if first >= 0 && first < len(list)-newestAnchors {
			out = append(out, list[first])
		}
		out = append(out, newest...)
	}
	return out, nil
}
