package tiles_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/record/tiles"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// filled is a log of n entries.
func filled(t *testing.T, n int) *recordtest.Log {
	t.Helper()
	l := recordtest.New()
	more(t, l, n)
	return l
}

func more(t *testing.T, l *recordtest.Log, n int) {
	t.Helper()
	head, err := l.Head(t.Context())
	require.NoError(t, err)
	for i := range n {
		at := int(head.N) + i
		require.NoError(t, l.Append(t.Context(), []record.Event{{
			ID: fmt.Sprintf("alive/%d", at), Kind: record.Alive, At: noon.Add(time.Duration(at) * time.Second),
		}}))
	}
}

// check has Tessera's and torchwood's clients check the directory.
func check(t *testing.T, l *recordtest.Log, dir string, n int64) {
	t.Helper()
	f := client.FileFetcher{Root: dir}
	leafHashes := func(bundle []byte) ([][]byte, error) {
		var b api.EntryBundle
		if err := b.UnmarshalText(bundle); err != nil {
			return nil, err
		}
		out := make([][]byte, 0, len(b.Entries))
		for _, e := range b.Entries {
			h := tlog.RecordHash(e)
			out = append(out, h[:])
		}
		return out, nil
	}
	require.NoError(t, fsck.New(recordtest.Origin, l.Verifier(), f, leafHashes, fsck.Opts{N: 1}).Check(t.Context()))

	files, err := torchwood.NewTileFS(os.DirFS(dir))
	require.NoError(t, err)
	c, err := torchwood.NewClient(files)
	require.NoError(t, err)
	raw, err := os.ReadFile(filepath.Join(dir, tiles.CheckpointFile))
	require.NoError(t, err)
	cp, _, err := torchwood.VerifyCheckpoint(raw, torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(recordtest.Origin), torchwood.SingleVerifierPolicy(l.Verifier())))
	require.NoError(t, err)
	require.Equal(t, n, cp.N)
	want, err := l.Range(t.Context(), 0, n)
	require.NoError(t, err)
	got := int64(0)
	for i, leaf := range c.AllEntries(t.Context(), cp.Tree, 0) {
		require.Equal(t, got, i)
		require.Equal(t, string(want[i].Leaf), string(leaf))
		got++
	}
	require.NoError(t, c.Err())
	require.Equal(t, n, got)
}

func TestTheClientsOfOthersVerifyAnExport(t *testing.T) {
	for _, n := range []int{1, 2, 255, 256, 257, 700, 66_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			l, dir := filled(t, n), filepath.Join(t.TempDir(), "new", "export")
			l.Sign()
			require.NoError(t, tiles.Export(t.Context(), l, dir))
			check(t, l, dir, int64(n))
		})
	}
}

func TestAnExportGrowsAndEveryStateOfItVerifies(t *testing.T) {
	l, dir := recordtest.New(), t.TempDir()
	var before map[string]time.Time
	for step, n := range []int{3, 0, 200, 53, 1, 300, 1} {
		more(t, l, n)
		l.AnchorNow("disk", noon)
		require.NoError(t, tiles.Export(t.Context(), l, dir))
		head, err := l.Head(t.Context())
		require.NoError(t, err)
		check(t, l, dir, head.N)
		after := names(t, dir)
		for name, at := range before {
			now, kept := after[name]
			if kept && strings.HasPrefix(name, "tile/") {
				require.Equal(t, at, now, "step %d wrote %s again", step, name)
			}
			require.True(t, kept || strings.Contains(name, ".p/"), "step %d lost %s", step, name)
		}
		before = after
	}
	require.NotContains(t, before, "tile/0/000.p/3", "a full tile stands for it")
	var sizes []int64
	for a, err := range tiles.In(os.DirFS(dir)).Anchors() {
		require.NoError(t, err)
		old, err := tiles.Parse(a.Checkpoint)
		require.NoError(t, err)
		head, err := l.Head(t.Context())
		require.NoError(t, err)
		if old.N < head.N {
			require.NoError(t, tlog.CheckTree(a.Proof, head.N, head.Hash, old.N, old.Hash))
		}
		sizes = append(sizes, old.N)
	}
	require.Equal(t, []int64{3, 3, 203, 256, 257, 557, 558}, sizes)
}

