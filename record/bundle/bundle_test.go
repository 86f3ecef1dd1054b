package bundle_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/bundle"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/record/report/reporttest"
	"lastday/record/tiles"
	"lastday/record/verify"
)

func cases() map[string]offboarding.Case {
	return map[string]offboarding.Case{
		"verified": reporttest.Verified(), "waived": reporttest.Waived(), "cancelled": reporttest.Cancelled(),
		"open": reporttest.Open(), "planned": reporttest.Planned(), "hostile": reporttest.Hostile(),
	}
}

// logWith is a signed and anchored log in which the case is one of several.
func logWith(t testing.TB, c offboarding.Case) *recordtest.Log {
	t.Helper()
	l := recordtest.New()
	add(t, l, recordtest.Verified(1, reporttest.Asked))
	l.AnchorNow("disk", reporttest.Asked)
	add(t, l, c)
	add(t, l, recordtest.Verified(2, reporttest.Due.Add(24*time.Hour)))
	l.AnchorNow("disk", reporttest.Due.Add(25*time.Hour))
	return l
}

func add(t testing.TB, l *recordtest.Log, c offboarding.Case) {
	t.Helper()
	require.NoError(t, l.Append(t.Context(), casefile.Events(c)))
}

func written(t testing.TB, r record.Reader, id string, o bundle.Options) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, bundle.Write(t.Context(), &b, r, id, o))
	return b.Bytes()
}

func unpacked(t testing.TB, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	require.NoError(t, err)
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		require.NoError(t, err)
		data, err := io.ReadAll(r)
		require.NoError(t, err)
		out[f.Name] = string(data)
	}
	return out
}

func evidence(t testing.TB, b []byte) record.Evidence {
	t.Helper()
	var ev record.Evidence
	require.NoError(t, json.Unmarshal([]byte(unpacked(t, b)[bundle.Evidence]), &ev))
	return ev
}

func TestWhoeverHasTheKeyCanCheckABundleOffline(t *testing.T) {
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) {
			l := logWith(t, c)
			b := written(t, l, c.RunID, bundle.Options{Key: l.Key})
			cp, err := l.Checkpoint(t.Context())
			require.NoError(t, err)
			r := verify.Bundle(t.Context(), bytes.NewReader(b), int64(len(b)), verify.Options{
				Keys: []note.Verifier{l.Verifier()}, Copies: []string{cp}, Now: reporttest.Due.AddDate(1, 0, 0),
			})
			for _, c := range r.Checks {
				require.NotEqual(t, verify.Failed, c.Result, "%s: %s", c.Name, c.Detail)
			}
			want := verify.Intact
			if !c.State.Ended() {
				want = verify.CannotSay
			}
			require.Equal(t, want, r.Verdict(), r.Text())
		})
	}
}

func TestTheSameRecordGivesTheSameBytes(t *testing.T) {
	l := logWith(t, reporttest.Verified())
	first := written(t, l, reporttest.Verified().RunID, bundle.Options{Key: l.Key})
	for range 3 {
		require.True(t, bytes.Equal(first, written(t, l, reporttest.Verified().RunID, bundle.Options{Key: l.Key})))
	}
	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	require.NoError(t, err)
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		require.True(t, f.Modified.Equal(reporttest.Due), f.Modified)
	}
	require.Equal(t, []string{bundle.How, bundle.HTML, bundle.PDF, bundle.Case, bundle.Schema, bundle.Evidence}, names)
}

func TestThePapersFollowFromTheEvidenceAlone(t *testing.T) {
	l := logWith(t, reporttest.Waived())
	b := written(t, l, reporttest.Waived().RunID, bundle.Options{})
	papers, err := bundle.Papers(evidence(t, b))
	require.NoError(t, err)
	require.Len(t, papers, 3)
	files := unpacked(t, b)
	for _, p := range papers {
		require.Equal(t, files[p.Name], string(p.Data), p.Name)
	}
}

// late is a record whose signer is slow: it signs when it is looked at often.
type late struct {
	*recordtest.Log
	looks int
	then  func()
}

func (l *late) Checkpoint(ctx context.Context) (string, error) {
	if l.looks--; l.looks == 0 {
		l.then()
	}
	return l.Log.Checkpoint(ctx)
}

