package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
)

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
		i.apply(w, r)
		i.vendor.WriteError(w, http.StatusInternalServerError, "")
	case AppliedHang:
		i.apply(w, r)
		// The server notices a caller who gave up only once the body is read.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	case Lie:
		i.with(nil, func() { i.mux.ServeHTTP(w, r) })
	case Stale, Other, Foreign:
		i.mistake(w, r, f)
	case Truncate, Hollow:
		i.spoil(w, r, f.Kind)
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

// mistake answers a read with what is not true of who was asked about now: what
// was true then, what is true of somebody else, or of another organisation's. A
// write goes as usual.
func (i *Injector) mistake(w *recorder, r *http.Request, f *active) {
	state := f.then
	switch stranger, ok := i.vendor.(Stranger); {
	case !i.reads(r), f.Kind == Foreign && !ok:
		i.usual(w, r)
		return
	case f.Kind == Other:
		i.usual(w, instead(r, f.Path, f.Instead))
		return
	case f.Kind == Foreign:
		state = stranger.Foreign()
	}
	i.with(state, func() { i.mux.ServeHTTP(w, r) })
}

// instead is the same request about somebody else.
func instead(r *http.Request, text, by string) *http.Request {
	out := r.Clone(r.Context())
	swap := func(s string) string { return strings.ReplaceAll(s, text, by) }
	if u, err := url.ParseRequestURI(swap(r.URL.RequestURI())); err == nil {
		out.URL = u
		out.URL.Path = swap(out.URL.Path)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return out
	}
	body = []byte(swap(string(body)))
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return out
}

// spoil lets the call happen and sends half of the answer, or all of it with
// every list emptied.
func (i *Injector) spoil(w *recorder, r *http.Request, kind Kind) {
	got := i.apply(w, r)
	body := got.Body.Bytes()
	var v any
	switch {
	case kind == Truncate:
		body = body[:len(body)/2]
	case json.Unmarshal(body, &v) == nil:
		body, _ = json.Marshal(hollow(v)) // what was JSON is JSON
	}
	for name, values := range got.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(got.Code)
	_, _ = w.Write(body)
}

// hollow empties every list in a JSON value.
func hollow(v any) any {
	switch v := v.(type) {
	case []any:
		return []any{}
	case map[string]any:
		for k, in := range v {
			v[k] = hollow(in)
		}
	}
	return v
}

// apply lets the call happen and keeps the answer back.
func (i *Injector) apply(w *recorder, r *http.Request) *httptest.ResponseRecorder {
	i.state.RLock()
	defer i.state.RUnlock()
	rec := httptest.NewRecorder()
	i.mux.ServeHTTP(rec, r)
	w.applied = rec.Code < 300
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
