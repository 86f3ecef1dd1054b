package tiles

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// The files beside the tiles.
const (
	CheckpointFile = "checkpoint"
	AnchorsFile    = "anchors.json"
)

// Bounds of what is read. A file that is larger is none of ours.
const (
	MaxCheckpoint = 64 << 10
	MaxAnchors    = 128 << 20
	// MaxEntry is the largest entry that the format holds.
	MaxEntry   = 1<<16 - 1
	maxEntries = torchwood.TileWidth * (2 + MaxEntry)
	maxTile    = torchwood.TileWidth * tlog.HashSize
)

// MaxSize bounds the number of entries that a checkpoint may speak of, so that
// sizes can be reckoned with without care. Nobody has that many.
const MaxSize = 1 << 48

// Dir is a directory of tiles. Nothing read from it is trusted or checked, only
// bounded: no file is larger than the format allows, and none but regular files
// is opened, so that reading ends.
type Dir struct{ files fs.FS }

// In is the directory of tiles at the root of files.
func In(files fs.FS) Dir { return Dir{files} }

// Checkpoint is the checkpoint as it lies there: a note.
func (d Dir) Checkpoint() (string, error) {
	b, err := d.read(CheckpointFile, MaxCheckpoint)
	return string(b), err
}

// Tile gives the hashes of a tile. Where a partial one is missing it is taken
// from the full one, as the format says.
func (d Dir) Tile(t tlog.Tile) ([]byte, error) {
	data, err := d.read(torchwood.TilePath(t), maxTile)
	if errors.Is(err, fs.ErrNotExist) && t.W < torchwood.TileWidth {
		full := t
		full.W = torchwood.TileWidth
		whole, again := d.read(torchwood.TilePath(full), maxTile)
		if again != nil {
			return nil, err
		}
		data, err = whole[:min(len(whole), t.W*tlog.HashSize)], nil
	}
	if err != nil {
		return nil, err
	}
	if len(data) != t.W*tlog.HashSize {
		return nil, fmt.Errorf("read %s: it has %d bytes, not %d", torchwood.TilePath(t), len(data), t.W*tlog.HashSize)
	}
	return data, nil
}

// Entries gives the first width entries of the n-th file of entries; a full one
// has 256. The entries share memory.
func (d Dir) Entries(n int64, width int) ([][]byte, error) {
	t := tlog.Tile{H: torchwood.TileHeight, L: -1, N: n, W: width}
	path, longer := torchwood.TilePath(t), false
	data, err := d.read(path, maxEntries)
	if errors.Is(err, fs.ErrNotExist) && width < torchwood.TileWidth {
		full := t
		full.W = torchwood.TileWidth
		whole, again := d.read(torchwood.TilePath(full), maxEntries)
		if again != nil {
			return nil, err
		}
		data, err, longer = whole, nil, true
	}
	if err != nil {
		return nil, err
	}
	out := make([][]byte, 0, width)
	for len(out) < width {
		entry, rest, err := torchwood.ReadTileEntry(data)
		if err != nil {
			return nil, fmt.Errorf("read %s: entry %d of %d is cut short", path, len(out)+1, width)
		}
		out, data = append(out, entry), rest
	}
	if len(data) > 0 && !longer {
		return nil, fmt.Errorf("read %s: something follows its %d entries", path, width)
	}
	return out, nil
}

// Anchors gives the anchors in their order; there are none where the file is
// missing. It ends with the first error.
func (d Dir) Anchors() iter.Seq2[record.Anchored, error] {
	return func(yield func(record.Anchored, error) bool) {
		f, err := d.open(AnchorsFile, MaxAnchors)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(record.Anchored{}, err)
			return
		}
		defer func() { _ = f.Close() }()
		if err := anchors(io.LimitReader(f, MaxAnchors), yield); err != nil {
			yield(record.Anchored{}, fmt.Errorf("read %s: %w", AnchorsFile, err))
		}
	}
}

// anchors reads a JSON list. An error of nil means that all went well or that
// yield wants no more.
func anchors(r io.Reader, yield func(record.Anchored, error) bool) error {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if t, err := dec.Token(); err != nil || t != json.Delim('[') {
		return errors.New("it is not a list")
	}
	for dec.More() {
		var a record.Anchored
		if err := dec.Decode(&a); err != nil {
			return err
		}
		if !yield(a, nil) {
			return nil
		}
	}
	if _, err := dec.Token(); err != nil {
		return errors.New("the list does not end")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the list")
	}
	return nil
}

func (d Dir) read(name string, limit int64) ([]byte, error) {
	f, err := d.open(name, limit)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("read %s: it is larger than %d bytes", name, limit)
	}
	return b, nil
}

// open opens a regular file only: a pipe would wait for ever.
func (d Dir) open(name string, limit int64) (fs.File, error) {
	info, err := fs.Stat(d.files, name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read %s: it is no regular file", name)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("read %s: it is larger than %d bytes", name, limit)
	}
	f, err := d.files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return f, nil
}

// Parse reads what a checkpoint says without looking at its signatures, in any
// note that has a checkpoint's text.
func Parse(signed string) (torchwood.Checkpoint, error) {
	text, _, found := strings.Cut(signed, "\n\n")
	if !found {
		return torchwood.Checkpoint{}, errors.New("it is no signed note")
	}
	cp, err := torchwood.ParseCheckpoint(text + "\n")
	if err != nil {
		return torchwood.Checkpoint{}, errors.New("it is not written as a checkpoint is")
	}
	if cp.N > MaxSize {
		return torchwood.Checkpoint{}, fmt.Errorf("it speaks of %d entries, more than any log has", cp.N)
	}
	return cp, nil
}
