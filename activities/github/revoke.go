package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	gh "github.com/google/go-github/v57/github"

	"lastday/activities"
	"lastday/offboarding"
)

// batch is what is read with one call before its grants are ended.
type batch struct {
	class offboarding.Class
	place place // without an id where one list shows several grants
}

// rounds are the writes that wait for each other: a membership goes after
// everything that GitHub only does for members, outside collaborations after it.
type rounds [3]map[batch][]offboarding.Grant

// Revoke implements activities.Connector. Exactly the given grants are ended,
// those that do not depend on each other at the same time. One grant's failure
// does not hold up the others of its round.
func (c *Connector) Revoke(ctx context.Context, a offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	w, err := subjectOf(a)
	if err != nil {
		return err
	}
	all, err := c.sort(w, grants)
	if err != nil {
		return err
	}
	s := c.session(c.primary)
	r, err := s.prepare(ctx, a)
	if err != nil {
		return err
	}
	for _, round := range all {
		steps := make([]func() error, 0, len(round))
		for b, list := range round {
			steps = append(steps, func() error { return s.end(ctx, r, b, list, j) })
		}
		if err := parallel(steps...); err != nil {
			return err
		}
	}
	return nil
}

// sort puts the grants into rounds and batches; a grant that is none of this
// connector's, or needs an account that is not known, stops everything.
func (c *Connector) sort(w subject, grants []offboarding.Grant) (rounds, error) {
	all := rounds{{}, {}, {}}
	for _, g := range grants {
		p, err := c.placeOf(g)
		if err != nil {
			return rounds{}, err
		}
		if !w.linked() && g.Class != offboarding.Invitations {
			return rounds{}, identity("read grant", fmt.Sprintf("%s/%s needs a GitHub account, and only an invitation is known", g.Class, g.ID), "nothing was changed; find the person again")
		}
		b, n := batch{class: g.Class, place: p}, 0
		switch g.Class {
		case offboarding.Membership:
			n = 1
		case offboarding.OutsideCollaboration:
			n = 2
		case offboarding.SSOCredentials, offboarding.AccessTokens, offboarding.Invitations, offboarding.DeployKeys:
			b.place.id = 0
		case offboarding.Collaborations:
			if p.id != 0 {
				b.place.id, b.place.team = 0, invites // one list shows all invitations to a repository
			}
		default: // one call shows one grant
		}
		all[n][b] = append(all[n][b], g)
	}
	return all, nil
}

// end reads what is still there of a batch and removes that.
func (s *session) end(ctx context.Context, r ready, b batch, grants []offboarding.Grant, j *activities.Journal) error {
	held, err := s.held(ctx, r, b)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, g := range held {
		there[fold(g.ID)] = true
	}
	steps := make([]func() error, 0, len(grants))
	for _, g := range grants {
		steps = append(steps, func() error {
			p, err := s.c.placeOf(g)
			if err != nil {
				return err
			}
			if !there[fold(g.ID)] {
				a := absent(doing[b.class], g.Class, g.ID)
				if !r.who.linked() && !slices.ContainsFunc(j.Actions(), func(b offboarding.Action) bool { return b.Class == a.Class && b.ID == a.ID }) {
					a.Answer = lapsed + ", or cancelled before"
				}
				j.Done(a)
				return nil
			}
			if g.Class == offboarding.OutsideCollaboration {
				return s.dismiss(ctx, p.org, r.who, j)
			}
			resp, err := s.remove(ctx, r.who, g.Class, p)
			return record(j, doing[b.class], g.Class, g.ID, resp, err)
		})
	}
	return parallel(steps...)
}

// doing names the removal of a class in the journal.
var doing = map[offboarding.Class]string{
	offboarding.Membership:           "remove from organisation",
	offboarding.Groups:               "remove from team",
	offboarding.Roles:                "remove organisation role",
	offboarding.OutsideCollaboration: "remove outside collaborator",
	offboarding.Collaborations:       "remove from repository",
	offboarding.Invitations:          "cancel invitation",
	offboarding.SSOCredentials:       "revoke SSO credential",
	offboarding.AccessTokens:         "revoke fine-grained token",
	offboarding.DeployKeys:           "delete deploy key",
	offboarding.Seats:                "cancel Copilot seat",
}

