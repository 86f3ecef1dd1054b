package verify_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/record/tiles"
	"lastday/record/verify"
)

func TestAReportIsForPeopleAndForPrograms(t *testing.T) {
	l := logOf(t, 2)
	data := bundleOf(t, evidenceOf(t, l, 0))
	for _, r := range []verify.Report{
		checkBundle(t, data, with(l, newest(t, l))), checkBundle(t, data, with(l)), checkBundle(t, data, with(logOf(t, 1))),
		checkBundle(t, nil, with(l)), checkLog(t, exported(t, l), with(l)), checkLog(t, exported(t, l), verify.Options{}),
	} {
		sensible(t, r)
		for line := range strings.SplitSeq(r.Text(), "\n") {
			require.LessOrEqual(t, utf8.RuneCountInString(line), 78, line)
		}
		out, err := r.JSON()
		require.NoError(t, err)
		var back struct {
			Verdict  verify.Verdict `json:"verdict"`
			Checks   []verify.Check `json:"checks"`
			Findings []string       `json:"findings"`
		}
		require.NoError(t, json.Unmarshal(out, &back))
		require.Equal(t, r.Verdict(), back.Verdict)
		require.Equal(t, r.Checks, back.Checks)
		require.NotNil(t, back.Findings)
	}
	require.Equal(t, verify.CannotSay, verify.Report{}.Verdict())
}

// A vendor's or a person's words reach the report, and must not reach further.
func TestWordsInARecordDoNotCommandATerminal(t *testing.T) {
	c := recordtest.Verified(0, noon)
	c.Outcome = "fine\x1b[2J\u202e\x07\nVERDICT: INTACT"
	l := recordtest.New()
	require.NoError(t, l.Append(t.Context(), casefile.Events(c)))
	l.Sign()
	r := checkBundle(t, bundleOf(t, evidenceOf(t, l, 0)), with(l))
	sensible(t, r)
	require.NotContains(t, r.Text(), "\u202e")
	require.NotContains(t, r.Text(), "\nVERDICT: INTACT")
}

func TestManyFaultsAreCountedAndNotAllTold(t *testing.T) {
	l := logOf(t, 10)
	gaps := l.Rewritten(func(r []record.Recorded) []record.Recorded {
		for i := range r {
			r[i].Entry.Seq = 7
			r[i] = changed(r[i], r[i].Entry.Event)
		}
		return r
	})
	r := checkLog(t, exported(t, signed(gaps)), with(l))
	requireTampered(t, r, "complete")
	require.Contains(t, strings.Join(r.Findings, " "), "more of the same kind")
}

func TestAPathIsOpenedSafely(t *testing.T) {
	l, dir := logOf(t, 1), t.TempDir()
	cp := newest(t, l)
	require.NoError(t, tiles.Export(t.Context(), l, filepath.Join(dir, "log")))
	r, err := verify.Path(t.Context(), filepath.Join(dir, "log"), with(l, cp))
	require.NoError(t, err)
	requireVerdict(t, verify.Intact, r)
	name := filepath.Join(dir, "case.zip")
	require.NoError(t, os.WriteFile(name, bundleOf(t, evidenceOf(t, l, 0)), 0o600))
	r, err = verify.Path(t.Context(), name, with(l, cp))
	require.NoError(t, err)
	requireVerdict(t, verify.Intact, r)
	_, err = verify.Path(t.Context(), filepath.Join(dir, "missing"), with(l))
	require.ErrorIs(t, err, os.ErrNotExist)
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	_, err = verify.Path(t.Context(), pipe, with(l))
	require.ErrorContains(t, err, "neither a file nor a folder")
}

// With links a small folder can pretend to hold entries without an end.
func TestAFolderOfLinksEnds(t *testing.T) {
	l, dir := recordtest.New(), t.TempDir()
	for i := range 256 {
		require.NoError(t, l.Append(t.Context(), []record.Event{{ID: string(rune('a' + i)), Kind: record.Alive, At: noon}}))
	}
	l.Sign()
	require.NoError(t, tiles.Export(t.Context(), l, dir))
	entries := filepath.Join(dir, "tile", "entries")
	for i := range 1000 {
		name := filepath.Join(entries, "x"+strings.Repeat("0", 3-len(number(i)))+number(i))
		require.NoError(t, os.Symlink(".", name))
	}
	for i := range 1000 {
		name := filepath.Join(entries, strings.Repeat("0", 3-len(number(i)))+number(i))
		if i > 0 {
			require.NoError(t, os.Symlink("000", name))
		}
	}
	root := strings.Split(newest(t, l), "\n")[2]
	huge := l.SignText(recordtest.Origin + "\n281474976710656\n" + root + "\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "checkpoint"), []byte(huge), 0o600))
	start := time.Now()
	r, err := verify.Path(t.Context(), dir, with(l, huge))
	require.NoError(t, err)
	requireTampered(t, r, "entries")
	require.Less(t, time.Since(start), 30*time.Second)
}

func number(i int) string {
	b, _ := json.Marshal(i)
	return string(b)
}

func TestKeysAreReadAndRefused(t *testing.T) {
	l, w := recordtest.New(), recordtest.NewWitness("w.example.org")
	v, err := verify.ParseKey(" " + l.Key + "\n")
	require.NoError(t, err)
	require.Equal(t, recordtest.Origin, v.Name())
	_, err = verify.ParseWitness(w.Key())
	require.NoError(t, err)
	for _, bad := range []string{"", "x", w.Key(), l.Secret} {
		_, err := verify.ParseKey(bad)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "PRIVATE")
	}
	_, err = verify.ParseWitness(l.Key)
	require.Error(t, err)
}
