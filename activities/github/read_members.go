package github

import (
	"context"
	"fmt"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"lastday/offboarding"
)

// control is a member who stays: the configured one, else the first owner who
// is not the subject.
func (s *session) control(ctx context.Context, org string, w subject) (string, error) {
	if l := s.c.cfg.ControlMember; l != "" && !w.named(l) {
		return l, nil
	}
	owners, err := s.ownersOf(ctx, org)
	if err != nil {
		return "", err
	}
	for _, o := range owners {
		if !w.is(o.GetID()) && validLogin(o.GetLogin()) {
			return o.GetLogin(), nil
		}
	}
	return "", nil
}

// membership is absent only if the same call finds the control member. A
// pending membership is an invitation, and listed as such.
func (s *session) membership(ctx context.Context, org string, w subject) (sighting, error) {
	var mine, theirs *gh.Membership
	var control string
	steps := []func() error{func() (err error) {
		if control, err = s.control(ctx, org, w); err == nil && control != "" {
			theirs, err = s.membershipOf(ctx, org, control)
		}
		return err
	}}
	if w.linked() {
		steps = append(steps, func() (err error) { mine, err = s.membershipOf(ctx, org, w.login); return })
	}
	if err := parallel(steps...); err != nil {
		return sighting{}, err
	}
	if mine != nil && !w.is(mine.GetUser().GetID()) {
		return sighting{}, invalid("read membership in "+org, "the answer is about account %d, not %d", mine.GetUser().GetID(), w.id)
	}
	if theirs == nil || theirs.GetState() != "active" || theirs.GetUser().GetID() == 0 {
		return blind("%s: the control member %q is not seen, so a missing membership proves nothing; set control_member to a member who stays", org, control), nil
	}
	seen := sighting{sight: offboarding.Absent, control: fmt.Sprintf("%s: the same call finds user %d", org, theirs.GetUser().GetID())}
	if mine != nil && mine.GetState() == "active" {
		seen.sight = offboarding.Present
		seen.grants = []offboarding.Grant{{
			Class: offboarding.Membership, ID: org, Label: fmt.Sprintf("%s (%s)", org, mine.GetRole()), Closes: offboarding.StepContain,
		}}
	}
	return seen, nil
}

// groups asks every team for the person. The control is another member of a
// team, found by the same call.
func (s *session) groups(ctx context.Context, org string, w subject) (sighting, error) {
	teams, err := s.teams(ctx, org)
	if err != nil {
		return sighting{}, err
	}
	others := 0
	held := make([]*gh.Membership, len(teams))
	steps := []func() error{func() (err error) { others, err = s.teamControl(ctx, org, teams, w); return }}
	for i, t := range teams {
		steps = append(steps, func() (err error) { held[i], err = s.teamMembership(ctx, org, t.GetSlug(), w.login); return })
	}
	if err := parallel(steps...); err != nil {
		return sighting{}, err
	}
	var grants []offboarding.Grant
	for i, m := range held {
		if m != nil {
			slug := teams[i].GetSlug()
			grants = append(grants, offboarding.Grant{
				Class: offboarding.Groups, ID: org + "/" + slug, Label: fmt.Sprintf("%s (%s)", teams[i].GetName(), m.GetRole()), Closes: offboarding.StepContain,
			})
		}
	}
	return s.c.seen(org, offboarding.Groups, grants, others, "team memberships"), nil
}

func (s *session) teams(ctx context.Context, org string) ([]*gh.Team, error) {
	op := "list teams of " + org
	list, err := pages(ctx, s, op, func(ctx context.Context, p gh.ListOptions) ([]*gh.Team, *gh.Response, error) {
		return s.in(org).Teams.ListTeams(ctx, org, &p)
	})
	for _, t := range list {
		if !validTeam(t.GetSlug()) {
			return nil, invalid(op, "%q is not a team's slug", t.GetSlug())
		}
	}
	return list, err
}

// teamControl finds a team with another member and that member's membership.
func (s *session) teamControl(ctx context.Context, org string, teams []*gh.Team, w subject) (int, error) {
	for _, t := range teams {
		slug := t.GetSlug()
		members, _, err := s.in(org).Teams.ListTeamMembersBySlug(ctx, org, slug, &gh.TeamListTeamMembersOptions{ListOptions: gh.ListOptions{PerPage: 5}})
		if err != nil {
			return 0, fail("list members of team "+slug, err)
		}
		for _, m := range members {
			if w.is(m.GetID()) || !validLogin(m.GetLogin()) {
				continue
			}
			found, err := s.teamMembership(ctx, org, slug, m.GetLogin())
			if err != nil || found != nil {
				return 1, err
			}
		}
	}
	return 0, nil
}

// teamMembership reads a person's membership of a team; nil if there is none.
func (s *session) teamMembership(ctx context.Context, org, slug, login string) (*gh.Membership, error) {
	op := fmt.Sprintf("read membership of %s in team %s", login, slug)
	m, _, err := s.in(org).Teams.GetTeamMembershipBySlug(ctx, org, slug, login)
	m, ok, err := notFoundOK(op, m, err)
	if err != nil || !ok {
		return nil, err
	}
	if m.GetState() == "" || !strings.HasSuffix(strings.ToLower(m.GetURL()), "/memberships/"+fold(login)) {
		return nil, invalid(op, "the answer is about another membership")
	}
	return m, nil
}

