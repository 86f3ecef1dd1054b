package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Path checks the file or the folder at a path: a file as a bundle, a folder as
// a log. The error says that the path could not be opened; of what is in it the
// report speaks. Only regular files are opened, so that it ends.
func Path(ctx context.Context, path string, o Options) (Report, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Report{}, fmt.Errorf("open what to check: %w", err)
	}
	if info.IsDir() {
		root, err := os.OpenRoot(path)
		if err != nil {
			return Report{}, fmt.Errorf("open what to check: %w", err)
		}
		defer func() { _ = root.Close() }()
		return Log(ctx, root.FS(), o), nil
	}
	if !info.Mode().IsRegular() {
		return Report{}, fmt.Errorf("open what to check: %w", &fs.PathError{Op: "open", Path: path, Err: errors.New("it is neither a file nor a folder")})
	}
	f, err := os.Open(path)
	if err != nil {
		return Report{}, fmt.Errorf("open what to check: %w", err)
	}
	defer func() { _ = f.Close() }()
	return Bundle(ctx, f, info.Size(), o), nil
}
