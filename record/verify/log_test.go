package verify_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/record"
	"lastday/record/recordtest"
	"lastday/record/verify"
)

func TestAnHonestLogIsIntactOnlyWithSomethingFromOutside(t *testing.T) {
	l := logOf(t, 30)
	files := exported(t, l)
	requireVerdict(t, verify.Intact, checkLog(t, files, with(l, newest(t, l))))

	alone := checkLog(t, files, with(l))
	requireVerdict(t, verify.CannotSay, alone)
	require.Contains(t, alone.Text(), "tampering by the host")
	require.Equal(t, verify.Passed, alone.Check("anchors").Result)

	early := checkLog(t, files, with(l, l.CheckpointAt(100)))
	requireVerdict(t, verify.CannotSay, early)
	require.Contains(t, early.Check("operator").Detail, "For the first 100 entries")

	w := recordtest.NewWitness("witness.example.org")
	l.Sign(w)
	o := with(l)
	o.Witnesses = []note.Verifier{w.Verifier()}
	witnessed := checkLog(t, exported(t, l), o)
	requireVerdict(t, verify.Intact, witnessed)
	require.Contains(t, witnessed.Check("witnesses").Detail, "witness.example.org")
	o.Witnesses = []note.Verifier{recordtest.NewWitness("other.example.org").Verifier()}
	requireVerdict(t, verify.CannotSay, checkLog(t, exported(t, l), o))
}

func TestAnEmptyLogVerifies(t *testing.T) {
	l := recordtest.New()
	cp := l.Sign()
	requireVerdict(t, verify.Intact, checkLog(t, exported(t, l), with(l, cp)))
}

func TestLogsOfAllSizesVerify(t *testing.T) {
	l := recordtest.New()
	for n := range 600 {
		require.NoError(t, l.Append(t.Context(), []record.Event{{ID: fmt.Sprint(n), Kind: record.Alive, At: noon}}))
		if n < 3 || n%255 < 3 || n%256 < 3 {
			l.AnchorNow("disk", noon)
			requireVerdict(t, verify.Intact, checkLog(t, exported(t, l), with(l, l.CheckpointAt(1), newest(t, l))))
		}
	}
}

func TestEntriesDeletedMovedOrPutInAreFound(t *testing.T) {
	l := logOf(t, 8)
	copied := newest(t, l)
	for name, change := range map[string]func([]record.Recorded) []record.Recorded{
		"deleted": func(r []record.Recorded) []record.Recorded { return slices.Delete(r, 20, 21) },
		"moved":   func(r []record.Recorded) []record.Recorded { r[20], r[21] = r[21], r[20]; return r },
		"put in": func(r []record.Recorded) []record.Recorded {
			return slices.Insert(r, 20, changed(r[20], "another event"))
		},
		"doubled":  func(r []record.Recorded) []record.Recorded { return slices.Insert(r, 20, r[20]) },
		"replaced": func(r []record.Recorded) []record.Recorded { r[20] = changed(r[20], "x"); return r },
	} {
		t.Run(name, func(t *testing.T) {
			altered := l.Rewritten(change)

			// By somebody without the key: the old checkpoint stays.
			files := exported(t, signed(altered))
			r := checkLog(t, put(files, "checkpoint", []byte(copied)), with(l))
			requireTampered(t, r, "entries")

			// By somebody with the key: the anchors show it, which they could not change.
			requireTampered(t, checkLog(t, files, with(l)), "anchors")
			requireTampered(t, checkLog(t, put(files, "anchors.json", []byte("[]")), with(l, copied)), "copies")
		})
	}
}

func signed(l *recordtest.Log) *recordtest.Log {
	l.Sign()
	return l
}

// changed is an entry made to say something else.
func changed(r record.Recorded, event string) record.Recorded {
	r.Entry.Event = event
	leaf, err := r.Entry.Marshal()
	if err != nil {
		panic(err)
	}
	r.Leaf = leaf
	return r
}