func TestACoveringCheckpointIsWaitedFor(t *testing.T) {
	log := recordtest.New()
	add(t, log, recordtest.Verified(1, reporttest.Asked))
	log.Sign()
	add(t, log, reporttest.Verified())
	seen := record.Event{
		ID: "seen-1", Kind: record.Access, At: reporttest.Due.Add(time.Hour), Case: reporttest.Verified().RunID,
		People: map[record.Role]record.Person{record.Actor: {Identity: "ann@example.com"}}, Facts: json.RawMessage(`{"what":"a bundle"}`),
	}
	after := seen
	after.ID = "seen-2"
	l := &late{Log: log, looks: 3, then: func() {
		require.NoError(t, log.Append(t.Context(), []record.Event{seen}))
		log.Sign()
		require.NoError(t, log.Append(t.Context(), []record.Event{after}))
	}}
	ev := evidence(t, written(t, l, reporttest.Verified().RunID, bundle.Options{}))
	all, err := log.Case(t.Context(), ev.Case)
	require.NoError(t, err)
	require.Len(t, ev.Entries, len(all)-1, "what was written meanwhile is in, what no checkpoint covers is not")
	require.Equal(t, all[len(all)-2].Leaf, ev.Entries[len(ev.Entries)-1].Leaf)
}

func TestWithoutACoveringCheckpointNothingIsWritten(t *testing.T) {
	log := recordtest.New()
	add(t, log, reporttest.Verified())
	short := bundle.Options{Wait: 250 * time.Millisecond}
	var b bytes.Buffer
	err := bundle.Write(t.Context(), &b, log, reporttest.Verified().RunID, short)
	require.ErrorIs(t, err, bundle.ErrUncovered)
	require.ErrorContains(t, err, "is the process that signs running?")
	require.ErrorIs(t, bundle.Write(t.Context(), &b, log, "0195a1b2-0000-7000-8000-00000000ffff", short), bundle.ErrNoCase)
	ended, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, bundle.Write(ended, &b, log, reporttest.Verified().RunID, short), context.Canceled)
	require.Zero(t, b.Len())
}

func TestABundleOfAnotherKeyOrOfAChangedLogIsNotWritten(t *testing.T) {
	l := logWith(t, reporttest.Verified())
	var b bytes.Buffer
	err := bundle.Write(t.Context(), &b, l, reporttest.Verified().RunID, bundle.Options{Key: recordtest.New().Key})
	require.ErrorContains(t, err, "not signed by the log's key")

	changed := l.Rewritten(func(all []record.Recorded) []record.Recorded {
		i := len(all) - 20
		e := all[i].Entry
		e.At = e.At.Add(time.Hour)
		all[i].Leaf, err = e.Marshal()
		require.NoError(t, err)
		return all
	})
	err = bundle.Write(t.Context(), &b, &old{changed, l}, reporttest.Verified().RunID, bundle.Options{Key: l.Key})
	require.ErrorContains(t, err, "does not lead to the signed checkpoint: the database was changed after it was signed")
	require.Zero(t, b.Len())
}

// old is a log with the checkpoint of another.
type old struct {
	*recordtest.Log
	signed *recordtest.Log
}

func (o *old) Checkpoint(ctx context.Context) (string, error) { return o.signed.Checkpoint(ctx) }

func TestABundleHasTheAnchorsThatSpeakOfItsCase(t *testing.T) {
	l := recordtest.New()
	add(t, l, recordtest.Verified(1, reporttest.Asked))
	l.AnchorNow("disk", reporttest.Asked) // says nothing of the case
	add(t, l, reporttest.Verified())
	entries, err := l.Case(t.Context(), reporttest.Verified().RunID)
	require.NoError(t, err)
	covers := entries[len(entries)-1].Index + 1
	for i := range 50 {
		at := reporttest.Due.Add(time.Duration(i) * time.Hour)
		l.AnchorNow("disk", at)
		if i%5 == 0 {
			l.AnchorNow("channel", at)
		}
		if i < 49 {
			add(t, l, recordtest.Verified(i+2, at))
		}
	}
	signed := l.Sign()
	add(t, l, recordtest.Verified(99, reporttest.Due))
	head, err := l.Head(t.Context())
	require.NoError(t, err)
	later := l.CheckpointAt(head.N)
	l.Anchor(record.Anchored{Anchor: "disk", Kind: "directory", Checkpoint: later, At: reporttest.Due}) // newer than the newest in the database
	ev := evidence(t, written(t, l, reporttest.Verified().RunID, bundle.Options{}))
	require.Equal(t, signed, ev.Checkpoint)
	tree, err := tiles.Parse(ev.Checkpoint)
	require.NoError(t, err)
	count, first := map[string]int{}, map[string]int64{}
	for _, a := range ev.Anchors {
		cp, err := tiles.Parse(a.Checkpoint)
		require.NoError(t, err)
		if count[a.Anchor]++; first[a.Anchor] == 0 {
			first[a.Anchor] = cp.N
		}
		require.LessOrEqual(t, cp.N, tree.N)
		if cp.N < tree.N {
			require.NoError(t, tlog.CheckTree(a.Proof, tree.N, tree.Hash, cp.N, cp.Hash))
		} else {
			require.Empty(t, a.Proof)
		}
	}
	require.Equal(t, map[string]int{"disk": 21, "channel": 10}, count)
	require.Equal(t, map[string]int64{"disk": covers, "channel": covers}, first)
}

