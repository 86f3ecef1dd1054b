package okta

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// ownGroup is the type of the groups that Okta itself keeps. Okta holds their
// names apart from each other, case included; a group that an app or directory
// feeds (APP_GROUP) may have the name of one of them, so its name says nothing.
const ownGroup = "OKTA_GROUP"

// Directory tells who is in which of Okta's own groups, for a policy that names
// them. It reads with the observer's credential, or the primary one where there
// is no other, and can make no other calls than its own. It keeps nothing. Its
// methods are safe for concurrent use.
type Directory struct{ people, groups func() (*client, error) }

// NewDirectory checks the configuration. It calls nobody and reads no secret.
func NewDirectory(c Config) (*Directory, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("okta: %w", err)
	}
	return &Directory{
		people: reader(c, "GET /api/v1/users", "GET /api/v1/users/{id}", "GET /api/v1/users/{id}/groups"),
		groups: reader(c, "GET /api/v1/groups"),
	}, nil
}

// reader builds the way out to the listed calls when it is first needed.
func reader(c Config, allow ...string) func() (*client, error) {
	return sync.OnceValues(func() (*client, error) {
		cred, name := c.observing()
		pool, err := c.connections()
		if err != nil {
			return nil, err
		}
		auth, err := cred.authorizer(c, pool)
		if err != nil {
			return nil, err
		}
		return newClient(name, c, auth, pool, allow)
	})
}

// Groups lists the names of Okta's own groups that the person is in, sorted.
// Those that an app or directory feeds, and Okta's built-in ones, are left out.
// Somebody whom Okta does not know is in none. Whatever leaves a doubt is an
// error, because a policy may also refuse the members of a group: an account
// that is not ACTIVE, several users with this login or e-mail, another user's
// record, and a list without the built-in group that every user is in
// (Everyone), which is not the whole list.
func (d *Directory) Groups(ctx context.Context, email offboarding.Subject) ([]string, error) {
	subject, err := offboarding.ParseSubject(string(email))
	if err != nil {
		return nil, &transport.Error{Kind: transport.Identity, System: System, Op: "find user", Err: err}
	}
	c, err := d.people()
	if err != nil {
		return nil, err
	}
	u, err := c.person(ctx, string(subject))
	if u == nil || err != nil {
		return nil, outsideACase(err)
	}
	if u.Status != "ACTIVE" || u.TransitioningToStatus != "" {
		return nil, &transport.Error{
			Kind: transport.Refused, System: System, Op: "look at the account",
			Detail: fmt.Sprintf("the Okta account of %s is not active: %s", subject, strings.TrimSpace(u.Status+" "+u.TransitioningToStatus)),
			Fix:    "have an administrator of Okta look at it",
		}
	}
	names, err := c.ownGroups(ctx, u.Id)
	return names, outsideACase(err)
}

// Missing gives those of the names that no group of Okta's own has, as far as
// the credential sees. Case matters.
func (d *Directory) Missing(ctx context.Context, names []string) ([]string, error) {
	c, err := d.groups()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, name := range names {
		search := "type eq " + quoted(ownGroup) + " and profile.name eq " + quoted(name)
		found, err := list[*sdk.Group](ctx, c, call{"search groups", "okta.groups.read"}, "/api/v1/groups?limit=200&search="+url.QueryEscape(search))
		if err != nil {
			return nil, outsideACase(err)
		}
		if !slices.ContainsFunc(found, func(g *sdk.Group) bool {
			return g != nil && g.Type == ownGroup && g.Profile != nil && g.Profile.Name == name
		}) {
			out = append(out, name)
		}
	}
	return out, nil
}

// person is the one user with this login or e-mail; nil if there is none.
func (c *client) person(ctx context.Context, mail string) (*sdk.User, error) {
	var byLogin *sdk.User
	var listed []*sdk.User
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		byLogin, err = c.user(ctx, mail)
		if status(err, 404) {
			return nil
		}
		return err
	})
	g.Go(func() (err error) { listed, err = c.search(ctx, "filter", mail); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if byLogin != nil {
		listed = append(listed, byLogin)
	}
	return only(listed, mail)
}

func (c *client) ownGroups(ctx context.Context, user string) ([]string, error) {
	op := call{"list groups", "okta.groups.read"}
	all, err := list[sdk.Group](ctx, c, op, "/api/v1/users/"+user+"/groups?limit=200")
	if err != nil {
		return nil, err
	}
	var names []string
	whole := false
	for _, g := range all {
		switch {
		case g.Type == "" || g.Profile == nil || g.Profile.Name == "":
			return nil, invalid(op, "the answer holds something that is not a group")
		case g.Type == "BUILT_IN":
			whole = true
		case g.Type == ownGroup:
			names = append(names, g.Profile.Name)
		}
	}
	if !whole {
		e := &transport.Error{Kind: transport.Invalid, System: System, Op: op.what, Detail: "the list lacks the group that every user is in, so it is not the whole list"}
		e.Fix = "let the " + c.name + " credential see all groups"
		return nil, e
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// outsideACase takes the advice for whoever decides in a case from an error.
func outsideACase(err error) error {
	var e *transport.Error
	if !errors.As(err, &e) {
		return err
	}
	out := *e
	out.Fix = strings.TrimSuffix(e.Fix, ", then decide retry")
	if e.Kind == transport.Identity {
		out.Fix = "let the address be one user's alone"
	}
	return &out
}
