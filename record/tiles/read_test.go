package tiles_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record/tiles"
)

func TestReadingIsBoundedAndEnds(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "tile"), 0o700))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, tiles.CheckpointFile), 0o600))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, tiles.AnchorsFile)))
	d := tiles.In(os.DirFS(dir))
	done := make(chan error, 2)
	go func() {
		_, err := d.Checkpoint()
		done <- err
		for _, err := range d.Anchors() {
			done <- err
		}
	}()
	for range 2 {
		select {
		case err := <-done:
			require.ErrorContains(t, err, "no regular file")
		case <-time.After(10 * time.Second):
			t.Fatal("reading a pipe does not end")
		}
	}
	_, err := tiles.In(fstest.MapFS{"checkpoint": {Data: make([]byte, tiles.MaxCheckpoint+1)}}).Checkpoint()
	require.ErrorContains(t, err, "larger than")
}

func TestWhatIsNoFileOfEntriesIsRefused(t *testing.T) {
	full, err := torchwood.AppendTileEntry(nil, []byte("one"))
	require.NoError(t, err)
	full, err = torchwood.AppendTileEntry(full, []byte("two"))
	require.NoError(t, err)
	for what, data := range map[string][]byte{
		"":             full,
		"cut short":    full[:len(full)-1],
		"entry 1 of 2": {0},
		"follows":      append(full[:len(full):len(full)], 0),
	} {
		got, err := tiles.In(fstest.MapFS{"tile/entries/000.p/2": {Data: data}}).Entries(0, 2)
		if what == "" {
			require.NoError(t, err)
			require.Equal(t, [][]byte{[]byte("one"), []byte("two")}, got)
			continue
		}
		require.ErrorContains(t, err, what)
	}
	_, err = tiles.In(fstest.MapFS{}).Entries(0, 2)
	require.ErrorIs(t, err, fs.ErrNotExist)
	got, err := tiles.In(fstest.MapFS{"tile/entries/000": {Data: full}}).Entries(0, 1)
	require.NoError(t, err, "a full file stands for a partial one")
	require.Equal(t, [][]byte{[]byte("one")}, got)
}

func TestATileOfAnotherLengthIsRefused(t *testing.T) {
	tile := tlog.Tile{H: torchwood.TileHeight, W: 2}
	_, err := tiles.In(fstest.MapFS{"tile/0/000.p/2": {Data: make([]byte, 63)}}).Tile(tile)
	require.ErrorContains(t, err, "63 bytes")
	got, err := tiles.In(fstest.MapFS{"tile/0/000": {Data: make([]byte, 256*32)}}).Tile(tile)
	require.NoError(t, err)
	require.Len(t, got, 64)
	_, err = tiles.In(fstest.MapFS{"tile/0/000": {Data: make([]byte, 32)}}).Tile(tile)
	require.ErrorContains(t, err, "32 bytes, not 64")
}

func TestAnchorsThatAreNoListAreRefused(t *testing.T) {
	for _, text := range []string{"", "{}", "[", `[{"anchor":1}]`, `[{"other":1}]`, "[] []", "[{}"} {
		var got error
		for _, err := range tiles.In(fstest.MapFS{tiles.AnchorsFile: {Data: []byte(text)}}).Anchors() {
			got = err
		}
		require.ErrorContains(t, got, tiles.AnchorsFile, text)
	}
	for range tiles.In(fstest.MapFS{}).Anchors() {
		t.Fatal("there is no anchor")
	}
}

func TestWhatIsNoCheckpointIsRefused(t *testing.T) {
	root := tlog.RecordHash(nil).String()
	for _, text := range []string{
		"", "a\n1\n" + root + "\n", "a\n-1\n" + root + "\n\n— x y\n", "a\n01\n" + root + "\n\n— x y\n",
		"a\n562949953421312\n" + root + "\n\n— x y\n", "a\n1\nAAAA\n\n— x y\n",
	} {
		_, err := tiles.Parse(text)
		require.Error(t, err, text)
	}
	cp, err := tiles.Parse("a\n7\n" + root + "\n\n" + strings.Repeat("— x y\n", 2))
	require.NoError(t, err)
	require.EqualValues(t, 7, cp.N)
}
