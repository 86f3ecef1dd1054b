package verify_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/record/verify"
)

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}

func TestAnHonestBundleIsIntactOnlyWithSomethingFromOutside(t *testing.T) {
	l := logOf(t, 3)
	data := bundleOf(t, evidenceOf(t, l, 1))
	r := checkBundle(t, data, with(l, newest(t, l)))
	requireVerdict(t, verify.Intact, r)
	require.Empty(t, r.Findings)
	require.Contains(t, r.Text(), recordtest.Leaver(1))
	require.Contains(t, r.Text(), "VERDICT: INTACT")

	alone := checkBundle(t, data, with(l))
	requireVerdict(t, verify.CannotSay, alone)
	require.Contains(t, alone.Text(), "tampering by the host")
	for _, c := range alone.Checks {
		require.Equal(t, c.ID == "operator", c.Limits, c.ID)
	}

	// An anchor that the bundle lists, got from its place, is enough if it came
	// after the case.
	for i, want := range []verify.Verdict{verify.CannotSay, verify.Intact, verify.Intact} {
		anchors, err := l.Anchors(t.Context(), 0)
		require.NoError(t, err)
		requireVerdict(t, want, checkBundle(t, data, with(l, anchors[i].Checkpoint)))
	}
	// One that it does not list cannot be compared, and neither can a newer one.
	for _, cp := range []string{l.CheckpointAt(size(t, l) - 2), func() string { addCase(t, l, 7); return l.Sign() }()} {
		r := checkBundle(t, data, with(l, cp))
		requireVerdict(t, verify.CannotSay, r)
		require.Equal(t, verify.NotChecked, r.Check("copies").Result)
	}
}

func TestAWitnessVouchesForABundle(t *testing.T) {
	l, w := logOf(t, 2), recordtest.NewWitness("w.example.org")
	l.Sign(w)
	o := with(l)
	o.Witnesses, o.Now = []note.Verifier{w.Verifier(), recordtest.NewWitness("silent.example.org").Verifier()}, time.Now().AddDate(1, 0, 0)
	r := checkBundle(t, bundleOf(t, evidenceOf(t, l, 0)), o)
	requireVerdict(t, verify.Intact, r)
	require.Contains(t, r.Check("witnesses").Detail, "silent.example.org")

	// A witness that signed an older checkpoint vouches for what came before.
	ev := evidenceOf(t, l, 0)
	ev.Checkpoint = l.Sign()
	ev.Anchors[0].Checkpoint = l.CheckpointAt(size(t, l)/2, w)
	requireVerdict(t, verify.Intact, checkBundle(t, bundleOf(t, ev), o))
	cosigned := ev.Anchors[0].Checkpoint
	ev.Anchors[0].Checkpoint = strings.Replace(cosigned, "— w.example.org ", "— w.example.org A", 1)
	require.NotEqual(t, verify.Intact, checkBundle(t, bundleOf(t, ev), o).Verdict())
}

func TestABundleOfACaseThatIsNotOver(t *testing.T) {
	l := recordtest.New()
	c := recordtest.Verified(0, noon)
	c.State, c.EndedAt = offboarding.Observing, time.Time{}
	require.NoError(t, l.Append(t.Context(), casefile.Events(c)))
	l.Sign()
	r := checkBundle(t, bundleOf(t, evidenceOf(t, l, 0)), with(l, newest(t, l)))
	requireVerdict(t, verify.CannotSay, r)
	require.Contains(t, r.Check("complete").Detail, "had not ended")
}