// held lists what the subject still has of a batch.
func (s *session) held(ctx context.Context, r ready, b batch) ([]offboarding.Grant, error) {
	w, p := r.who, b.place
	one := func(there bool, id string) []offboarding.Grant {
		if !there {
			return nil
		}
		return []offboarding.Grant{{Class: b.class, ID: id}}
	}
	switch b.class {
	case offboarding.Membership:
		return one(r.members[fold(p.org)] != nil, p.org), nil
	case offboarding.Groups:
		m, err := s.teamMembership(ctx, p.org, p.team, w.login)
		return one(m != nil, p.org+"/"+p.team), err
	case offboarding.Roles:
		users, err := s.roleUsers(ctx, p.org, p.id)
		for _, u := range users {
			if w.is(u.ID) {
				return one(true, p.org+"/"+itoa(p.id)), err
			}
		}
		return nil, err
	case offboarding.Collaborations:
		read := s.directIn
		if p.team == invites {
			read = s.invitesIn
		}
		f, err := read(ctx, p.org, p.repo, w)
		return f.grants, err
	case offboarding.DeployKeys:
		// By id alone: an account that was deleted leaves its keys without an author.
		list, err := s.deployKeys(ctx, p.org, p.repo)
		held := make([]offboarding.Grant, 0, len(list))
		for _, k := range list {
			held = append(held, offboarding.Grant{Class: b.class, ID: fmt.Sprintf("%s/%s/%d", p.org, p.repo, k.GetID())})
		}
		return held, err
	case offboarding.Seats:
		seats, err := s.allSeats(ctx, p.org)
		for _, st := range seats {
			if st.Assignee != nil && w.is(st.Assignee.GetID()) {
				return one(st.Ending == "", p.org), err
			}
		}
		return nil, err
	default:
		return s.heldByList(ctx, w, b)
	}
}

// heldByList is for the classes whose inventory is one list an organisation.
func (s *session) heldByList(ctx context.Context, w subject, b batch) ([]offboarding.Grant, error) {
	read := map[offboarding.Class]func(context.Context, string, subject) (sighting, error){
		offboarding.OutsideCollaboration: s.outside, offboarding.Invitations: s.pending, offboarding.SSOCredentials: s.credentials,
		offboarding.AccessTokens: s.accessTokens,
	}[b.class]
	seen, err := read(ctx, b.place.org, w)
	if err == nil && seen.sight == offboarding.Blind && seen.refused {
		err = refused(b, seen)
	}
	return seen.grants, err
}

// remove makes the one call that ends a grant.
func (s *session) remove(ctx context.Context, w subject, class offboarding.Class, p place) (*gh.Response, error) {
	client := s.in(p.org)
	del := func(format string, args ...any) (*gh.Response, error) {
		return s.raw(ctx, p.org, http.MethodDelete, fmt.Sprintf(format, args...), nil, nil)
	}
	switch class {
	case offboarding.Membership:
		return client.Organizations.RemoveOrgMembership(ctx, w.login, p.org)
	case offboarding.Groups:
		return client.Teams.RemoveTeamMembershipBySlug(ctx, p.org, p.team, w.login)
	case offboarding.Roles:
		return del("orgs/%s/organization-roles/users/%s/%d", p.org, w.login, p.id)
	case offboarding.Collaborations:
		if p.id != 0 {
			return client.Repositories.DeleteInvitation(ctx, p.org, p.repo, p.id)
		}
		return client.Repositories.RemoveCollaborator(ctx, p.org, p.repo, w.login)
	case offboarding.Invitations:
		return del("orgs/%s/invitations/%d", p.org, p.id)
	case offboarding.SSOCredentials:
		return client.Organizations.RemoveCredentialAuthorization(ctx, p.org, p.id)
	case offboarding.AccessTokens:
		return s.raw(ctx, p.org, http.MethodPost, fmt.Sprintf("orgs/%s/personal-access-tokens/%d", p.org, p.id), map[string]string{"action": "revoke"}, nil)
	case offboarding.DeployKeys:
		return client.Repositories.DeleteKey(ctx, p.org, p.repo, p.id)
	case offboarding.Seats:
		return s.cancelSeat(ctx, p.org, w.login)
	default:
		return nil, identity("remove grant", fmt.Sprintf("class %s is none of GitHub's", class), "nothing was changed")
	}
}

// cancelSeat cancels the seat; a 200 that cancelled nothing is no success.
func (s *session) cancelSeat(ctx context.Context, org, login string) (*gh.Response, error) {
	var answer struct {
		Cancelled *int `json:"seats_cancelled"`
	}
	body := map[string][]string{"selected_usernames": {login}}
	resp, err := s.raw(ctx, org, http.MethodDelete, fmt.Sprintf("orgs/%s/copilot/billing/selected_users", org), body, &answer)
	if err == nil && (answer.Cancelled == nil || *answer.Cancelled < 1) {
		err = invalid("cancel Copilot seat "+org, "GitHub says that it cancelled none")
	}
	return resp, err
}
