// Package departures reads who leaves from CSV files, and starts their cases.
//
// A file is read twice: Check looks at every line and starts nothing, Rows then
// yields the good ones. No row is kept in between, only a few bytes for each
// person, so a million lines fit in a small machine. What a departure means and
// who may ask for one is not decided here.
package departures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"lastday/offboarding"
)

// maxSize is the most that is read, and that standard input may fill of the
// disk: many millions of lines.
const maxSize = 1 << 30

// File is a CSV file. It is for one goroutine.
type File struct {
	f    *os.File
	temp string // to be removed at Close, where that could not be done at once
	size int64
	mod  time.Time

	options Options
	header  *header // after Check
	people  ledger
	begun   lines // whose case Start started or joined
}

// Options say how a file is to be read.
type Options struct {
	// Columns maps a name in the file's header to one of Lastday's; to "" leaves
	// the column out. It goes before the names that are known anyway.
	Columns map[string]string
	// IgnoreUnknown leaves out every column whose name is not known.
	IgnoreUnknown bool
	// Zone is meant where a line names none; UTC if nil.
	Zone *time.Location
	// At is when access ends for whoever has no last day in the file, as the
	// package when reads it. Without it a line must have one.
	At string
	// Now is the time at which the lines are judged.
	Now time.Time
	// By is who asks, and stands in every departure.
	By offboarding.Actor
}

// Row is one good line.
type Row struct {
	Line      int
	Departure offboarding.Departure
}

// Problem is one thing about one line, in one line of text: what is wrong and
// what to do.
type Problem struct {
	Line    int    `json:"line"`
	Warning bool   `json:"warning,omitempty"` // the line is good all the same
	What    string `json:"what"`
}

// Open opens a file, or standard input where the path is "-". Whatever is not a
// regular file is copied to a temporary one first, which only this process can
// read and which is gone when it ends. Close it.
func Open(ctx context.Context, path string, stdin io.Reader) (*File, error) {
	if path == "-" {
		return spool(ctx, stdin)
	}
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return nil, fmt.Errorf("open file: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("open file: %w", err)
	case info.IsDir():
		f.Close()
		return nil, fmt.Errorf("%s is a directory: give a CSV file", path)
	case !info.Mode().IsRegular():
		defer f.Close()
		return spool(ctx, f)
	case info.Size() > maxSize:
		f.Close()
		return nil, tooLarge(path)
	}
	return &File{f: f, size: info.Size(), mod: info.ModTime()}, nil
}

func tooLarge(path string) error {
	return fmt.Errorf("%s is larger than %d MiB: split it", path, maxSize>>20)
}

// spool copies what can be read only once. A terminal or a pipe that says
// nothing more is no reason not to stop.
func spool(ctx context.Context, in io.Reader) (*File, error) {
	t, err := os.CreateTemp("", "lastday-import-*.csv")
	if err != nil {
		return nil, fmt.Errorf("copy input: %w", err)
	}
	out := &File{f: t}
	if os.Remove(t.Name()) != nil {
		out.temp = t.Name() // this system keeps the names of open files
	}
	copied := make(chan error, 1)
	go func() {
		n, err := io.Copy(t, io.LimitReader(in, maxSize+1))
		if err == nil && n > maxSize {
			err = tooLarge("the input")
		}
		copied <- err
	}()
	select {
	case err = <-copied:
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		err = out.stamp()
	}
	if err != nil {
		_ = out.Close() // the first error counts
		return nil, fmt.Errorf("copy input: %w", err)
	}
	return out, nil
}

// stamp notes what the file looks like now.
func (f *File) stamp() error {
	info, err := f.f.Stat()
	if err == nil {
		f.size, f.mod = info.Size(), info.ModTime()
	}
	return err
}

// Close frees the file.
func (f *File) Close() error {
	err := f.f.Close()
	if f.temp != "" {
		err = errors.Join(err, os.Remove(f.temp))
	}
	return err
}

// ErrChanged says that the file is not the one that was checked.
var ErrChanged = errors.New("the file was changed while it was read; nothing more is started: run the import again")

// unchanged looks whether the file is still the one that was opened.
func (f *File) unchanged() error {
	info, err := f.f.Stat()
	if err != nil {
		return fmt.Errorf("look at file: %w", err)
	}
	if info.Size() != f.size || !info.ModTime().Equal(f.mod) {
		return ErrChanged
	}
	return nil
}

// rewind begins again at the top.
func (f *File) rewind() (*records, error) {
	if _, err := f.f.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return newRecords(f.f), nil
}