func TestABundleWhoseEntriesWereLeftOutMovedOrPutIn(t *testing.T) {
	l := logOf(t, 3)
	for name, c := range map[string]struct {
		check  string
		change func(ev *record.Evidence)
	}{
		"the first":     {"complete", func(ev *record.Evidence) { ev.Entries = ev.Entries[1:] }},
		"one inside":    {"complete", func(ev *record.Evidence) { ev.Entries = slices.Delete(ev.Entries, 4, 5) }},
		"moved":         {"form", func(ev *record.Evidence) { ev.Entries[4], ev.Entries[5] = ev.Entries[5], ev.Entries[4] }},
		"doubled":       {"form", func(ev *record.Evidence) { ev.Entries = slices.Insert(ev.Entries, 4, ev.Entries[4]) }},
		"another case":  {"form", func(ev *record.Evidence) { ev.Entries = append(ev.Entries, evidenceOf(t, l, 2).Entries[0]) }},
		"another index": {"entries", func(ev *record.Evidence) { ev.Entries[len(ev.Entries)-1].Index++ }},
		"beyond":        {"entries", func(ev *record.Evidence) { ev.Entries[len(ev.Entries)-1].Index = 1 << 40 }},
		"no details":    {"details", func(ev *record.Evidence) { ev.Entries[0].Opened = ev.Entries[2].Opened }},
		"too many":      {"form", func(ev *record.Evidence) { ev.Entries = nil }},
		"of no log":     {"signature", func(ev *record.Evidence) { ev.Origin = "other.example.com" }},
		"other version": {"form", func(ev *record.Evidence) { ev.Version = 0 }},
		"no case":       {"form", func(ev *record.Evidence) { ev.Case = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			ev := evidenceOf(t, l, 1)
			c.change(&ev)
			files := filesOf(t, evidenceOf(t, l, 1))
			files[0].data = marshal(t, ev)
			requireTampered(t, checkBundle(t, zipped(t, files...), with(l)), c.check)
		})
	}
	t.Run("the end", func(t *testing.T) {
		open := recordtest.Verified(1, noon)
		open.State, open.EndedAt = offboarding.Observing, time.Time{}
		l := recordtest.New()
		require.NoError(t, l.Append(t.Context(), casefile.Events(open)))
		require.NoError(t, l.Append(t.Context(), casefile.Events(recordtest.Verified(1, noon))))
		l.Sign()
		ev := evidenceOf(t, l, 1)
		stands := slices.IndexFunc(ev.Entries, func(p record.Proven) bool { return bytes.Contains(p.Leaf, []byte(`"kind":"progress"`)) })
		require.Less(t, stands, len(ev.Entries)-1)
		ev.Entries = ev.Entries[:stands+1]
		r := checkBundle(t, bundleOf(t, ev), with(l, newest(t, l)))
		requireVerdict(t, verify.CannotSay, r)
		require.Contains(t, r.Check("complete").Detail, "had not ended")
	})
}

func TestDetailsWhereNoneWereRecorded(t *testing.T) {
	l := logOf(t, 1)
	require.NoError(t, l.Append(t.Context(), []record.Event{{ID: "x", Kind: record.Access, Case: recordtest.RunID(0), At: noon.Add(time.Hour), Facts: []byte(`{"what":"page"}`)}}))
	l.Sign()
	ev := evidenceOf(t, l, 0)
	ev.Entries[len(ev.Entries)-1].Opened = []byte("{}")
	files := filesOf(t, evidenceOf(t, l, 0))
	files[0].data = marshal(t, ev)
	requireTampered(t, checkBundle(t, zipped(t, files...), with(l)), "details")
}

func TestAnAccessAfterTheCopyNeedsNoVoucher(t *testing.T) {
	l := logOf(t, 1)
	copied := newest(t, l)
	require.NoError(t, l.Append(t.Context(), []record.Event{{ID: "x", Kind: record.Access, Case: recordtest.RunID(0), At: noon.Add(time.Hour), Facts: []byte(`{"what":"page"}`)}}))
	l.Sign()
	requireVerdict(t, verify.Intact, checkBundle(t, bundleOf(t, evidenceOf(t, l, 0)), with(l, copied)))
}

func TestAnErasedPersonsBundleVerifies(t *testing.T) {
	l := logOf(t, 2)
	l.Forget(recordtest.Leaver(1))
	r := checkBundle(t, bundleOf(t, evidenceOf(t, l, 1)), with(l, newest(t, l)))
	requireVerdict(t, verify.Intact, r)
	require.Contains(t, r.Check("details").Detail, "erased")
	require.Contains(t, r.Check("names").Detail, "1 people are not named")
	require.NotContains(t, r.Text(), recordtest.Leaver(1))
}

// Whoever has the key can sign entries that take hours to read back.
func TestACaseThatTakesHoursToReadEnds(t *testing.T) {
	l := logOf(t, 1)
	for i := range 2 {
		var needs strings.Builder
		for n := range 45_000 {
			fmt.Fprintf(&needs, `,{"system":"%d.%d"}`, i, n)
		}
		details := json.RawMessage(`{"needs":[` + needs.String()[1:] + `]}`)
		require.NoError(t, l.Append(t.Context(), []record.Event{{
			ID: fmt.Sprint("x", i), Kind: record.Progress, Case: recordtest.RunID(0), At: noon.Add(time.Hour), Details: details,
			People: map[record.Role]record.Person{record.Subject: {Identity: recordtest.Leaver(0)}},
		}}))
	}
	l.Sign()
	ev := evidenceOf(t, l, 0)
	start := time.Now()
	r := checkBundle(t, zipped(t, file{"evidence.json", marshal(t, ev)}), verify.Impatient(with(l), 50*time.Millisecond))
	requireTampered(t, r, "sums")
	require.Contains(t, r.Findings[0], "too long")
	require.Less(t, time.Since(start), 5*time.Second)
}

