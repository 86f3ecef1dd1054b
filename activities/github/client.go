package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	gh "github.com/google/go-github/v57/github"

	"lastday/activities/transport"
	"lastday/secret"
)

// atOnce bounds the calls under way with one credential. GitHub's published
// secondary limit is 100, shared with everything else that uses the token.
const atOnce = 48

// reads are the calls that change nothing.
func reads() []string {
	return []string{
		"GET /user", "GET /user/{id}", "GET /users/{login}", "GET /orgs/{org}", "GET /orgs/{org}/members", "GET /orgs/{org}/memberships/{login}",
		"GET /orgs/{org}/teams", "GET /orgs/{org}/teams/{team}/members", "GET /orgs/{org}/teams/{team}/memberships/{login}",
		"GET /orgs/{org}/organization-roles", "GET /orgs/{org}/organization-roles/{role}/users", "GET /orgs/{org}/outside_collaborators",
		"GET /orgs/{org}/invitations", "GET /orgs/{org}/credential-authorizations", "GET /orgs/{org}/personal-access-tokens",
		"GET /orgs/{org}/copilot/billing", "GET /orgs/{org}/copilot/billing/seats", "GET /orgs/{org}/repos",
		"GET /repos/{org}/{repo}/collaborators", "GET /repos/{org}/{repo}/invitations", "GET /repos/{org}/{repo}/keys",
		"GET /orgs/{org}/hooks", "GET /orgs/{org}/actions/runners", "GET /orgs/{org}/installations", "GET /scim/v2/organizations/{org}/Users",
	}
}

// writes are the calls that take access away; there are no others.
func writes() []string {
	return []string{
		"DELETE /orgs/{org}/memberships/{login}", "DELETE /orgs/{org}/outside_collaborators/{login}", "DELETE /orgs/{org}/invitations/{id}",
		"DELETE /orgs/{org}/teams/{team}/memberships/{login}", "DELETE /orgs/{org}/organization-roles/users/{login}/{role}",
		"POST /orgs/{org}/credential-authorizations/{login}/revoke", "DELETE /orgs/{org}/credential-authorizations/{id}",
		"POST /orgs/{org}/personal-access-tokens/{id}", "DELETE /orgs/{org}/copilot/billing/selected_users",
		"DELETE /repos/{org}/{repo}/collaborators/{login}", "DELETE /repos/{org}/{repo}/invitations/{id}", "DELETE /repos/{org}/{repo}/keys/{id}",
	}
}

// wire is one credential's way to GitHub. It keeps connections and an App's
// installation tokens, and nothing that GitHub said about anybody.
type wire struct {
	name       string // "primary" or "observer"
	app        bool
	base       *url.URL
	graphqlURL *url.URL
	rest       map[string]*http.Client // by organisation, lower case
	graphql    map[string]*http.Client
	tokens     map[string]*installation // of an App, by organisation
}