func names(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	out := map[string]time.Time{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		require.NotContains(t, d.Name(), ".new-", "nothing half-written stays")
		if !d.IsDir() {
			info, err := d.Info()
			require.NoError(t, err)
			rel, err := filepath.Rel(dir, path)
			require.NoError(t, err)
			out[filepath.ToSlash(rel)] = info.ModTime()
		}
		return nil
	}))
	return out
}

func TestAnInterruptedExportIsMadeGoodByTheNext(t *testing.T) {
	l, dir := filled(t, 600), t.TempDir()
	l.Sign()
	for stop := range 6 {
		err := tiles.Export(t.Context(), failing{l, new(int), stop}, dir)
		require.ErrorIs(t, err, errPulled)
		_, err = os.Stat(filepath.Join(dir, tiles.CheckpointFile))
		require.True(t, stop == 5 || errors.Is(err, fs.ErrNotExist), "no checkpoint before all that it covers")
	}
	require.NoError(t, tiles.Export(t.Context(), l, dir))
	check(t, l, dir, 600)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, tiles.Export(ended, l, t.TempDir()), context.Canceled)
}

var errPulled = errors.New("the plug was pulled")

// failing is a log that answers a number of reads and then no more.
type failing struct {
	*recordtest.Log
	n    *int
	stop int
}

func (f failing) may() error {
	*f.n++
	if *f.n > f.stop {
		return errPulled
	}
	return nil
}

func (f failing) Range(ctx context.Context, from, to int64) ([]record.Recorded, error) {
	if err := f.may(); err != nil {
		return nil, err
	}
	return f.Log.Range(ctx, from, to)
}

func (f failing) Anchors(context.Context, int64) ([]record.Anchored, error) { return nil, errPulled }

func (f failing) Hashes(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(i []int64) ([]tlog.Hash, error) {
		if f.stop == 5 {
			return f.Log.Hashes(ctx).ReadHashes(i)
		}
		if err := f.may(); err != nil {
			return nil, err
		}
		return f.Log.Hashes(ctx).ReadHashes(i)
	})
}

func TestNothingThatMayBeTheOnlyHonestCopyIsOverwritten(t *testing.T) {
	l := filled(t, 300)
	dir := t.TempDir()
	l.Sign()
	require.NoError(t, tiles.Export(t.Context(), l, dir))
	before := names(t, dir)
	rewritten := l.Rewritten(func(r []record.Recorded) []record.Recorded { return slices.Delete(r, 7, 8) })
	more(t, rewritten, 20)
	older := l.Copy(200)
	short := l.Copy(300)
	other := recordtest.New()
	require.NoError(t, other.Append(t.Context(), []record.Event{{ID: "another", Kind: record.Alive, At: noon}}))
	more(t, other, 299)
	for what, log := range map[string]*recordtest.Log{
		"differ": rewritten, "covers only 200": older, "": short, "first 300 entries differ": other,
	} {
		log.Sign()
		err := tiles.Export(t.Context(), log, dir)
		if what == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, what)
		require.Equal(t, before["tile/0/000"], names(t, dir)["tile/0/000"])
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, tiles.CheckpointFile), []byte("x\n"), 0o600))
	require.ErrorContains(t, tiles.Export(t.Context(), l, dir), "cannot be read")
}

func TestAnExportNeedsACheckpoint(t *testing.T) {
	require.ErrorContains(t, tiles.Export(t.Context(), filled(t, 3), t.TempDir()), "no checkpoint is signed")
}

func TestNobodyIsNamedInAnExport(t *testing.T) {
	l, dir := recordtest.New(), t.TempDir()
	require.NoError(t, l.Append(t.Context(), casefile.Events(recordtest.Verified(1, noon))))
	l.AnchorNow("disk", noon)
	require.NoError(t, tiles.Export(t.Context(), l, dir))
	for name := range names(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		for _, word := range []string{"jane", "Jane", "hanna", "Hanna", "sven@", "Rome", strings.Split(l.Key, "+")[2]} {
			require.NotContains(t, string(b), word, name)
		}
	}
}