// rebuilt has every entry of a log written anew, so that nothing in it
// contradicts itself: what a skilled forger makes.
func rebuilt(t *testing.T, l *recordtest.Log, upTo int) *recordtest.Log {
	t.Helper()
	out := recordtest.WithKey(l.Secret, l.Key)
	for i := range upTo {
		require.NoError(t, out.Append(t.Context(), []record.Event{{ID: fmt.Sprint("forged ", i), Kind: record.Alive, At: noon.Add(time.Duration(i) * time.Second)}}))
	}
	return out
}

func TestALogWrittenAnewByWhoeverHasTheKey(t *testing.T) {
	l := logOf(t, 8)
	forged := rebuilt(t, l, int(size(t, l)))
	forged.Sign()
	files := exported(t, forged)

	alone := checkLog(t, files, with(l))
	requireVerdict(t, verify.CannotSay, alone)
	require.Contains(t, alone.Text(), "tampering by the host")
	require.Contains(t, alone.Check("operator").Detail, "cannot be excluded")

	withAnchors := put(files, "anchors.json", exported(t, l)["anchors.json"].Data)
	requireTampered(t, checkLog(t, withAnchors, with(l)), "anchors")
	r := checkLog(t, files, with(l, newest(t, l)))
	requireTampered(t, r, "copies")
	require.Contains(t, strings.Join(r.Findings, " "), "two histories")
	requireTampered(t, checkLog(t, files, with(l, l.CheckpointAt(3))), "copies")
}

func TestTheEndCutOff(t *testing.T) {
	l := logOf(t, 8)
	whole := exported(t, l)
	copied := newest(t, l)
	short := l.Copy(size(t, l) - 3)

	// Files taken away, the checkpoint left.
	for name := range whole {
		if strings.HasPrefix(name, "tile/") {
			files := put(whole, name, nil)
			delete(files, name)
			requireTampered(t, checkLog(t, files, with(l, copied)), "")
		}
	}
	// Cut off and signed anew, by somebody with the key.
	short.Sign()
	r := checkLog(t, exported(t, short), with(l, copied))
	requireTampered(t, r, "copies")
	require.Contains(t, strings.Join(r.Findings, " "), "the end was cut off")
	requireTampered(t, checkLog(t, put(exported(t, short), "anchors.json", whole["anchors.json"].Data), with(l)), "anchors")
	requireVerdict(t, verify.CannotSay, checkLog(t, exported(t, short), with(l)))
}

func TestAnOlderStatePutBack(t *testing.T) {
	l := logOf(t, 8)
	older := l.Copy(40)
	old := older.Sign()
	before := exported(t, older)
	whole := exported(t, l)

	r := checkLog(t, before, with(l, newest(t, l)))
	requireTampered(t, r, "copies")
	require.Contains(t, strings.Join(r.Findings, " "), "an older state was put back")

	// Only the checkpoint is put back: newer files lie beside it.
	files := put(whole, "checkpoint", []byte(old))
	requireTampered(t, checkLog(t, files, with(l)), "anchors")
	delete(files, "anchors.json")
	r = checkLog(t, files, with(l, old))
	require.NotEqual(t, verify.Intact, r.Verdict(), "%s", r.Text())
}

func TestASecondWriterWithTheSameKey(t *testing.T) {
	l := logOf(t, 4)
	fork := l.Copy(size(t, l))
	addCase(t, l, 10)
	addCase(t, fork, 11)
	ours, theirs := l.Sign(), fork.Sign()
	requireVerdict(t, verify.Intact, checkLog(t, exported(t, l), with(l, ours)))
	r := checkLog(t, exported(t, l), with(l, theirs))
	requireTampered(t, r, "copies")
	require.Contains(t, strings.Join(r.Findings, " "), "second writer")

	// Of different sizes.
	addCase(t, l, 12)
	l.Sign()
	requireTampered(t, checkLog(t, exported(t, l), with(l, ours, theirs)), "copies")

	// Seen in the anchors alone.
	l.Anchor(record.Anchored{Anchor: "slack", Kind: "slack", At: noon, Checkpoint: theirs})
	requireTampered(t, checkLog(t, exported(t, l), with(l)), "anchors")
}

