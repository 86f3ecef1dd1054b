package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// binaries are the programs under test, as a user builds them.
type binaries struct{ standalone, worker, sandbox string }

// build builds them; the module's root is the folder above this one.
func build(ctx context.Context, dir string) (binaries, error) {
	b := binaries{
		standalone: "../bin/standalone",
		worker:     filepath.Join(dir, "worker"),
		sandbox:    filepath.Join(dir, "sandbox"),
	}
	for _, c := range []*exec.Cmd{
		exec.CommandContext(ctx, "./build.sh"),
		exec.CommandContext(ctx, "go", "build", "-C", "..", "-trimpath", "-ldflags", "-s -w", "-o", b.worker, "./worker"),
		exec.CommandContext(ctx, "go", "build", "-C", "..", "-trimpath", "-o", b.sandbox, "./sandbox"),
	} {
		c.Stdout, c.Stderr = os.Stderr, os.Stderr
		if err := c.Run(); err != nil {
			return b, fmt.Errorf("%s: %w; run this in the folder standalone", strings.Join(c.Args, " "), err)
		}
	}
	return b, nil
}

// process is a program that bench has started.
type process struct {
	cmd    *exec.Cmd
	out    *bufio.Scanner
	errors bytes.Buffer
}

func spawn(ctx context.Context, env []string, path string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, path, args...)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = &p.errors
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 30 * time.Second
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	p.out = bufio.NewScanner(pipe)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

// await reads the program's lines up to the one that starts with a word, and
// gives the rest of that line.
func (p *process) await(word string) (string, error) {
	for p.out.Scan() {
		if rest, ok := strings.CutPrefix(p.out.Text(), word+" "); ok {
			return strings.TrimSpace(rest), nil
		}
	}
	p.stop()
	return "", fmt.Errorf("%s ended before it said %q: %s", p.cmd.Path, word, p.errors.String())
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// stop asks the program to end and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	for p.out.Scan() { // Wait closes the pipe, so read what is left first
		continue
	}
	_ = p.cmd.Wait()
	if s := p.errors.String(); s != "" {
		_, _ = io.WriteString(os.Stderr, s)
	}
}
