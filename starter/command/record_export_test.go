package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/record"
	"lastday/record/report/reporttest"
	"lastday/record/setup"
	"lastday/record/verify"
	"lastday/starter/command"
)

// withSystems is what a configuration needs beside the record.
const withSystems = `systems:
  wireguard: {interface: wg0, config_file: /etc/wireguard/wg0.conf, inventory: /etc/lastday/keys.yaml}
`

// anchored waits until all entries are signed for and anchored, and gives the
// newest checkpoint as a file of the anchor.
func (a *archive) anchored() string {
	a.t.Helper()
	path := filepath.Join(a.dir, "record", "anchors", "latest")
	require.Eventually(a.t, func() bool {
		head, err := a.Head(a.t.Context())
		if err != nil {
			return false
		}
		b, err := os.ReadFile(path)
		lines := strings.Split(string(b), "\n")
		if err != nil || len(lines) < 3 || lines[2] != head.Hash.String() {
			return false
		}
		receipts, err := a.Anchors(a.t.Context(), head.N) // kept after the file is there
		return err == nil && len(receipts) > 0
	}, 20*time.Second, 20*time.Millisecond)
	return path
}

func TestAnExportedBundleIsCheckedByTheSameCommandLine(t *testing.T) {
	a := quarter(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "case.zip")
	status, out, errs := run(t, "record", "export", "jane.doe@example.com", "-o", file)
	require.Equal(t, command.ExitDone, status, errs)
	require.Contains(t, out, file+": the case of jane.doe@example.com, verified")
	require.Contains(t, out, "starter record verify "+file+" --key '"+a.PublicKey+"'")
	require.Equal(t, []string{reporttest.Verified().RunID + ` {"what":"bundle of the case","door":"command"}`}, a.looks())
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	status, out, errs = run(t, "record", "verify", file, "--key", a.PublicKey)
	require.Equal(t, command.ExitNeedsPerson, status)
	require.Contains(t, out, "CANNOT SAY")
	require.Contains(t, errs, "it cannot be said")
	checkpoint := a.anchored()
	key := filepath.Join(a.dir, "record", "public.key")
	status, out, errs = run(t, "record", "verify", file, "-k", key, "--checkpoint", copied(t, a, file, checkpoint))
	require.Equal(t, command.ExitDone, status, errs+out)
	require.Contains(t, out, "VERDICT: INTACT")

	b, err := os.ReadFile(file)
	require.NoError(t, err)
	b[len(b)/3] ^= 1
	require.NoError(t, os.WriteFile(file, b, 0o600))
	status, out, errs = run(t, "record", "verify", file, "--key", a.PublicKey, "-o", "json")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, out, `"tampered"`)
	require.Contains(t, errs, "it was tampered with")
}

// copied is a checkpoint that an anchor has and a bundle reaches: the newest may
// have come after it.
func copied(t *testing.T, a *archive, bundle, newest string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(filepath.Dir(newest), "*.checkpoint"))
	require.NoError(t, err)
	for _, path := range all {
		status, _, _ := run(t, "record", "verify", bundle, "--key", a.PublicKey, "--checkpoint", path)
		if status == command.ExitDone {
			return path
		}
	}
	t.Fatalf("no checkpoint of %v vouches for the bundle", all)
	return ""
}

func TestASecondCaseOfAPersonGetsAFileOfItsOwn(t *testing.T) {
	again := reporttest.Verified()
	again.RunID = "0195a1b2-0000-7000-8000-00000000000a"
	a := keep(t, reporttest.Verified(), again)
	dir := t.TempDir()
	status, out, errs := run(t, "record", "export", "jane.doe@example.com", "-o", filepath.Join(dir, "case.zip"), "-o", "json")
	require.Equal(t, command.ExitDone, status, errs)
	got := decode[[]struct{ File, Case, State string }](t, out)
	require.Len(t, got, 2)
	require.Equal(t, filepath.Join(dir, "case-2.zip"), got[1].File)
	require.ElementsMatch(t, []string{again.RunID, reporttest.Verified().RunID}, []string{got[0].Case, got[1].Case})
	v, err := verify.ParseKey(a.PublicKey)
	require.NoError(t, err)
	for _, e := range got {
		report, err := verify.Path(t.Context(), e.File, verify.Options{Keys: []note.Verifier{v}})
		require.NoError(t, err)
		require.Equal(t, verify.CannotSay, report.Verdict(), report.Text())
		require.Contains(t, report.Text(), e.Case)
	}
}

