package setup

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"lastday/record/anchor"
	"lastday/record/names"
	"lastday/secret"
)

// The files that MakeKeys writes.
const (
	namesFile   = "names.key"
	signingFile = "signing.key"
	publicFile  = "public.key"
)

// MakeKeys writes new keys into a folder, readable by this user only, and
// returns the public one. It never replaces a key: without the old ones the
// record cannot be read or continued.
func MakeKeys(dir, origin string) (public string, err error) {
	if strings.TrimSpace(origin) == "" || strings.ContainsAny(origin, "+ \t\n") {
		return "", fmt.Errorf("%q is no name for a log: give one like lastday.example.com/record, without spaces and +", origin)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder for the keys: %w", err)
	}
	for _, name := range []string{namesFile, signingFile, publicFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%s is there already: nothing was written; choose another folder", filepath.Join(dir, name))
		}
	}
	signing, public, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return "", fmt.Errorf("make the signing key: %w", err)
	}
	keyset, err := names.Generate()
	if err != nil {
		return "", fmt.Errorf("make the names key: %w", err)
	}
	for name, b := range map[string][]byte{namesFile: keyset, signingFile: []byte(signing + "\n"), publicFile: []byte(public + "\n")} {
		if err := WriteKey(filepath.Join(dir, name), b); err != nil {
			return "", err
		}
	}
	return public, nil
}

// WriteKey writes a key into a new file, readable by this user only: whole, or
// not at all. A file that is there already is an error.
func WriteKey(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Link(f.Name(), path) // which replaces nothing, as a rename would
	}
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err == nil {
		err = errors.Join(dir.Sync(), dir.Close())
	}
	if err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}

// Files are where the record lies that Embedded gives.
type Files struct {
	// Dir holds all of it; Anchors is a folder in it, the others are files.
	Dir, Database, Copy, Anchors    string
	NamesKey, SigningKey, PublicKey string
}

// EmbeddedFiles names them, in a data folder. It touches nothing.
func EmbeddedFiles(dir string) Files {
	dir = filepath.Join(dir, "record")
	at := func(name string) string { return filepath.Join(dir, name) }
	return Files{
		Dir: dir, Database: at("record.db"), Copy: at("last-signed"), Anchors: at("anchors"),
		NamesKey: at(namesFile), SigningKey: at(signingFile), PublicKey: at(publicFile),
	}
}

// Embedded is the record that the standalone process keeps in its data folder
// where none is configured: SQLite, with keys made at the first start, anchored
// on the same machine only.
func Embedded(dir string) (Config, error) {
	files := EmbeddedFiles(dir)
	public, err := os.ReadFile(files.PublicKey)
	if errors.Is(err, fs.ErrNotExist) {
		var made string
		if made, err = MakeKeys(files.Dir, "lastday.local/record"); err == nil {
			public = []byte(made)
		}
	}
	if err != nil {
		return Config{}, fmt.Errorf("set up the embedded record: %w", err)
	}
	c := Config{Database: "sqlite:" + files.Database, PublicKey: strings.TrimSpace(string(public)), Copy: files.Copy}
	for path, ref := range map[string]*secret.Ref{files.NamesKey: &c.NamesKey, files.SigningKey: &c.SigningKey} {
		if *ref, err = secret.Parse("file:" + path); err != nil {
			return Config{}, fmt.Errorf("set up the embedded record: %w", err)
		}
	}
	if err := os.MkdirAll(files.Anchors, 0o700); err != nil {
		return Config{}, fmt.Errorf("set up the embedded record: %w", err)
	}
	c.Anchors.Directory = []anchor.DirectoryConfig{{Name: "this-machine", Path: files.Anchors}}
	c.Defaults()
	return c, nil
}
