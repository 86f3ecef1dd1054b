package signin

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Bearer says who sends a request that carries the provider's access token in
// place of a session: a program, or another site's page. Without a provider only
// who sits at the machine is let in, as to the pages. Safe for concurrent use.
type Bearer struct {
	provider *provider // nil: this machine alone
	roles    Groups
	audience string
	closed   string
	now      func() time.Time

	mu   sync.Mutex
	told map[[sha256.Size]byte]told // by token, what the user info endpoint said
}

type told struct {
	user  User
	until time.Time
}

// toldFor is how long the user info endpoint's answer is believed: a page asks
// for many things at once. toldMost is how many are kept.
const (
	toldFor  = time.Minute
	toldMost = 1000
)

// NewBearer takes tokens that the provider made for the audience. It makes no
// call and reads no secret.
func NewBearer(c *Config, audience string, at Place, now func() time.Time, log *slog.Logger) (*Bearer, error) {
	b := &Bearer{audience: audience, now: now, told: map[[sha256.Size]byte]told{}}
	if c != nil {
		p, err := newProvider(*c, now)
		if err != nil {
			return nil, err
		}
		b.provider, b.roles = p, c.Roles
		return b, nil
	}
	if b.closed = at.closed(); b.closed != "" {
		log.Warn("nobody is let in without serve.pages.oidc", "why", b.closed, "listen", at.Listen)
	}
	return b, nil
}

// User is who sends the request. The error is for the log: it says why nobody
// is, and nothing of the token.
func (b *Bearer) User(r *http.Request) (User, error) {
	if b.provider == nil {
		why := b.closed
		if why == "" {
			why = here(r)
		}
		if why != "" {
			return User{}, errors.New(why)
		}
		return local(), nil
	}
	scheme, raw, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || raw == "" {
		return User{}, errors.New("it carries no access token")
	}
	return b.owner(r.Context(), strings.TrimSpace(raw))
}

// owner checks the token as a JWT of the provider for our audience. One that
// anybody's application could have been given is not enough, and whom an opaque
// one was made for nobody can tell.
func (b *Bearer) owner(ctx context.Context, raw string) (User, error) {
	found, err := b.provider.discover(ctx)
	if err != nil {
		return User{}, err
	}
	ctx = b.provider.calling(ctx)
	token, err := found.VerifierContext(ctx, &oidc.Config{ClientID: b.audience, Now: b.now}).Verify(ctx, raw)
	if err != nil {
		return User{}, fmt.Errorf("check the access token: %w", err)
	}
	sum := sha256.Sum256([]byte(raw))
	b.mu.Lock()
	known, ok := b.told[sum]
	b.mu.Unlock()
	if ok && b.now().Before(known.until) {
		return known.user, nil
	}
	person, groups, err := b.provider.about(ctx, found, token, &oauth2.Token{AccessToken: raw, TokenType: "Bearer"})
	if err != nil {
		return User{}, err
	}
	u := User{Person: person, Roles: b.roles.rolesOf(groups)}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.told) >= toldMost {
		clear(b.told)
	}
	b.told[sum] = told{u, b.now().Add(toldFor)}
	return u, nil
}
