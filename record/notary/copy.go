package notary

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Copy is a place outside the database for the last signed checkpoint, and for
// the word that signing has stopped.
type Copy interface {
	// Read gives the checkpoint; "" without an error if none was ever kept.
	Read() (string, error)
	// Write replaces it. When it returns nil the new one is safe on disk; when it
	// fails the old one is still there, or the new one is, whole.
	Write(signed string) error
	// Stopped gives why signing has stopped; nil if it has not.
	Stopped() (*Stop, error)
	// Stop keeps that it has, until Clear.
	Stop(s Stop) error
	// Clear takes that away; it is no error if there is nothing.
	Clear() error
	// String says where it is, for people.
	String() string
}

// maxFile bounds what is read: a checkpoint, or why signing has stopped.
const maxFile = 64 << 10

// File is a Copy in a file, and beside it, where signing has stopped, another
// named <path>.stopped. It belongs on another disk than the database, and off
// the reach of whoever administers that.
type File struct{ path string }

// NewFile names the file. It touches nothing.
func NewFile(path string) *File { return &File{path: path} }

// String is the file's path.
func (f *File) String() string { return f.path }

// Read refuses an empty file: none was ever written.
func (f *File) Read() (string, error) {
	b, err := readFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the copy of the last checkpoint: %w", err)
	}
	if len(b) == 0 {
		return "", fmt.Errorf("read the copy of the last checkpoint: %s is empty, and was never written so", f.path)
	}
	return string(b), nil
}

// Write syncs the new file and its directory before it returns. It makes the
// directory where there is none.
func (f *File) Write(signed string) error {
	if err := writeFile(f.path, []byte(signed)); err != nil {
		return fmt.Errorf("write the copy of the last checkpoint: %w", err)
	}
	return nil
}

// Stopped reads the file beside the copy.
func (f *File) Stopped() (*Stop, error) {
	b, err := readFile(f.stopPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("see whether signing has stopped: %w", err)
	}
	var s Stop
	if json.Unmarshal(b, &s) != nil || s.Cause == "" { // written by hand, or cut off
		s = Stop{Cause: Asked, Detail: f.stopPath() + " is there"}
	}
	return &s, nil
}

// Stop writes the file beside the copy.
func (f *File) Stop(s Stop) error {
	b, err := json.MarshalIndent(s, "", "  ")
	if err == nil {
		err = writeFile(f.stopPath(), append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keep that signing has stopped: %w", err)
	}
	return nil
}

// Clear removes the file beside the copy.
func (f *File) Clear() error {
	err := os.Remove(f.stopPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("clear the stop: %w", err)
	}
	return syncDir(filepath.Dir(f.path))
}

func (f *File) stopPath() string { return f.path + ".stopped" }

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		return nil, fmt.Errorf("%s is no file of at most %d bytes", path, maxFile)
	}
	return os.ReadFile(path)
}

// writeFile replaces a file whole or not at all, and syncs it to disk.
func writeFile(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(content)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
