package okta

import (
	"context"
	"fmt"
	"slices"
	"strings"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// owner is the user an API token belongs to.
type owner struct {
	user *sdk.User
	of   string // "primary" or "observer"
}

// owners reads whose API tokens ours are. A service app has no owner. An
// observer's token that Okta refuses has none worth protecting: it cannot stop
// working any more, and must not keep anybody's access alive.
func owners(ctx context.Context, cl *clients) ([]owner, error) {
	asked := []*client{cl.read}
	if cl.observe.name != cl.read.name {
		asked = append(asked, cl.observe)
	}
	found := make([]*sdk.User, len(asked))
	g, ctx := errgroup.WithContext(ctx)
	for i, c := range asked {
		if c.app {
			continue
		}
		g.Go(func() error {
			u, err := c.user(ctx, "me")
			if i > 0 && transport.IsKind(err, transport.Unauthorized) {
				return nil
			}
			found[i] = u
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []owner
	for i, u := range found {
		if u != nil {
			out = append(out, owner{u, asked[i].name})
		}
	}
	return out, nil
}

// protected says why the user, a super administrator or not, must not be cut;
// empty if nothing speaks against it.
func (k *Connector) protected(ctx context.Context, c *client, id string, own []owner, super bool) (string, error) {
	for _, o := range own {
		if o.user.Id == id {
			return fmt.Sprintf("this user owns the %s API token that Lastday itself uses", o.of), nil
		}
	}
	if !super {
		return "", nil
	}
	others, _, err := k.controls(ctx, c, id, own)
	if err != nil {
		return "", err
	}
	for _, o := range own {
		others = append(others, o.user)
	}
	for _, u := range others {
		if other, err := adminRoles(ctx, c, u.Id); err != nil || (other.super && u.Status == "ACTIVE") {
			return "", err
		}
	}
	return "this user is a super administrator, and no other active one was seen: name one who stays in control_users", nil
}

// adminship is what is known of a user's active admin roles.
type adminship struct {
	held   []string // as people read them, sorted
	super  bool
	hidden bool // the credential may not read roles
}

// adminRoles reads the user's active admin roles. A credential that may not
// read roles may not touch an administrator either: Okta itself refuses it, so
// for the guard they count as none.
func adminRoles(ctx context.Context, c *client, id string) (adminship, error) {
	roles, err := c.roles(ctx, id)
	switch {
	case status(err, 403):
		return adminship{hidden: true}, nil
	case status(err, 404):
		return adminship{}, nil
	case err != nil:
		return adminship{}, err
	}
	var out adminship
	for _, r := range roles {
		if r.Status == "INACTIVE" {
			continue
		}
		out.held = append(out.held, r.label())
		out.super = out.super || r.Type == "SUPER_ADMIN"
	}
	slices.Sort(out.held)
	return out, nil
}

// text is offboarding.Account's Admin.
func (a adminship) text() string {
	if a.hidden {
		return "its admin roles cannot be read"
	}
	return strings.Join(a.held, ", ")
}

// controls reads the users who are known to be there: those configured, else
// the token's owner. Those who are not active, and the leaver, are left out;
// why says what is wrong where none is left.
func (k *Connector) controls(ctx context.Context, c *client, leaver string, own []owner) (users []*sdk.User, why string, err error) {
	refs := k.config.ControlUsers
	if len(refs) == 0 {
		refs = []string{"me"}
	}
	found := make([]*sdk.User, len(refs))
	notes := make([]string, len(refs))
	g, ctx := errgroup.WithContext(ctx)
	for i, ref := range refs {
		if at := slices.IndexFunc(own, func(o owner) bool { return o.of == c.name }); ref == "me" && at >= 0 {
			found[i] = own[at].user
			continue
		}
		g.Go(func() error {
			u, err := c.user(ctx, ref)
			if status(err, 404) || status(err, 403) {
				notes[i] = fmt.Sprintf("control user %s is not to be seen", ref)
				return nil
			}
			found[i] = u
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, "", err
	}
	for i, u := range found {
		switch {
		case u == nil:
		case u.Id == leaver:
			notes[i] = fmt.Sprintf("control user %s is the leaver", refs[i])
		case u.Status != "ACTIVE":
			notes[i] = fmt.Sprintf("control user %s is %s", refs[i], u.Status)
		default:
			users = append(users, u)
		}
	}
	if len(users) == 0 {
		notes = slices.DeleteFunc(notes, func(s string) bool { return s == "" })
		why = strings.Join(notes, ", ") + ": name an active user who stays in control_users"
	}
	return users, why, nil
}

// admit is what Contain and Revoke do right before their first write: read the
// user by id, and refuse a protected one. A user who is gone is nil.
func (k *Connector) admit(ctx context.Context, cl *clients, c *client, a offboarding.Account) (*sdk.User, error) {
	if err := checkID(a.ID); err != nil {
		return nil, err
	}
	if a.Protected != "" {
		return nil, refusal(a.Protected)
	}
	var u *sdk.User
	var own []owner
	var roles adminship
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		u, err = c.user(gctx, a.ID)
		if status(err, 404) {
			return nil
		}
		return err
	})
	g.Go(func() (err error) { own, err = owners(gctx, cl); return err })
	g.Go(func() (err error) { roles, err = adminRoles(gctx, c, a.ID); return err })
	if err := g.Wait(); err != nil || u == nil {
		return nil, err
	}
	if u.Id != a.ID {
		return nil, invalid(readUser(), "Okta answered with another user's record")
	}
	why, err := k.protected(ctx, c, a.ID, own, roles.super)
	if err == nil && why != "" {
		err = refusal(why)
	}
	return u, err
}

func checkID(id string) error {
	if userPattern.MatchString(id) {
		return nil
	}
	return &transport.Error{Kind: transport.Identity, System: System, Op: "check user id", Detail: fmt.Sprintf("%q is not an Okta user id", id), Fix: "find the person again"}
}

func refusal(why string) error {
	return &transport.Error{Kind: transport.Protected, System: System, Op: "check before writing", Detail: why, Fix: "nothing was changed"}
}
