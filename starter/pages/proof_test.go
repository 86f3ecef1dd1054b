package pages_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"filippo.io/torchwood"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/recordtest"
)

// forged is a log that was rewritten by somebody without the key.
type forged struct {
	*recordtest.Log
	signed string
}

func (f forged) Checkpoint(context.Context) (string, error) { return f.signed, nil }

func TestAProofIsWorkedOutAnewAndStandsByItself(t *testing.T) {
	log := company(t)
	r := open(t, log, nil)
	key, err := note.NewVerifier(log.Key)
	require.NoError(t, err)
	for _, index := range []int64{0, 1, 500, 1037, 1038} {
		_, body := r.get(fmt.Sprint("/record/entries/", index))
		require.Contains(t, body, "in the log", index)
		_, leaf := r.get(fmt.Sprintf("/record/entries/%d/leaf", index))
		_, proof := r.get(fmt.Sprintf("/record/entries/%d/proof", index))
		require.NoError(t, torchwood.VerifyProof(torchwood.ThresholdPolicy(2, torchwood.OriginPolicy(recordtest.Origin), torchwood.SingleVerifierPolicy(key)), tlog.RecordHash([]byte(leaf)), []byte(proof)))
		hash := tlog.RecordHash([]byte(leaf))
		require.Contains(t, body, "Leaf hash <code class=\"hash\">"+hex.EncodeToString(hash[:]))
	}
	details, opened := r.get("/record/entries/0/details")
	require.Equal(t, 200, details.StatusCode)
	got, err := log.Range(t.Context(), 0, 1)
	require.NoError(t, err)
	_, err = got[0].Entry.Open([]byte(opened))
	require.NoError(t, err)
	head, err := log.Head(t.Context())
	require.NoError(t, err)
	_, body := r.get(fmt.Sprint("/record/entries/", head.N-1))
	require.Contains(t, body, "not covered yet", "a look was just recorded, and is not signed yet")
}

// TestTheWordsOnAProofCanBeFollowed does what the page of an entry says.
func TestTheWordsOnAProofCanBeFollowed(t *testing.T) {
	for _, tool := range []string{"sh", "sha256sum", "xxd", "base64"} {
		if _, err := exec.LookPath(tool); err != nil {
			require.NotEqual(t, "1", os.Getenv("LASTDAY_NEEDS_TOOLS"), "there is no %s", tool)
			t.Skip("there is no " + tool + " (LASTDAY_NEEDS_TOOLS=1 makes this a failure)")
		}
	}
	r, dir := open(t, company(t), nil), t.TempDir()
	run := func(command string) string {
		c := exec.CommandContext(t.Context(), "sh", "-c", command)
		c.Dir = dir
		out, err := c.Output()
		require.NoError(t, err, command)
		return strings.Fields(string(out))[0]
	}
	_, leaf := r.get("/record/entries/700/leaf")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "lastday-entry-700.leaf"), []byte(leaf), 0o600))
	_, body := r.get("/record/entries/700")
	body = html.UnescapeString(body)
	commands := regexp.MustCompile(`<pre tabindex="0">([^<]*)</pre>`).FindAllStringSubmatch(body, -1)
	require.Len(t, commands, 3)
	at := run(commands[0][1])
	hops := regexp.MustCompile(`<td><code[^>]*>([0-9a-f]{64})`).FindAllStringSubmatch(body, -1)
	require.Greater(t, len(hops), 9)
	for i := 0; i < len(hops); i += 3 {
		left, right := hops[i][1], hops[i+1][1]
		require.True(t, left == at || right == at, "each step goes on from the one before")
		at = run(strings.NewReplacer("LEFT", left, "RIGHT", right).Replace(commands[1][1]))
		require.Equal(t, hops[i+2][1], at)
	}
	root := run(strings.Replace(commands[2][1], "ROOT", at, 1))
	_, checkpoint := r.get("/record/log/checkpoint")
	require.Contains(t, strings.Split(checkpoint, "\n"), root)
}

func TestALogThatWasChangedIsNotCalledProven(t *testing.T) {
	honest := company(t)
	signed := honest.Sign()
	changed := honest.Rewritten(func(all []record.Recorded) []record.Recorded {
		all[3].Leaf = bytes.Replace(all[3].Leaf, []byte(`"at":"2026`), []byte(`"at":"2025`), 1)
		return all
	})
	r := open(t, honest, nil)
	r.Reader, r.log = forged{changed, signed}, changed
	for _, path := range []string{"/record/entries/3", "/record/entries/4", "/record/log"} {
		_, body := r.get(path)
		require.Contains(t, body, "does not fit", path)
		require.NotContains(t, body, "in the log</span>", path)
	}
	_, body := r.get("/record/log")
	require.Equal(t, 2, strings.Count(body, `<span class="badge bad">no</span>`), "the anchors tell")
	r.Reader = forged{honest, recordtest.New().Sign()}
	_, body = r.get("/record/log")
	require.Contains(t, squeeze(body), "forged</span> Of the newest checkpoint no signature is by the log’s key")
}

func TestAGapAndAContradictionAreShown(t *testing.T) {
	log := company(t)
	run := recordtest.RunID(3)
	r := open(t, log, nil)
	_, body := r.get("/record/cases/" + run)
	require.NotContains(t, body, "do not agree")
	cut := log.Rewritten(func(all []record.Recorded) []record.Recorded {
		i := slices.IndexFunc(all, func(e record.Recorded) bool { return e.Entry.Case == run && e.Entry.Kind == record.Observation })
		return slices.Delete(all, i, i+1)
	})
	r.Reader = cut
	_, body = r.get("/record/cases/" + run)
	require.Contains(t, body, "do not agree")
	require.Contains(t, body, "An entry is missing or stands twice")
	require.Contains(t, body, "no observation after the last change shows it")
}

func TestADamagedRecordIsNotTakenForABusyOne(t *testing.T) {
	r := open(t, company(t), nil)
	r.Reader = damaged{r.log}
	resp, body := r.get("/record/cases/" + ordinary(2).RunID)
	require.Equal(t, 500, resp.StatusCode)
	require.Contains(t, body, "The record is damaged")
	require.Contains(t, body, "Entry 1234 is missing")
	require.NotContains(t, body, "Try again")
}

func TestAnErasedPersonIsGoneFromEveryPage(t *testing.T) {
	log := company(t)
	c := ordinary(2)
	email := string(c.Departure.Subject)
	r := open(t, log, nil)
	_, body := r.get("/record/cases/" + c.RunID)
	require.Contains(t, body, email)
	log.Forget(email)
	for _, path := range []string{"/record/cases/" + c.RunID, "/record", "/record?page=2", "/record/cases.csv", "/record/population?from=2025-01-01", "/record/sample?n=100&seed=x&from=2025-01-01"} {
		_, body := r.get(path)
		require.NotContains(t, body, email, path)
	}
	_, body = r.get("/record/cases/" + c.RunID)
	require.Contains(t, body, "erased person")
	require.Contains(t, body, "names were erased")
	entries, err := log.Case(t.Context(), c.RunID)
	require.NoError(t, err)
	_, body = r.get(fmt.Sprint("/record/entries/", entries[0].Index))
	require.Contains(t, body, "in the log")
	require.Contains(t, body, "erased with the person")
}
