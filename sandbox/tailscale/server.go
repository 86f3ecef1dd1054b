// Package tailscale is a stateful stand-in for one Tailscale network's API:
// users, devices, keys, OAuth tokens and suspension, with the vendor's error
// shape. It knows no connector.
//
// Two things are not in Tailscale's documentation and are this stand-in's
// choice: the words of the refusals (the connector must not depend on them
// beyond what its comments say) and the rate limit.
package tailscale

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"lastday/sandbox/faults"
	"lastday/sandbox/people"
)

// Options shape the stand-in.
type Options struct {
	// The credentials accepted; the Default constants where empty.
	APIKey, ReadOnlyKey                    string
	ClientID, ClientSecret                 string
	ReadOnlyClientID, ReadOnlyClientSecret string
	// AutoRejoin, if set, is how long after its deletion a machine registers
	// again if its user still has a live auth key.
	AutoRejoin time.Duration
	// Provisioned makes every user one of the identity provider: suspend is refused.
	Provisioned bool
	// JaneOnline has Jane's phone connected; by default it was last seen 36 h ago.
	JaneOnline bool
	// BareKeys lists keys by id alone, as the SDK's documentation has it.
	BareKeys bool
	// TokenLife is how long an OAuth token lives; default 1 h.
	TokenLife time.Duration
	// RateLimits answers 429 beyond 600 calls a minute a credential.
	RateLimits bool
}

func (o *Options) defaults() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&o.APIKey, DefaultAPIKey)
	set(&o.ReadOnlyKey, DefaultReadOnlyKey)
	set(&o.ClientID, DefaultClientID)
	set(&o.ClientSecret, DefaultClientSecret)
	set(&o.ReadOnlyClientID, ReadOnlyClientID)
	set(&o.ReadOnlyClientSecret, ReadOnlyClientSecret)
	if o.TokenLife == 0 {
		o.TokenLife = time.Hour
	}
}

// Server is the stand-in. Safe for concurrent use.
type Server struct {
	opts Options
	inj  *faults.Injector

	mu        sync.Mutex
	state     *state
	formerIDs map[string]string // ids of deleted users -> e-mail
	tokens    map[string]token  // OAuth access tokens
	issued    int
	requests  int
	limits    map[string]*rate.Limiter
	timers    map[*time.Timer]struct{}
	closed    bool
}

type token struct {
	client  string
	expires time.Time
}

var _ faults.Vendor = (*Server)(nil)

// New fills a tailnet with the staff, people.Admin (owner) and people.Robot
// (admin, whose API key Lastday uses).
func New(staff []people.Person, o Options) *Server {
	o.defaults()
	s := &Server{
		opts: o, state: seed(staff, o, time.Now().UTC().Truncate(time.Second)), formerIDs: map[string]string{},
		tokens: map[string]token{}, limits: map[string]*rate.Limiter{}, timers: map[*time.Timer]struct{}{},
	}
	mux := http.NewServeMux()
	s.route(mux)
	s.inj = faults.New(mux, s)
	return s
}

// Handler is the API with its faults.
func (s *Server) Handler() http.Handler { return s.inj }

// Faults sets what goes wrong.
func (s *Server) Faults() *faults.Injector { return s.inj }

// Close stops machines from registering again. The handler goes on working.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for t := range s.timers {
		t.Stop()
	}
}

// WriteError writes Tailscale's error shape.
func (s *Server) WriteError(w http.ResponseWriter, status int, retryAfter string) {
	if retryAfter != "" {
		w.Header().Set("Retry-After", retryAfter)
	}
	message := map[int]string{
		http.StatusUnauthorized:        "API token invalid",
		http.StatusForbidden:           "calling actor does not have enough permissions to perform this function",
		http.StatusTooManyRequests:     "rate limit exceeded",
		http.StatusInternalServerError: "internal server error",
	}[status]
	if message == "" {
		message = http.StatusText(status)
	}
	s.refuse(w, status, message)
}

func (s *Server) refuse(w http.ResponseWriter, status int, message string) {
	s.answer(w, status, map[string]string{"message": message})
}

func (s *Server) answer(w http.ResponseWriter, status int, v any) {
	s.mu.Lock()
	s.requests++
	n := s.requests
	s.mu.Unlock()
	w.Header().Set("X-Tailscale-Request-Id", "tsreq-"+strconv.Itoa(n))
	if v == nil {
		w.WriteHeader(status)
		return
	}
	b, err := json.Marshal(v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// caller is who makes a call and what they may do.
type caller struct {
	credential string
	userID     string // empty for an OAuth client
	scopes     []string
	all        bool // a user's token: no scopes, the user's role decides
	readOnly   bool
}

// may says whether the caller has a scope; name:read is satisfied by name.
func (c caller) may(scope string) bool {
	name, read := strings.CutSuffix(scope, ":read")
	if c.all {
		return read || !c.readOnly
	}
	for _, s := range c.scopes {
		if s == "all" || s == name || read && (s == "all:read" || s == scope) {
			return true
		}
	}
	return false
}

// identify reads the credential of a request, as basic user name or bearer.
func (s *Server) identify(r *http.Request) (caller, bool) {
	secret, _, ok := r.BasicAuth()
	if !ok {
		secret, ok = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	if !ok || secret == "" {
		return caller{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var id string
	switch t, known := s.tokens[secret]; {
	case known && time.Now().Before(t.expires):
		id = t.client
	case secret == s.opts.APIKey || secret == s.opts.ReadOnlyKey:
		id = keyIDOf(secret)
	default:
		return caller{}, false
	}
	k, there := s.state.keys[id]
	if !there || k.Invalid {
		return caller{}, false
	}
	if k.KeyType == "client" {
		return caller{credential: id, scopes: k.Scopes}, true
	}
	u := s.state.users[k.UserID]
	if u.Status == "suspended" {
		return caller{}, false
	}
	return caller{credential: id, userID: u.ID, all: true, readOnly: u.Role == "auditor"}, true
}

// limited counts the call and reports whether it is one too many.
func (s *Server) limited(credential string) bool {
	if !s.opts.RateLimits {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.limits[credential]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(10), 600)
		s.limits[credential] = l
	}
	return !l.Allow()
}
