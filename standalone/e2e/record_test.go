package e2e

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdkpb "go.temporal.io/api/sdk/v1"
	"golang.org/x/mod/sumdb/note"

	"lastday/offboarding"
	"lastday/record/verify"
	"lastday/sandbox/browser"
	"lastday/starter/pages"
)

// An auditor gets from HR's message to the case's page, takes the bundle from the
// command line, and shows with a checkpoint from the anchor that nobody changed it.
func TestAnAuditorChecksACaseOfTheWholeProgram(t *testing.T) {
	s := newSite(t, 10)
	h := openHouse(t, s)
	starter(t, "offboard", string(jane), "--by", "hr@example.com", "--partner", "Northwind").ok(t)
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)

	require.Equal(t, h.Pages+pages.CasePath(end.RunID), end.Record)
	message := s.firm.Slack.Messages()[0]
	require.Contains(t, message.Text+message.Blocks, end.Record, "HR's message links to the record")
	answer, err := h.Client.QueryWorkflow(t.Context(), end.ID, end.RunID, "__temporal_workflow_metadata")
	require.NoError(t, err)
	var about sdkpb.WorkflowMetadata
	require.NoError(t, answer.Get(&about))
	require.Contains(t, about.GetCurrentDetails(), end.Record, "Temporal's UI links to the record")

	p := browser.Open(t, end.Record, 1280, 860)
	p.Shows("h1", string(jane))
	p.Shows("main .lead", "read back as gone")
	p.Gone("section.warn")
	p.Click(".events li:nth-child(3) summary")
	p.Click(".events li:nth-child(3) .evidence a")
	p.Shows("main .lead", "in the log")

	bundle := filepath.Join(t.TempDir(), "case.zip")
	starter(t, "record", "export", string(jane), "-f", bundle, "--by", "Ann Auditor").ok(t)
	kept := filepath.Join(s.dir, "temporal", "record")
	require.Equal(t, verify.CannotSay, checked(t, kept, bundle).Verdict(), "the operator alone could have written another history")
	var vouched []string
	for _, path := range anchored(t, kept) {
		report := checked(t, kept, bundle, path)
		require.NotEqual(t, verify.Tampered, report.Verdict(), report.Text())
		if report.Verdict() == verify.Intact {
			vouched = append(vouched, path)
		}
	}
	require.NotEmpty(t, vouched, "a checkpoint of the anchor vouches for the bundle")
	require.Contains(t, starter(t, "record", "show", string(jane)).ok(t).out, "Ann Auditor", "looking is recorded")

	b, err := os.ReadFile(bundle)
	require.NoError(t, err)
	b[bytes.Index(b, []byte("evidence.json"))+2000] ^= 1
	require.NoError(t, os.WriteFile(bundle, b, 0o600))
	require.Equal(t, verify.Tampered, checked(t, kept, bundle, vouched[0]).Verdict())
	require.Equal(t, http.StatusForbidden, from(t, end.Record, "rebound.example"), "a page from elsewhere whose name points here")
	require.Equal(t, http.StatusOK, from(t, end.Record, ""))
}

// checked verifies a bundle with the log's public key and copies of checkpoints.
func checked(t *testing.T, kept, bundle string, copies ...string) verify.Report {
	t.Helper()
	f, err := os.Open(bundle)
	require.NoError(t, err)
	defer f.Close()
	info, err := f.Stat()
	require.NoError(t, err)
	return verify.Bundle(t.Context(), f, info.Size(), given(t, kept, copies))
}

// checkedLog does the same with a whole log.
func checkedLog(t *testing.T, kept, log string, copies ...string) verify.Report {
	t.Helper()
	return verify.Log(t.Context(), os.DirFS(log), given(t, kept, copies))
}

func given(t *testing.T, kept string, copies []string) verify.Options {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(kept, "public.key"))
	require.NoError(t, err)
	v, err := verify.ParseKey(string(key))
	require.NoError(t, err)
	o := verify.Options{Keys: []note.Verifier{v}}
	for _, path := range copies {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		o.Copies = append(o.Copies, string(b))
	}
	return o
}

// anchored are the checkpoints that the anchor of the standalone process keeps.
func anchored(t *testing.T, kept string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(kept, "anchors", "*.checkpoint"))
	require.NoError(t, err)
	require.NotEmpty(t, all)
	return all
}

// from asks for a page under another name of this machine; empty: its own.
func from(t *testing.T, page, host string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, page, strings.NewReader(""))
	require.NoError(t, err)
	if host != "" {
		r.Host = host
	}
	resp, err := (&http.Transport{}).RoundTrip(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}
