package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	slackapi "github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// maxPages bounds a walk through the member list: 200 pages of 200.
const maxPages = 200

// Find looks the person up by each of their addresses: with SCIM, which sees
// deactivated accounts too, and with users.lookupByEmail at once. Where neither
// has them, it walks through the whole member list, which must show the control
// user. Two accounts are an Identity error that names both. Account.Email is
// the address that the account was found by.
func (c *Connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	const op = "find account"
	addresses := p.Addresses()
	for _, address := range append([]string{string(p.Email)}, addresses...) {
		if _, err := offboarding.ParseSubject(address); err != nil {
			return offboarding.Account{}, &transport.Error{Kind: transport.Identity, System: web.System, Op: op, Detail: err.Error()}
		}
	}
	hits := make([]hit, len(addresses))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(lookupsAtOnce)
	for i, address := range addresses {
		h := &hits[i]
		if c.scim != nil {
			g.Go(func() (err error) {
				h.scim, err = c.scim.search(gctx, address)
				if errors.Is(err, errNoFilter) {
					return nil
				}
				return err
			})
		}
		g.Go(func() (err error) {
			h.user, err = c.lookup(gctx, address)
			return err
		})
	}
	for _, t := range c.tokens() {
		g.Go(func() error {
			_, err := c.ownerOf(gctx, t)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return offboarding.Account{}, err
	}
	account, user, err := one(addresses, hits)
	if err == nil && !account.Found {
		account, user, err = c.walk(ctx, addresses)
	}
	if err != nil || !account.Found {
		return account, err
	}
	account.Admin = administers(account, user)
	account.Protected, err = c.protected(ctx, account.ID, user)
	return account, err
}

// lookupsAtOnce bounds the look-ups of one Find.
const lookupsAtOnce = 8

// hit is what the two look-ups have for one address.
type hit struct {
	scim []scimUser
	user *slackapi.User
}

// one puts the answers for all addresses together: they must be of one account.
func one(addresses []string, hits []hit) (offboarding.Account, *slackapi.User, error) {
	out := offboarding.Account{System: web.System}
	var user *slackapi.User
	for i, h := range hits {
		a, err := merge(h.scim, h.user)
		switch {
		case err != nil:
			return offboarding.Account{}, nil, err
		case !a.Found:
			continue
		case out.Found && out.ID != a.ID:
			return offboarding.Account{}, nil, several("find account", out.Email+" is the account "+out.ID+" and "+addresses[i]+" is the account "+a.ID)
		case !out.Found:
			out = a
			out.Email = addresses[i]
		}
		if h.user != nil {
			user = h.user
		}
	}
	return out, user, nil
}

// several asks a person which of the accounts is meant.
func several(op, which string) *transport.Error {
	return &transport.Error{
		Kind: transport.Identity, System: web.System, Op: op,
		Detail: "more than one account has an address of this person: " + which, Fix: "correct the e-mail addresses in Slack, then decide retry",
	}
}

// lookup asks users.lookupByEmail, which does not know deactivated members;
// nil where it has nobody.
func (c *Connector) lookup(ctx context.Context, email string) (*slackapi.User, error) {
	api, err := c.web.With(c.conf.BotToken)
	if err != nil {
		return nil, err
	}
	u, err := api.GetUserByEmailContext(ctx, email)
	if err != nil {
		if web.Code(err) == "users_not_found" {
			return nil, nil
		}
		return nil, web.Named("find account", err)
	}
	if !userID.MatchString(u.ID) || !strings.EqualFold(u.Profile.Email, email) {
		return nil, invalid("find account", "users.lookupByEmail is not about the person that was asked for")
	}
	if u.IsStranger {
		return nil, &transport.Error{
			Kind: transport.Identity, System: web.System, Op: "find account",
			Detail: "the account belongs to another organisation (Slack Connect)", Fix: "ask that organisation to deactivate it",
		}
	}
	return u, nil
}

// merge puts both answers together; they must not contradict each other.
func merge(matches []scimUser, user *slackapi.User) (offboarding.Account, error) {
	switch {
	case len(matches) > 1:
		return offboarding.Account{}, several("find account", matches[0].ID+" and "+matches[1].ID)
	case len(matches) == 1 && user != nil && matches[0].ID != user.ID:
		return offboarding.Account{}, several("find account", matches[0].ID+" and "+user.ID)
	case len(matches) == 1:
		m := matches[0]
		return offboarding.Account{
			System: web.System, Found: true, ID: m.ID, Login: m.UserName, Status: status(*m.Active),
			Evidence: "SCIM filter email",
		}, nil
	case user != nil:
		return accountOf(user, "users.lookupByEmail"), nil
	}
	return offboarding.Account{System: web.System}, nil
}

// walk reads the whole member list for the addresses, deactivated members
// included.
func (c *Connector) walk(ctx context.Context, addresses []string) (offboarding.Account, *slackapi.User, error) {
	const op = "read member list"
	control, err := c.control(ctx)
	if err != nil {
		return offboarding.Account{}, nil, err
	}
	api, err := c.web.With(c.conf.BotToken)
	if err != nil {
		return offboarding.Account{}, nil, err
	}
	var match []slackapi.User
	seen, members := false, 0
	page := api.GetUsersPaginated(slackapi.GetUsersOptionLimit(200), slackapi.GetUsersOptionIncludeLocale(false))
	for n := 0; ; n++ {
		if page, err = page.Next(ctx); err != nil {
			break
		}
		if n == maxPages {
			return offboarding.Account{}, nil, invalid(op, "the member list does not end")
		}
		members += len(page.Users)
		for _, u := range page.Users {
			seen = seen || (u.ID == control && !u.Deleted)
			if slices.Contains(addresses, strings.ToLower(u.Profile.Email)) && !u.IsStranger {
				match = append(match, u)
			}
		}
	}
	if err := page.Failure(err); err != nil {
		return offboarding.Account{}, nil, web.Named(op, err)
	}
	switch {
	case !seen:
		return offboarding.Account{}, nil, invalid(op, "the list does not show the control user "+control+", so it proves nothing")
	case len(match) > 1:
		return offboarding.Account{}, nil, several(op, match[0].ID+" ("+match[0].Profile.Email+") and "+match[1].ID+" ("+match[1].Profile.Email+")")
	case len(match) == 1 && !userID.MatchString(match[0].ID):
		return offboarding.Account{}, nil, &transport.Error{
			Kind: transport.Identity, System: web.System, Op: op,
			Detail: "the account's id has characters no Slack id has", Fix: "look at the member list in Slack, then decide retry",
		}
	case len(match) == 1:
		return accountOf(&match[0], "users.list"), &match[0], nil
	}
	return offboarding.Account{
		System: web.System, Email: addresses[0], Emails: addresses,
		Evidence: fmt.Sprintf("nobody of %d members in users.list has the address %s; control: %s is there", members, strings.Join(addresses, " or "), control),
	}, nil, nil
}

// control is the user whom lists of the bot token must show.
func (c *Connector) control(ctx context.Context) (string, error) {
	if c.conf.ControlUserID != "" {
		return c.conf.ControlUserID, nil
	}
	o, err := c.ownerOf(ctx, c.conf.BotToken)
	return o.user, err
}

func accountOf(u *slackapi.User, evidence string) offboarding.Account {
	return offboarding.Account{
		System: web.System, Found: true, ID: u.ID, Login: u.Name, Email: u.Profile.Email,
		Status: status(!u.Deleted), Evidence: evidence,
	}
}

// administers is offboarding.Account's Admin: the highest role that Slack shows.
// A deactivated account has none; SCIM alone tells no roles.
func administers(a offboarding.Account, u *slackapi.User) string {
	switch {
	case a.Status != status(true):
		return ""
	case u == nil:
		return "its role in the workspace cannot be read"
	case u.IsPrimaryOwner:
		return "primary owner of the workspace"
	case u.IsOwner:
		return "owner of the workspace"
	case u.IsAdmin:
		return "admin of the workspace"
	}
	return ""
}

func status(active bool) string {
	if active {
		return "active"
	}
	return "deactivated"
}
