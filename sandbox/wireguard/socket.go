package wireguard

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
)

// Fault is what goes wrong on the gateway's control socket. The HTTP
// stand-ins have theirs in sandbox/faults; this is the same for a socket.
type Fault string

const (
	None     Fault = ""
	Down     Fault = "down"     // the connection is closed without an answer
	Lie      Fault = "lie"      // set answers errno=0 and changes nothing
	Stale    Fault = "stale"    // get answers what was true when the fault was set
	Truncate Fault = "truncate" // get ends in the middle
	Empty    Fault = "empty"    // get answers errno=0 and nothing else
	Errno    Fault = "errno"    // everything answers errno=-5
	Hang     Fault = "hang"     // no answer until the caller gives up
	// AppliedDown does it, then closes the connection without an answer.
	AppliedDown Fault = "applied-down"
)

// Faults lists every fault, for tests that try them all.
func Faults() []Fault {
	return []Fault{Down, Lie, Stale, Truncate, Empty, Errno, Hang, AppliedDown}
}

// socket serves the gateway's device as wireguard-go does for wg(8).
type socket struct {
	gw       *tunnel
	listener net.Listener
	done     sync.WaitGroup

	mu     sync.Mutex
	fault  Fault
	then   string // the device when Stale was set
	open   map[net.Conn]struct{}
	closed bool
}

func listen(path string, gw *tunnel) (*socket, error) {
	var config net.ListenConfig
	l, err := config.Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, fmt.Errorf("protect the control socket: %w", err)
	}
	s := &socket{gw: gw, listener: l, open: map[net.Conn]struct{}{}}
	s.done.Add(1)
	go s.accept()
	return s, nil
}

func (s *socket) set(f Fault) error {
	then := ""
	if f == Stale {
		var err error
		if then, err = s.gw.dev.IpcGet(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.then = f, then
	return nil
}

func (s *socket) accept() {
	defer s.done.Done()
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			c.Close()
			return
		}
		s.open[c] = struct{}{}
		f, then := s.fault, s.then
		s.mu.Unlock()
		s.done.Add(1)
		go func() {
			defer s.done.Done()
			s.serve(c, f, then)
			c.Close()
			s.mu.Lock()
			delete(s.open, c)
			s.mu.Unlock()
		}()
	}
}

func (s *socket) serve(c net.Conn, f Fault, then string) {
	if f == None {
		s.gw.dev.IpcHandle(c)
		return
	}
	in := bufio.NewReader(c)
	for f != Down {
		request, err := readRequest(in)
		if err != nil {
			return
		}
		answer, ok := s.misbehave(f, then, request)
		if !ok {
			if f == Hang {
				_, _ = in.ReadByte() // until the caller hangs up
			}
			return
		}
		if _, err := c.Write([]byte(answer)); err != nil {
			return
		}
		if f == Truncate {
			return
		}
	}
}

// readRequest reads up to the blank line that ends a request.
func readRequest(in *bufio.Reader) (string, error) {
	var b strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		if line == "\n" {
			return b.String(), nil
		}
		b.WriteString(line)
	}
}

// misbehave gives the answer to a request; false for none.
func (s *socket) misbehave(f Fault, then, request string) (string, bool) {
	body, isSet := strings.CutPrefix(request, "set=1\n")
	now := func() string {
		if isSet {
			_ = s.gw.dev.IpcSet(body)
			return ""
		}
		state, _ := s.gw.dev.IpcGet()
		return state
	}
	const ok = "errno=0\n\n"
	switch f {
	case Lie:
		if isSet {
			return ok, true
		}
	case Stale:
		if !isSet {
			return then + ok, true
		}
	case Truncate:
		state := now()
		return state[:len(state)/2], true
	case Empty:
		if !isSet {
			return ok, true
		}
	case Down, None:
		return "", false
	case Errno:
		return "errno=-5\n\n", true
	case Hang:
		return "", false
	case AppliedDown:
		now()
		return "", false
	}
	return now() + ok, true
}

func (s *socket) close() {
	s.mu.Lock()
	s.closed = true
	s.listener.Close()
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.done.Wait()
}
