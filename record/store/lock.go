package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockFile is a lock between processes, and between several opened in one. The
// kernel gives it free when the process ends, however it ends.
type lockFile struct{ file *os.File }

func openLock(path string) (*lockFile, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w: make its directory writable for this user", err)
	}
	return &lockFile{file}, nil
}

// lock waits until nobody else has it. It is not reentrant.
func (l *lockFile) lock(ctx context.Context) error {
	return poll(ctx, func() (bool, error) {
		err := unix.Flock(int(l.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if errors.Is(err, unix.EWOULDBLOCK) || errors.Is(err, unix.EINTR) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("lock %s: %w: keep the record on a local disk", l.file.Name(), err)
		}
		return true, nil
	})
}

func (l *lockFile) unlock() { _ = unix.Flock(int(l.file.Fd()), unix.LOCK_UN) }

func (l *lockFile) close() { l.file.Close() }

// poll tries until try succeeds or fails, or the context ends.
func poll(ctx context.Context, try func() (done bool, err error)) error {
	if done, err := try(); done || err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for wait := 100 * time.Microsecond; ; wait = min(wait+wait/4, 5*time.Millisecond) {
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if done, err := try(); done || err != nil {
			return err
		}
	}
}
