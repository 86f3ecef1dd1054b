package codec

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// FileName is the file that MakeFile writes.
const FileName = "encryption.key"

// MakeFile writes a new keyset into a folder, readable by this user only, and
// returns its path. It never replaces one.
func MakeFile(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make folder for the keyset: %w", err)
	}
	b, err := Generate()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, FileName)
	if err := writeNew(path, b); errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("%s is there already: nothing was written; choose another folder", path)
	} else if err != nil {
		return "", err
	}
	return path, nil
}

// ChangeFile replaces a keyset's file by what do makes of it, at once or not at
// all.
func ChangeFile(path string, do func([]byte) ([]byte, error)) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read keyset: %w", err)
	}
	old, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read keyset: %w", err)
	}
	b, err := do(old)
	if err != nil {
		return err
	}
	temp := path + ".new"
	if err := writeNew(temp, b); err != nil {
		return err
	}
	if err = os.Chmod(temp, info.Mode().Perm()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		os.Remove(temp)
		return fmt.Errorf("write keyset: %w", err)
	}
	return nil
}

func writeNew(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	_, err = f.Write(b)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write keyset: %w", err)
	}
	return nil
}
