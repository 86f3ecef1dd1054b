// Package hook is the door for HR systems: POST /hooks/hr, or /hooks/hr/NAME
// where there are several. A request is believed only if it is signed and
// recent; a mapping in the configuration turns its JSON into a departure.
//
// Nothing happens twice, in whatever process and after whatever crash, because
// Temporal keeps the names: an event's source and id are the request id of the
// case that it starts, the update id with which it steers a case, and, once it
// was acted on, the id of a workflow that marks it. Two deliveries at once both
// find the case, and one starts it. What arrives in the wrong order is judged by
// the time at which it was so in the HR system, if the mapping gives it: a case
// keeps the last word of each source. Without it the last to arrive wins, except
// that an event never acts twice.
//
// Whoever serves it sets ReadHeaderTimeout, IdleTimeout and a WriteTimeout of at
// least 30 s on the http.Server; the body has 5 s, set here.
package hook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"lastday/offboarding"
)

// Path is where the hook is; a source's own path is below it.
const Path = "/hooks/hr"

const (
	bodyTime = 5 * time.Second
	// actTime bounds everything after the body is read.
	actTime    = 20 * time.Second
	retryAfter = "60"
)

type handler struct {
	sources  map[string]*source
	single   *source // the one for Path itself; nil if there are several
	desk     Desk
	now      func() time.Time
	log      *slog.Logger
	reporter Reporter
	reports  singleflight.Group // by key
}

type source struct {
	Source
	mapping *mapping
}

func (s *source) actor() offboarding.Actor {
	return offboarding.Actor{Door: offboarding.DoorHook, ID: s.Name, Name: s.Name, Bot: true}
}

// New builds the handler of Path and of all below it: mount it at both Path and
// Path+"/". It opens nothing and reads no secret. A mistake in a mapping is an
// error with its place.
func New(c Config, d Desk, now func() time.Time, options ...Option) (http.Handler, error) {
	c.Sources = append([]Source(nil), c.Sources...)
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if len(c.Sources) == 0 {
		return nil, errors.New("hooks.sources is empty: there is no hook")
	}
	h := &handler{sources: map[string]*source{}, desk: d, now: now, log: slog.Default()}
	for _, o := range options {
		o(h)
	}
	for _, s := range c.Sources {
		m, err := compile(s.Mapping)
		if err != nil {
			return nil, fmt.Errorf("hooks.sources.%s.%w", s.Name, err)
		}
		h.sources[s.Name] = &source{Source: s, mapping: m}
		h.single = h.sources[s.Name]
	}
	if len(c.Sources) > 1 {
		h.single = nil
	}
	return h, nil
}

// answer is what the sender is told. Whoever is not known learns the status only.
type answer struct {
	Error   string   `json:"error,omitempty"`
	Results []result `json:"results,omitempty"`
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	src := h.source(r.URL.Path)
	body, status, why := read(w, r)
	if status != 0 {
		h.refuse(w, r, src, status, why, answer{Error: strings.ToLower(http.StatusText(status))})
		return
	}
	if src == nil {
		h.refuse(w, r, src, http.StatusUnauthorized, "no such source", answer{Error: "unauthorized"})
		return
	}
	now := h.now()
	sender, err := verify(&src.Source, r.Header, body, now)
	if errors.Is(err, errSecret) {
		// The cause may name a file or a variable; it never holds a value.
		h.log.ErrorContext(r.Context(), "a signing secret cannot be used", "source", src.Name, "error", err)
		h.repeat(w, r, src, "secret")
		return
	}
	if err != nil {
		h.refuse(w, r, src, http.StatusUnauthorized, err.Error(), answer{Error: "unauthorized"})
		return
	}
	h.accept(w, r, src, sender, body, now)
}

// accept acts on a request that the source sent. A sender that gives up waiting
// does not undo what was begun.
func (h *handler) accept(w http.ResponseWriter, r *http.Request, src *source, sender delivery, body []byte, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), actTime)
	defer cancel()
	event, err := decode(body)
	if err != nil {
		h.refuse(w, r, src, http.StatusBadRequest, "the body cannot be read", answer{Error: err.Error()}, "delivery", sender.id)
		return
	}
	events, err := src.mapping.events(ctx, event, sender, src.Name, now)
	if err != nil {
		h.refuse(w, r, src, http.StatusBadRequest, "the mapping fails", answer{Error: err.Error()}, "delivery", sender.id)
		return
	}
	markBulk(events)
	out := answer{Results: []result{}}
	for _, e := range events {
		res, err := h.handle(ctx, src, e)
		if err != nil {
			h.repeat(w, r, src, fmt.Sprintf("%T", innermost(err)), "delivery", sender.id, "acted_on", len(out.Results))
			return
		}
		out.Results = append(out.Results, res)
		h.log.InfoContext(ctx, "an HR system's event", "source", src.Name, "delivery", sender.id, "what", string(e.what), "outcome", string(res.Outcome))
	}
	write(w, http.StatusAccepted, out)
}

// markBulk marks departures that came with others.
func markBulk(events []event) {
	n := 0
	for _, e := range events {
		if e.what == leaves || e.what == changed {
			n++
		}
	}
	for i := range events {
		events[i].about.Bulk = n > 1
	}
}

// source is the one that the path names; nil if there is none.
func (h *handler) source(path string) *source {
	rest := strings.TrimPrefix(path, Path)
	if rest == "" {
		return h.single
	}
	return h.sources[strings.TrimPrefix(rest, "/")]
}

// read takes the body in, or gives the status with which to refuse it. The
// connection of a sender that is refused here is closed: what it still has to
// say is waited for by nobody.
func read(w http.ResponseWriter, r *http.Request) (body []byte, status int, why string) {
	// A recorder in a test has no deadlines; a server's connection has.
	conn := http.NewResponseController(w)
	_ = conn.SetReadDeadline(time.Now().Add(bodyTime))
	defer func() {
		if status != 0 {
			w.Header().Set("Connection", "close")
			return
		}
		_ = conn.SetReadDeadline(time.Time{})
	}()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, http.StatusMethodNotAllowed, "method"
	}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || (charset != "" && !strings.EqualFold(charset, "utf-8")) || r.Header.Get("Content-Encoding") != "" {
		return nil, http.StatusUnsupportedMediaType, "content type"
	}
	if r.ContentLength > maxBody {
		return nil, http.StatusRequestEntityTooLarge, "body size"
	}
	body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return nil, http.StatusRequestEntityTooLarge, "body size"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, http.StatusRequestTimeout, "body too slow"
	case err != nil:
		return nil, http.StatusBadRequest, "body broken off"
	}
	return body, 0, ""
}

// refuse answers with a status, and logs why: neither names nor bodies.
func (h *handler) refuse(w http.ResponseWriter, r *http.Request, src *source, status int, why string, a answer, more ...any) {
	name := "unknown"
	if src != nil {
		name = src.Name
	}
	h.log.WarnContext(r.Context(), "a hook was refused", append([]any{"source", name, "status", status, "why", why}, more...)...)
	write(w, status, a)
}

// repeat asks the sender to come again: whatever was not done is not known.
func (h *handler) repeat(w http.ResponseWriter, r *http.Request, src *source, why string, more ...any) {
	w.Header().Set("Retry-After", retryAfter)
	h.refuse(w, r, src, http.StatusServiceUnavailable, why,
		answer{Error: "lastday cannot act on this now; send it again, what was done already is not done twice"}, more...)
}

func write(w http.ResponseWriter, status int, a answer) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(a)
}

// innermost is the cause of an error, of which only the type is logged: its
// words may hold a case's id, which is an address.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err
		}
		err = next
	}
}
