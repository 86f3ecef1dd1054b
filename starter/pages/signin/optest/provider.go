// Package optest runs a real OpenID provider (zitadel/oidc) for tests, with
// people whom it believes without a password, and faults that can be switched on.
package optest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// ClientID and ClientSecret are those of the one application it knows.
const (
	ClientID     = "lastday"
	ClientSecret = "a-secret-of-the-test"
)

// Person is somebody whom the provider knows.
type Person struct {
	Email, Name string
	Unchecked   bool // the address was never checked
	Groups      any  // the claim groups; nil: none
}

// Provider is a running provider.
type Provider struct {
	Issuer string
	// OtherNonce puts another nonce into ID tokens, Expired makes them expired
	// when they are made, NotInToken tells who somebody is at the user info
	// endpoint alone, JWT makes access tokens that say whom they are for.
	OtherNonce, Expired, NotInToken, JWT atomic.Bool

	people map[string]Person
	*storage.Storage
	asOf *op.Provider
}

// Start runs a provider until the test ends. The people are named by what is
// given to the login page.
func Start(t testing.TB, people map[string]Person, redirect ...string) *Provider {
	t.Helper()
	p := &Provider{people: people}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.serve(w, r) }))
	t.Cleanup(server.Close)
	p.Issuer = server.URL
	p.Storage = storage.NewStorageWithClients(users{p}, map[string]*storage.Client{
		ClientID: storage.WebClient(ClientID, ClientSecret, redirect...),
	})
	made, err := op.NewProvider(&op.Config{
		CryptoKey: sha256.Sum256([]byte("optest")), CryptoKeyId: "optest", CodeMethodS256: true, AuthMethodPost: true,
	}, p, op.StaticIssuer(p.Issuer), op.WithAllowInsecure(), op.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		t.Fatal(err)
	}
	p.asOf = made
	return p
}

// serve answers the login page itself: a link for each person.
func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/login/username" {
		p.asOf.ServeHTTP(w, r)
		return
	}
	id, as := r.FormValue("authRequestID"), r.FormValue("as")
	if as == "" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>Who are you?</title><h1>Who are you?</h1>")
		for name := range p.people {
			fmt.Fprintf(w, `<p><a id="%s" href="/login/username?authRequestID=%s&amp;as=%s">%s</a>`, html.EscapeString(name), html.EscapeString(id), html.EscapeString(name), html.EscapeString(name))
		}
		return
	}
	if err := p.CheckUsernamePassword(as, "", id); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	ctx := op.ContextWithIssuer(r.Context(), p.Issuer)
	http.Redirect(w, r, op.AuthCallbackURL(p.asOf)(ctx, id), http.StatusFound)
}

// CreateAuthRequest implements op.Storage.
func (p *Provider) CreateAuthRequest(ctx context.Context, r *oidc.AuthRequest, user string) (op.AuthRequest, error) {
	if p.OtherNonce.Load() {
		r.Nonce = "of-somebody-else"
	}
	return p.Storage.CreateAuthRequest(ctx, r, user)
}

// GetClientByClientID implements op.Storage.
func (p *Provider) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	c, err := p.Storage.GetClientByClientID(ctx, id)
	return client{c, p}, err
}

// SetUserinfoFromRequest implements op.CanSetUserinfoFromRequest: the ID token.
func (p *Provider) SetUserinfoFromRequest(_ context.Context, info *oidc.UserInfo, r op.IDTokenRequest, _ []string) error {
	info.Subject = r.GetSubject()
	if !p.NotInToken.Load() {
		p.describe(info, r.GetSubject())
	}
	return nil
}

// SetUserinfoFromToken implements op.Storage: the user info endpoint.
func (p *Provider) SetUserinfoFromToken(_ context.Context, info *oidc.UserInfo, _, subject, _ string) error {
	info.Subject = subject
	p.describe(info, subject)
	return nil
}

func (p *Provider) describe(info *oidc.UserInfo, subject string) {
	who := p.people[subject]
	info.Email, info.Name = who.Email, who.Name
	info.AppendClaims("email_verified", !who.Unchecked)
	if who.Groups != nil {
		info.AppendClaims("groups", who.Groups)
	}
}

type client struct {
	op.Client
	p *Provider
}

func (c client) IDTokenLifetime() time.Duration {
	if c.p.Expired.Load() {
		return -time.Hour
	}
	return time.Hour
}

// AccessTokenType implements op.Client.
func (c client) AccessTokenType() op.AccessTokenType {
	if c.p.JWT.Load() {
		return op.AccessTokenTypeJWT
	}
	return c.Client.AccessTokenType()
}

func (c client) IsScopeAllowed(scope string) bool { return scope == "groups" }

func (c client) IDTokenUserinfoClaimsAssertion() bool { return true }

// users lets everybody in whom the provider knows.
type users struct{ p *Provider }

func (u users) GetUserByID(id string) *storage.User {
	if _, known := u.p.people[id]; !known {
		return nil
	}
	return &storage.User{ID: id, Username: id}
}

func (u users) GetUserByUsername(name string) *storage.User { return u.GetUserByID(name) }

func (u users) ExampleClientID() string { return "none" }
