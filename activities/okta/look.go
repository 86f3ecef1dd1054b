package okta

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// sight is what one look at a class of a user showed.
type sight struct {
	grants []offboarding.Grant
	// witness is something in the very same answer that is known to be there
	// whoever is asked about, so that an answer without grants is no lie.
	witness string
}

// shows names something that the answer held, empty for an empty one.
func (s sight) shows() string {
	if s.witness == "" && len(s.grants) > 0 {
		return s.grants[0].Label
	}
	return s.witness
}

// look lists one class of a user. A closer look also asks of each device
// whether others use it.
func (k *Connector) look(ctx context.Context, c *client, class offboarding.Class, user string, closer bool) (sight, error) {
	var s sight
	var err error
	switch class {
	case offboarding.OAuthTokens:
		s.grants, err = c.oauthClients(ctx, user)
	case offboarding.APITokens:
		s, err = k.apiTokens(ctx, c, user)
	case offboarding.AdminRoles:
		var roles []heldRole
		roles, err = c.roles(ctx, user)
		for _, r := range roles {
			s.grants = append(s.grants, grant(class, r.ID, r.label()))
		}
	case offboarding.Factors:
		s.grants, err = c.factors(ctx, user)
	case offboarding.Groups:
		s, err = c.groups(ctx, user)
	case offboarding.Apps:
		s.grants, err = c.apps(ctx, user)
	case offboarding.Devices:
		s.grants, err = c.devices(ctx, user, closer)
	default:
		return s, &transport.Error{Kind: transport.Refused, System: System, Op: "look at " + string(class), Detail: "Okta has no such class"}
	}
	for _, g := range s.grants {
		if !subPattern.MatchString(g.ID) {
			return s, invalid(call{what: "list " + string(class)}, fmt.Sprintf("the id %q is not one of Okta's", g.ID))
		}
	}
	slices.SortFunc(s.grants, func(a, b offboarding.Grant) int { return strings.Compare(a.ID, b.ID) })
	return s, err
}

func grant(class offboarding.Class, id, label string) offboarding.Grant {
	return offboarding.Grant{Class: class, ID: id, Label: label, Closes: offboarding.StepRevoke}
}

func alien(op call) error { return invalid(op, "the answer holds another user's record") }

// oauthClients lists the clients that hold a refresh token or a consent of the
// user. Okta's list of clients has both; its list of consents is asked too,
// for consents to a client that is no longer listed.
func (c *client) oauthClients(ctx context.Context, user string) ([]offboarding.Grant, error) {
	var clients []sdk.OAuth2Client
	var consents []sdk.OAuth2ScopeConsentGrant
	op := call{"list OAuth grants", "okta.users.read"}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		clients, err = list[sdk.OAuth2Client](ctx, c, call{"list OAuth clients", "okta.users.read"}, "/api/v1/users/"+user+"/clients")
		return err
	})
	g.Go(func() (err error) {
		consents, err = list[sdk.OAuth2ScopeConsentGrant](ctx, c, op, "/api/v1/users/"+user+"/grants?limit=200")
		return err
	})
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var out []offboarding.Grant
	for _, cl := range clients {
		out = append(out, grant(offboarding.OAuthTokens, cl.ClientId, "client "+cl.ClientName))
	}
	for _, g := range consents {
		if g.UserId != "" && g.UserId != user {
			return nil, alien(op)
		}
		if !slices.ContainsFunc(out, func(have offboarding.Grant) bool { return have.ID == g.ClientId }) {
			out = append(out, grant(offboarding.OAuthTokens, g.ClientId, "client "+g.ClientId))
		}
	}
	return out, nil
}

// apiTokens reads the tokens of the whole org: Okta lists them by no user. A
// token of somebody else whom this org knows is the witness.
func (k *Connector) apiTokens(ctx context.Context, c *client, user string) (sight, error) {
	op := call{"list API tokens", "okta.apiTokens.read"}
	type token struct {
		ID     string `json:"id"`
		Name   string `json:"name"`
		UserID string `json:"userId"`
	}
	all, err := list[token](ctx, c, op, "/api/v1/api-tokens")
	if err != nil {
		return sight{}, err
	}
	var s sight
	owner := ""
	for _, t := range all {
		switch t.UserID {
		case "":
			return sight{}, invalid(op, "a token in the answer names no owner")
		case user:
			g := grant(offboarding.APITokens, t.ID, fmt.Sprintf("API token %q, which stops with its owner's account too", t.Name))
			g.Removal = k.config.APITokens
			s.grants = append(s.grants, g)
		default:
			s.witness, owner = "API token "+t.ID+" of another user", t.UserID
		}
	}
	if len(s.grants) > 0 || s.witness == "" {
		return s, nil
	}
	// The list of another org shows tokens of others as well.
	if !userPattern.MatchString(owner) {
		return sight{}, invalid(op, "a token's owner has an id that is not one of Okta's")
	}
	switch _, _, err := c.userAt(ctx, owner); {
	case status(err, 404):
		s.witness = ""
	case err != nil:
		return sight{}, err
	}
	return s, nil
}

// heldRole is a role assignment; the SDK's type drops the links' shape.
type heldRole struct {
	ID             string `json:"id"`
	Label          string `json:"label"`
	Type           string `json:"type"`
	Status         string `json:"status"`
	AssignmentType string `json:"assignmentType"`
	Links          struct {
		Assignee struct {
			Href string `json:"href"`
		} `json:"assignee"`
	} `json:"_links"`
}

