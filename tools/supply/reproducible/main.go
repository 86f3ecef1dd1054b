// Reproducible builds the programs twice, from copies of the sources in two folders
// of different names, and compares every byte. The second time nothing of this
// repository comes out of the cache; of what it depends on everything does, unless
// the cache is -cold.
//
//	go run ./reproducible [-cold] [-in FOLDER] [-packages ./worker,./starter] -- BUILDFLAG...
package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// order is what is built, and how.
type order struct {
	root, in string // the repository, and the module's folder in it
	packages []string
	flags    []string
	cold     bool
}

// twins are one program's two hashes.
type twins struct {
	name          string
	first, second string
}

func main() {
	o := order{root: "../.."}
	flag.BoolVar(&o.cold, "cold", false, "compile what the programs depend on anew too, which takes minutes")
	flag.StringVar(&o.in, "in", ".", "the module's folder in the repository")
	packages := flag.String("packages", "./worker,./starter,./verifier", "the programs")
	flag.Parse()
	o.packages, o.flags = strings.Split(*packages, ","), flag.Args()
	found, err := build(context.Background(), o)
	for _, t := range found {
		fmt.Printf("%-12s %s\n", t.name, t.first)
		if t.first != t.second {
			fmt.Printf("%-12s %s\n", "", t.second)
			err = errors.Join(err, fmt.Errorf("%s: two builds differ", t.name))
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "reproducible:", err)
		os.Exit(1)
	}
	fmt.Println("each built twice, in two folders: the same bytes")
}

// build makes every program twice.
func build(ctx context.Context, o order) ([]twins, error) {
	work, err := os.MkdirTemp("", "lastday-twice-")
	if err != nil {
		return nil, fmt.Errorf("make folder: %w", err)
	}
	defer os.RemoveAll(work)
	a, b := filepath.Join(work, "a"), filepath.Join(work, "another", "folder")
	cache := filepath.Join(work, "cache")
	if err := errors.Join(copySources(ctx, o.root, a), copySources(ctx, o.root, b), os.MkdirAll(cache, 0o700)); err != nil {
		return nil, err
	}
	outs := []string{filepath.Join(work, "out-a"), filepath.Join(work, "out-b")}
	if err := compile(ctx, o, filepath.Join(a, o.in), outs[0], ""); err != nil {
		return nil, err
	}
	if !o.cold {
		if err := lend(ctx, o, filepath.Join(a, o.in), cache); err != nil {
			return nil, err
		}
	}
	if err := compile(ctx, o, filepath.Join(b, o.in), outs[1], cache); err != nil {
		return nil, err
	}
	return compare(outs[0], outs[1])
}

// copySources copies what git knows or would add: a build has no other input.
func copySources(ctx context.Context, from, to string) error {
	list := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = from
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("list sources: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, os.ErrNotExist) {
			continue // deleted, and not yet committed
		}
		at := filepath.Join(to, name)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(at), 0o700), os.WriteFile(at, content, 0o600)); err != nil {
			return fmt.Errorf("copy sources: %w", err)
		}
	}
	return nil
}

func compile(ctx context.Context, o order, dir, out, cache string) error {
	if err := os.MkdirAll(out, 0o700); err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	args := append(append([]string{"build", "-o", out + "/"}, o.flags...), o.packages...)
	_, err := goes(ctx, dir, cache, args)
	return err
}

func goes(ctx context.Context, dir, cache string, args []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if cache != "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+cache)
	}
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s in %s: %w", args[0], dir, err)
	}
	return out, nil
}

// lend links what was compiled of other people's packages into a cache. A build id
// begins with the first 15 bytes of the action that its cache entry is named by.
func lend(ctx context.Context, o order, dir, cache string) error {
	env, err := goes(ctx, dir, "", []string{"env", "GOCACHE"})
	if err != nil {
		return err
	}
	from := strings.TrimSpace(string(env))
	format := `{{if .Export}}{{if not (and .Module .Module.Main)}}{{.ImportPath}} {{.BuildID}} {{.Export}}{{end}}{{end}}`
	out, err := goes(ctx, dir, "", append(append([]string{"list", "-export", "-deps", "-f", format}, o.flags...), o.packages...))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) != 3 || strings.HasPrefix(f[0], "lastday/") {
			continue
		}
		action, _, _ := strings.Cut(f[1], "/")
		id, err := base64.RawURLEncoding.DecodeString(action)
		if err != nil {
			return fmt.Errorf("read build id of %s: %w", f[0], err)
		}
		name := hex.EncodeToString(id)
		entries, err := filepath.Glob(filepath.Join(from, name[:2], name+"*-a"))
		if err != nil {
			return fmt.Errorf("look into the cache: %w", err)
		}
		for _, file := range append(entries, f[2]) {
			rel, err := filepath.Rel(from, file)
			at := filepath.Join(cache, rel)
			err = errors.Join(err, os.MkdirAll(filepath.Dir(at), 0o700))
			if err := errors.Join(err, copyFile(file, at)); err != nil {
				return fmt.Errorf("lend %s: %w", f[0], err)
			}
		}
	}
	return nil
}

func copyFile(from, to string) error {
	if err := os.Link(from, to); err == nil || errors.Is(err, os.ErrExist) {
		return nil
	}
	content, err := os.ReadFile(filepath.Clean(from))
	if err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

func compare(a, b string) ([]twins, error) {
	programs, err := os.ReadDir(a)
	if err != nil {
		return nil, fmt.Errorf("read what was built: %w", err)
	}
	out := make([]twins, 0, len(programs))
	for _, p := range programs {
		first, err := hash(filepath.Join(a, p.Name()))
		if err != nil {
			return nil, err
		}
		second, err := hash(filepath.Join(b, p.Name()))
		if err != nil {
			return nil, err
		}
		out = append(out, twins{p.Name(), first, second})
	}
	if len(out) == 0 {
		return nil, errors.New("nothing was built")
	}
	return out, nil
}

func hash(path string) (string, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return "", fmt.Errorf("read what was built: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read what was built: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
