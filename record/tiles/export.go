package tiles

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// Export writes the log, as far as its newest checkpoint covers it, into the
// directory, which is made if need be. Calling it again adds what is new. Each
// file appears whole or not at all, and the checkpoint after all that it covers,
// so that a reader may look at any time and a killed export is made good by the
// next one.
//
// It refuses a directory that holds another log, or a state of this one that
// the log no longer continues: what lies there may be the only honest copy.
func Export(ctx context.Context, r record.Reader, dir string) error {
	signed, err := r.Checkpoint(ctx)
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	if signed == "" {
		return errors.New("export the log: no checkpoint is signed yet: wait a few seconds, or start the process that signs")
	}
	cp, err := Parse(signed)
	if err != nil {
		return fmt.Errorf("export the log: read the newest checkpoint: %w", err)
	}
	head, err := r.Head(ctx)
	if err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	if head.N < cp.N {
		return fmt.Errorf("export the log: its newest checkpoint covers %d entries and it holds only %d: entries are missing", cp.N, head.N)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("export the log: %w", err)
	}
	e := exporter{log: r, hashes: r.Hashes(ctx), out: &writer{dir: dir}}
	from, err := e.continues(cp)
	if err != nil {
		return fmt.Errorf("export the log into %s: %w", dir, err)
	}
	if err := e.all(ctx, from, cp, signed); err != nil {
		return fmt.Errorf("export the log into %s: %w", dir, err)
	}
	return nil
}

type exporter struct {
	log    record.Reader
	hashes tlog.HashReader
	out    *writer
}

// continues gives the size of what is there already, zero for nothing.
func (e exporter) continues(now torchwood.Checkpoint) (int64, error) {
	text, err := In(os.DirFS(e.out.dir)).Checkpoint()
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	there, err := Parse(text)
	elsewhere := "export into an empty directory, keep this one, and find out which is right"
	switch {
	case err != nil:
		return 0, fmt.Errorf("the checkpoint in it cannot be read: %w: %s", err, elsewhere)
	case there.Origin != now.Origin:
		return 0, fmt.Errorf("it holds the log %s, not %s: choose another directory", there.Origin, now.Origin)
	case there.N > now.N:
		return 0, fmt.Errorf("it holds %d entries, and the log's newest checkpoint covers only %d: %s", there.N, now.N, elsewhere)
	}
	root, err := tlog.TreeHash(there.N, e.hashes)
	if err != nil {
		return 0, fmt.Errorf("hash the first %d entries: %w", there.N, err)
	}
	if root != there.Hash {
		return 0, fmt.Errorf("what it holds is not the beginning of this log: the first %d entries differ: %s", there.N, elsewhere)
	}
	return there.N, nil
}

func (e exporter) all(ctx context.Context, from int64, cp torchwood.Checkpoint, signed string) error {
	for _, t := range tlog.NewTiles(torchwood.TileHeight, from, cp.N) {
		if err := e.tile(ctx, t); err != nil {
			return err
		}
	}
	e.out.settle()
	if err := e.out.write(CheckpointFile, []byte(signed)); err != nil {
		return err
	}
	if err := e.anchors(ctx, cp); err != nil {
		return err
	}
	for _, t := range tlog.NewTiles(torchwood.TileHeight, from, cp.N) {
		if t.W == torchwood.TileWidth {
			e.dropPartial(t)
		}
	}
	return nil
}

// tile writes one tile, and with one of the lowest level its entries.
func (e exporter) tile(ctx context.Context, t tlog.Tile) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := tlog.ReadTileData(t, e.hashes)
	if err != nil {
		return fmt.Errorf("read %s: %w", torchwood.TilePath(t), err)
	}
	if t.L == 0 {
		if err := e.entries(ctx, t); err != nil {
			return err
		}
	}
	return e.out.write(torchwood.TilePath(t), data)
}

func (e exporter) entries(ctx context.Context, t tlog.Tile) error {
	from := t.N * torchwood.TileWidth
	entries, err := e.log.Range(ctx, from, from+int64(t.W))
	if err != nil {
		return fmt.Errorf("read entries from %d: %w", from, err)
	}
	if len(entries) != t.W {
		return fmt.Errorf("read entries from %d: %d came, not %d", from, len(entries), t.W)
	}
	var data []byte
	for _, r := range entries {
		if data, err = torchwood.AppendTileEntry(data, r.Leaf); err != nil {
			return fmt.Errorf("write entry %d: %w", r.Index, err)
		}
	}
	t.L = -1
	return e.out.write(torchwood.TilePath(t), data)
}

// anchors writes where checkpoints up to this one were put, each with the proof
// that this one continues it.
func (e exporter) anchors(ctx context.Context, cp torchwood.Checkpoint) error {
	all, err := e.log.Anchors(ctx, 0)
	if err != nil {
		return fmt.Errorf("read anchors: %w", err)
	}
	kept := make([]record.Anchored, 0, len(all))
	hashes := remembering(e.hashes)
	for _, a := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		old, err := Parse(a.Checkpoint)
		if err == nil && old.N > cp.N {
			continue // made after the checkpoint was read: the next export has it
		}
		a.Proof = nil
		if err == nil && old.N > 0 && old.N < cp.N {
			if a.Proof, err = tlog.ProveTree(cp.N, old.N, hashes); err != nil {
				return fmt.Errorf("prove that entry %d continues entry %d: %w", cp.N, old.N, err)
			}
		}
		kept = append(kept, a)
	}
	b, err := json.MarshalIndent(kept, "", " ")
	if err != nil {
		return fmt.Errorf("encode anchors: %w", err)
	}
	return e.out.write(AnchorsFile, append(b, '\n'))
}

// dropPartial removes what a full tile stands for now. What cannot be removed
// does no harm.
func (e exporter) dropPartial(t tlog.Tile) {
	_ = os.RemoveAll(filepath.Join(e.out.dir, filepath.FromSlash(torchwood.TilePath(t))+".p"))
	if t.L == 0 {
		t.L = -1
		_ = os.RemoveAll(filepath.Join(e.out.dir, filepath.FromSlash(torchwood.TilePath(t))+".p"))
	}
}

// remembering reads each hash once.
func remembering(r tlog.HashReader) tlog.HashReader {
	known := map[int64]tlog.Hash{}
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var missing []int64
		for _, i := range indexes {
			if _, ok := known[i]; !ok {
				missing = append(missing, i)
			}
		}
		if len(missing) > 0 {
			got, err := r.ReadHashes(missing)
			if err != nil {
				return nil, err
			}
			if len(got) != len(missing) {
				return nil, fmt.Errorf("%d hashes came, not %d", len(got), len(missing))
			}
			for n, i := range missing {
				known[i] = got[n]
			}
		}
		out := make([]tlog.Hash, 0, len(indexes))
		for _, i := range indexes {
			out = append(out, known[i])
		}
		return out, nil
	})
}
