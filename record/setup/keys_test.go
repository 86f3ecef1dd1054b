package setup_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record/setup"
)

// A key that was cut short looks like one, and could take the place of a good one.
func TestAKeyIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "names.key.new")
	key := []byte(strings.Repeat("k", 200))

	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var was syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 100, Max: was.Max}))
	err := setup.WriteKey(path, key)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was))
	require.ErrorContains(t, err, "write key")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left, "the disk was full")

	require.NoError(t, setup.WriteKey(path, key))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, key, got)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	require.ErrorContains(t, setup.WriteKey(path, []byte("another")), "exists")
	got, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, key, got)
	left, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}
