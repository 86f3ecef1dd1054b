package slack

import (
	"context"
	"fmt"
	"slices"
	"sync"

	slackapi "github.com/slack-go/slack"

	"lastday/activities"
	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/secret"
)

// Connector is Slack as a place that holds access. Safe for concurrent use.
type Connector struct {
	conf Config
	web  *web.Client
	scim *scimClient // nil without a SCIM token

	observer       *web.Client
	observerScim   *scimClient // nil where users.info is what reads back
	observerBot    secret.Ref
	observerAuth   secret.Ref // the token that auth.test is asked with
	observerCalled string

	mu     sync.Mutex
	owners map[string]owner // by token: whose a token is never changes
}

var _ activities.Connector = (*Connector)(nil)

// owner is whose a token is.
type owner struct{ user, team, enterprise, url string }

// New builds the connector. It makes no call and reads no secret.
func New(c Config) (*Connector, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	out := &Connector{conf: c, owners: map[string]owner{}, observerCalled: "primary"}
	methods := []string{"auth.test", "users.lookupByEmail", "users.list", "users.info"}
	var err error
	if out.web, err = web.New(web.Options{Base: c.BaseURL, AllowHTTP: c.AllowHTTP, Private: c.PrivateAddresses, Methods: methods}); err != nil {
		return nil, err
	}
	if out.observer, err = web.New(web.Options{Base: c.BaseURL, AllowHTTP: c.AllowHTTP, Private: c.PrivateAddresses, Methods: methods}); err != nil {
		return nil, err
	}
	if c.ScimToken.IsSet() {
		if out.scim, err = newScim(c, c.ScimToken, opScimList, opScimGet, opScimDelete); err != nil {
			return nil, err
		}
	}
	bot, scim := c.BotToken, c.ScimToken
	if c.Observer.BotToken.IsSet() || c.Observer.ScimToken.IsSet() {
		bot, scim, out.observerCalled = c.Observer.BotToken, c.Observer.ScimToken, "observer"
	}
	out.observerBot, out.observerAuth = bot, bot
	if scim.IsSet() {
		out.observerAuth = scim
		if out.observerScim, err = newScim(c, scim, opScimGet); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// System is "slack".
func (c *Connector) System() offboarding.System { return web.System }

// tokens are all credentials that are configured.
func (c *Connector) tokens() []secret.Ref {
	all := []secret.Ref{c.conf.BotToken, c.conf.ScimToken, c.conf.Observer.BotToken, c.conf.Observer.ScimToken}
	return slices.DeleteFunc(all, func(r secret.Ref) bool { return !r.IsSet() })
}

// ownerOf says whose a token is, from memory where it was asked before.
func (c *Connector) ownerOf(ctx context.Context, token secret.Ref) (owner, error) {
	value, err := token.Value()
	if err == nil {
		c.mu.Lock()
		o, ok := c.owners[value]
		c.mu.Unlock()
		if ok {
			return o, nil
		}
	}
	o, err := c.ask(ctx, c.web, token)
	if err != nil {
		return owner{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owners[value] = o
	return o, nil
}

// ask says whose a token is, and refuses one of another workspace.
func (c *Connector) ask(ctx context.Context, client *web.Client, token secret.Ref) (owner, error) {
	const op = "see whose the token is"
	api, err := client.With(token)
	if err != nil {
		return owner{}, err
	}
	who, err := api.AuthTestContext(ctx)
	if err != nil {
		return owner{}, web.Named(op, err)
	}
	if !userID.MatchString(who.UserID) || who.TeamID == "" {
		return owner{}, invalid(op, "auth.test does not say whose the token is")
	}
	if t := c.conf.TeamID; t != "" && t != who.TeamID && t != who.EnterpriseID {
		return owner{}, &transport.Error{
			Kind: transport.Identity, System: web.System, Op: op,
			Detail: fmt.Sprintf("%s belongs to workspace %s, and team_id says %s", token.Source(), who.TeamID, t),
			Fix:    "give a token of the right workspace, then decide retry",
		}
	}
	return owner{user: who.UserID, team: who.TeamID, enterprise: who.EnterpriseID, url: who.URL}, nil
}

// protected says why an account must not be touched, empty if it may be.
func (c *Connector) protected(ctx context.Context, id string, user *slackapi.User) (string, error) {
	if slices.Contains(c.conf.ProtectedUserIDs, id) {
		return "it is on slack.protected_user_ids", nil
	}
	for _, t := range c.tokens() {
		o, err := c.ownerOf(ctx, t)
		if err != nil {
			return "", err
		}
		if o.user == id {
			return "it owns the Slack token " + t.Source() + " that Lastday works with", nil
		}
	}
	switch {
	case user == nil:
		return "", nil
	case user.IsPrimaryOwner:
		return "it is the primary owner of the workspace", nil
	case user.IsBot || user.IsAppUser || user.ID == "USLACKBOT":
		return "it is a bot, not a person", nil
	}
	return "", nil
}

// usable refuses an account that cannot be acted upon, before any call.
func usable(op string, a offboarding.Account) error {
	if a.System != "" && a.System != web.System || !a.Found || !userID.MatchString(a.ID) {
		return &transport.Error{
			Kind: transport.Identity, System: web.System, Op: op,
			Detail: fmt.Sprintf("%q is not the id of a Slack account", a.ID),
			Fix:    "look the person up again (decide retry)",
		}
	}
	return nil
}

// info reads one user with users.info and checks that it is the one asked for.
func info(ctx context.Context, client *web.Client, token secret.Ref, id string) (*slackapi.User, error) {
	api, err := client.With(token)
	if err != nil {
		return nil, err
	}
	u, err := api.GetUserInfoContext(ctx, id, slackapi.GetUserInfoOptionIncludeLocale(false))
	if err != nil {
		return nil, web.Named("read account", err)
	}
	if u.ID != id {
		return nil, invalid("read account", "users.info is not about the user that was asked for")
	}
	return u, nil
}
