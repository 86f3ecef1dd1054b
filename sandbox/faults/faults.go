// Package faults wraps a stand-in vendor so that any operation can be made to
// misbehave, and keeps the list of calls that came in. It knows no vendor: the
// shapes of errors come from the stand-in itself.
package faults

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// Kind is what goes wrong.
type Kind string

const (
	Latency      Kind = "latency"      // answers after Millis
	Limit        Kind = "limit"        // 429 with RetryAfter as it stands, before anything happens
	Fail         Kind = "fail"         // 500 before anything happens
	Down         Kind = "down"         // the connection is cut before anything happens
	AppliedFail  Kind = "applied-fail" // it happens, then 500
	AppliedHang  Kind = "applied-hang" // it happens, then no answer until the caller gives up
	Lie          Kind = "lie"          // the usual 2xx, but nothing changed
	Stale        Kind = "stale"        // reads answer from the state when the fault was set
	Truncate     Kind = "truncate"     // the body is cut in the middle
	HTML         Kind = "html"         // 200 with a proxy's HTML page
	Empty        Kind = "empty"        // 200 without a body
	EmptyList    Kind = "empty-list"   // 200 with []
	Unauthorized Kind = "unauthorized" // 401
	Forbidden    Kind = "forbidden"    // 403
)

// Fault is one thing that goes wrong.
type Fault struct {
	// Op is the operation as the stand-in registers it,
	// "DELETE /api/v1/users/{id}/sessions"; "GET *" is every GET, "*" every call.
	Op         string  `json:"op"`
	Kind       Kind    `json:"kind"`
	Millis     int     `json:"millis,omitempty"`      // for Latency
	RetryAfter string  `json:"retry_after,omitempty"` // for Limit: seconds, a date, or nonsense, sent as it is
	Times      int     `json:"times,omitempty"`       // how many calls; 0: until cleared
	Seconds    float64 `json:"seconds,omitempty"`     // how long; 0: until cleared
}

// Vendor is what a stand-in brings: its state, to lie and to be stale with,
// and its error shapes.
type Vendor interface {
	// Snapshot copies the whole state; Restore puts a copy back. Both are
	// called while no request is being handled.
	Snapshot() any
	Restore(any)
	// WriteError writes the vendor's own error shape for 401, 403, 429 or 500,
	// with its headers; retryAfter is for 429.
	WriteError(w http.ResponseWriter, status int, retryAfter string)
}

// Reader is what a stand-in brings beside Vendor where not only GET reads: Stale
// applies to the operations it names.
type Reader interface {
	Reads(op string) bool
}

// Call is one request that came in.
type Call struct {
	At     time.Time `json:"at"`
	Op     string    `json:"op"`
	Path   string    `json:"path"`
	Status int       `json:"status"`
	Fault  Kind      `json:"fault,omitempty"`
}

// Injector is the stand-in with its faults: an http.Handler.
type Injector struct {
	mux    *http.ServeMux
	vendor Vendor
	state  sync.RWMutex // held for writing while the state is swapped

	mu     sync.Mutex
	faults []*active
	calls  []Call
}

type active struct {
	Fault
	until time.Time
	left  int
	then  any // the state when it was set, for Stale
}

// New wraps a stand-in's mux. It answers /_sandbox/faults (GET, POST, DELETE)
// and /_sandbox/calls (GET, DELETE) itself.
func New(mux *http.ServeMux, v Vendor) *Injector {
	return &Injector{mux: mux, vendor: v}
}

// Set adds a fault; a later one on the same call wins.
func (i *Injector) Set(f Fault) {
	a := &active{Fault: f, left: f.Times}
	if f.Seconds > 0 {
		a.until = time.Now().Add(time.Duration(f.Seconds * float64(time.Second)))
	}
	if f.Kind == Stale {
		i.state.Lock()
		a.then = i.vendor.Snapshot()
		i.state.Unlock()
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = append(i.faults, a)
}

// Clear removes all faults.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.faults = nil
}

// Calls returns the calls so far, oldest first; the last 20,000 are kept.
func (i *Injector) Calls() []Call {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.calls)
}

// ForgetCalls empties the list of calls.
func (i *Injector) ForgetCalls() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.calls = nil
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
	fs := i.take(op, r.Method)
	rec := &recorder{ResponseWriter: w, status: http.StatusOK}
	kind := Kind("")
	if len(fs) > 0 {
		kind = fs[len(fs)-1].Kind
	}
	defer func() {
		i.note(Call{At: time.Now(), Op: op, Path: r.URL.RequestURI(), Status: rec.status, Fault: kind})
	}()
	i.serve(rec, r, fs)
}

// take returns the faults that apply to a call: every latency, and last the
// newest of the others, if any.
func (i *Injector) take(op, method string) []*active {
	i.mu.Lock()
	defer i.mu.Unlock()
	var out []*active
	var last *active
	now := time.Now()
	i.faults = slices.DeleteFunc(i.faults, func(a *active) bool {
		return (a.Times > 0 && a.left == 0) || (!a.until.IsZero() && now.After(a.until))
	})
	for _, a := range i.faults {
		if a.Op != op && a.Op != "*" && a.Op != method+" *" {
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
	i.state.RLock()
	defer i.state.RUnlock()
	i.mux.ServeHTTP(w, r)
}

func (i *Injector) misbehave(w *recorder, r *http.Request, f *active) {
	switch f.Kind {
	case Limit:
		i.vendor.WriteError(w, http.StatusTooManyRequests, f.RetryAfter)
	case Fail:
		i.vendor.WriteError(w, http.StatusInternalServerError, "")
	case Unauthorized:
		i.vendor.WriteError(w, http.StatusUnauthorized, "")
	case Forbidden:
		i.vendor.WriteError(w, http.StatusForbidden, "")
	case Down:
		cut(w)
	case AppliedFail:
		i.apply(r)
		i.vendor.WriteError(w, http.StatusInternalServerError, "")
	case AppliedHang:
		i.apply(r)
		// The server notices a caller who gave up only once the body is read.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	case Lie:
		i.with(nil, func() { i.mux.ServeHTTP(w, r) })
	case Stale:
		if !i.reads(r) {
			i.state.RLock()
			defer i.state.RUnlock()
			i.mux.ServeHTTP(w, r)
			return
		}
		i.with(f.then, func() { i.mux.ServeHTTP(w, r) })
	case Truncate:
		got := i.apply(r)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(got.Code)
		_, _ = w.Write(got.Body.Bytes()[:got.Body.Len()/2])
	case HTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>Sign in</title><h1>Corporate proxy</h1>")
	case Empty:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
	case EmptyList:
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, "[]")
	case Latency:
	}
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

// apply lets the call happen and keeps the answer back.
func (i *Injector) apply(r *http.Request) *httptest.ResponseRecorder {
	i.state.RLock()
	defer i.state.RUnlock()
	rec := httptest.NewRecorder()
	i.mux.ServeHTTP(rec, r)
	return rec
}

// with runs f on another state (nil: a copy of today's) and puts today's back.
func (i *Injector) with(state any, f func()) {
	i.state.Lock()
	defer i.state.Unlock()
	today := i.vendor.Snapshot()
	if state != nil {
		i.vendor.Restore(state)
	}
	f()
	i.vendor.Restore(today)
}

// cut closes the connection without an answer.
func cut(w *recorder) {
	w.status = 0
	if h, ok := w.ResponseWriter.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}

func (i *Injector) note(c Call) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.calls) >= 20000 {
		i.calls = slices.Delete(i.calls, 0, 10000)
	}
	i.calls = append(i.calls, c)
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
