// Package herd keeps processes of this very binary alive, for programs and tests
// that kill them. What they do, they are told by their environment.
package herd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// DieWithParent ends this process when the one that started it is gone. It does not
// return: call it in a goroutine.
func DieWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(3)
}

// Herd keeps a number of processes of one kind alive: when one dies, another is
// started at once. Its methods may be called from any goroutine.
type Herd struct {
	name  string
	env   []string
	log   io.Writer
	ready chan struct{} // one for each process that began to work

	mu      sync.Mutex
	alive   []*exec.Cmd // by place; nil while none runs there
	deaths  int
	stopped bool
	all     sync.WaitGroup
}

// Keep starts n processes and returns once each was at work, which a process says
// by its first line. Each is this binary with env added to its environment, has its
// life on standard input (DieWithParent), and writes what goes wrong to log.
func Keep(ctx context.Context, name string, n int, env []string, log io.Writer) (*Herd, error) {
	h := &Herd{name: name, env: env, log: log, alive: make([]*exec.Cmd, n), ready: make(chan struct{}, 1000)}
	failed := make(chan error, n)
	for place := range n {
		h.all.Go(func() {
			if err := h.supervise(ctx, place); err != nil {
				failed <- err
			}
		})
	}
	for range n {
		select {
		case <-h.ready:
		case err := <-failed:
			h.Stop()
			return nil, err
		case <-time.After(time.Minute):
			h.Stop()
			return nil, fmt.Errorf("no %s is at work after a minute; see its log", name)
		}
	}
	return h, nil
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func (h *Herd) supervise(ctx context.Context, place int) error {
	for {
		err := h.live(ctx, place)
		if errors.Is(err, errStopped) {
			return nil
		}
		if err != nil {
			return err
		}
		// One that cannot start, as the server is down, is not started too often.
		if pause(ctx, 50*time.Millisecond) != nil {
			return nil
		}
	}
}

var errStopped = errors.New("stopped")

// live runs one process to its end.
func (h *Herd) live(ctx context.Context, place int) error {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), h.env...)
	cmd.Stderr = h.log
	life, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	h.mu.Lock()
	if h.stopped {
		h.mu.Unlock()
		return errStopped
	}
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		h.mu.Unlock()
		return fmt.Errorf("start %s: %w", h.name, err)
	}
	h.alive[place] = cmd
	h.mu.Unlock()
	for lines := bufio.NewScanner(out); lines.Scan(); {
		select {
		case h.ready <- struct{}{}:
		default:
		}
	}
	_ = cmd.Wait() // killed, or it says why in its log
	_ = life.Close()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alive[place] = nil
	if h.stopped {
		return errStopped
	}
	return nil
}

// Kill ends the process at a place with SIGKILL, if one runs there.
func (h *Herd) Kill(place int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cmd := h.alive[place%len(h.alive)]; cmd != nil && cmd.Process.Kill() == nil {
		h.deaths++
	}
}

// KillEvery kills one after the other until ctx ends.
func (h *Herd) KillEvery(ctx context.Context, d time.Duration) {
	for place := 0; pause(ctx, d) == nil; place++ {
		h.Kill(place)
	}
}

// Killed is how many Kill has ended.
func (h *Herd) Killed() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.deaths
}

// Stop asks all to end, and kills those that take too long.
func (h *Herd) Stop() {
	signal := func(s os.Signal) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.stopped = true
		for _, cmd := range h.alive {
			if cmd != nil {
				_ = cmd.Process.Signal(s)
			}
		}
	}
	signal(syscall.SIGTERM)
	late := time.AfterFunc(30*time.Second, func() { signal(syscall.SIGKILL) })
	h.all.Wait()
	late.Stop()
}
