package e2e

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/codec"
	"lastday/config"
	"lastday/offboarding"
	"lastday/standalone/house"
	"lastday/starter/cases"
	"lastday/starter/command"
)

// sealedHouse opens the whole program on the site as its configuration is now.
func sealedHouse(t testing.TB, s *site) (*house.House, error) {
	t.Helper()
	f := s.config(t)
	f.Standalone.DataDir = filepath.Join(s.dir, "temporal")
	f.Standalone.Frontend, f.Standalone.UI, f.Serve.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	h, err := house.Open(t.Context(), f, house.Options{})
	if err == nil {
		t.Cleanup(h.Close)
	}
	return h, err
}

// A case that began under one key goes on under the next, and whoever has not
// the key starts nothing.
func TestAKeysetIsRotatedWhileACaseIsOpen(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "")
	s := sealedSite(t, 2)
	keys := filepath.Join(s.dir, "keys", codec.FileName)
	h, err := sealedHouse(t, s)
	require.NoError(t, err)
	d := marked(jane)
	d.At = time.Now().Add(24 * time.Hour)
	started := offboard(t, h.Cases, d)
	eventually(t, "it waits", func() bool {
		now, err := h.Cases.Get(t.Context(), jane)
		return err == nil && now.State == offboarding.Waiting
	})
	shown := as[[]cases.Summary](t, starter(t, "status", "-o", "json", "-c", s.path).ok(t))
	require.Equal(t, jane, shown[0].Subject, "the command line has the keyset")
	strangers(t, s, h)
	h.Close()

	away := keys + ".away"
	require.NoError(t, os.Rename(keys, away))
	_, err = sealedHouse(t, s)
	require.ErrorContains(t, err, "encryption.keyset (file:"+keys+"): read secret: open")
	require.ErrorContains(t, err, "nothing is started without it, and nothing written in clear text instead")
	require.NoError(t, os.Rename(away, keys))

	added := as[[]codec.Key](t, starter(t, "encryption", "add", keys, "-o", "json").ok(t))
	starter(t, "encryption", "use", keys, added[1].ID).ok(t)
	h, err = sealedHouse(t, s)
	require.NoError(t, err)
	_, err = h.Cases.Expedite(t.Context(), jane, d.RequestedBy)
	require.NoError(t, err)
	end := ended(t, h.Cases, started.CaseID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	used := map[string]int{}
	for _, e := range history(t, h.Client, h.Cases.WorkflowID(end.ID), end.RunID).GetEvents() {
		for _, p := range e.GetActivityTaskScheduledEventAttributes().GetInput().GetPayloads() {
			used[string(p.GetMetadata()[codec.KeyID])]++
		}
	}
	require.Len(t, used, 2, "payloads of both keys in one history: %v", used)
}

// strangers are refused before they write a word.
func strangers(t testing.TB, s *site, h *house.House) {
	t.Helper()
	const none = "is encrypted, and no keyset is configured here"
	for _, args := range [][]string{{"status"}, {"offboard", string(member(s, 1))}, {"freeze", "--reason", "x"}} {
		got := starter(t, args...)
		require.Equal(t, command.ExitError, got.status)
		require.Contains(t, got.err, none)
	}
	text, err := os.ReadFile(s.path)
	require.NoError(t, err)
	with := func(old, now string) config.File {
		require.Contains(t, string(text), old)
		f, err := config.Parse([]byte(strings.ReplaceAll(string(text), old, now)))
		require.NoError(t, err)
		f.Temporal.Address = h.Server.FrontendAddr()
		return f
	}
	_, err = codec.MakeFile(filepath.Join(s.dir, "other"))
	require.NoError(t, err)
	for want, f := range map[string]config.File{
		none: with("encryption:\n  keyset: file:"+filepath.Join(s.dir, "keys", codec.FileName)+"\n  opaque: true\n", ""),
		"is encrypted under another keyset than encryption.keyset": with("/keys/", "/other/"),
		"encryption.opaque is false here and true":                 with("opaque: true", "opaque: false"),
	} {
		k, err := codec.Open(f.Encryption)
		require.NoError(t, err)
		log := slog.New(slog.DiscardHandler)
		_, _, err = cases.Dial(f.Temporal, log, cases.Sealed(k))
		require.ErrorContains(t, err, want)
		later, namespace, err := cases.Later(f.Temporal, log, cases.Sealed(k))
		require.NoError(t, err)
		t.Cleanup(later.Close)
		_, err = cases.New(later, namespace, cases.Sealed(k)).Offboard(t.Context(), marked(member(s, 1)), false)
		require.ErrorContains(t, err, want, "and a door that opened while Temporal was down")
	}
	all, err := h.Cases.List(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, all, 1, "nobody's case was started")
}
