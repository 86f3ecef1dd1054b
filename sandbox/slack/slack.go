// Package slack is a stand-in for Slack over real HTTP: the Web API methods and
// the SCIM 2.0 API that Lastday calls, and the channel as a page, so that a
// newcomer sees what HR would see. It keeps Slack's manners: errors are 200
// with ok false, lists go by cursor, deactivated members stay in the list and
// are not found by e-mail.
package slack

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"lastday/sandbox/faults"
	"lastday/sandbox/people"
)

// What the stand-in is reached with unless Options say otherwise.
const (
	DefaultBotToken      = "xoxb-sandbox-lastday-bot"
	DefaultScimToken     = "xoxp-sandbox-lastday-scim"
	DefaultReadBotToken  = "xoxb-sandbox-observer-bot"
	DefaultReadScimToken = "xoxp-sandbox-observer-scim"
	DefaultChannel       = "C0OFFBOARD1"
	TeamID               = "T0SANDBOX01"
)

// Options shape the stand-in.
type Options struct {
	BotToken, ScimToken         string // read and write
	ReadBotToken, ReadScimToken string // writes are refused
	Channel                     string // the channel's id
	ChannelName                 string // default "offboarding"
	// NoScim is a workspace on Free or Pro: SCIM answers plus_teams_only.
	NoScim bool
	// NoFilter makes SCIM ignore the filter and answer with everybody.
	NoFilter bool
	// PageSize is the most that a list gives at once; default 200.
	PageSize int
	// RateLimits enforces the published limits, such as one message a second
	// and channel.
	RateLimits bool
	// HistoryDelay is how old a message must be before history shows it.
	HistoryDelay time.Duration
}

// Server is the stand-in.
type Server struct {
	opt    Options
	faults *faults.Injector
	limits *limiter
	grants map[string]grant // by token
	page   *template.Template

	mu    sync.Mutex
	state *state
}

// New builds a workspace in which everybody of staff, people.Admin (primary
// owner) and people.Robot (owner of the tokens) have an account.
func New(staff []people.Person, o Options) *Server {
	fill := func(s *string, d string) {
		if *s == "" {
			*s = d
		}
	}
	fill(&o.BotToken, DefaultBotToken)
	fill(&o.ScimToken, DefaultScimToken)
	fill(&o.ReadBotToken, DefaultReadBotToken)
	fill(&o.ReadScimToken, DefaultReadScimToken)
	fill(&o.Channel, DefaultChannel)
	fill(&o.ChannelName, "offboarding")
	if o.PageSize <= 0 {
		o.PageSize = 200
	}
	s := &Server{opt: o, limits: newLimiter(o.RateLimits), state: seed(staff), page: parsePage()}
	s.grants = grantsOf(o)
	mux := http.NewServeMux()
	s.routes(mux)
	s.faults = faults.New(mux, s)
	return s
}

// Handler is the stand-in with its faults.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
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