func TestAnEntryThatIsTooLargeIsRefused(t *testing.T) {
	l := logOf(t, 1)
	ev := evidenceOf(t, l, 0)
	ev.Entries[0].Leaf = bytes.Repeat([]byte("x"), 1<<16)
	requireTampered(t, checkBundle(t, zipped(t, file{"evidence.json", marshal(t, ev)}), with(l)), "form")
}

func TestDetailsLeftOutAreMissed(t *testing.T) {
	l := logOf(t, 1)
	ev := evidenceOf(t, l, 0)
	ev.Entries[0].Opened = nil
	r := checkBundle(t, bundleOf(t, ev), with(l, newest(t, l)))
	requireVerdict(t, verify.CannotSay, r)
	require.Contains(t, r.Check("details").Detail, "left out")
}

// Whoever hides one detail could call the person erased; then all would be gone.
func TestDetailsLeftOutOfSomebodyWhoIsCalledErasedAreMissed(t *testing.T) {
	l := logOf(t, 1)
	ev := evidenceOf(t, l, 0)
	var subject string
	for i, p := range ev.Entries {
		e, err := record.ParseEntry(p.Leaf)
		require.NoError(t, err)
		subject = e.People[record.Subject]
		if e.Kind == record.Approval {
			ev.Entries[i].Opened = nil
		}
	}
	delete(ev.People, subject)
	r := checkBundle(t, bundleOf(t, ev), with(l, newest(t, l)))
	requireVerdict(t, verify.CannotSay, r)
	require.Contains(t, r.Check("details").Detail, "left out")
}

func TestAnotherPersonsNameIsFound(t *testing.T) {
	l := logOf(t, 2)
	ev := evidenceOf(t, l, 1)
	other := evidenceOf(t, l, 0)
	entries, err := l.Case(t.Context(), ev.Case)
	require.NoError(t, err)
	subject := entries[0].Entry.People[record.Subject]
	entries, err = l.Case(t.Context(), other.Case)
	require.NoError(t, err)
	ev.People[subject] = other.People[entries[0].Entry.People[record.Subject]]
	requireTampered(t, checkBundle(t, bundleOf(t, ev), with(l)), "names")

	ev = evidenceOf(t, l, 1)
	who := ev.People[subject]
	who.Email = "boss@example.com"
	ev.People[subject] = who
	requireTampered(t, checkBundle(t, bundleOf(t, ev), with(l)), "names")

	ev = evidenceOf(t, l, 1)
	who = ev.People[subject]
	who.Salt = ""
	ev.People[subject] = who
	r := checkBundle(t, bundleOf(t, ev), with(l, newest(t, l)))
	requireVerdict(t, verify.CannotSay, r)
	require.Contains(t, r.Check("names").Detail, "rest on the word")
}

func TestASummaryThatItsEntriesDoNotGiveIsFound(t *testing.T) {
	for name, lie := range map[string]func(*offboarding.Case){
		"verified without a read-back": func(c *offboarding.Case) { c.Systems[0].Observations = c.Systems[0].Observations[:1] },
		"a control that was not seen":  func(c *offboarding.Case) { c.Systems[0].Observations[0].Control = "" },
		"an acknowledgement only":      func(c *offboarding.Case) { c.Systems[0].Verdicts[0].Proof = offboarding.Acknowledged },
		"contained earlier":            func(c *offboarding.Case) { c.ContainedAt = noon },
		"proven earlier":               func(c *offboarding.Case) { c.ProvenAt = noon.Add(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			c := recordtest.Verified(0, noon)
			lie(&c)
			l := recordtest.New()
			require.NoError(t, l.Append(t.Context(), casefile.Events(c)))
			l.Sign()
			requireTampered(t, checkBundle(t, bundleOf(t, evidenceOf(t, l, 0)), with(l)), "sums")
		})
	}
}

func TestACaseFileThatSaysOtherwiseIsFound(t *testing.T) {
	l := logOf(t, 1)
	files := filesOf(t, evidenceOf(t, l, 0))
	files[1].data = bytes.Replace(files[1].data, []byte(`"Jane moves to Rome"`), []byte(`"she was fired"`), 1)
	r := checkBundle(t, zipped(t, files...), with(l))
	requireTampered(t, r, "case")
	require.Contains(t, r.Findings[0], "she was fired")
	files = slices.Delete(files, 1, 2)
	require.Equal(t, verify.NotChecked, checkBundle(t, zipped(t, files...), with(l)).Check("case").Result)
}

