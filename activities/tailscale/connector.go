package tailscale

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	ts "tailscale.com/client/tailscale/v2"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// parallel bounds the calls one step makes at the same time.
const parallel = 8

// Connector cuts access to one tailnet. Safe for concurrent use.
type Connector struct {
	cfg      Config
	primary  *credential
	observer *credential // nil: the primary looks too
}

var _ activities.Connector = (*Connector)(nil)

// New builds the connector. It calls nobody and reads no secret.
func New(c Config) (*Connector, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	out := &Connector{cfg: c}
	out.primary = newCredential(c.primary(), "primary", &out.cfg)
	if c.Observer.isSet() {
		out.observer = newCredential(c.Observer, "observer", &out.cfg)
	}
	return out, nil
}

// System is "tailscale".
func (c *Connector) System() offboarding.System { return System }

func expand(op, tailnet string) string {
	return strings.Replace(op, "{tailnet}", url.PathEscape(tailnet), 1)
}

func (c *Connector) credentials() []*credential {
	if c.observer == nil {
		return []*credential{c.primary}
	}
	return []*credential{c.primary, c.observer}
}

func fail(kind transport.Kind, op, detail, fix string) *transport.Error {
	return &transport.Error{Kind: kind, System: System, Op: op, Detail: detail, Fix: fix}
}

// checkAccount refuses an account no call may be made for.
func checkAccount(a offboarding.Account) error {
	if !a.Found || !idPattern.MatchString(a.ID) || a.Login == "" {
		return fail(transport.Identity, "check account", "there is no Tailscale user id, or no login, in this account", "find the person again")
	}
	return nil
}

// elsewhere refuses an account whose id is not in the list while its login is,
// under another id: the id is wrong, or the person was made anew.
func elsewhere(a offboarding.Account, users []ts.User) error {
	for _, u := range users {
		if u.ID != a.ID && (strings.EqualFold(u.LoginName, a.Login) || strings.EqualFold(u.LoginName, a.Email)) {
			return fail(transport.Identity, opUsers, u.LoginName+" is user "+u.ID+" now, not "+a.ID, "find the person again")
		}
	}
	return nil
}

// Find looks for the one user whose login name is an address of the person, or
// the Tailscale login another system vouches for. Letter case does not matter.
// A person counts as absent only where somebody else's login is of the same
// domain: in a tailnet whose users sign in as name@github or with other
// addresses, a work e-mail that is not there says nothing.
func (c *Connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	cl, err := c.open(c.primary, opUsers, opKeys, opKey)
	if err != nil {
		return offboarding.Account{}, err
	}
	defer cl.close()
	users, owners, err := c.roll(ctx, cl)
	if err != nil {
		return offboarding.Account{}, err
	}
	names := p.Addresses()
	if l := p.Logins[System]; l != "" {
		names = append(names, strings.ToLower(l))
	}
	var found []ts.User
	for _, u := range users {
		if slices.Contains(names, strings.ToLower(u.LoginName)) {
			found = append(found, u)
		}
	}
	switch len(found) {
	case 0:
		return c.unknown(p, users)
	case 1:
	default:
		ids := make([]string, 0, len(found))
		for _, u := range found {
			ids = append(ids, u.LoginName+" ("+u.ID+")")
		}
		return offboarding.Account{}, fail(transport.Identity, "find "+string(p.Email), "more than one user matches: "+strings.Join(ids, ", "), "say which one in the identity that vouches for the login")
	}
	u := found[0]
	if !idPattern.MatchString(u.ID) {
		return offboarding.Account{}, fail(transport.Identity, "find "+string(p.Email), "the user's id has characters no Tailscale id has", "look at the tailnet's list of users")
	}
	return offboarding.Account{
		System: System, Found: true, ID: u.ID, Login: u.LoginName, Email: string(p.Email), Status: string(u.Status),
		Evidence: "listed as " + string(u.Role) + " of tailnet " + c.cfg.Tailnet,
		Admin:    administers(u.Role), Protected: protection(u, users, owners),
	}, nil
}

