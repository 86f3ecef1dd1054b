package verify_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/record/tiles"
	"lastday/record/verify"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// logOf is a log with n whole cases, an hour apart, anchored after each.
func logOf(t testing.TB, n int) *recordtest.Log {
	t.Helper()
	l := recordtest.New()
	for i := range n {
		addCase(t, l, i)
		l.AnchorNow("disk", noon)
	}
	return l
}

func addCase(t testing.TB, l *recordtest.Log, i int) {
	t.Helper()
	require.NoError(t, l.Append(t.Context(), casefile.Events(recordtest.Verified(i, noon.Add(time.Duration(i)*time.Hour)))))
}

func size(t testing.TB, l *recordtest.Log) int64 {
	t.Helper()
	head, err := l.Head(t.Context())
	require.NoError(t, err)
	return head.N
}

// with are options with the log's key, the auditor's copies, and a time long
// after everything.
func with(l *recordtest.Log, copies ...string) verify.Options {
	return verify.Options{Keys: []note.Verifier{l.Verifier()}, Copies: copies, Now: noon.AddDate(1, 0, 0)}
}

// newest is the log's newest checkpoint.
func newest(t testing.TB, l *recordtest.Log) string {
	t.Helper()
	cp, err := l.Checkpoint(t.Context())
	require.NoError(t, err)
	return cp
}

// exported is the log's export, in memory.
func exported(t testing.TB, l *recordtest.Log) fstest.MapFS {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, tiles.Export(t.Context(), l, dir))
	out := fstest.MapFS{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(filepath.Join(dir, path))
		out[path] = &fstest.MapFile{Data: b, Mode: 0o644}
		return err
	}))
	return out
}

// put gives the files with one of them changed.
func put(files fstest.MapFS, name string, data []byte) fstest.MapFS {
	out := maps.Clone(files)
	out[name] = &fstest.MapFile{Data: data, Mode: 0o644}
	return out
}

func checkLog(t testing.TB, files fs.FS, o verify.Options) verify.Report {
	t.Helper()
	return verify.Log(t.Context(), files, o)
}

// evidenceOf is the evidence of the i-th case, proven up to the newest checkpoint.
func evidenceOf(t testing.TB, l *recordtest.Log, i int) record.Evidence {
	t.Helper()
	ctx, signed := t.Context(), newest(t, l)
	cp, err := tiles.Parse(signed)
	require.NoError(t, err)
	ev := record.Evidence{Version: record.Version, Origin: cp.Origin, Case: recordtest.RunID(i), Checkpoint: signed}
	entries, err := l.Case(ctx, ev.Case)
	require.NoError(t, err)
	var who []string
	for _, e := range entries {
		if e.Index >= cp.N {
			continue
		}
		proof, err := tlog.ProveRecord(cp.N, e.Index, l.Hashes(ctx))
		require.NoError(t, err)
		ev.Entries = append(ev.Entries, record.Proven{Index: e.Index, Leaf: e.Leaf, Opened: e.Opened, Proof: proof})
		who = slices.AppendSeq(who, maps.Values(e.Entry.People))
	}
	ev.People, err = l.People(ctx, who)
	require.NoError(t, err)
	ev.Anchors, err = l.Anchors(ctx, 0)
	require.NoError(t, err)
	for i, a := range ev.Anchors {
		old, err := tiles.Parse(a.Checkpoint)
		require.NoError(t, err)
		if old.N < cp.N {
			ev.Anchors[i].Proof, err = tlog.ProveTree(cp.N, old.N, l.Hashes(ctx))
			require.NoError(t, err)
		}
	}
	return ev
}

// file is one file of a zip.
type file struct {
	name string
	data []byte
}

func zipped(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		out, err := w.Create(f.name)
		require.NoError(t, err)
		_, err = out.Write(f.data)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// bundleOf is a bundle with that evidence and the case.json that goes with it.
func bundleOf(t testing.TB, ev record.Evidence) []byte {
	t.Helper()
	return zipped(t, filesOf(t, ev)...)
}

func filesOf(t testing.TB, ev record.Evidence) []file {
	t.Helper()
	b, err := json.Marshal(ev)
	require.NoError(t, err)
	return []file{
		{"evidence.json", b},
		{"case.json", caseOf(t, ev)},
		{"case.schema.json", []byte("{}")},
		{"report.html", []byte("<html>")},
		{"report.pdf", []byte("%PDF")},
		{"HOW-TO-CHECK.txt", []byte("run lastday-verify")},
	}
}

func caseOf(t testing.TB, ev record.Evidence) []byte {
	t.Helper()
	var entries []record.Recorded
	for _, p := range ev.Entries {
		e, err := record.ParseEntry(p.Leaf)
		require.NoError(t, err)
		entries = append(entries, record.Recorded{Index: p.Index, Leaf: p.Leaf, Entry: e, Opened: p.Opened})
	}
	c, err := casefile.Rebuild(entries, ev.People)
	require.NoError(t, err)
	b, err := c.JSON()
	require.NoError(t, err)
	return b
}

func checkBundle(t testing.TB, data []byte, o verify.Options) verify.Report {
	t.Helper()
	return verify.Bundle(t.Context(), bytes.NewReader(data), int64(len(data)), o)
}

// requireTampered demands the verdict, and that the named check is what failed.
func requireTampered(t testing.TB, r verify.Report, id string) {
	t.Helper()
	require.Equal(t, verify.Tampered, r.Verdict(), "%s", r.Text())
	require.NotEmpty(t, r.Findings)
	if id != "" {
		require.Equal(t, verify.Failed, r.Check(id).Result, "%s", r.Text())
	}
}

func requireVerdict(t testing.TB, want verify.Verdict, r verify.Report) {
	t.Helper()
	require.Equal(t, want, r.Verdict(), "%s", r.Text())
}
