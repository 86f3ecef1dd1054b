package anchor_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/record/anchor"
)

func TestARealWitnessCosigns(t *testing.T) {
	l := newTrunk(t, 20)
	url, vkey, db := witness(t, l)
	conf := anchor.Config{Witness: []anchor.WitnessConfig{{Name: "w1", URL: url + "/", Key: vkey}}}
	a := l.open(conf)
	require.Equal(t, "w1", a.Name())
	require.Equal(t, anchor.KindWitness, a.Kind())

	cosigned := func(t *testing.T, a anchor.Anchor, size int64) {
		t.Helper()
		signed := l.checkpoint(size)
		got, err := a.Put(t.Context(), signed)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(got.Checkpoint, signed), "the log's own note is kept as it was")
		key, err := torchwood.NewCosignatureVerifier(vkey)
		require.NoError(t, err)
		policy := torchwood.ThresholdPolicy(3, torchwood.OriginPolicy(origin),
			torchwood.SingleVerifierPolicy(l.verifier), torchwood.SingleVerifierPolicy(key))
		c, _, err := torchwood.VerifyCheckpoint([]byte(got.Checkpoint), policy)
		require.NoError(t, err)
		require.Equal(t, size, c.N)
		require.WithinDuration(t, time.Now(), got.At, 5*time.Second)
		require.Equal(t, url+"/add-checkpoint", got.Where)
	}
	t.Run("the first one", func(t *testing.T) { cosigned(t, a, 3) })
	t.Run("one that continues it", func(t *testing.T) { cosigned(t, a, 11) })
	t.Run("the same again", func(t *testing.T) { cosigned(t, a, 11) })
	t.Run("from a process that knows nothing", func(t *testing.T) { cosigned(t, l.open(conf), 15) })
	t.Run("after another process was there", func(t *testing.T) { cosigned(t, a, 16) })
	t.Run("an earlier one comes too late", func(t *testing.T) {
		_, err := a.Put(t.Context(), l.checkpoint(12))
		var fork *anchor.Fork
		require.NotErrorAs(t, err, &fork)
		require.ErrorContains(t, err, "a later checkpoint of this log, of size 16")
	})
	t.Run("without the database nothing is claimed", func(t *testing.T) {
		l.down = errors.New("gone")
		defer func() { l.down = nil }()
		signed := func() string { l.down = nil; defer func() { l.down = errors.New("gone") }(); return l.checkpoint(12) }()
		_, err := a.Put(t.Context(), signed)
		var fork *anchor.Fork
		require.NotErrorAs(t, err, &fork)
		require.ErrorContains(t, err, "gone")
	})
	t.Run("another tree", func(t *testing.T) {
		for _, size := range []int{16, 18} { // as large, and larger
			other := l.fork(size)
			_, err := other.open(conf).Put(t.Context(), other.checkpoint(int64(size)))
			var fork *anchor.Fork
			require.ErrorAs(t, err, &fork)
			require.Equal(t, "w1", fork.Anchor)
		}
	})
	t.Run("an older state", func(t *testing.T) {
		old := newTrunk(t, 0)
		old.signer, old.verifier = l.signer, l.verifier
		old.grow(9, "entry")
		_, err := old.open(conf).Put(t.Context(), old.checkpoint(9))
		var fork *anchor.Fork
		require.ErrorAs(t, err, &fork)
		require.Contains(t, fork.Detail, "the database has 9 entries")
	})
	t.Run("the witness was put back itself", func(t *testing.T) {
		litedb(t, db, "UPDATE log SET tree_size = 3, tree_hash = ?", rootOf(t, l, 3))
		cosigned(t, a, 17)
	})
	t.Run("another key", func(t *testing.T) {
		stranger := newTrunk(t, 20)
		_, err := stranger.open(conf).Put(t.Context(), stranger.checkpoint(18))
		require.ErrorContains(t, err, "have its operator add the log's verifier key")
	})
	t.Run("a log that it does not know", func(t *testing.T) {
		litedb(t, db, "DELETE FROM key")
		litedb(t, db, "DELETE FROM log")
		_, err := a.Put(t.Context(), l.checkpoint(18))
		require.ErrorContains(t, err, "have its operator add the log's name")
	})
}

func rootOf(t *testing.T, l *trunk, size int64) string {
	t.Helper()
	return strings.Split(l.checkpoint(size), "\n")[2]
}

// TestAnswersOfAWitnessThatIsNone are what no real one gives.
func TestAnswersOfAWitnessThatIsNone(t *testing.T) {
	l := newTrunk(t, 20)
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	wrong, err := torchwood.NewCosignatureSigner("witness.example.com/w1", key)
	require.NoError(t, err)
	_, key, err = ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	right, err := torchwood.NewCosignatureSigner("witness.example.com/w1", key)
	require.NoError(t, err)

	var asked int
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request)
		want   string
	}{
		"another key's cosignature": {func(w http.ResponseWriter, r *http.Request) {
			_, sigs := cosign(t, r, wrong)
			fmt.Fprint(w, sigs)
		}, "look at the key"},
		"no cosignature": {func(http.ResponseWriter, *http.Request) {}, "read cosignature"},
		"a page":         {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>hello</html>") }, "read cosignature"},
		"too much":       {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 70<<10)) }, "too large"},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, "307"},
		"a failure":        {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "502"},
		"nonsense of size": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict); fmt.Fprint(w, "-1") }, "says not which"},
		"always another": {func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.WriteHeader(http.StatusConflict)
			fmt.Fprintln(w, asked)
		}, "came in between each time"},
		"the same conflict": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusConflict); fmt.Fprintln(w, 0) }, "refuses what continues it"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(c.answer))
			defer srv.Close()
			a := l.open(anchor.Config{Witness: []anchor.WitnessConfig{{Name: "w1", URL: srv.URL, Key: right.Verifier().String()}}})
			_, err := a.Put(t.Context(), l.checkpoint(10))
			require.ErrorContains(t, err, c.want)
			var fork *anchor.Fork
			require.NotErrorAs(t, err, &fork)
		})
	}
	t.Run("more signatures than it was asked for", func(t *testing.T) {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, sigs := cosign(t, r, right)
			fmt.Fprint(w, sigs)
			extra, err := note.Sign(&note.Note{Text: body}, wrong)
			if err != nil {
				t.Error(err)
			}
			_, more, _ := strings.Cut(string(extra), "\n\n")
			fmt.Fprint(w, more)
		}))
		defer srv.Close()
		a := l.open(anchor.Config{Witness: []anchor.WitnessConfig{{Name: "w1", URL: srv.URL, Key: right.Verifier().String()}}})
		got, err := a.Put(t.Context(), l.checkpoint(10))
		require.NoError(t, err)
		require.Equal(t, 2, strings.Count(got.Checkpoint, "\n— "), "the log's and the witness's")
	})
}

// cosign reads a request and signs its note.
func cosign(t *testing.T, r *http.Request, s *torchwood.CosignatureSigner) (text, sigs string) {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	_, body, _ := strings.Cut(string(b), "\n\n")
	text, _, _ = strings.Cut(body, "\n\n")
	text += "\n"
	signed, err := note.Sign(&note.Note{Text: text}, s)
	require.NoError(t, err)
	_, sigs, _ = strings.Cut(string(signed), "\n\n")
	return text, sigs
}