// orgRole is an organisation role; the SDK's version does not know them.
type orgRole struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type roleUser struct {
	ID         int64  `json:"id"`
	Assignment string `json:"assignment"`
}

// roles lists the assignments of every organisation role.
func (s *session) roles(ctx context.Context, org string, w subject) (sighting, error) {
	op := "list organisation roles of " + org
	var list struct {
		Roles []orgRole `json:"roles"`
		Total int       `json:"total_count"`
	}
	if _, err := s.raw(ctx, org, "GET", fmt.Sprintf("orgs/%s/organization-roles", org), nil, &list); err != nil {
		return sighting{}, fail(op, err)
	}
	if list.Roles == nil || len(list.Roles) < list.Total {
		return sighting{}, invalid(op, "%d of %d roles are shown", len(list.Roles), list.Total)
	}
	users := make([][]roleUser, len(list.Roles))
	steps := make([]func() error, 0, len(list.Roles))
	for i, r := range list.Roles {
		steps = append(steps, func() (err error) { users[i], err = s.roleUsers(ctx, org, r.ID); return })
	}
	if err := parallel(steps...); err != nil {
		return sighting{}, err
	}
	var grants []offboarding.Grant
	others := 0
	for i, r := range list.Roles {
		for _, u := range users[i] {
			if !w.is(u.ID) {
				others++
				continue
			}
			label := r.Name
			if u.Assignment == "indirect" {
				label += " (through a team)"
			}
			grants = append(grants, offboarding.Grant{Class: offboarding.Roles, ID: org + "/" + itoa(r.ID), Label: label, Closes: offboarding.StepRevoke})
		}
	}
	return s.c.seen(org, offboarding.Roles, grants, others, "organisation roles"), nil
}

func (s *session) roleUsers(ctx context.Context, org string, id int64) ([]roleUser, error) {
	op := fmt.Sprintf("list users of organisation role %d in %s", id, org)
	return pages(ctx, s, op, func(ctx context.Context, p gh.ListOptions) ([]roleUser, *gh.Response, error) {
		var list []roleUser
		resp, err := s.raw(ctx, org, "GET", fmt.Sprintf("orgs/%s/organization-roles/%d/users?page=%d&per_page=%d", org, id, p.Page, p.PerPage), nil, &list)
		return list, resp, err
	})
}

// outside reads the list of outside collaborators.
func (s *session) outside(ctx context.Context, org string, w subject) (sighting, error) {
	list, err := s.outsiders(ctx, org)
	if err != nil {
		return sighting{}, err
	}
	var grants []offboarding.Grant
	others := 0
	for _, u := range list {
		if !w.is(u.GetID()) {
			others++
			continue
		}
		grants = append(grants, offboarding.Grant{Class: offboarding.OutsideCollaboration, ID: org, Label: org, Closes: offboarding.StepContain})
	}
	return s.c.seen(org, offboarding.OutsideCollaboration, grants, others, "outside collaborations"), nil
}

func (s *session) outsiders(ctx context.Context, org string) ([]*gh.User, error) {
	return pages(ctx, s, "list outside collaborators of "+org, func(ctx context.Context, p gh.ListOptions) ([]*gh.User, *gh.Response, error) {
		return s.in(org).Organizations.ListOutsideCollaborators(ctx, org, &gh.ListOutsideCollaboratorsOptions{ListOptions: p})
	})
}

// pending reads the organisation's pending invitations, by login and e-mail.
func (s *session) pending(ctx context.Context, org string, w subject) (sighting, error) {
	list, err := s.invitations(ctx, org)
	if err != nil {
		return sighting{}, err
	}
	var grants []offboarding.Grant
	others := 0
	for _, i := range list {
		if !w.invited(i) {
			others++
			continue
		}
		to := i.GetLogin()
		if to == "" {
			to = i.GetEmail()
		}
		grants = append(grants, offboarding.Grant{Class: offboarding.Invitations, ID: org + "/" + itoa(i.GetID()), Label: to + " to " + org, Closes: offboarding.StepRevoke})
	}
	return s.c.seen(org, offboarding.Invitations, grants, others, "pending invitations"), nil
}

func (s *session) invitations(ctx context.Context, org string) ([]*gh.Invitation, error) {
	return pages(ctx, s, "list invitations to "+org, func(ctx context.Context, p gh.ListOptions) ([]*gh.Invitation, *gh.Response, error) {
		return s.in(org).Organizations.ListPendingOrgInvitations(ctx, org, &p)
	})
}

// invited reports whether an invitation is the subject's, by login or e-mail.
func (w subject) invited(i *gh.Invitation) bool {
	return w.named(i.GetLogin()) || (w.email != "" && strings.EqualFold(i.GetEmail(), w.email))
}
