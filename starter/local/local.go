// Package local is how a starter finds the standalone process on the same
// machine without being told: a small file that process leaves while it runs.
package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Info is where the parts of a standalone process can be reached.
type Info struct {
	PID       int    `json:"pid"`
	Temporal  string `json:"temporal"` // host:port
	Namespace string `json:"namespace"`
	UI        string `json:"ui,omitempty"`
	Slack     string `json:"slack,omitempty"` // the sandbox's channel page
	Data      string `json:"data,omitempty"`  // the folder of its data, where its own record is
}

// Write leaves the file, readable by this user only, and returns the function
// that takes it away. A newer process's file replaces an older one's.
func Write(i Info) (remove func(), err error) {
	path, err := file()
	if err != nil {
		return nil, err
	}
	i.PID = os.Getpid()
	b, err := json.Marshal(i)
	if err != nil {
		return nil, fmt.Errorf("write local file: %w", err)
	}
	temp := fmt.Sprintf("%s.%d", path, i.PID)
	if err := os.WriteFile(temp, b, 0o600); err != nil {
		return nil, fmt.Errorf("write local file: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return nil, fmt.Errorf("write local file: %w", err)
	}
	return func() {
		if now, ok := Read(); ok && now.PID == i.PID {
			_ = os.Remove(path)
		}
	}, nil
}

// Read finds a standalone process that is running; false if there is none.
func Read() (Info, bool) {
	path, err := file()
	if err != nil {
		return Info{}, false
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return Info{}, false
	}
	var i Info
	if json.Unmarshal(b, &i) != nil || i.PID <= 0 {
		return Info{}, false
	}
	// Signal 0 only asks whether the process is there.
	if err := syscall.Kill(i.PID, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return Info{}, false
	}
	return i, true
}

// file is in a folder that only this user can write to.
func file() (string, error) {
	dir := os.Getenv("XDG_RUNTIME_DIR")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("lastday-%d", os.Getuid()))
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return "", fmt.Errorf("make folder: %w", err)
		}
		if err := ours(dir); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "lastday.json"), nil
}

// ours refuses a folder that somebody else made first.
func ours(dir string) error {
	s, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at folder: %w", err)
	}
	st, ok := s.Sys().(*syscall.Stat_t)
	if !ok || !s.IsDir() || int(st.Uid) != os.Getuid() || s.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is not a folder of this user alone; remove it", dir)
	}
	return nil
}