func TestAnAnchorThatTheLogDoesNotContinueIsShown(t *testing.T) {
	l := logWith(t, reporttest.Verified())
	forged := l.Rewritten(func(all []record.Recorded) []record.Recorded {
		e := all[2].Entry
		e.At = e.At.Add(time.Hour)
		var err error
		all[2].Leaf, err = e.Marshal()
		require.NoError(t, err)
		return all
	})
	forged.Sign()
	b := written(t, forged, reporttest.Verified().RunID, bundle.Options{Key: l.Key})
	require.NotEmpty(t, evidence(t, b).Anchors)
	r := verify.Bundle(t.Context(), bytes.NewReader(b), int64(len(b)), verify.Options{
		Keys: []note.Verifier{l.Verifier()}, Now: reporttest.Due.AddDate(1, 0, 0),
	})
	require.Equal(t, verify.Tampered, r.Verdict())
}

func TestNothingOfAnErasedPersonIsInABundle(t *testing.T) {
	l := logWith(t, reporttest.Verified())
	l.Forget("jane.doe@example.com")
	b := written(t, l, reporttest.Verified().RunID, bundle.Options{Key: l.Key})
	for name, text := range unpacked(t, b) {
		for _, left := range []string{"jane", "Jane", "jdoe", "00u1jd7f", "Rome"} {
			require.NotContains(t, text, left, name)
		}
	}
	require.Contains(t, unpacked(t, b)[bundle.HTML], "an erased person")
}

func TestThePageOnHowToCheckSaysWhatIsMissing(t *testing.T) {
	l := recordtest.New()
	add(t, l, reporttest.Open())
	l.Sign()
	how := unpacked(t, written(t, l, reporttest.Open().RunID, bundle.Options{}))[bundle.How]
	require.Contains(t, how, "This bundle has NO anchor.")
	require.Contains(t, how, "OPEN when this was made: needs-decision")
	require.NotContains(t, how, "<no value>")
	l = logWith(t, reporttest.Verified())
	how = unpacked(t, written(t, l, reporttest.Verified().RunID, bundle.Options{Key: l.Key}))[bundle.How]
	require.NotContains(t, how, "NO anchor")
	require.NotContains(t, how, "OPEN when")
	require.Equal(t, 3, strings.Count(how, l.Key))
	require.Contains(t, how, `"disk": 1 checkpoint`)
}

// broken is a writer that takes nothing.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAWritersErrorIsTold(t *testing.T) {
	l := logWith(t, reporttest.Verified())
	require.ErrorContains(t, bundle.Write(t.Context(), broken{}, l, reporttest.Verified().RunID, bundle.Options{}), "disk full")
}

func BenchmarkWrite(b *testing.B) {
	l := recordtest.New()
	for i := range 200 {
		add(b, l, recordtest.Verified(i, reporttest.Asked.Add(time.Duration(i)*time.Hour)))
		l.AnchorNow(fmt.Sprintf("disk-%d", i%2), reporttest.Asked)
	}
	add(b, l, reporttest.Verified())
	l.AnchorNow("disk-0", reporttest.Due)
	for b.Loop() {
		if err := bundle.Write(b.Context(), io.Discard, l, reporttest.Verified().RunID, bundle.Options{Key: l.Key}); err != nil {
			b.Fatal(err)
		}
	}
}
