package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// State is how a data directory came to be.
type State struct {
	// Of is the moment of the backup that it was last restored from; zero if it
	// never was.
	Of time.Time
	// Fresh is whether nothing has begun on it since.
	Fresh bool
}

// StateOf reads it. A restore that did not end is an error.
func StateOf(dir string) (State, error) {
	if _, err := os.Lstat(filepath.Join(dir, restoring)); err == nil {
		return State{}, fmt.Errorf("a restore into %s is under way, or was cut off: wait for its end, or empty the folder and restore again", dir)
	}
	s := State{Fresh: true}
	b, err := os.ReadFile(filepath.Join(dir, restored))
	if errors.Is(err, fs.ErrNotExist) {
		s.Fresh = false
		b, err = os.ReadFile(filepath.Join(dir, wasRestored))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		s.Of, err = time.Parse(time.RFC3339Nano, strings.TrimSpace(string(b)))
	}
	if err != nil {
		return State{}, fmt.Errorf("see whether the data directory was restored: %w", err)
	}
	return s, nil
}

// Begun is said once the kill switch of a restored process is on.
func Begun(dir string) error {
	if err := os.Rename(filepath.Join(dir, restored), filepath.Join(dir, wasRestored)); err != nil {
		return fmt.Errorf("begin after a restore: %w", err)
	}
	return syncDir(dir)
}
