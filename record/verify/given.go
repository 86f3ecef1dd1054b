package verify

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"lastday/record/tiles"
)

// Given is what somebody brings along, as they type it: keys as their text or as
// a file that holds it, checkpoints as files.
type Given struct {
	Keys, Witnesses, Checkpoints []string
}

// Options reads the keys and files. Without a key nothing can be shown, so that
// is an error.
func (g Given) Options() (Options, error) {
	var o Options
	if len(g.Keys) == 0 {
		return o, errors.New("give the log's public key with --key: without it nothing can be shown. It must not come from what is checked")
	}
	for _, k := range g.Keys {
		text, err := textOrFile(k)
		if err != nil {
			return o, fmt.Errorf("--key: %w", err)
		}
		v, err := ParseKey(text)
		if err != nil {
			return o, fmt.Errorf("--key: %w", err)
		}
		o.Keys = append(o.Keys, v)
	}
	for _, w := range g.Witnesses {
		text, err := textOrFile(w)
		if err != nil {
			return o, fmt.Errorf("--witness: %w", err)
		}
		v, err := ParseWitness(text)
		if err != nil {
			return o, fmt.Errorf("--witness: %w", err)
		}
		o.Witnesses = append(o.Witnesses, v)
	}
	for _, name := range g.Checkpoints {
		text, err := small(name)
		if err != nil {
			return o, fmt.Errorf("--checkpoint: %w", err)
		}
		o.Copies = append(o.Copies, text)
	}
	return o, nil
}

// textOrFile takes a key as it is, or out of the file that holds it: a key has
// two pluses, and a file of that name is meant if there is one.
func textOrFile(s string) (string, error) {
	if _, err := os.Stat(s); err != nil && strings.Count(s, "+") >= 2 {
		return s, nil
	}
	return small(s)
}

// small reads a file of a few lines.
func small(name string) (string, error) {
	name = filepath.Clean(name)
	info, err := os.Stat(name)
	if err != nil {
		return "", err //nolint:wrapcheck // it names the file
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err //nolint:wrapcheck // it names the file
	}
	defer func() { _ = f.Close() }()
	b, err := io.ReadAll(io.LimitReader(f, tiles.MaxCheckpoint+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read %s: %w", name, err)
	case len(b) > tiles.MaxCheckpoint:
		return "", fmt.Errorf("%s is too large for a key or a checkpoint", name)
	}
	return string(b), nil
}