func TestTheClockSetBack(t *testing.T) {
	l, now := recordtest.New(), noon
	l.Clock = func() time.Time { return now }
	add := func(id string, at time.Time) {
		require.NoError(t, l.Append(t.Context(), []record.Event{{ID: id, Kind: record.Alive, At: at}}))
	}
	add("a", now)
	now = now.Add(-4 * time.Second)
	add("b", now)
	cp := l.Sign()
	requireVerdict(t, verify.Intact, checkLog(t, exported(t, l), with(l, cp)))
	now = now.Add(-2 * time.Second)
	add("c", now)
	r := checkLog(t, exported(t, signed(l)), with(l))
	requireTampered(t, r, "clock")
	require.Contains(t, r.Findings[0], "set back")
}

func TestTimesThatCannotBe(t *testing.T) {
	for name, at := range map[string]struct{ happened, recorded time.Time }{
		"told before it happened": {noon.Add(6 * time.Minute), noon},
		"in the future":           {noon.AddDate(2, 0, 0), noon.AddDate(2, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			l := recordtest.New()
			l.Clock = func() time.Time { return at.recorded }
			require.NoError(t, l.Append(t.Context(), []record.Event{{ID: "a", Kind: record.Alive, At: at.happened}}))
			requireTampered(t, checkLog(t, exported(t, signed(l)), with(l, l.Sign())), "clock")
		})
	}
	// A witness has seen it before it is said to have been recorded.
	l, w := recordtest.New(), recordtest.NewWitness("w.example.org")
	l.Clock = func() time.Time { return time.Now().Add(time.Hour) }
	require.NoError(t, l.Append(t.Context(), []record.Event{{ID: "a", Kind: record.Alive, At: noon}}))
	l.Sign(w)
	o := with(l)
	o.Witnesses, o.Now = []note.Verifier{w.Verifier()}, time.Now().AddDate(1, 0, 0)
	r := checkLog(t, exported(t, l), o)
	requireTampered(t, r, "clock")
	require.Contains(t, r.Findings[0], "w.example.org")
}

func TestEventsTwiceAndGapsInACase(t *testing.T) {
	l := logOf(t, 2)
	twice := l.Rewritten(func(r []record.Recorded) []record.Recorded {
		again := r[len(r)-1]
		again.Entry.Seq++
		return append(r, changed(again, again.Entry.Event))
	})
	requireTampered(t, checkLog(t, exported(t, signed(twice)), with(l)), "once")
	gap := l.Rewritten(func(r []record.Recorded) []record.Recorded {
		last := r[len(r)-1]
		last.Entry.Seq += 2
		return append(r, changed(last, "new"))
	})
	requireTampered(t, checkLog(t, exported(t, signed(gap)), with(l)), "complete")
	nowhere := l.Rewritten(func(r []record.Recorded) []record.Recorded {
		last := r[len(r)-1]
		last.Entry.Case = ""
		return append(r, changed(last, "new"))
	})
	requireTampered(t, checkLog(t, exported(t, signed(nowhere)), with(l)), "complete")
}

func TestALeafThatLastdayWouldNotHaveWritten(t *testing.T) {
	l := logOf(t, 1)
	for _, leaf := range []string{"", "{}", `{"v":2}`, "not JSON", strings.Repeat("[", 60_000)} {
		c := l.Copy(size(t, l))
		require.NoError(t, c.Put([]byte(leaf), nil))
		requireTampered(t, checkLog(t, exported(t, signed(c)), with(l, c.Sign())), "form")
	}
}

