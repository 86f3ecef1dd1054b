// Package signin lets people in to the record's pages: by an OpenID provider,
// whose groups give roles, or, where none is configured, from this machine
// alone. It knows nothing of what the pages show.
package signin

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
)

// Notice is a page with a few words: the sign-in, or why there is none.
type Notice struct {
	Status int
	Title  string
	Words  []string
	// Link leads on; empty: nowhere. Button is what stands on it.
	Link, Button string
}

// Options are what a gate needs beside its configuration.
type Options struct {
	// Show puts a notice into a page.
	Show  func(http.ResponseWriter, *http.Request, Notice)
	Place Place
	Log   *slog.Logger
	Now   func() time.Time
	// Idle and Lifetime end sessions: so long after the last request, default 30
	// minutes, and so long after the sign-in, default 8 hours.
	Idle, Lifetime time.Duration
}

// Gate stands before the pages.
type Gate struct {
	o        Options
	conf     *Config
	provider *provider // nil: this machine alone
	sessions *scs.SessionManager
	sealer   sealer
	closed   string // why nobody at all is let in; empty: not so
}

// New builds a gate; without a configuration it lets in who sits at the machine.
// It makes no call and reads no secret.
func New(c *Config, o Options) (*Gate, error) {
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	if o.Lifetime == 0 {
		o.Lifetime = 8 * time.Hour
	}
	g := &Gate{o: o, conf: c}
	if c == nil {
		if g.closed = o.Place.closed(); g.closed != "" {
			o.Log.Warn("the record's pages answer nobody: configure serve.pages.oidc, or serve them in a process of their own that listens on 127.0.0.1", "why", g.closed, "listen", o.Place.Listen)
		}
		return g, nil
	}
	s, err := newSealer()
	if err != nil {
		return nil, err
	}
	p, err := newProvider(*c, o.Now)
	if err != nil {
		return nil, err
	}
	g.sealer, g.provider, g.sessions = s, p, newSessions(o.Idle, o.Lifetime, o.Log)
	return g, nil
}

// HTTPS reports whether the pages are reached by https.
func (g *Gate) HTTPS() bool { return g.conf != nil && strings.HasPrefix(g.conf.RedirectURL, "https:") }

// Wrap lets through only who is signed in; everybody else gets the sign-in,
// whatever they asked for. It answers the paths of the sign-in itself.
func (g *Gate) Wrap(next http.Handler) http.Handler {
	if g.provider == nil {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.local(w, r, next) })
	}
	return g.sessions.LoadAndSave(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.remote(w, r, next) }))
}

func (g *Gate) local(w http.ResponseWriter, r *http.Request, next http.Handler) {
	why := g.closed
	if why == "" {
		why = here(r)
	}
	if why != "" {
		g.o.Log.WarnContext(r.Context(), "the record's pages refused a request", "why", why)
		g.o.Show(w, r, Notice{Status: http.StatusForbidden, Title: "Only from this machine", Words: []string{
			"Without a sign-in these pages answer only on the machine they run on. This request was refused: " + why + ".",
			"To open them to others, configure serve.pages.oidc.",
		}})
		return
	}
	next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey, local())))
}

func (g *Gate) remote(w http.ResponseWriter, r *http.Request, next http.Handler) {
	switch r.URL.Path {
	case Base + "/sign-in":
		g.ask(w, r, http.StatusOK)
		return
	case Base + "/sign-in/start":
		g.start(w, r)
		return
	case Callback:
		g.callback(w, r)
		return
	}
	u, ok := g.user(r)
	if !ok {
		g.ask(w, r, http.StatusUnauthorized)
		return
	}
	ctx := context.WithValue(r.Context(), userKey, u)
	ctx = context.WithValue(ctx, tokenKey, g.sessions.GetString(r.Context(), "token"))
	r = r.WithContext(ctx)
	if r.URL.Path == Base+"/sign-out" {
		g.signOut(w, r)
		return
	}
	next.ServeHTTP(w, r)
}

// user is who the session belongs to.
func (g *Gate) user(r *http.Request) (User, bool) {
	var u User
	b := g.sessions.GetBytes(r.Context(), "user")
	if len(b) == 0 || json.Unmarshal(b, &u) != nil || u.IsZero() {
		return User{}, false
	}
	return u, true
}

// ask shows the sign-in. It is the same for every page, so that nobody learns
// from it what there is.
func (g *Gate) ask(w http.ResponseWriter, r *http.Request, status int) {
	to := Base
	if r.Method == http.MethodGet && Inside(r.URL.RequestURI()) {
		to = r.URL.RequestURI()
	}
	g.o.Show(w, r, Notice{
		Status: status, Title: "Sign in", Words: []string{
			"This is the record of who left and how their access was ended. Who may see it is said by your company's sign-in.",
			"Looking at a person's case is itself recorded.",
		},
		Link: Base + "/sign-in/start?" + url.Values{"to": {to}}.Encode(), Button: "Sign in at " + g.provider.host(),
	})
}

