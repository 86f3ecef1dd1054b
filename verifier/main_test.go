package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record/bundle"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/record/tiles"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// outcome is how a run of the program ended.
type outcome struct {
	code      int
	out, errs string
}

func call(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, &out, &errs)
	return outcome{code, out.String(), errs.String()}
}

// folder is an exported log with one case, its key and its checkpoint in files.
func folder(t *testing.T) (dir, key, cp string, l *recordtest.Log) {
	t.Helper()
	l = recordtest.New()
	require.NoError(t, l.Append(t.Context(), casefile.Events(recordtest.Verified(0, noon))))
	base := t.TempDir()
	dir, key, cp = filepath.Join(base, "log"), filepath.Join(base, "lastday.pub"), filepath.Join(base, "from-slack.txt")
	signed := l.AnchorNow("disk", noon)
	require.NoError(t, tiles.Export(t.Context(), l, dir))
	require.NoError(t, os.WriteFile(key, []byte(l.Key+"\n"), 0o600))
	require.NoError(t, os.WriteFile(cp, []byte("```\n"+signed+"```\n"), 0o600))
	return dir, key, cp, l
}

func TestTheExitCodeSaysTheVerdict(t *testing.T) {
	dir, key, cp, l := folder(t)
	got := call(t, "--key", key, "--checkpoint", cp, dir)
	require.Equal(t, exitIntact, got.code, got.out)
	require.Contains(t, got.out, "VERDICT: INTACT")
	require.Equal(t, exitIntact, call(t, dir, "-c", cp, "-k", l.Key).code, "in any order, the key as text")

	got = call(t, "--key", key, dir)
	require.Equal(t, exitCannotSay, got.code)
	require.Contains(t, got.out, "tampering by the host")

	name := filepath.Join(dir, "tile", "entries", "000.p")
	files, err := os.ReadDir(name)
	require.NoError(t, err)
	name = filepath.Join(name, files[0].Name())
	b, err := os.ReadFile(name)
	require.NoError(t, err)
	b[40] ^= 1
	require.NoError(t, os.WriteFile(name, b, 0o600))
	got = call(t, "--key", key, "--json", dir)
	require.Equal(t, exitTampered, got.code)
	var report struct{ Verdict string }
	require.NoError(t, json.Unmarshal([]byte(got.out), &report))
	require.Equal(t, "tampered", report.Verdict)
}

func TestWrongUseIsExplainedAndNothingIsChecked(t *testing.T) {
	dir, key, cp, l := folder(t)
	w := recordtest.NewWitness("w.example.org")
	for what, args := range map[string][]string{
		"which file or folder": {"--key", key},
		"one file or folder":   {"--key", key, dir, dir},
		"--key: without it":    {dir},
		"--key: read the log":  {"--key", w.Key(), dir},
		"no such file":         {"--key", filepath.Join(dir, "none"), dir},
		"--witness: read":      {"--key", key, "--witness", l.Key, dir},
		"--checkpoint":         {"--key", key, "--checkpoint", dir + "/none", dir},
		"is no file":           {"--key", key, "--checkpoint", dir, dir},
		"unknown flag":         {"--key", key, "--nonsense", dir},
		"open what to check":   {"--key", key, dir + "-none"},
	} {
		got := call(t, args...)
		require.Equal(t, exitUsage, got.code, what)
		require.Contains(t, got.errs, what)
		require.Empty(t, got.out)
	}
	require.NotContains(t, call(t, "--key", l.Secret, dir).errs, strings.Split(l.Secret, "+")[4], "a secret key is not repeated")
	_ = cp
}

func TestHelpIsForSomebodyWhoNeverUsedIt(t *testing.T) {
	got := call(t, "--help")
	require.Equal(t, exitIntact, got.code)
	for _, word := range []string{"--key", "--checkpoint", "--witness", "--json", "Slack", "cannot say"} {
		require.Contains(t, got.out, word)
	}
	for line := range strings.SplitSeq(got.out, "\n") {
		require.LessOrEqual(t, len(line), 82, line)
	}
}

func TestAnInterruptedCheckCannotSay(t *testing.T) {
	dir, key, cp, _ := folder(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	require.Equal(t, exitCannotSay, run(ctx, []string{"--key", key, "--checkpoint", cp, dir}, &out, &errs))
	require.Contains(t, out.String(), "stopped")
}

func TestTheFileOfACase(t *testing.T) {
	_, key, cp, l := folder(t)
	name := filepath.Join(t.TempDir(), "case.zip")
	var b bytes.Buffer
	require.NoError(t, bundle.Write(t.Context(), &b, l, recordtest.RunID(0), bundle.Options{Key: l.Key}))
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	got := call(t, "--key", key, "--checkpoint", cp, name)
	require.Equal(t, exitIntact, got.code, got.out)
	require.Contains(t, got.out, recordtest.Leaver(0))
	require.Equal(t, exitCannotSay, call(t, "--key", key, name).code)
	require.Equal(t, exitTampered, call(t, "--key", recordtest.New().Key, name).code)
}

func TestAFileThatIsNoCase(t *testing.T) {
	_, key, _, _ := folder(t)
	name := filepath.Join(t.TempDir(), "a.zip")
	var b bytes.Buffer
	require.NoError(t, zip.NewWriter(&b).Close())
	require.NoError(t, os.WriteFile(name, b.Bytes(), 0o600))
	require.Equal(t, exitCannotSay, call(t, "--key", key, name).code)
}

// An auditor can read the whole program: no vendor's library, no workflow
// engine, no database is in it.
func TestWhatTheProgramIsMadeOf(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", ".").Output()
	require.NoError(t, err)
	modules := map[string]bool{}
	for _, m := range strings.Fields(string(out)) {
		modules[m] = true
	}
	require.True(t, modules["lastday"])
	delete(modules, "lastday")
	for m := range modules {
		require.Contains(t, []string{
			"filippo.io/torchwood", "github.com/spf13/pflag", "golang.org/x/crypto", "golang.org/x/mod", "golang.org/x/sync",
		}, m, "the verifier has come to depend on %s", m)
	}
	out, err = exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	require.NotContains(t, strings.Fields(string(out)), "database/sql")
	for _, p := range strings.Fields(string(out)) {
		if strings.HasPrefix(p, "lastday/") {
			require.Contains(t, []string{
				"lastday/verifier", "lastday/record", "lastday/record/casefile", "lastday/record/tiles", "lastday/record/verify", "lastday/offboarding",
			}, p)
		}
	}
}

func TestItBuildsForAnAuditorsMachine(t *testing.T) {
	for _, system := range []string{"windows/amd64", "darwin/arm64"} {
		goos, arch, _ := strings.Cut(system, "/")
		c := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, ".")
		c.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+arch, "CGO_ENABLED=0")
		out, err := c.CombinedOutput()
		require.NoError(t, err, "%s: %s", system, out)
	}
}
