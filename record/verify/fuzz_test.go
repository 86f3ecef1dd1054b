package verify_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/recordtest"
	"lastday/record/verify"
)

// FuzzLog replaces files of a good export. Whatever they hold, the verification
// ends, and is intact only if entries and checkpoint are the good ones.
func FuzzLog(f *testing.F) {
	l := logOf(f, 1)
	good, copied := exported(f, l), newest(f, l)
	var entries, tile string
	for name := range good {
		if strings.HasPrefix(name, "tile/entries/") {
			entries = name
		} else if strings.HasPrefix(name, "tile/0/") {
			tile = name
		}
	}
	f.Add(good["checkpoint"].Data, good[entries].Data, good[tile].Data, good["anchors.json"].Data)
	f.Add([]byte(l.SignText("x\n9223372036854775807\nAAAA\n")), []byte{0, 0, 255, 255}, []byte{}, []byte(`[{"checkpoint":""}]`))
	root := strings.Split(copied, "\n")[2]
	f.Add([]byte(l.SignText(recordtest.Origin+"\n281474976710656\n"+root+"\n")), good[entries].Data, good[tile].Data, []byte("[]"))
	f.Fuzz(func(t *testing.T, checkpoint, leaves, hashes, anchors []byte) {
		files := fstest.MapFS{
			"checkpoint":   {Data: checkpoint},
			entries:        {Data: leaves},
			tile:           {Data: hashes},
			"anchors.json": {Data: anchors},
		}
		r := checkLog(t, files, with(l, copied))
		sensible(t, r)
		if r.Verdict() == verify.Intact {
			require.Equal(t, good[entries].Data, leaves)
			require.Equal(t, good[tile].Data, hashes)
			require.Equal(t, good["checkpoint"].Data, checkpoint)
		}
	})
}

// FuzzBundle gives whole files, evidence and cases that nobody signed, and
// entries that whoever has the key did sign.
func FuzzBundle(f *testing.F) {
	l := logOf(f, 1)
	good, copied := filesOf(f, evidenceOf(f, l, 0)), newest(f, l)
	entries, err := l.Case(f.Context(), recordtest.RunID(0))
	require.NoError(f, err)
	f.Add(zipped(f, good...), []byte(nil), []byte(nil), "", []byte(nil), []byte(nil))
	f.Add([]byte(nil), good[0].data, good[1].data, "", []byte(nil), []byte(nil))
	for _, e := range entries {
		details, err := e.Details()
		require.NoError(f, err)
		f.Add([]byte(nil), []byte(nil), []byte(nil), string(e.Entry.Kind), []byte(e.Entry.Facts), []byte(details))
	}
	f.Fuzz(func(t *testing.T, raw, evidence, kase []byte, kind string, facts, details []byte) {
		switch {
		case len(raw) > 0:
			sensible(t, checkBundle(t, raw, with(l, copied)))
		case len(evidence) > 0:
			r := checkBundle(t, zipped(t, file{"evidence.json", evidence}, file{"case.json", kase}), with(l, copied))
			sensible(t, r)
			if r.Verdict() == verify.Intact {
				requireGood(t, evidence, entries)
				require.Equal(t, good[1].data, kase)
			}
		default:
			forged(t, l, kind, facts, details)
		}
	})
}

// requireGood demands that the evidence holds the good entries and no others.
func requireGood(t *testing.T, evidence []byte, entries []record.Recorded) {
	t.Helper()
	var ev record.Evidence
	require.NoError(t, json.Unmarshal(evidence, &ev))
	require.Len(t, ev.Entries, len(entries))
	for i, e := range ev.Entries {
		require.Equal(t, string(entries[i].Leaf), string(e.Leaf))
		require.True(t, e.Opened == nil || bytes.Equal(entries[i].Opened, e.Opened))
	}
}

// forged has the holder of the key sign an entry of any kind that says anything.
func forged(t *testing.T, l *recordtest.Log, kind string, facts, details []byte) {
	t.Helper()
	if !json.Valid(facts) {
		return
	}
	c := l.Copy(size(t, l))
	e := record.Entry{
		Version: record.Version, Event: "forged", Kind: record.Kind(kind), At: noon.Add(time.Hour), Recorded: noon.Add(time.Hour),
		Case: recordtest.RunID(0), Seq: size(t, l) + 1, System: "okta", Facts: facts,
	}
	var opened []byte
	if json.Valid(details) {
		var err error
		if opened, e.Sealed, err = record.Seal(details); err != nil {
			return
		}
	}
	leaf, err := e.Marshal()
	if err != nil || c.Put(leaf, opened) != nil {
		return
	}
	c.Sign()
	ev := evidenceOf(t, c, 0)
	files := filesOfRaw(t, ev)
	sensible(t, checkBundle(t, zipped(t, files...), with(l, newest(t, c))))
}

// filesOfRaw is a bundle's evidence without a case.json.
func filesOfRaw(t *testing.T, ev record.Evidence) []file {
	t.Helper()
	return []file{{"evidence.json", marshal(t, ev)}}
}

// sensible demands what holds of every report.
func sensible(t *testing.T, r verify.Report) {
	t.Helper()
	require.NotEmpty(t, r.Checks)
	text := r.Text()
	for _, c := range text {
		require.True(t, c == '\n' || c >= ' ' && c != 0x7f && (c < 0x80 || c > 0x9f), "a terminal would obey %q", c)
	}
	out, err := r.JSON()
	require.NoError(t, err)
	require.True(t, json.Valid(out))
	failed := false
	for _, c := range r.Checks {
		require.NotEmpty(t, c.Name, c.ID)
		require.NotEmpty(t, c.Detail, c.ID)
		failed = failed || c.Result == verify.Failed
	}
	require.Equal(t, failed, len(r.Findings) > 0)
	require.Equal(t, failed, r.Verdict() == verify.Tampered)
}
