package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	slackapi "github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// maxPages bounds a walk through the member list: 200 pages of 200.
const maxPages = 200

// Find looks the person up by e-mail: with SCIM, which sees deactivated
// accounts too, and with users.lookupByEmail at once. Where neither has them,
// it walks through the whole member list, which must show the control user.
func (c *Connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	const op = "find account"
	subject, err := offboarding.ParseSubject(string(p.Email))
	if err != nil {
		return offboarding.Account{}, &transport.Error{Kind: transport.Identity, System: web.System, Op: op, Detail: err.Error()}
	}
	email := string(subject)
	var matches []scimUser
	var user *slackapi.User
	g, gctx := errgroup.WithContext(ctx)
	if c.scim != nil {
		g.Go(func() (err error) {
			matches, err = c.scim.search(gctx, email)
			if errors.Is(err, errNoFilter) {
				return nil
			}
			return err
		})
	}
	g.Go(func() (err error) {
		user, err = c.lookup(gctx, email)
		return err
	})
	for _, t := range c.tokens() {
		g.Go(func() error {
			_, err := c.ownerOf(gctx, t)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return offboarding.Account{}, err
	}
	account, err := merge(matches, user)
	if err == nil && !account.Found {
		account, user, err = c.walk(ctx, email)
	}
	if err != nil || !account.Found {
		return account, err
	}
	account.Email = email
	account.Protected, err = c.protected(ctx, account.ID, user)
	return account, err
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
	several := &transport.Error{
		Kind: transport.Identity, System: web.System, Op: "find account",
		Detail: "more than one account has this e-mail", Fix: "correct the e-mail addresses in Slack, then decide retry",
	}
	switch {
	case len(matches) > 1:
		return offboarding.Account{}, several
	case len(matches) == 1 && user != nil && matches[0].ID != user.ID:
		return offboarding.Account{}, several
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

// walk reads the whole member list for the e-mail, deactivated members
// included.
func (c *Connector) walk(ctx context.Context, email string) (offboarding.Account, *slackapi.User, error) {
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
			if strings.EqualFold(u.Profile.Email, email) && !u.IsStranger {
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
	case len(match) > 1 || (len(match) == 1 && !userID.MatchString(match[0].ID)):
		return offboarding.Account{}, nil, &transport.Error{
			Kind: transport.Identity, System: web.System, Op: op,
			Detail: "more than one account has this e-mail", Fix: "correct the e-mail addresses in Slack, then decide retry",
		}
	case len(match) == 1:
		return accountOf(&match[0], "users.list"), &match[0], nil
	}
	return offboarding.Account{
		System:   web.System,
		Evidence: fmt.Sprintf("nobody of %d members in users.list has this e-mail; control: %s is there", members, control),
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

func status(active bool) string {
	if active {
		return "active"
	}
	return "deactivated"
}
