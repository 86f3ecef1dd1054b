package bundle_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/record"
	"lastday/record/bundle"
	"lastday/record/casefile"
	"lastday/record/names"
	"lastday/record/recordtest"
	"lastday/record/report/reporttest"
	"lastday/record/store"
	"lastday/record/verify"
)

// TestABundleOfADatabase writes the bundle of a case that lies in SQLite, before
// and after its person was erased.
func TestABundleOfADatabase(t *testing.T) {
	ctx := t.Context()
	keys, err := names.Generate()
	require.NoError(t, err)
	sealing, err := names.Parse(keys)
	require.NoError(t, err)
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "record.db"), sealing)
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	secret, key, err := note.GenerateKey(nil, "record.example.com/lastday")
	require.NoError(t, err)

	c := reporttest.Verified()
	require.NoError(t, s.Append(ctx, casefile.Events(recordtest.Verified(1, reporttest.Asked))))
	require.NoError(t, s.Append(ctx, casefile.Events(c)))
	sign := func() {
		require.NoError(t, s.Sign(ctx, func(_ context.Context, si record.Signing) (string, error) {
			signer, err := note.NewSigner(secret)
			if err != nil {
				return "", err
			}
			out, err := note.Sign(&note.Note{Text: fmt.Sprintf("record.example.com/lastday\n%d\n%s\n", si.Head.N, si.Head.Hash)}, signer)
			return string(out), err
		}))
	}
	sign()
	kept, err := s.Checkpoint(ctx)
	require.NoError(t, err)
	require.NoError(t, s.AddAnchor(ctx, record.Anchored{Anchor: "disk", Kind: "directory", Where: "/mnt/anchors", At: reporttest.Due, Checkpoint: kept}))

	check := func() (map[string]string, verify.Report) {
		b := written(t, s, c.RunID, bundle.Options{Key: key})
		v, err := note.NewVerifier(key)
		require.NoError(t, err)
		newest, err := s.Checkpoint(ctx)
		require.NoError(t, err)
		r := verify.Bundle(ctx, bytes.NewReader(b), int64(len(b)), verify.Options{
			Keys: []note.Verifier{v}, Copies: []string{newest}, Now: time.Now().AddDate(1, 0, 0),
		})
		return unpacked(t, b), r
	}
	files, r := check()
	require.Equal(t, verify.Intact, r.Verdict(), r.Text())
	require.Contains(t, files[bundle.Case], "jane.doe@example.com")

	_, err = s.Forget(ctx, "jane.doe@example.com", record.Person{Identity: "dpo@example.com", Email: "dpo@example.com"}, store.WithinRetention())
	require.NoError(t, err)
	sign()
	files, r = check()
	require.NotEqual(t, verify.Tampered, r.Verdict(), r.Text())
	for name, text := range files {
		require.NotContains(t, text, "jane.doe", name)
		require.NotContains(t, text, "jdoe", name)
	}
}
