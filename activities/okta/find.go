package okta

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// atOnce bounds the calls of one step that are under way together; Okta allows
// 75 for a whole org.
const (
	readsAtOnce  = 16
	writesAtOnce = 8
)

func readUser() call   { return call{"read user", "okta.users.read"} }
func searchUser() call { return call{"search users", "okta.users.read"} }

// Find implements activities.Connector: by login, which Okta takes in any
// case, and by login or e-mail with a filter, which Okta takes exactly as
// written; and where neither knows the person, by a search, which ignores case
// but may lag behind. Deactivated users are found too.
func (k *Connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	out := offboarding.Account{System: System}
	subject, err := offboarding.ParseSubject(string(p.Email))
	if err != nil {
		return out, &transport.Error{Kind: transport.Identity, System: System, Op: "find user", Err: err}
	}
	cl, err := k.clients()
	if err != nil {
		return out, err
	}
	mail := string(subject)
	var byLogin *sdk.User
	var listed []*sdk.User
	var own []owner
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		byLogin, err = cl.read.user(gctx, mail)
		if status(err, 404) {
			return nil
		}
		return err
	})
	g.Go(func() (err error) { listed, err = cl.read.search(gctx, "filter", mail); return err })
	g.Go(func() (err error) { own, err = owners(gctx, cl); return err })
	if err := g.Wait(); err != nil {
		return out, err
	}
	if byLogin != nil {
		listed = append(listed, byLogin)
	}
	if len(listed) == 0 {
		var seen string
		if listed, seen, err = k.searchAgain(ctx, cl.read, mail, own); err != nil {
			return out, err
		}
		out.Evidence = seen
	}
	u, err := only(listed, mail)
	if u == nil || err != nil {
		return out, err
	}
	k.describe(&out, u, cl.read)
	roles, err := adminRoles(ctx, cl.read, out.ID)
	if err != nil {
		return out, err
	}
	out.Admin = roles.text()
	out.Protected, err = k.protected(ctx, cl.read, out.ID, own, roles.super)
	return out, err
}

// user reads one user by id, login or "me", and refuses a record that is not
// the one asked for.
func (c *client) user(ctx context.Context, ref string) (*sdk.User, error) {
	u, _, err := c.userAt(ctx, ref)
	return u, err
}

func (c *client) userAt(ctx context.Context, ref string) (*sdk.User, *sdk.Response, error) {
	u, resp, err := c.sdk.User.GetUser(ctx, url.PathEscape(ref))
	if err = c.fail(readUser(), resp, err); err != nil {
		return nil, nil, err
	}
	if err := whole(u); err != nil {
		return nil, nil, err
	}
	if ref != "me" && u.Id != ref && !strings.EqualFold(attribute(u, "login"), ref) {
		return nil, nil, invalid(readUser(), "Okta answered with another user's record")
	}
	return u, resp, nil
}

// whole refuses a record that lacks what every user has.
func whole(u *sdk.User) error {
	if u == nil || u.Status == "" || u.Profile == nil || attribute(u, "login") == "" {
		return invalid(readUser(), "the answer is not a user's record")
	}
	if !userPattern.MatchString(u.Id) {
		return invalid(readUser(), fmt.Sprintf("the user's id %q is not one of Okta's", u.Id))
	}
	return nil
}

func attribute(u *sdk.User, key string) string {
	if u.Profile == nil {
		return ""
	}
	s, _ := (*u.Profile)[key].(string)
	return s
}

// search looks a login or e-mail up with "filter" or "search".
func (c *client) search(ctx context.Context, how, name string) ([]*sdk.User, error) {
	expr := "profile.login eq " + quoted(name) + " or profile.email eq " + quoted(name)
	users, err := list[*sdk.User](ctx, c, searchUser(), "/api/v1/users?limit=10&"+how+"="+url.QueryEscape(expr))
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		if err := whole(u); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// quoted is a value in Okta's expressions.
func quoted(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) + `"`
}

// searchAgain is the last look before a person counts as unknown. The same
// search has to find a user who is known to be there.
func (k *Connector) searchAgain(ctx context.Context, c *client, mail string, own []owner) (found []*sdk.User, evidence string, err error) {
	var control *sdk.User
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { found, err = c.search(gctx, "search", mail); return err })
	g.Go(func() error {
		users, _, err := k.controls(gctx, c, "", own)
		if err != nil || len(users) == 0 {
			return err
		}
		login := attribute(users[0], "login")
		again, err := c.search(gctx, "search", login)
		for _, u := range again {
			if u.Id == users[0].Id {
				control = u
			}
		}
		return err
	})
	if err := g.Wait(); err != nil || len(found) > 0 {
		return found, "", err
	}
	if control == nil {
		return nil, "", invalid(searchUser(), "neither the person nor a user who is known to be there is found; is this the right org, and may the credential see its users? Look at base_url and control_users")
	}
	return nil, fmt.Sprintf("no user has the login or e-mail %s; the same search found user %s", mail, control.Id), nil
}

// only gives the one user who matches, nil for none, and an error for several
// or for one who was not asked for.
func only(users []*sdk.User, mail string) (*sdk.User, error) {
	var one *sdk.User
	for _, u := range users {
		if !strings.EqualFold(attribute(u, "login"), mail) && !strings.EqualFold(attribute(u, "email"), mail) {
			return nil, invalid(searchUser(), "Okta answered with another user's record")
		}
		if one != nil && one.Id != u.Id {
			return nil, &transport.Error{
				Kind: transport.Identity, System: System, Op: "find user",
				Detail: fmt.Sprintf("%s is the login or e-mail of more than one user: %s and %s", mail, one.Id, u.Id),
				Fix:    "take the address away from the one who stays, then decide retry",
			}
		}
		one = u
	}
	return one, nil
}

// addresses are the work addresses that the profile vouches for: the e-mail,
// and the login where it is one. Never secondEmail, which is for recovery and
// may be private, or somebody else's.
func addresses(u *sdk.User) []string {
	var out []string
	for _, key := range []string{"login", "email"} {
		s, err := offboarding.ParseSubject(attribute(u, key))
		if err == nil && !slices.Contains(out, string(s)) {
			out = append(out, string(s))
		}
	}
	return out
}

// describe fills an account in from the user's record.
func (k *Connector) describe(a *offboarding.Account, u *sdk.User, c *client) {
	a.Found, a.ID, a.Status = true, u.Id, u.Status
	a.Login, a.Email = attribute(u, "login"), attribute(u, "email")
	a.Emails = addresses(u)
	a.Evidence = fmt.Sprintf("user %s read with the %s credential", u.Id, c.name)
	switch login := attribute(u, k.config.GitHubLoginAttribute); {
	case login == "":
	case loginPattern.MatchString(login):
		a.Logins = map[offboarding.System]string{"github": login}
	default:
		a.Evidence += fmt.Sprintf("; the profile's %s is no GitHub login and was left out", k.config.GitHubLoginAttribute)
	}
}
