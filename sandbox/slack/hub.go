package slack

import (
	"slices"
	"sync"
	"time"
)

// hub holds the sockets of the app.
type hub struct {
	mu      sync.Mutex
	tickets map[string]time.Time
	open    []*socket
	turn    int
	waiting map[string]chan []byte // by envelope
	changed chan struct{}          // closed when a socket comes
	lastSaw time.Time              // when a socket was last open
}

func newHub() *hub {
	return &hub{tickets: map[string]time.Time{}, waiting: map[string]chan []byte{}, changed: make(chan struct{})}
}

// join counts a socket in; 0 says there are too many.
func (h *hub) join(*socket) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.open) >= maxSockets {
		return 0
	}
	return len(h.open) + 1
}

// ready lets the socket have envelopes.
func (h *hub) ready(k *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = append(h.open, k)
	close(h.changed)
	h.changed = make(chan struct{})
}

func (h *hub) leave(k *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.open = slices.DeleteFunc(h.open, func(o *socket) bool { return o == k })
	h.lastSaw = time.Now()
	close(k.done)
	k.cut()
}

// refresh tells a socket to reconnect, and closes it a while later.
func (h *hub) refresh(k *socket) {
	h.mu.Lock()
	k.spent = true
	h.mu.Unlock()
	if k.send(answer{"type": "disconnect", "reason": "refresh_requested", "debug_info": debugInfo()}) != nil {
		k.cut()
		return
	}
	time.AfterFunc(drainFor, k.cut)
}

// pick gives the next socket in turn, or nil and what to wait for.
func (h *hub) pick() (*socket, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for range h.open {
		h.turn++
		if k := h.open[h.turn%len(h.open)]; !k.spent {
			return k, nil
		}
	}
	return nil, h.changed
}

// gone reports whether no socket was open for so long.
func (h *hub) gone(most time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.open) == 0 && time.Since(h.lastSaw) > most
}

func (h *hub) expect(envelope string) chan []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	ack, ok := h.waiting[envelope]
	if !ok {
		ack = make(chan []byte, 1)
		h.waiting[envelope] = ack
	}
	return ack
}

func (h *hub) forget(envelope string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.waiting, envelope)
}

// mark keeps a socket from getting anything more.
func (h *hub) mark(k *socket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	k.spent = true
}

func (h *hub) all() []*socket {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.open)
}

func (h *hub) drop() {
	for _, k := range h.all() {
		h.mark(k)
		k.cut()
	}
}
