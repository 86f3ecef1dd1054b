package anchor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"lastday/record"
)

// suffix ends the name of a checkpoint's file; before it stands the tree's size.
const suffix = ".checkpoint"

// Directory keeps one file a checkpoint, <size>.checkpoint, and the newest once
// more as latest. It overwrites no checkpoint.
type Directory struct {
	place
	path string
}

// Put writes the file and syncs it to disk. A file of another tree is a *Fork.
// Other processes may put into the same directory.
func (d *Directory) Put(ctx context.Context, signed string) (record.Anchored, error) {
	c, err := parse(signed)
	if err != nil {
		return record.Anchored{}, err
	}
	if err := ctx.Err(); err != nil {
		return record.Anchored{}, err
	}
	if info, err := os.Stat(d.path); err != nil || !info.IsDir() {
		return record.Anchored{}, fmt.Errorf("anchor %s: %s is not there or no directory; is its file system mounted?", d.name, d.path)
	}
	where := filepath.Join(d.path, strconv.FormatInt(c.N, 10)+suffix)
	if err := d.keep(where, signed); err != nil {
		return record.Anchored{}, err
	}
	if err := d.advance(signed, c.N); err != nil {
		return record.Anchored{}, err
	}
	return d.receipt(where, signed), nil
}

// keep makes the file, whole or not at all, unless it is there.
func (d *Directory) keep(where, signed string) error {
	found, err := readSmall(where)
	if err == nil {
		return d.compare(where, found, signed)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read anchor %s: %w", d.name, err)
	}
	temp, err := writeTemp(d.path, signed)
	if err != nil {
		return fmt.Errorf("write anchor %s: %w", d.name, err)
	}
	defer os.Remove(temp)
	// A link, unlike a rename, never replaces a file that is there.
	err = os.Link(temp, where)
	if errors.Is(err, fs.ErrExist) {
		return d.keep(where, signed)
	}
	if err != nil { // a file system without hard links
		if _, there := os.Lstat(where); !errors.Is(there, fs.ErrNotExist) {
			return fmt.Errorf("write anchor %s: %w", d.name, errors.Join(err, there))
		}
		if err := os.Rename(temp, where); err != nil {
			return fmt.Errorf("write anchor %s: %w", d.name, err)
		}
	}
	return syncDir(d.path)
}

// advance lets latest be this checkpoint, unless it is a later one.
func (d *Directory) advance(signed string, size int64) error {
	latest := filepath.Join(d.path, "latest")
	if found, err := readSmall(latest); err == nil {
		if c, err := parse(found); err == nil && c.N >= size {
			return nil
		}
	}
	temp, err := writeTemp(d.path, signed)
	if err != nil {
		return fmt.Errorf("write anchor %s: %w", d.name, err)
	}
	if err := os.Rename(temp, latest); err != nil {
		os.Remove(temp)
		return fmt.Errorf("write anchor %s: %w", d.name, err)
	}
	return syncDir(d.path)
}

// Latest looks at the names too: whoever turns latest back would have to remove
// the later files as well.
func (d *Directory) Latest(ctx context.Context) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	all, err := os.ReadDir(d.path)
	if err != nil {
		return "", fmt.Errorf("read anchor %s: %w; is its file system mounted?", d.name, err)
	}
	most, name := int64(-1), ""
	for _, f := range all {
		text, ok := strings.CutSuffix(f.Name(), suffix)
		if n, err := strconv.ParseInt(text, 10, 64); ok && err == nil && n > most {
			most, name = n, f.Name()
		}
	}
	var found []string
	for _, n := range []string{"latest", name} {
		if n == "" {
			continue
		}
		text, err := readSmall(filepath.Join(d.path, n))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("read anchor %s: %w", d.name, err)
		}
		found = append(found, text)
	}
	out := ""
	for _, text := range found {
		out = larger(text, out)
	}
	if out == "" && strings.Join(found, "") != "" {
		return strings.Join(found, ""), nil // nobody takes it for nothing
	}
	return out, nil
}

// readSmall refuses what is too large for a checkpoint.
func readSmall(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() || info.Size() > maxAnswer {
		return "", fmt.Errorf("%s: %w", path, ErrOccupied)
	}
	b, err := os.ReadFile(path)
	return string(b), err
}

// writeTemp makes a file beside the one it is going to be, synced.
func writeTemp(dir, content string) (name string, err error) {
	f, err := os.CreateTemp(dir, ".checkpoint-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(content)
	err = errors.Join(err, f.Chmod(0o444), f.Sync(), f.Close())
	return f.Name(), err
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