func TestAnExportThatFailsLeavesNoFile(t *testing.T) {
	quarter(t)
	dir := t.TempDir()
	status, _, errs := run(t, "record", "export", "nobody@example.com", "-f", filepath.Join(dir, "case.zip"))
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "the record has no case of nobody@example.com")
	status, _, errs = run(t, "record", "export", "jane.doe@example.com", "-f", filepath.Join(dir, "none", "case.zip"))
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "write "+filepath.Join(dir, "none", "case.zip"))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestTheWholeLogIsExportedWithoutNames(t *testing.T) {
	a := quarter(t)
	a.anchored()
	dir := filepath.Join(t.TempDir(), "log")
	status, out, errs := run(t, "record", "export", "--log", dir, "-o", "json")
	require.Equal(t, command.ExitDone, status, errs)
	require.Equal(t, a.PublicKey, decode[map[string]string](t, out)["public_key"])
	require.Contains(t, a.looks(), `{"what":"the whole log, without names","door":"command"}`)
	status, _, errs = run(t, "record", "export", "--log", dir)
	require.Equal(t, command.ExitDone, status, errs)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		for _, name := range []string{"jane", "omar.haddad", "Ann Auditor", "example.com"} {
			require.NotContains(t, string(b), name, path)
		}
		return err
	}))
	status, out, _ = run(t, "record", "verify", dir, "--key", a.PublicKey)
	require.Equal(t, command.ExitNeedsPerson, status, out)
	at := strings.Split(string(read(t, filepath.Join(dir, "checkpoint"))), "\n")[1]
	status, out, _ = run(t, "record", "verify", dir, "--key", a.PublicKey, "--checkpoint", filepath.Join(a.dir, "record", "anchors", at+".checkpoint"))
	require.Equal(t, command.ExitDone, status, out)
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return b
}

func TestRecordForgetErasesWhoIsMeant(t *testing.T) {
	a := quarter(t)
	forget := func(more ...string) (int, string, string) {
		return run(t, append([]string{"record", "forget"}, more...)...)
	}
	status, _, errs := forget("omar.haddad@example.com", "--yes")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "is to be kept until")
	require.Contains(t, errs, "--before-retention")
	status, _, errs = forget("priya.nair@example.com", "--yes", "--before-retention")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "has not ended")
	status, _, errs = forget("nobody@example.com", "--yes")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "nobody of that identity")
	status, _, errs = forget("omar.haddad@example.com", "--yes", "--before-retention", "--by", "omar.haddad@example.com")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "somebody else")

	status, out, errs := forget("omar.haddad@example.com", "--yes", "--before-retention")
	require.Equal(t, command.ExitDone, status, errs)
	require.Contains(t, out, "omar.haddad@example.com is erased: 1 case, the details of")
	_, out, _ = run(t, "record", "list")
	require.NotContains(t, out, "omar")
	require.Contains(t, out, "erased p-")
	status, _, errs = run(t, "record", "show", "omar.haddad@example.com")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "or erased")

	// Ann gave a name and no address: she is found by her pseudonym.
	head, err := a.Head(t.Context())
	require.NoError(t, err)
	last, err := a.Range(t.Context(), head.N-1, head.N)
	require.NoError(t, err)
	ann := last[0].Entry.People[record.Actor]
	status, out, errs = forget(ann, "--yes", "--by", "dpo@example.com", "-o", "json")
	require.Equal(t, command.ExitDone, status, errs)
	require.Equal(t, ann, decode[map[string]any](t, out)["Pseudonym"])
	people, err := a.People(t.Context(), []string{ann})
	require.NoError(t, err)
	require.Empty(t, people)
	status, _, errs = forget(ann, "--yes", "--by", "dpo@example.com")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "knows nobody behind "+ann)
}

func TestRecordKeysAreMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	status, out, errs := run(t, "record", "keys", "--dir", dir, "--origin", "example.com/record")
	require.Equal(t, command.ExitDone, status, errs)
	public := strings.TrimSpace(string(read(t, filepath.Join(dir, "public.key"))))
	require.Contains(t, out, "public_key: "+public)
	require.NotContains(t, out, strings.TrimSpace(string(read(t, filepath.Join(dir, "signing.key")))))
	before := read(t, filepath.Join(dir, "names.key"))
	status, _, errs = run(t, "record", "keys", "--dir", dir, "--origin", "example.com/record")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "nothing was written")
	require.Equal(t, before, read(t, filepath.Join(dir, "names.key")))
	status, _, errs = run(t, "record", "keys", "--dir", filepath.Join(dir, "2"), "--origin", "two words")
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "is no name for a log")
	status, out, _ = run(t, "record", "keys", "--dir", filepath.Join(dir, "3"), "--origin", "example.com/3", "-o", "json")
	require.Equal(t, command.ExitDone, status)
	require.True(t, strings.HasPrefix(decode[map[string]string](t, out)["public_key"], "example.com/3+"))
}

func TestRecordResumeLetsSigningGoOn(t *testing.T) {
	a := quarter(t)
	latest := a.anchored()
	for _, line := range [][]string{{"record", "resume"}, {"record", "resume", "-o", "json"}, {"record", "resume", "--adopt", latest}} {
		status, out, errs := run(t, line...)
		require.Equal(t, command.ExitDone, status, "%v: %s", line, errs)
		require.NotEmpty(t, out)
	}
	_, out, _ := run(t, "record", "status", "-o", "json")
	require.Nil(t, decode[setup.Status](t, out).Stopped)
	status, _, errs := run(t, "record", "resume", "--adopt", filepath.Join(t.TempDir(), "nothing"))
	require.Equal(t, command.ExitError, status)
	require.Contains(t, errs, "read the checkpoint")
	forged := filepath.Join(t.TempDir(), "forged")
	require.NoError(t, os.WriteFile(forged, []byte("lastday.local/record\n1\nAAAA\n\n— x\n"), 0o600))
	status, _, errs = run(t, "record", "resume", "--adopt", forged)
	require.Equal(t, command.ExitError, status, errs)
}
