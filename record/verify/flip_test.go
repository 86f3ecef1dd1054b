package verify_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/record"
	"lastday/record/recordtest"
	"lastday/record/verify"
)

// flipped gives the data with one bit changed.
func flipped(data []byte, bit int) []byte {
	out := append([]byte(nil), data...)
	out[bit/8] ^= 1 << (bit % 8)
	return out
}

// covered are the files of an export that a flip is to be found in: all.
func covered(name string) bool { return name == "checkpoint" || strings.HasPrefix(name, "tile/") }

func TestEveryBitOfASmallLogCounts(t *testing.T) {
	l := recordtest.New()
	for i := range 3 {
		require.NoError(t, l.Append(t.Context(), []record.Event{{ID: fmt.Sprint("a", i), Kind: record.Alive, At: noon, Facts: []byte(`{"x":"é"}`)}}))
	}
	copied := l.Sign()
	files, o := exported(t, l), with(l, copied)
	requireVerdict(t, verify.Intact, checkLog(t, files, o))
	bits := 0
	for name, f := range files {
		if !covered(name) {
			continue
		}
		for bit := range len(f.Data) * 8 {
			r := checkLog(t, put(files, name, flipped(f.Data, bit)), o)
			require.Equal(t, verify.Tampered, r.Verdict(), "bit %d of %s: %s", bit, name, r.Text())
			bits++
		}
	}
	t.Logf("%d bits", bits)
}

// A witness's name is covered by nothing: another name is a witness that nobody
// knows. It must not count as the one that is known.
func TestEveryBitOfAWitnessedCheckpointCounts(t *testing.T) {
	l, w := logOf(t, 1), recordtest.NewWitness("witness.example.org")
	l.Sign(w)
	files, o := exported(t, l), with(l)
	o.Witnesses = []note.Verifier{w.Verifier()}
	requireVerdict(t, verify.Intact, checkLog(t, files, o))
	cp := files["checkpoint"].Data
	for bit := range len(cp) * 8 {
		r := checkLog(t, put(files, "checkpoint", flipped(cp, bit)), o)
		require.NotEqual(t, verify.Intact, r.Verdict(), "bit %d: %s", bit, r.Text())
		if bit/8 < bytes.LastIndex(cp, []byte("— ")) {
			require.Equal(t, verify.Tampered, r.Verdict(), "bit %d: %s", bit, r.Text())
		}
	}
}

func TestSampledBitsOfALargerLogCount(t *testing.T) {
	l := logOf(t, 60)
	require.Greater(t, size(t, l), int64(700))
	files, o := exported(t, l), with(l, newest(t, l))
	for name, f := range files {
		if !covered(name) {
			continue
		}
		for range 8 {
			bit := rand.IntN(len(f.Data) * 8)
			r := checkLog(t, put(files, name, flipped(f.Data, bit)), o)
			require.Equal(t, verify.Tampered, r.Verdict(), "bit %d of %s: %s", bit, name, r.Text())
		}
	}
}

func TestBitsOfAnAnchorsCheckpointCount(t *testing.T) {
	l := logOf(t, 3)
	ev := evidenceOf(t, l, 0)
	ev.Anchors = ev.Anchors[:1]
	cp, papers := []byte(ev.Anchors[0].Checkpoint), filesOf(t, ev)
	for bit := 0; bit < len(cp)*8; bit += 5 {
		ev.Anchors[0].Checkpoint = string(flipped(cp, bit))
		papers[0].data = marshal(t, ev)
		requireTampered(t, checkBundle(t, zipped(t, papers...), with(l, newest(t, l))), "")
	}
}

// The bits of what a bundle proves: leaves, details, proofs, the checkpoint.
func TestSampledBitsOfABundlesEvidenceCount(t *testing.T) {
	l := logOf(t, 3)
	o := with(l, newest(t, l))
	good := evidenceOf(t, l, 1)
	requireVerdict(t, verify.Intact, checkBundle(t, bundleOf(t, good), o))
	papers := filesOf(t, good)
	flip := func(name string, data []byte, set func(ev *record.Evidence, b []byte)) {
		for range min(6, len(data)) {
			bit := rand.IntN(len(data) * 8)
			if name == "email" && bit%8 == 5 {
				continue // upper or lower case: of who leaves it is taken from a sealed detail
			}
			ev := evidenceOf(t, l, 1)
			set(&ev, flipped(data, bit))
			files := append([]file{{"evidence.json", marshal(t, ev)}}, papers[1:]...)
			r := checkBundle(t, zipped(t, files...), o)
			require.Equal(t, verify.Tampered, r.Verdict(), "bit %d of %s: %s", bit, name, r.Text())
		}
	}
	for i, e := range good.Entries {
		flip(fmt.Sprint("leaf ", i), e.Leaf, func(ev *record.Evidence, b []byte) { ev.Entries[i].Leaf = b })
		if e.Opened != nil {
			flip(fmt.Sprint("details ", i), e.Opened, func(ev *record.Evidence, b []byte) { ev.Entries[i].Opened = b })
		}
		for j := range e.Proof {
			flip(fmt.Sprint("proof ", i), e.Proof[j][:], func(ev *record.Evidence, b []byte) { copy(ev.Entries[i].Proof[j][:], b) })
		}
	}
	flip("checkpoint", []byte(good.Checkpoint), func(ev *record.Evidence, b []byte) { ev.Checkpoint = string(b) })
	for i, a := range good.Anchors {
		for j := range a.Proof {
			flip("anchor's proof", a.Proof[j][:], func(ev *record.Evidence, b []byte) { copy(ev.Anchors[i].Proof[j][:], b) })
		}
	}
	for p, who := range good.People {
		for field, text := range map[string]string{"identity": who.Identity, "email": who.Email, "salt": who.Salt} {
			flip(field, []byte(text), func(ev *record.Evidence, b []byte) {
				w := ev.People[p]
				switch field {
				case "identity":
					w.Identity = string(b)
				case "email":
					w.Email = string(b)
				case "salt":
					w.Salt = string(b)
				}
				ev.People[p] = w
			})
		}
	}
	for bit := 0; bit < len(papers[1].data)*8; bit += 797 {
		files := append([]file(nil), papers...)
		files[1].data = flipped(files[1].data, bit)
		requireTampered(t, checkBundle(t, zipped(t, files...), o), "case")
	}
}