func (g *Gate) start(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	if !Inside(to) {
		to = Base
	}
	p := pending{
		State: hex.EncodeToString(random(16)), Nonce: hex.EncodeToString(random(16)), Verifier: hex.EncodeToString(random(32)),
		To: to, Until: g.o.Now().Add(pendingFor),
	}
	address, err := g.provider.address(r.Context(), p)
	if err != nil {
		g.fail(w, r, http.StatusBadGateway, "The sign-in cannot be reached now. Try again in a minute; if it goes on, tell who runs Lastday.", err)
		return
	}
	c, err := g.sealer.cookie(p)
	if err != nil {
		g.fail(w, r, http.StatusInternalServerError, "The sign-in could not be begun.", err)
		return
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, address, http.StatusSeeOther)
}

func (g *Gate) callback(w http.ResponseWriter, r *http.Request) {
	forget(w)
	p, err := g.sealer.read(r, g.o.Now())
	if err != nil {
		g.fail(w, r, http.StatusBadRequest, "This sign-in cannot be finished: "+err.Error()+".", err)
		return
	}
	q := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(p.State)) != 1 {
		g.fail(w, r, http.StatusBadRequest, "This sign-in cannot be finished: it is not the one that this browser began.", nil)
		return
	}
	if iss := q.Get("iss"); iss != "" && iss != g.conf.Issuer { // RFC 9207
		g.fail(w, r, http.StatusBadRequest, "This sign-in cannot be finished: another provider answered.", nil)
		return
	}
	if q.Get("code") == "" {
		g.o.Log.WarnContext(r.Context(), "the provider refused a sign-in", "error", q.Get("error"))
		g.fail(w, r, http.StatusForbidden, "The provider did not sign you in.", nil)
		return
	}
	person, groups, err := g.provider.redeem(r.Context(), q.Get("code"), p)
	if err != nil {
		g.fail(w, r, http.StatusForbidden, "The provider's answer was not accepted, so nobody is signed in.", err)
		return
	}
	u := User{Person: person, Roles: g.conf.Roles.rolesOf(groups)}
	if len(u.Roles) == 0 {
		g.o.Show(w, r, Notice{
			Status: http.StatusForbidden, Title: "No role here", Words: []string{
				"You are known as " + u.String() + ", but none of your groups has a role on these pages: auditor, hr or operator.",
				"Who runs Lastday sets that in serve.pages.oidc.roles; who runs the sign-in says which groups you are in.",
			}, Link: Base + "/sign-in", Button: "Sign in as somebody else",
		})
		return
	}
	g.begin(w, r, u, p.To)
}

// begin opens the session under a new token.
func (g *Gate) begin(w http.ResponseWriter, r *http.Request, u User, to string) {
	b, err := json.Marshal(u)
	if err == nil {
		err = g.sessions.RenewToken(r.Context())
	}
	if err != nil {
		g.fail(w, r, http.StatusInternalServerError, "The session could not be opened.", err)
		return
	}
	g.sessions.Put(r.Context(), "user", b)
	g.sessions.Put(r.Context(), "token", hex.EncodeToString(random(16)))
	g.o.Log.InfoContext(r.Context(), "somebody signed in to the record's pages", "roles", u.Roles)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (g *Gate) signOut(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		g.fail(w, r, http.StatusMethodNotAllowed, "To sign out, press the button.", nil)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 4096)
	token := TokenOf(r.Context())
	if token == "" || subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(token)) != 1 {
		g.fail(w, r, http.StatusForbidden, "This form is not from a page of this session. Go back, load the page anew, and press the button again.", nil)
		return
	}
	if err := g.sessions.Destroy(r.Context()); err != nil {
		g.fail(w, r, http.StatusInternalServerError, "The session could not be ended. Close the browser.", err)
		return
	}
	g.o.Show(w, r.WithContext(context.WithValue(r.Context(), userKey, nil)), Notice{
		Status: http.StatusOK, Title: "Signed out", Words: []string{
			"You are signed out of the record's pages. At " + g.provider.host() + " you may still be signed in.",
		}, Link: Base + "/sign-in", Button: "Sign in again",
	})
}

// fail shows what to do, and logs why: no claim, no token.
func (g *Gate) fail(w http.ResponseWriter, r *http.Request, status int, words string, err error) {
	g.o.Log.WarnContext(r.Context(), "a sign-in failed", "status", status, "error", err)
	n := Notice{Status: status, Title: "Not signed in", Words: []string{words}, Link: Base + "/sign-in", Button: "Sign in"}
	if _, ok := UserOf(r.Context()); ok {
		n.Title, n.Link, n.Button = "That did not work", Base, "To the list of cases"
	}
	g.o.Show(w, r, n)
}
