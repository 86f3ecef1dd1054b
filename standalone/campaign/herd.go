package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// herd keeps a number of processes of one kind alive: when one dies, another is
// started at once.
type herd struct {
	name  string
	told  child
	log   io.Writer
	ready chan struct{} // one for each process that began to work

	mu      sync.Mutex
	alive   []*exec.Cmd // by place; nil while none runs there
	deaths  int
	stopped bool
	all     sync.WaitGroup
}

// keep starts n processes and returns once each was at work.
func keep(ctx context.Context, name string, n int, c child, log io.Writer) (*herd, error) {
	h := &herd{name: name, told: c, log: log, alive: make([]*exec.Cmd, n), ready: make(chan struct{}, 1000)}
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
			h.stop()
			return nil, err
		case <-time.After(time.Minute):
			h.stop()
			return nil, fmt.Errorf("no %s is at work after a minute; see its log with --keep", name)
		}
	}
	return h, nil
}

func (h *herd) supervise(ctx context.Context, place int) error {
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
func (h *herd) live(ctx context.Context, place int) error {
	b, err := json.Marshal(h.told)
	if err != nil {
		return fmt.Errorf("start %s: %w", h.name, err)
	}
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), processVar+"="+h.name, childVar+"="+string(b))
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

// kill ends the process at a place with SIGKILL, if one runs there.
func (h *herd) kill(place int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if cmd := h.alive[place%len(h.alive)]; cmd != nil && cmd.Process.Kill() == nil {
		h.deaths++
	}
}

// killEvery kills one after the other until ctx ends.
func (h *herd) killEvery(ctx context.Context, d time.Duration) {
	for place := 0; pause(ctx, d) == nil; place++ {
		h.kill(place)
	}
}

func (h *herd) killed() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.deaths
}

// stop asks all to end, and kills those that take too long.
func (h *herd) stop() {
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
