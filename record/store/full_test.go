package store_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"lastday/record"
)

// smallDisk is a file system with room for so many bytes. To make one takes root.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, unix.EPERM) {
		require.NotEqual(t, "1", os.Getenv("LASTDAY_NEEDS_MOUNT"), "no file system can be mounted")
		t.Skip("mounting a file system takes root (LASTDAY_NEEDS_MOUNT=1 makes this a failure)")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, unix.MNT_DETACH)) })
	return dir
}

func TestAFullDiskLosesNothingAcknowledgedAndWritingGoesOn(t *testing.T) {
	dir := smallDisk(t, 4<<20)
	other := filepath.Join(dir, "somebody-else's")
	require.NoError(t, os.WriteFile(other, make([]byte, 2<<20), 0o600))
	keys := newKeys(t)
	dsn := "sqlite:" + filepath.Join(dir, "record.db")
	s := open(t, dsn, keys)
	acks := &acknowledged{}
	var full error
	last := ""
	for n := 0; full == nil; n++ {
		last = fmt.Sprint("event-", n)
		if full = s.Append(t.Context(), []record.Event{action(last, "case-1")}); full == nil {
			acks.add(last)
		}
		require.Less(t, n, 20_000, "the disk is never full")
	}
	require.ErrorContains(t, full, "full")
	require.Error(t, s.Append(t.Context(), []record.Event{action("still full", "case-1")}))
	acks.areIn(t, sound(t, s))

	require.NoError(t, os.Remove(other))
	require.NoError(t, s.Append(t.Context(), []record.Event{action(last, "case-1")}), "it goes on unaided")
	acks.add(last)
	acks.areIn(t, sound(t, s))
	require.NoError(t, s.Close())
	acks.areIn(t, sound(t, open(t, dsn, keys)))
}
