package tiles

import (
	"fmt"
	"os"
	"path/filepath"
)

// writer puts files into a directory.
type writer struct {
	dir     string
	touched map[string]bool
}

// settle brings the names of all files written so far to the disk. Systems that
// cannot do that for a directory do it of their own accord.
func (w *writer) settle() {
	for dir := range w.touched {
		if d, err := os.Open(dir); err == nil {
			_ = d.Sync()
			_ = d.Close()
		}
	}
	w.touched = nil
}

// write puts a file into the directory, by its slash-separated name: whole, on
// disk, or not at all. It replaces one that is there.
func (w *writer) write(name string, data []byte) error {
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if w.touched == nil {
		w.touched = map[string]bool{}
	}
	w.touched[filepath.Dir(path)] = true
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // it is gone already if all went well
	_, err = f.Write(data)
	for _, step := range []func() error{func() error { return f.Chmod(0o644) }, f.Sync} {
		if err == nil {
			err = step()
		}
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
