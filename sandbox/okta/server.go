package okta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"lastday/sandbox/faults"
	"lastday/sandbox/people"
)

// Server is one stand-in org. Its methods are safe for concurrent use.
type Server struct {
	opts     Options
	now      func() time.Time
	injector *faults.Injector
	limits   *limiter
	flying   atomic.Int64
	requests atomic.Int64

	mu     sync.Mutex
	st     *state
	bearer map[string]bearerToken // access tokens issued to service apps
	seen   map[string]bool        // jti of client assertions used

	secrets map[string]string // API token -> its id
}

type bearerToken struct {
	scopes  []string
	expires time.Time
}

// New makes an org in which staff, people.Admin, people.Robot and the
// observer's account work.
func New(staff []people.Person, o Options) *Server {
	if o.Token == "" {
		o.Token = DefaultToken
	}
	if o.ReadOnlyToken == "" {
		o.ReadOnlyToken = DefaultReadOnlyToken
	}
	s := &Server{
		opts: o, now: time.Now, st: newState(), limits: newLimiter(),
		bearer: map[string]bearerToken{}, seen: map[string]bool{},
		secrets: map[string]string{},
	}
	s.seed(staff)
	s.injector = faults.New(s.mux(), s)
	return s
}

// Handler is the org's API, with its faults.
func (s *Server) Handler() http.Handler { return s.injector }

// Faults sets what goes wrong, and lists the calls that came in.
func (s *Server) Faults() *faults.Injector { return s.injector }

// Snapshot copies the org's whole state.
func (s *Server) Snapshot() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.st.clone()
}

// Restore puts a copy of a snapshot back.
func (s *Server) Restore(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st = v.(*state).clone()
}

// call is one request under way.
type call struct {
	r      *http.Request
	scopes []string // of a service app; nil for an API token
	owner  string   // the API token owner's user id; empty for a service app
}

// answer is what a handler says.
type answer struct {
	status int
	body   any
	next   string // the cursor of the next page
}

type handler func(c *call) answer

func (s *Server) mux() *http.ServeMux {
	m := http.NewServeMux()
	for _, rt := range s.routes() {
		m.HandleFunc(rt.op, s.serve(rt))
	}
	m.HandleFunc("POST /oauth2/v1/token", s.serveToken)
	m.HandleFunc("GET /.well-known/okta-organization", s.serveOrg)
	m.HandleFunc("GET /_sandbox/state", s.serveState)
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.headers(w)
		write(w, notFound(r.URL.Path, "Resource"))
	})
	return m
}

// route is one operation of the API: the scope that reads or manages it, and
// the bucket of the rate limits it falls into.
type route struct {
	op, scope, bucket string
	handle            handler
}

func (s *Server) serve(rt route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.headers(w)
		defer s.flying.Add(-1)
		if n := s.flying.Add(1); s.opts.RateLimits && n > concurrency {
			w.Header().Set("X-Rate-Limit-Limit", "0")
			w.Header().Set("X-Rate-Limit-Remaining", "0")
			w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(s.now().Unix()+1, 10))
			write(w, tooMany())
			return
		}
		within := s.within(rt, r, w.Header())
		s.mu.Lock()
		c, a := s.authorize(r, rt)
		switch {
		case c == nil || a.status != 0:
		case !within:
			a = tooMany()
		default:
			a = rt.handle(c)
		}
		s.mu.Unlock()
		if a.status == http.StatusForbidden && c != nil && c.owner == "" {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization_uri="http://%[1]s/oauth2/v1/authorize", realm="http://%[1]s", scope=%[2]q, error="insufficient_scope", error_description="The access token provided does not contain the required scopes."`, r.Host, rt.scope))
		}
		if a.status == http.StatusOK && strings.HasPrefix(rt.op, "GET ") {
			links(w.Header(), r, a.next)
		}
		write(w, a)
	}
}

// authorize checks the credential as Okta does: unknown is 401, too weak is
// 403. The answer is zero where the call may go on; the call is nil where
// nobody is known to make it.
func (s *Server) authorize(r *http.Request, rt route) (*call, answer) {
	kind, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	read := strings.HasPrefix(rt.op, "GET ")
	switch kind {
	case "SSWS":
		t := s.st.tokens[s.secrets[value]]
		if t == nil || !s.mayUse(t) {
			return nil, invalidToken()
		}
		c := &call{r: r, owner: t.userID}
		if (!read && value == s.opts.ReadOnlyToken) || (rt.scope == "okta.logs.read" && s.opts.NoLogs) {
			return c, forbidden()
		}
		return c, answer{}
	case "Bearer":
		t, ok := s.bearer[value]
		if !ok || s.now().After(t.expires) {
			return nil, invalidToken()
		}
		c := &call{r: r, scopes: t.scopes}
		if rt.scope == "okta.logs.read" && s.opts.NoLogs {
			return c, forbidden()
		}
		for _, have := range t.scopes {
			if have == rt.scope || (read && have == strings.Replace(rt.scope, ".read", ".manage", 1)) {
				return c, answer{}
			}
		}
		return c, forbidden()
	}
	return nil, invalidToken()
}

// mayUse reports whether the token's owner may still use it: Okta refuses the
// tokens of a suspended or deactivated user.
func (s *Server) mayUse(t *apiToken) bool {
	u := s.st.users[t.userID]
	if u == nil {
		return false
	}
	s.settle(u)
	return u.status != "SUSPENDED" && u.status != "DEPROVISIONED"
}

func (s *Server) headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("X-Okta-Request-Id", fmt.Sprintf("sbx%020d", s.requests.Add(1)))
	h.Set("Cache-Control", "no-cache, no-store")
}

// write sends an answer; a nil body is an empty one.
func write(w http.ResponseWriter, a answer) {
	if a.body == nil {
		w.WriteHeader(a.status)
		return
	}
	var buf bytes.Buffer
	if err := json.NewEncoder(&buf).Encode(a.body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	_, _ = w.Write(buf.Bytes())
}