// group is the id of the group that brings the role; empty for a direct one.
func (r heldRole) group() string {
	if r.AssignmentType != "GROUP" {
		return ""
	}
	return path.Base(r.Links.Assignee.Href)
}

func (r heldRole) label() string {
	name := r.Label
	if name == "" {
		name = r.Type
	}
	if g := r.group(); g != "" {
		return fmt.Sprintf("%s, by group %s", name, g)
	}
	return name
}

func (c *client) roles(ctx context.Context, user string) ([]heldRole, error) {
	op := call{"list admin roles", "okta.roles.read"}
	roles, err := list[heldRole](ctx, c, op, "/api/v1/users/"+user+"/roles")
	if err != nil {
		return nil, err
	}
	for _, r := range roles {
		if assignee := path.Base(r.Links.Assignee.Href); r.AssignmentType == "USER" && userPattern.MatchString(assignee) && assignee != user {
			return nil, alien(op)
		}
	}
	return roles, nil
}

func (c *client) factors(ctx context.Context, user string) ([]offboarding.Grant, error) {
	all, err := list[sdk.UserFactor](ctx, c, call{"list factors", "okta.users.read"}, "/api/v1/users/"+user+"/factors")
	var out []offboarding.Grant
	for _, f := range all {
		out = append(out, grant(offboarding.Factors, f.Id, f.Provider+" "+f.FactorType))
	}
	return out, err
}

// groups lists memberships. Everyone holds every user, so it is no grant but a
// witness. A group that an app or directory feeds is left to it, and reported.
func (c *client) groups(ctx context.Context, user string) (sight, error) {
	op := call{"list groups", "okta.groups.read"}
	all, err := list[sdk.Group](ctx, c, op, "/api/v1/users/"+user+"/groups")
	if err != nil {
		return sight{}, err
	}
	if len(all) == 0 {
		return sight{}, invalid(op, "the list lacks even the built-in group Everyone, in which every user is, so it is not the whole list")
	}
	var s sight
	for _, g := range all {
		name := g.Id
		if g.Profile != nil && g.Profile.Name != "" {
			name = g.Profile.Name
		}
		switch g.Type {
		case "BUILT_IN":
			s.witness = "group " + name
		case "":
			return s, invalid(op, "a group in the answer has no type")
		default:
			held := grant(offboarding.Groups, g.Id, "group "+name)
			if g.Type != "OKTA_GROUP" {
				held.Label += ", which is fed from outside of Okta: leave it there"
				held.Removal = offboarding.Report
			}
			s.grants = append(s.grants, held)
		}
	}
	return s, nil
}

func (c *client) apps(ctx context.Context, user string) ([]offboarding.Grant, error) {
	// The SDK's own type panics on a null in the list.
	type link struct {
		Assignment string `json:"appAssignmentId"`
		Instance   string `json:"appInstanceId"`
		Label      string `json:"label"`
	}
	all, err := list[link](ctx, c, call{"list app links", "okta.users.read"}, "/api/v1/users/"+user+"/appLinks")
	var out []offboarding.Grant
	for _, a := range all {
		id := a.Assignment
		if id == "" {
			id = a.Instance
		}
		// An app may have several links under one assignment.
		if !slices.ContainsFunc(out, func(g offboarding.Grant) bool { return g.ID == id }) {
			out = append(out, grant(offboarding.Apps, id, "app "+a.Label))
		}
	}
	return out, err
}

// deviceUser is somebody who uses a device.
type deviceUser struct {
	User struct {
		ID string `json:"id"`
	} `json:"user"`
}

// devices lists the user's devices. One that others use too is not taken from
// them without a person's word.
func (c *client) devices(ctx context.Context, user string, closer bool) ([]offboarding.Grant, error) {
	type entry struct {
		Device struct {
			ID      string `json:"id"`
			Profile struct {
				Name string `json:"displayName"`
			} `json:"profile"`
		} `json:"device"`
	}
	all, err := list[entry](ctx, c, call{"list devices", "okta.users.read"}, "/api/v1/users/"+user+"/devices")
	if err != nil {
		return nil, err
	}
	out := make([]offboarding.Grant, len(all))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(writesAtOnce)
	for i, d := range all {
		out[i] = grant(offboarding.Devices, d.Device.ID, "device "+d.Device.Profile.Name)
		if !closer || !subPattern.MatchString(d.Device.ID) {
			continue
		}
		g.Go(func() error {
			op := call{"list users of a device", "okta.devices.read"}
			users, err := list[deviceUser](ctx, c, op, "/api/v1/devices/"+d.Device.ID+"/users")
			switch {
			case status(err, 403):
				out[i].Removal = offboarding.Ask
				out[i].Label += ", which others may use: the credential lacks okta.devices.read"
			case err != nil:
				return err
			case !slices.ContainsFunc(users, func(u deviceUser) bool { return u.User.ID == user }):
				return alien(op)
			case len(users) > 1:
				out[i].Removal = offboarding.Ask
				out[i].Label += fmt.Sprintf(", which %d users share", len(users))
			}
			return nil
		})
	}
	return out, g.Wait()
}

// noDevices reports whether the org is positively known to have no devices
// API: Classic Engine orgs say so of themselves in their public metadata
// (GET /.well-known/okta-organization, pipeline v1).
func (c *client) noDevices(ctx context.Context) bool {
	var org struct {
		Pipeline string `json:"pipeline"`
	}
	_, err := c.get(ctx, call{what: "read org metadata"}, "/.well-known/okta-organization", &org)
	return err == nil && org.Pipeline == "v1"
}
