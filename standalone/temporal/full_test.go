package temporal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"golang.org/x/sys/unix"
)

// smallDisk is a file system with room for so many bytes. To make one takes root.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	dir := t.TempDir()
	err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", size))
	if errors.Is(err, unix.EPERM) {
		if os.Getenv("LASTDAY_NEEDS_MOUNT") == "1" {
			t.Fatal("no file system can be mounted")
		}
		t.Skip("mounting a file system takes root (LASTDAY_NEEDS_MOUNT=1 makes this a failure)")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// fill leaves no room on a file system but a few bytes.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for err == nil {
		_, err = f.Write(make([]byte, 4096))
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
}

// What was started goes on when there is room again, and what could not be
// written was never said to be started.
func TestAFullDiskLosesNoCaseAndTheServerGoesOnUnaided(t *testing.T) {
	o := options(smallDisk(t, 64<<20))
	c := dial(t, start(t, o))
	work(t, c, append(systems, queue)...)
	if err := startLoad(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(o.DataDir, "somebody-else's")
	begin := func(id string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
			ID: id, TaskQueue: queue, Memo: map[string]any{"large": make([]byte, 100<<10)},
		}, "Wait", time.Millisecond)
		return err
	}
	var begun []string
	// SQLite writes over its write-ahead log, which has some room left.
	eventually(t, "nothing can be started", func() bool {
		fill(t, other)
		id := fmt.Sprint("full-", len(begun))
		if begin(id) != nil {
			return true
		}
		begun = append(begun, id)
		return false
	})
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	eventually(t, "cases are started again", func() bool { return begin("room again") == nil })
	allEnd(t, c)
	for _, id := range append(begun, "room again") {
		if err := c.GetWorkflow(t.Context(), id, "").Get(t.Context(), nil); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}