// unknown is the answer for a person whom no login matches.
func (c *Connector) unknown(p offboarding.Person, users []ts.User) (offboarding.Account, error) {
	var domains []string
	for _, address := range p.Addresses() {
		if d := domain(address); d != "" && !slices.Contains(domains, d) {
			domains = append(domains, d)
		}
	}
	kin := slices.DeleteFunc(slices.Clone(users), func(u ts.User) bool { return !slices.Contains(domains, domain(u.LoginName)) })
	if control, ok := controlUser(kin, ""); ok {
		return offboarding.Account{
			System: System, Email: string(p.Email),
			Evidence: "asked the list of users of tailnet " + c.cfg.Tailnet + " for " + strings.Join(p.Addresses(), ", ") + "; the same list shows user " + control.ID,
		}, nil
	}
	like, ok := controlUser(users, "")
	if !ok {
		return offboarding.Account{}, fail(transport.Invalid, opUsers, "the list of users is empty, which no tailnet's is", "look at tailnet and at the credential")
	}
	return offboarding.Account{}, fail(transport.Identity, "find "+string(p.Email),
		"no login of domain "+strings.Join(domains, " or ")+" is in the tailnet; those there are of domain "+domain(like.LoginName)+", so nobody knows under which one this person signs in",
		"look at the admin console's list of users for this person; if they are there, give the login as the person's e-mail in the identity provider and decide retry, or take them out by hand and attest")
}

// domain is what stands after the last @ of a login, in lower case.
func domain(login string) string {
	return strings.ToLower(login[strings.LastIndex(login, "@")+1:])
}

// roll reads the list of users and who owns the credentials, at once.
func (c *Connector) roll(ctx context.Context, cl *client) (users []ts.User, owners map[string]string, err error) {
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		var err error
		users, err = cl.users(gctx)
		return err
	})
	names := make([]string, len(c.credentials()))
	for i, cred := range c.credentials() {
		if cred.oauth() {
			continue // an OAuth client belongs to the tailnet and outlives its maker
		}
		g.Go(func() error {
			var err error
			names[i], err = c.owner(gctx, cred)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, nil, err
	}
	owners = map[string]string{}
	for i, id := range names {
		if id != "" {
			owners[id] = c.credentials()[i].name
		}
	}
	return users, owners, nil
}

// owner is the id of the user an API access token belongs to.
func (c *Connector) owner(ctx context.Context, cred *credential) (string, error) {
	cl, err := c.open(cred, opKeys, opKey)
	if err != nil {
		return "", err
	}
	defer cl.close()
	id, err := cred.keyID()
	if err != nil {
		return "", err
	}
	if id == "" {
		// Without all=true the list holds only the keys of the token's own user.
		mine, err := cl.keys(ctx, false)
		if err != nil {
			return "", err
		}
		if len(mine) > 0 {
			id = mine[0].ID
		}
	}
	if id != "" {
		k, err := cl.key(ctx, id)
		if err != nil && !hidden(err) {
			return "", err
		}
		if err == nil && idPattern.MatchString(k.UserID) {
			return k.UserID, nil
		}
	}
	return "", fail(transport.Unauthorized, opKey, "cannot tell which user the "+cred.name+" API key belongs to, so that user could not be protected",
		"let that user read its own keys, or use an OAuth client instead")
}

// administers is offboarding.Account's Admin for a role. Members and auditors
// change nothing; a role that is not known here may.
func administers(r ts.UserRole) string {
	switch r {
	case ts.UserRoleMember, ts.UserRoleAuditor:
		return ""
	case "":
		return "its role in the tailnet cannot be read"
	case ts.UserRoleOwner, ts.UserRoleAdmin, ts.UserRoleITAdmin, ts.UserRoleNetworkAdmin, ts.UserRoleBillingAdmin:
	}
	return string(r) + " of the tailnet"
}

// protection says why a user must not be cut; empty if it may be.
func protection(u ts.User, all []ts.User, owners map[string]string) string {
	if name, ok := owners[u.ID]; ok {
		return "owns the " + name + " API key that Lastday works with"
	}
	if u.Role == ts.UserRoleOwner {
		return "is the owner of the tailnet; make somebody else the owner first"
	}
	if u.Role != ts.UserRoleAdmin {
		return ""
	}
	for _, o := range all {
		if o.ID != u.ID && o.Status != ts.UserStatusSuspended && (o.Role == ts.UserRoleOwner || o.Role == ts.UserRoleAdmin) {
			return ""
		}
	}
	return "is the last admin of the tailnet; appoint another first"
}

// controlUser is a user other than id who shows that the list was really read:
// the owner, whom every tailnet has, else anybody.
func controlUser(users []ts.User, id string) (found ts.User, ok bool) {
	for _, u := range users {
		if u.ID == "" || u.ID == id || u.LoginName == "" {
			continue
		}
		if u.Role == ts.UserRoleOwner {
			return u, true
		}
		found, ok = u, true
	}
	return found, ok
}
