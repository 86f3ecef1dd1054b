// Package slack is a stand-in for Slack over real HTTP: the Web API methods and
// the SCIM 2.0 API that Lastday calls, and a page with the channel, dialogs, the
// app's Home and a line to type in, so that a newcomer sees and does what HR
// would. It keeps Slack's manners: errors are 200 with ok false, lists go by
// cursor, deactivated members stay in the list and are not found by e-mail.
//
// What members do reaches the app as it does from Slack: signed, at request URLs
// (Options.URLs, SetURLs), or over Socket Mode; with three seconds to answer.
// A test does the same as the page by Type, Press, Submit, CloseDialog and
// OpenHome, looks by Messages, Ephemerals, Direct, Dialogs and Home, sees what
// was sent in Deliveries, and makes the way there go wrong by Disturb. Over HTTP
// these are the /_sandbox/ paths in control.go; package kit holds blocks against
// Slack's limits.
package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"lastday/sandbox/faults"
	"lastday/sandbox/people"
)

// Server is the stand-in.
type Server struct {
	opt    Options
	faults *faults.Injector
	limits *limiter
	grants map[string]grant // by token
	page   *template.Template
	wire   *wire
	hub    *hub

	mu    sync.Mutex
	state *state
}

// New builds a workspace in which everybody of staff, people.Admin (primary
// owner) and people.Robot (owner of the tokens) have an account.
func New(staff []people.Person, o Options) *Server {
	o.fill()
	s := &Server{opt: o, limits: newLimiter(o.RateLimits), state: seed(staff), wire: newWire(o), hub: newHub()}
	s.page = parsePage()
	s.grants = grantsOf(o)
	mux := http.NewServeMux()
	s.routes(mux)
	s.faults = faults.New(mux, s)
	return s
}

// Handler is the stand-in with its faults. What lasts (sockets, and what a
// member does on the page while the app answers) goes past them: it must not
// keep the state from being swapped.
func (s *Server) Handler() http.Handler {
	lasting := http.NewServeMux()
	s.lasting(lasting)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/api/") {
			s.learn(r.Host)
		}
		if _, op := lasting.Handler(r); op != "" {
			lasting.ServeHTTP(w, r)
			return
		}
		w.Header().Set("X-Slack-Req-Id", requestID())
		s.faults.ServeHTTP(&shape{ResponseWriter: w, scim: strings.HasPrefix(r.URL.Path, "/scim/")}, r)
	})
}

// Faults sets what goes wrong.
func (s *Server) Faults() *faults.Injector { return s.faults }

// Reads names the Web API methods that only read; Slack has them as POST.
func (s *Server) Reads(op string) bool {
	return reading[strings.TrimPrefix(op, "POST /api/")]
}

func (s *Server) routes(mux *http.ServeMux) {
	for name, m := range s.methods() {
		mux.HandleFunc("POST /api/"+name, s.method(name, m))
		if reading[name] {
			mux.HandleFunc("GET /api/"+name, s.method(name, m))
		}
	}
	mux.HandleFunc("POST /api/{method}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, answer{"ok": false, "error": "unknown_method", "req_method": r.PathValue("method")})
	})
	mux.HandleFunc("GET /scim/v2/Users", s.scim("list", s.scimList))
	mux.HandleFunc("GET /scim/v2/Users/{id}", s.scim("get", s.scimGet))
	mux.HandleFunc("DELETE /scim/v2/Users/{id}", s.scim("delete", s.scimDelete))
	mux.HandleFunc("PATCH /scim/v2/Users/{id}", s.scim("patch", s.scimPatch))
	mux.HandleFunc("POST /commands/{team}/{id}/{secret}", s.serveResponse)
	mux.HandleFunc("POST /actions/{team}/{id}/{secret}", s.serveResponse)
	mux.HandleFunc("GET /{$}", s.servePage)
	mux.HandleFunc("GET /channel", s.servePage)
	mux.HandleFunc("GET /_sandbox/channel", s.serveChannel)
	mux.HandleFunc("GET /_sandbox/state", s.serveState)
	mux.HandleFunc("POST /_sandbox/deactivate", s.serveDeactivate)
}

// shape remembers which of Slack's two APIs a request is for, because their
// errors look different.
type shape struct {
	http.ResponseWriter
	scim bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *shape) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteError writes the error shape of the API that was called. The Web API
// answers 200 to a wrong token and to a missing scope.
func (s *Server) WriteError(w http.ResponseWriter, status int, retryAfter string) {
	if isScim(w) {
		word := map[int]string{401: "invalid_authentication", 403: "permission_denied", 429: "too_many_requests"}[status]
		if word == "" {
			word = "internal_error"
		}
		if status == http.StatusTooManyRequests {
			w.Header().Set("Retry-After", retryAfter)
		}
		scimFail(w, status, word)
		return
	}
	switch status {
	case http.StatusUnauthorized:
		reply(w, answer{"ok": false, "error": "invalid_auth"})
	case http.StatusForbidden:
		reply(w, answer{"ok": false, "error": "missing_scope", "needed": "the-scope", "provided": "identify"})
	case http.StatusTooManyRequests:
		tooMany(w, retryAfter)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprint(w, "<!DOCTYPE html><html><head><title>Server Error | Slack</title></head><body><h1>Something went wrong</h1></body></html>")
	}
}

func isScim(w http.ResponseWriter) bool {
	for {
		if s, ok := w.(*shape); ok {
			return s.scim
		}
		u, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return false
		}
		w = u.Unwrap()
	}
}

// hashID makes a stable id of Slack's form.
func hashID(prefix, of string) string {
	sum := sha256.Sum256([]byte(prefix + of))
	return prefix + strings.ToUpper(hex.EncodeToString(sum[:5]))
}
