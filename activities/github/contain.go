package github

import (
	"context"
	"fmt"
	"net/http"
	"time"

	gh "github.com/google/go-github/v57/github"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Contain implements activities.Connector: in every organisation at once it
// revokes the SSO credentials, then removes the membership, then the outside
// collaboration, where there is one. An organisation where there is neither is
// journaled as already absent.
func (c *Connector) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	s := c.session(c.primary)
	orgs := c.cfg.Organizations
	saml := make([]bool, len(orgs))
	look := make([]func() error, len(orgs)) // beside the checks, to save their time
	for i, org := range orgs {
		look[i] = func() error { saml[i] = s.mayHaveSAML(ctx, org); return nil }
	}
	r, err := s.prepare(ctx, a, look...)
	if err != nil {
		return err
	}
	if !r.who.linked() {
		return nil // an invitation is no live access; Revoke cancels it
	}
	steps := make([]func() error, 0, len(orgs))
	for i, org := range orgs {
		steps = append(steps, func() error { return s.cut(ctx, org, r, saml[i], j) })
	}
	return parallel(steps...)
}

// cut ends live access to one organisation. The outside collaborators are read
// after the membership is gone: a former member who was a direct collaborator
// of a repository may have become one.
func (s *session) cut(ctx context.Context, org string, r ready, saml bool, j *activities.Journal) error {
	if m := r.members[fold(org)]; m != nil {
		if m.GetState() == "active" && saml {
			s.revokeCredentials(ctx, org, r.who, j)
		}
		if err := s.leave(ctx, org, r.who, j); err != nil {
			return err
		}
	}
	list, err := s.outsiders(ctx, org)
	if err != nil {
		return err
	}
	for _, u := range list {
		if r.who.is(u.GetID()) {
			return s.dismiss(ctx, org, r.who, j)
		}
	}
	if r.members[fold(org)] == nil {
		j.Done(absent("remove from organisation", offboarding.Membership, org))
	}
	return nil
}

// mayHaveSAML is false only where GitHub says that the plan has none.
func (s *session) mayHaveSAML(ctx context.Context, org string) bool {
	info, err := s.organization(ctx, org)
	return err != nil || !plansWithoutSAML[info.GetPlan().GetName()]
}

// revokeCredentials asks for the revocation of every SSO credential, which
// GitHub queues. It comes before the membership ends, as afterwards GitHub
// answers 404 to it; but the cut does not wait for it to succeed, since Revoke
// removes one by one what is left. Somebody without any loses nothing by it.
func (s *session) revokeCredentials(ctx context.Context, org string, w subject, j *activities.Journal) {
	resp, err := s.raw(ctx, org, http.MethodPost, fmt.Sprintf("orgs/%s/credential-authorizations/%s/revoke", org, w.login), nil, nil)
	if accepted(err) == nil {
		j.Done(done("revoke SSO credentials", offboarding.SSOCredentials, org, resp))
	}
}

// leave removes the membership, or cancels the pending one.
func (s *session) leave(ctx context.Context, org string, w subject, j *activities.Journal) error {
	const do = "remove from organisation"
	resp, err := s.in(org).Organizations.RemoveOrgMembership(ctx, w.login, org)
	return record(j, do, offboarding.Membership, org, resp, err)
}

// dismiss removes an outside collaborator from all repositories.
func (s *session) dismiss(ctx context.Context, org string, w subject, j *activities.Journal) error {
	const do = "remove outside collaborator"
	resp, err := s.in(org).Organizations.RemoveOutsideCollaborator(ctx, org, w.login)
	if status(fail(do, err)) == http.StatusUnprocessableEntity {
		return &transport.Error{
			Kind: transport.Unavailable, System: System, Op: do, Status: http.StatusUnprocessableEntity,
			Detail: "GitHub says the person is a member of " + org + " again or still", Err: err,
		}
	}
	return record(j, do, offboarding.OutsideCollaboration, org, resp, err)
}

// record journals a removal; a 404 means that it is gone already.
func record(j *activities.Journal, do string, class offboarding.Class, id string, resp *gh.Response, err error) error {
	err = fail(do+" "+id, accepted(err))
	switch {
	case err == nil:
		j.Done(done(do, class, id, resp))
	case gone(err):
		a := absent(do, class, id)
		if class == offboarding.Invitations {
			a.Answer = lapsed // it was listed a moment ago
		}
		if resp != nil && resp.Response != nil {
			a.RequestID = transport.RequestID(resp.Header)
		}
		j.Done(a)
	default:
		return err
	}
	return nil
}

// accepted takes GitHub's 202 for what it is; the SDK calls it an error.
func accepted(err error) error {
	if _, ok := err.(*gh.AcceptedError); ok { //nolint:errorlint // the SDK returns it unwrapped
		return nil
	}
	return err
}

func done(do string, class offboarding.Class, id string, resp *gh.Response) offboarding.Action {
	a := offboarding.Action{Do: do, Class: class, ID: id, At: time.Now().UTC(), Answer: "done"}
	if resp != nil && resp.Response != nil {
		a.Answer, a.RequestID = itoa(int64(resp.StatusCode)), transport.RequestID(resp.Header)
		if resp.StatusCode == http.StatusAccepted {
			a.Answer += " accepted"
		}
	}
	return a
}

// lapsed is what a missing invitation tells: it may have made an account.
const lapsed = "accepted or expired"

func absent(do string, class offboarding.Class, id string) offboarding.Action {
	return offboarding.Action{Do: do, Class: class, ID: id, At: time.Now().UTC(), Answer: activities.AlreadyAbsent}
}
