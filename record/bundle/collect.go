package bundle

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/tiles"
)

// patience is how long a covering checkpoint is waited for, and pause between
// two looks for it.
const (
	patience = 5 * time.Second
	pause    = 100 * time.Millisecond
)

// Collect gathers a case's evidence, as Write puts it into evidence.json, with
// Write's errors.
func Collect(ctx context.Context, r record.Reader, caseID string, o Options) (record.Evidence, error) {
	entries, signed, tree, err := covered(ctx, r, caseID, o.Wait)
	if err != nil {
		return record.Evidence{}, err
	}
	ev := record.Evidence{Version: record.Version, Origin: tree.Origin, Case: caseID, Checkpoint: signed}
	if err := o.signed(signed); err != nil {
		return record.Evidence{}, err
	}
	hashes := &kept{reader: r.Hashes(ctx), known: map[int64]tlog.Hash{}}
	ev.Entries, err = prove(entries, tree.Tree, hashes)
	if err != nil {
		return record.Evidence{}, err
	}
	ev.Anchors, err = anchors(ctx, r, entries, tree.Tree, hashes)
	if err != nil {
		return record.Evidence{}, err
	}
	who := map[string]bool{}
	for _, e := range entries {
		for p := range maps.Values(e.Entry.People) {
			who[p] = true
		}
	}
	ev.People, err = r.People(ctx, slices.Sorted(maps.Keys(who)))
	if err != nil {
		return record.Evidence{}, fmt.Errorf("read who is in the case: %w", err)
	}
	return asRead(ev)
}

// asRead is the evidence as whoever reads it has it, so that the papers made of
// it here are those that a reader makes: text that is no UTF-8 does not survive
// JSON.
func asRead(ev record.Evidence) (record.Evidence, error) {
	b, err := json.Marshal(ev)
	if err != nil {
		return record.Evidence{}, fmt.Errorf("encode the evidence: %w", err)
	}
	var out record.Evidence
	if err := json.Unmarshal(b, &out); err != nil {
		return record.Evidence{}, fmt.Errorf("read the evidence back: %w", err)
	}
	return out, nil
}

// checkpoint is a signed note as far as it is looked at here.
type checkpoint struct {
	Origin string
	tlog.Tree
}

// parse reads a checkpoint. It looks at no signature.
func parse(signed string) (checkpoint, error) {
	cp, err := tiles.Parse(signed)
	if err != nil {
		return checkpoint{}, err
	}
	return checkpoint{Origin: cp.Origin, Tree: cp.Tree}, nil
}

// signed checks that the log's key signed the checkpoint, where the key is known.
func (o Options) signed(checkpoint string) error {
	if o.Key == "" {
		return nil
	}
	v, err := note.NewVerifier(o.Key)
	if err != nil {
		return fmt.Errorf("read the log's public key: %w", err)
	}
	if _, err := note.Open([]byte(checkpoint), note.VerifierList(v)); err != nil {
		return fmt.Errorf("the newest checkpoint is not signed by the log's key %s: %w", v.Name(), err)
	}
	return nil
}

// covered gives the case's entries and the newest checkpoint, which covers all
// of them.
func covered(ctx context.Context, r record.Reader, caseID string, wait time.Duration) ([]record.Recorded, string, checkpoint, error) {
	if wait <= 0 {
		wait = patience
	}
	entries, err := r.Case(ctx, caseID)
	if err != nil {
		return nil, "", checkpoint{}, fmt.Errorf("read its entries: %w", err)
	}
	if len(entries) == 0 {
		return nil, "", checkpoint{}, ErrNoCase
	}
	newest := entries[len(entries)-1].Index
	signed, cp, err := await(ctx, r, newest+1, wait)
	if err != nil {
		return nil, "", checkpoint{}, err
	}
	// What was written meanwhile and is covered belongs in, too.
	if entries, err = r.Case(ctx, caseID); err != nil {
		return nil, "", checkpoint{}, fmt.Errorf("read its entries: %w", err)
	}
	entries = slices.DeleteFunc(entries, func(e record.Recorded) bool { return e.Index >= cp.N })
	if n := len(entries); n == 0 || entries[n-1].Index < newest {
		return nil, "", checkpoint{}, fmt.Errorf("its entry %d was there and is there no more: the log was changed", newest)
	}
	return entries, signed, cp, nil
}

// await waits for a checkpoint of at least size entries.
func await(ctx context.Context, r record.Reader, size int64, wait time.Duration) (string, checkpoint, error) {
	timer, again := time.NewTimer(wait), time.NewTicker(pause)
	defer timer.Stop()
	defer again.Stop()
	for {
		signed, err := r.Checkpoint(ctx)
		if err != nil {
			return "", checkpoint{}, fmt.Errorf("read the newest checkpoint: %w", err)
		}
		var cp checkpoint
		if signed != "" {
			if cp, err = parse(signed); err != nil {
				return "", checkpoint{}, fmt.Errorf("read the newest checkpoint: %w", err)
			}
		}
		if cp.N >= size {
			return signed, cp, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return "", checkpoint{}, ctx.Err()
		case <-timer.C:
			return "", checkpoint{}, fmt.Errorf("%w: the newest covers %d entries of the log, and the case's last is number %d (waited %s); is the process that signs running?",
				ErrUncovered, cp.N, size, wait)
		}
	}
}

// prove makes and checks each entry's proof.
func prove(entries []record.Recorded, tree tlog.Tree, hashes *kept) ([]record.Proven, error) {
	indexes := make([]int64, 0, len(entries))
	for _, e := range entries {
		indexes = append(indexes, e.Index)
	}
	if err := hashes.fetch(func(r tlog.HashReader) {
		for _, i := range indexes {
			_, _ = tlog.ProveRecord(tree.N, i, r) // only to learn what it reads
		}
	}); err != nil {
		return nil, err
	}
	out := make([]record.Proven, 0, len(entries))
	for _, e := range entries {
		proof, err := tlog.ProveRecord(tree.N, e.Index, hashes)
		if err != nil {
			return nil, fmt.Errorf("prove entry %d: %w", e.Index, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, e.Index, tlog.RecordHash(e.Leaf)); err != nil {
			return nil, fmt.Errorf("entry %d does not lead to the signed checkpoint: the database was changed after it was signed; verify the whole log: %w", e.Index, err)
		}
		out = append(out, record.Proven{Index: e.Index, Leaf: e.Leaf, Opened: e.Opened, Proof: proof})
	}
	return out, nil
}
