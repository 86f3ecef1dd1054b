package e2e

import (
	"bytes"
	"cmp"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// released is the commit from which workers are upgraded, and to which they are
// rolled back: the newest that is in use anywhere. Whoever releases sets it anew.
// LASTDAY_E2E_FROM is another for one run.
const released = "d144a01c688c90298b96e4e8960c2b28db3654fb"

// checkout lays the files of a commit into a folder of their own. A clone that
// does not reach back so far cannot: the test is then skipped, or with
// LASTDAY_NEEDS_RELEASED set fails.
func checkout(t testing.TB, commit string) string {
	t.Helper()
	git := func(args ...string) ([]byte, error) {
		var said bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-C", "../.."}, args...)...)
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil {
			t.Logf("git %s: %v: %s", strings.Join(args, " "), err, said.String())
		}
		return out, err
	}
	if _, err := git("cat-file", "-e", commit+"^{commit}"); err != nil {
		why := "commit " + commit + " is not here: a shallow clone, or no clone at all; git fetch --unshallow brings it"
		if os.Getenv("LASTDAY_NEEDS_RELEASED") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	packed, err := git("archive", commit)
	require.NoError(t, err)
	dir := t.TempDir()
	unpack := exec.CommandContext(context.WithoutCancel(t.Context()), "tar", "-x", "-C", dir)
	unpack.Stdin = bytes.NewReader(packed)
	said, err := unpack.CombinedOutput()
	require.NoError(t, err, "%s", said)
	require.FileExists(t, filepath.Join(dir, "worker", "main.go"))
	return dir
}

// releasedWorker is the worker of the released commit.
func releasedWorker(t testing.TB) string {
	t.Helper()
	return buildWorker(t, checkout(t, cmp.Or(os.Getenv("LASTDAY_E2E_FROM"), released)))
}
