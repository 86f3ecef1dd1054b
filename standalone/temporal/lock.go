package temporal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// lock holds a data directory for this process. The kernel gives it free when
// the process ends, however it ends, so a stale lock file is no obstacle.
type lock struct{ file *os.File }

func lockDir(dir string) (*lock, error) {
	path := filepath.Join(dir, "temporal.lock")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock data directory %s: %w: make it writable for this user or choose another", dir, err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := os.ReadFile(path)
		_ = file.Close()
		return nil, fmt.Errorf("lock data directory %s: already in use%s: stop that one or choose another data directory",
			dir, byProcess(string(holder)))
	}
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock data directory %s: %w: choose one on a local disk", dir, err)
	}
	if err := writePID(file); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("write %s: %w: make it writable for this user or choose another data directory", path, err)
	}
	return &lock{file}, nil
}

func (l *lock) release() { _ = l.file.Close() }

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := fmt.Fprintf(file, "%d\n", os.Getpid())
	return err
}

func byProcess(pid string) string {
	if pid = strings.TrimSpace(pid); pid == "" {
		return ""
	}
	return " by process " + pid
}