func TestWhatIsNoBundle(t *testing.T) {
	l := logOf(t, 1)
	good := filesOf(t, evidenceOf(t, l, 0))
	for name, data := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "an empty zip": zipped(t), "another zip": zipped(t, file{"a.txt", nil}),
		"a zip of a thousand": zipped(t, slices.Repeat([]file{{"a.txt", nil}}, 1000)...),
	} {
		t.Run(name, func(t *testing.T) { requireVerdict(t, verify.CannotSay, checkBundle(t, data, with(l))) })
	}
	twice := append(slices.Clone(good), file{"Case.json", []byte("{}")})
	requireTampered(t, checkBundle(t, zipped(t, twice...), with(l)), "file")
	for _, name := range []string{"../evidence.json", "/etc/passwd", `a\b`, "a/b", "C:x", "x\x1b[2J"} {
		strange := append(slices.Clone(good), file{name, nil})
		requireTampered(t, checkBundle(t, zipped(t, strange...), with(l)), "file")
	}
	more := append(slices.Clone(good), file{"notes.txt", nil})
	r := checkBundle(t, zipped(t, more...), with(l, newest(t, l)))
	requireVerdict(t, verify.Intact, r)
	require.Contains(t, r.Check("file").Detail, "notes.txt")

	newer := slices.Clone(good)
	newer[0].data = []byte(`{"v":2,"new":true}`)
	requireVerdict(t, verify.CannotSay, checkBundle(t, zipped(t, newer...), with(l)))
}

func TestAZipBombEnds(t *testing.T) {
	l := logOf(t, 1)
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	out, err := w.Create("evidence.json")
	require.NoError(t, err)
	zeros := make([]byte, 1<<20)
	for range verify.MaxEvidence>>20 + 1 {
		_, err = out.Write(zeros)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	requireTampered(t, checkBundle(t, b.Bytes(), with(l)), "file")

	// A bomb that says it is small.
	raw := bytes.Clone(b.Bytes())
	at := bytes.LastIndex(raw, []byte("PK\x01\x02"))
	copy(raw[at+24:], []byte{1, 0, 0, 0})
	requireTampered(t, checkBundle(t, raw, with(l)), "file")

	// A list of files that is longer than it says.
	list := zipped(t, slices.Repeat([]file{{strings.Repeat("x", 200), nil}}, 5000)...)
	requireVerdict(t, verify.CannotSay, checkBundle(t, list, with(l)))
}

func TestEvidenceInAnotherFormIsRefused(t *testing.T) {
	l := logOf(t, 1)
	good := filesOf(t, evidenceOf(t, l, 0))
	text := string(good[0].data)
	for name, bad := range map[string]string{
		"an unknown key": strings.Replace(text, `{"v":1,`, `{"v":1,"x":2,`, 1),
		"a key twice":    strings.Replace(text, `{"v":1,`, `{"v":1,"v":1,`, 1),
		"another case":   strings.Replace(text, `"origin"`, `"Origin"`, 1),
		"what follows":   text + "{}",
		"cut short":      text[:len(text)-1],
		"not UTF-8":      strings.Replace(text, `"case":"`, "\"case\":\"\xff", 1),
		"other base64":   strings.Replace(text, `"leaf":"`, `"leaf":"\n`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, text, bad)
			files := slices.Clone(good)
			files[0].data = []byte(bad)
			requireTampered(t, checkBundle(t, zipped(t, files...), with(l, newest(t, l))), "form")
		})
	}
	var pretty bytes.Buffer
	require.NoError(t, json.Indent(&pretty, good[0].data, "", "  "))
	good[0].data = pretty.Bytes()
	requireVerdict(t, verify.Intact, checkBundle(t, zipped(t, good...), with(l, newest(t, l))))
}

func TestACaseFileOfAnotherFormatIsNotComparedAndNotCalledTampered(t *testing.T) {
	l := logOf(t, 2)
	files := filesOf(t, evidenceOf(t, l, 1))
	for from, want := range map[string]verify.Verdict{`"format": 1`: verify.Intact, `"format": 2`: verify.CannotSay, `"format": 0`: verify.Tampered, `"format": "2"`: verify.Tampered} {
		changed := slices.Clone(files)
		require.Contains(t, string(files[1].data), `"format": 1`)
		changed[1].data = bytes.Replace(files[1].data, []byte(`"format": 1`), []byte(from), 1)
		requireVerdict(t, want, checkBundle(t, zipped(t, changed...), with(l, newest(t, l))))
	}
}