// newWire prepares the clients. It reads no secret and calls nobody.
func newWire(cfg Config, cred Credential, name string, allow []string) (*wire, error) {
	base, err := transport.CheckBase(strings.TrimRight(cfg.BaseURL, "/")+"/", cfg.AllowHTTP)
	if err != nil {
		return nil, fmt.Errorf("github: base_url: %w", err)
	}
	w := &wire{
		name: name, app: cred.IsApp(), base: base, graphqlURL: graphqlBase(base), rest: map[string]*http.Client{},
		graphql: map[string]*http.Client{}, tokens: map[string]*installation{},
	}
	direct, err := transport.Connections(transport.Options{System: System, Base: base.String(), Private: cfg.PrivateAddresses})
	if err != nil {
		return nil, err
	}
	direct.MaxIdleConnsPerHost = atOnce
	next := &bounded{next: direct, slots: make(chan struct{}, atOnce)}
	client := func(base *url.URL, allow []string, authorize func(*http.Request) error) (*http.Client, error) {
		c, err := transport.Client(transport.Options{
			System: System, Base: base.String(), AllowHTTP: cfg.AllowHTTP, Allow: allow, Authorize: authorize, Limit: limited, Next: next,
		})
		if err != nil {
			return nil, err
		}
		c.Transport = &genuine{next: c.Transport}
		return c, nil
	}
	for _, org := range cfg.Organizations {
		authorize := bearer(cred.Token)
		if cred.IsApp() {
			exchange, err := client(base, []string{"POST /app/installations/{id}/access_tokens"}, nil)
			if err != nil {
				return nil, err
			}
			inst := &installation{
				app: cred.AppID, id: cred.installation(org, len(cfg.Organizations)), key: cred.PrivateKey,
				base: strings.TrimRight(base.String(), "/"), exchange: exchange.Transport,
			}
			w.tokens[fold(org)], authorize = inst, inst.authorize
		}
		if w.rest[fold(org)], err = client(base, allow, authorize); err != nil {
			return nil, err
		}
		if w.graphql[fold(org)], err = client(w.graphqlURL, []string{"POST /graphql"}, authorize); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// graphqlBase is below what GraphQL lives: beside the REST root, except on
// Enterprise Server, where that is /api/v3 and GraphQL is /api/graphql.
func graphqlBase(rest *url.URL) *url.URL {
	u := *rest
	if p, ok := strings.CutSuffix(u.Path, "/api/v3/"); ok {
		u.Path = p + "/api/"
	}
	return &u
}

func bearer(token secret.Ref) func(*http.Request) error {
	return func(r *http.Request) error {
		v, err := token.Value()
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+v)
		return nil
	}
}

// installation fetches and renews an App's token for one organisation.
type installation struct {
	app, id  int64
	key      secret.Ref
	base     string
	exchange http.RoundTripper

	mu      sync.Mutex
	pem     string
	read    time.Time // when pem was
	current *ghinstallation.Transport
	last    string // the token that is remembered as a secret
}

// keyAge is how long a key file is trusted before it is read again.
const keyAge = 10 * time.Second

func (i *installation) authorize(r *http.Request) error {
	t, err := i.transport()
	if err != nil {
		return err
	}
	token, err := t.Token(r.Context())
	if err != nil {
		return fmt.Errorf("get installation token: %w", err)
	}
	if token == "" {
		return invalid("POST /app/installations/{id}/access_tokens", "the answer holds no token")
	}
	i.mu.Lock()
	if i.last != token {
		secret.Remember(token)
		i.last = token
	}
	i.mu.Unlock()
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

// transport renews itself when the key file was rotated.
func (i *installation) transport() (*ghinstallation.Transport, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.current != nil && time.Since(i.read) < keyAge {
		return i.current, nil
	}
	pem, err := i.key.Value()
	if err != nil {
		return nil, err
	}
	i.read = time.Now()
	if i.current == nil || i.pem != pem {
		t, err := ghinstallation.New(i.exchange, i.app, i.id, []byte(pem))
		if err != nil {
			return nil, fmt.Errorf("read the App's private key from %s: %w", i.key.Source(), err)
		}
		t.BaseURL = i.base
		// Without options the library sends the body null, which is no object.
		t.InstallationTokenOptions = &gh.InstallationTokenOptions{}
		i.pem, i.current = pem, t
	}
	return i.current, nil
}

// permissions are what the App was granted in the organisation.
func (i *installation) permissions(ctx context.Context) (gh.InstallationPermissions, error) {
	t, err := i.transport()
	if err != nil {
		return gh.InstallationPermissions{}, err
	}
	if _, err := t.Token(ctx); err != nil {
		return gh.InstallationPermissions{}, err
	}
	return t.Permissions()
}

// genuine refuses answers that GitHub did not give: each of its own carries
// its request id, and a proxy's page or an invented empty list does not.
type genuine struct{ next http.RoundTripper }

func (g *genuine) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := g.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if resp.Header.Get("X-GitHub-Request-Id") == "" {
		resp.Body.Close()
		return nil, &transport.Error{
			Kind: transport.Invalid, System: System, Op: r.Method + " " + r.URL.EscapedPath(), Status: resp.StatusCode,
			Detail: "the answer has no X-GitHub-Request-Id, so it is not GitHub's own", Fix: "look for a proxy or gateway in between, and at base_url",
		}
	}
	return resp, nil
}

// bounded lets a limited number of calls through at once.
type bounded struct {
	next  http.RoundTripper
	slots chan struct{}
}

func (b *bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case b.slots <- struct{}{}:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	defer func() { <-b.slots }()
	return b.next.RoundTrip(r)
}
