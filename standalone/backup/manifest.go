package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"
)

// format is raised when a program that knows only the earlier ones would put a
// backup back wrong.
const format = 1

const manifestName = "manifest.json"

// Manifest says what is in a backup. It is written last: a folder without one is
// no backup.
type Manifest struct {
	Format int `json:"format"`
	// MadeAt is the moment that the backup is of.
	MadeAt time.Time `json:"made_at"`
	// Program is the commit it was made by, where that is known.
	Program string `json:"program,omitempty"`
	Files   []File `json:"files"`
}

// File is one part, by its path in the backup.
type File struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// has reports whether a part is in it.
func (m Manifest) has(name string) bool {
	return slices.ContainsFunc(m.Files, func(f File) bool { return f.Name == name })
}

// Read reads a backup's manifest and compares every file with it. A backup that
// did not end, a changed or missing file, and one that a newer program made, are
// errors.
func Read(dir string) (Manifest, error) {
	var m Manifest
	b, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("%s has no %s: it is no backup, or one that did not end; take another", dir, manifestName)
	}
	if err != nil {
		return m, fmt.Errorf("read backup: %w", err)
	}
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(b, &head); err != nil {
		return m, fmt.Errorf("read backup: its %s is damaged: %w; take another", manifestName, err)
	}
	if head.Format < 1 || head.Format > format {
		return m, fmt.Errorf("the backup is of format %d, and this program knows them up to %d: take a newer program", head.Format, format)
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return m, fmt.Errorf("read backup: its %s is damaged: %w; take another", manifestName, err)
	}
	for _, f := range m.Files {
		if !filepath.IsLocal(f.Name) {
			return m, fmt.Errorf("the backup names a file outside of it, %q: take another", f.Name)
		}
		found, err := describe(dir, f.Name)
		if err != nil {
			return m, fmt.Errorf("read backup: %w; take another", err)
		}
		if found != f {
			return m, fmt.Errorf("the backup is damaged: %s is not what it was when it was made; take another", f.Name)
		}
	}
	return m, nil
}

func describe(dir, name string) (File, error) {
	in, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return File{}, err
	}
	defer in.Close()
	h := sha256.New()
	n, err := io.Copy(h, in)
	if err != nil {
		return File{}, err
	}
	return File{Name: name, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// close describes what was copied and writes the manifest.
func (m *Manifest) close(dir string, names []string) error {
	for _, name := range names {
		f, err := describe(dir, name)
		if err != nil {
			return fmt.Errorf("read what was copied: %w", err)
		}
		m.Files = append(m.Files, f)
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, manifestName), append(b, '\n'))
}

func program() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}