func TestCopiesAreForgivenWhatCopyingAdds(t *testing.T) {
	l := logOf(t, 2)
	cp := newest(t, l)
	for _, text := range []string{
		strings.TrimSpace(cp), "\n\n" + cp + "\n\n", strings.ReplaceAll(cp, "\n", "\r\n"), "```\n" + cp + "```", strings.ReplaceAll(cp, "\n", "  \n"), "\ufeff" + cp,
	} {
		requireVerdict(t, verify.Intact, checkLog(t, exported(t, l), with(l, text)))
	}
	for _, text := range []string{"", "hello", strings.Replace(cp, "\n", "x\n", 1), logOf(t, 2).Sign()} {
		r := checkLog(t, exported(t, l), with(l, text))
		requireVerdict(t, verify.CannotSay, r)
		require.Contains(t, r.Check("copies").Detail, "cannot be used")
	}
}

func TestWithoutTheRightKeyNothingIsShown(t *testing.T) {
	l := logOf(t, 2)
	requireVerdict(t, verify.CannotSay, checkLog(t, exported(t, l), verify.Options{}))
	other := logOf(t, 1)
	r := checkLog(t, exported(t, l), with(other))
	requireTampered(t, r, "signature")
	require.Contains(t, r.Findings[0], "key of another log")
	o := with(l, newest(t, l))
	o.Keys = append(o.Keys, other.Verifier(), l.Verifier())
	requireVerdict(t, verify.Intact, checkLog(t, exported(t, l), o))
	// A text that is no checkpoint, and a checkpoint of a log of another name.
	for _, text := range []string{"hello\n", "x.example.com\n1\n" + strings.Split(newest(t, l), "\n")[2] + "\n"} {
		requireTampered(t, checkLog(t, put(exported(t, l), "checkpoint", []byte(l.SignText(text))), with(l)), "signature")
	}
}

func TestAFolderThatIsNoLog(t *testing.T) {
	l := logOf(t, 1)
	requireVerdict(t, verify.CannotSay, checkLog(t, fstest.MapFS{}, with(l)))
	requireVerdict(t, verify.CannotSay, checkLog(t, fstest.MapFS{"a.txt": {}}, with(l)))
}

func TestWhatTheMachineDoesNotLetUsReadIsNotCalledTampering(t *testing.T) {
	l := logOf(t, 4)
	files := exported(t, l)
	for name := range files {
		r := checkLog(t, denied{files, name}, with(l, newest(t, l)))
		if name == "anchors.json" {
			require.NotEqual(t, verify.Tampered, r.Verdict(), "%s", r.Text())
			continue
		}
		requireVerdict(t, verify.CannotSay, r)
	}
}

// denied are files of which one cannot be opened.
type denied struct {
	fstest.MapFS
	name string
}

func (d denied) Open(name string) (fs.File, error) {
	if name == d.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return d.MapFS.Open(name)
}

func TestAStoppedVerificationSaysSo(t *testing.T) {
	l := logOf(t, 4)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	r := verify.Log(ctx, exported(t, l), with(l))
	requireVerdict(t, verify.CannotSay, r)
	require.Contains(t, r.Check("entries").Detail, "stopped")
}

func TestFilesThatTheLogDoesNotNeedAreToldAndDoNoHarm(t *testing.T) {
	l := logOf(t, 20)
	files := exported(t, l)
	requireVerdict(t, verify.Intact, checkLog(t, files, with(l, newest(t, l))))
	files = put(files, "tile/entries/000.p/7", []byte("of an earlier export"))
	files = put(files, "tile/notes.txt", []byte("somebody's"))
	r := checkLog(t, files, with(l, newest(t, l)))
	requireVerdict(t, verify.Intact, r)
	require.Equal(t, verify.NotChecked, r.Check("others").Result)
	r = checkLog(t, put(files, "tile/entries/007", nil), with(l, newest(t, l)))
	requireVerdict(t, verify.CannotSay, r)
	require.Contains(t, r.Check("others").Detail, "does not cover")
}
