// Package faults wraps a stand-in vendor so that any operation can be made to
// misbehave, and keeps the list of calls that came in. It knows no vendor: the
// shapes of errors come from the stand-in itself.
package faults

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Injector is the stand-in with its faults: an http.Handler.
type Injector struct {
	mux    *http.ServeMux
	vendor Vendor
	state  sync.RWMutex // held for writing while the state is swapped

	mu     sync.Mutex
	faults []*active
	calls  []Call
	tally  map[string]Tally
	draw   Draw
	nth    map[string]int // calls so far by operation and path, for draw
}

type active struct {
	Fault
	until time.Time
	left  int
	then  any // the state when it was set, for Stale
}

// New wraps a stand-in's mux. It answers /_sandbox/faults (GET, POST, DELETE)
// and /_sandbox/calls (GET, DELETE), and /_sandbox/tally (GET) itself.
func New(mux *http.ServeMux, v Vendor) *Injector {
	return &Injector{mux: mux, vendor: v, tally: map[string]Tally{}}
}

// Set adds a fault; a later one on the same call wins.
func (i *Injector) Set(f Fault) {
	a := i.activate(f)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, a)
}

// activate begins a fault: its time runs, and its state is the one of now.
func (i *Injector) activate(f Fault) *active {
	a := &active{Fault: f, left: f.Times}
	if f.Seconds > 0 {
		a.until = time.Now().Add(time.Duration(f.Seconds * float64(time.Second)))
	}
	if f.Kind == Stale {
		i.state.Lock()
		a.then = i.vendor.Snapshot()
		i.state.Unlock()
	}
	return a
}

// Clear removes all faults.
func (i *Injector) Clear() { i.Lift(func(Fault) bool { return true }) }

// Lift removes the faults that match.
func (i *Injector) Lift(match func(Fault) bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = slices.DeleteFunc(i.faults, func(a *active) bool { return match(a.Fault) })
}

// Calls returns the calls so far, oldest first; the last 20,000 are kept.
func (i *Injector) Calls() []Call {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.calls)
}

// TakeCalls returns the calls so far and empties the list.
func (i *Injector) TakeCalls() []Call {
	i.mu.Lock()
	defer i.mu.Unlock()
	out := i.calls
	i.calls = nil
	return out
}

// ForgetCalls empties the list of calls.
func (i *Injector) ForgetCalls() { i.TakeCalls() }

// Tally is how often each operation was called since the beginning.
func (i *Injector) Tally() map[string]Tally {
	i.mu.Lock()
	defer i.mu.Unlock()
	return maps.Clone(i.tally)
}

// View runs f while no request is being handled.
func (i *Injector) View(f func()) {
	i.state.Lock()
	defer i.state.Unlock()
	f()
}

// Do runs f as a request is handled: not while the state is swapped. It must
// not be called from within a request.
func (i *Injector) Do(f func()) {
	i.state.RLock()
	defer i.state.RUnlock()
	f()
}

func (i *Injector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/_sandbox/faults":
		i.serveFaults(w, r)
		return
	case r.URL.Path == "/_sandbox/calls":
		i.serveCalls(w, r)
		return
	case r.URL.Path == "/_sandbox/tally":
		writeJSON(w, i.Tally())
		return
	case strings.HasPrefix(r.URL.Path, "/_sandbox/"):
		i.state.RLock()
		defer i.state.RUnlock()
		i.mux.ServeHTTP(w, r)
		return
	}
	_, op := i.mux.Handler(r)
	if op == "" {
		op = r.Method + " (unknown)"
	}
	fs := i.take(op, r, said(r))
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	kind := Kind("")
	if len(fs) > 0 {
		kind = fs[len(fs)-1].Kind
	}
	defer func() {
		i.note(Call{At: time.Now(), Op: op, Path: r.URL.RequestURI(), Status: rec.status, Fault: kind, Applied: rec.applied})
	}()
	i.serve(rec, r, fs)
}

// take returns the faults that apply to a call: every latency, and last the
// newest of the others, if any, or else what is drawn.
func (i *Injector) take(op string, r *http.Request, said string) []*active {
	i.mu.Lock()
	var out []*active
	var last *active
	now := time.Now()
	i.faults = slices.DeleteFunc(i.faults, func(a *active) bool {
		return (a.Times > 0 && a.left == 0) || (!a.until.IsZero() && now.After(a.until))
	})
	for _, a := range i.faults {
		if (a.Op != op && a.Op != "*" && a.Op != r.Method+" *") || !strings.Contains(said, a.Path) {
			continue
		}
		if a.Kind == Latency {
			out = append(out, a)
			a.left--
			continue
		}
		last = a
	}
	if last != nil {
		last.left--
	}
	draw, nth := i.draw, i.count(op, r)
	i.mu.Unlock()
	if last == nil && draw != nil {
		last = i.drawn(draw, op, r, nth)
	}
	if last != nil {
		out = append(out, last)
	}
	return out
}

func (i *Injector) serve(w *recorder, r *http.Request, fs []*active) {
	for _, f := range fs {
		if f.Kind == Latency {
			select {
			case <-time.After(time.Duration(f.Millis) * time.Millisecond):
			case <-r.Context().Done():
				return
			}
			continue
		}
		i.misbehave(w, r, f)
		return
	}
	i.usual(w, r)
}

// usual lets the stand-in answer as it does without faults.
func (i *Injector) usual(w *recorder, r *http.Request) {
	i.state.RLock()
	defer i.state.RUnlock()
	i.mux.ServeHTTP(w, r)
	w.applied = w.status < 300
}

// reads reports whether a call only reads: a GET, or what the stand-in says.
func (i *Injector) reads(r *http.Request) bool {
	if v, ok := i.vendor.(Reader); ok {
		if _, op := i.mux.Handler(r); v.Reads(op) {
			return true
		}
	}
	return r.Method == http.MethodGet
}

func (i *Injector) note(c Call) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.calls) >= 20000 {
		i.calls = slices.Delete(i.calls, 0, 10000)
	}
	i.calls = append(i.calls, c)
	t := i.tally[c.Op]
	t.Calls++
	if c.Status == http.StatusTooManyRequests {
		t.Limited++
	}
	i.tally[c.Op] = t
}

type recorder struct {
	http.ResponseWriter
	status  int
	applied bool
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
