package github

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	gh "github.com/google/go-github/v57/github"

	"lastday/offboarding"
)

// plansWithoutSAML have no single sign-on, so nothing can be authorised for it
// (GitHub's plans page: SAML is part of Enterprise).
var plansWithoutSAML = map[string]bool{"free": true, "team": true, "bronze": true, "silver": true, "gold": true, "business": true}

// credentials reads the credentials authorised for single sign-on: those of
// the person, and beside them the first page of everybody's as the control.
func (s *session) credentials(ctx context.Context, org string, w subject) (sighting, error) {
	info, err := s.organization(ctx, org)
	if err != nil {
		return sighting{}, err
	}
	if plan := info.GetPlan().GetName(); plansWithoutSAML[plan] {
		return sighting{sight: offboarding.NotOffered, control: fmt.Sprintf("%s: GitHub says it is on the %s plan, which has no SAML single sign-on", org, plan)}, nil
	}
	var mine, some []*gh.CredentialAuthorization
	if err := parallel(
		func() (err error) { mine, err = s.credentialsOf(ctx, org, w.login); return },
		func() (err error) {
			some, _, err = s.credentialPage(ctx, org, "", gh.ListOptions{PerPage: s.c.cfg.PageSize})
			return
		},
	); err != nil {
		return sighting{}, err
	}
	var grants []offboarding.Grant
	others := 0
	for _, c := range some {
		if !w.named(c.GetLogin()) {
			others++
		}
	}
	for _, c := range mine {
		label := c.GetCredentialType()
		for _, more := range []string{c.GetAuthorizedCredentialTitle(), c.GetAuthorizedCredentialNote()} {
			if more != "" {
				label += " " + more
			}
		}
		grants = append(grants, offboarding.Grant{Class: offboarding.SSOCredentials, ID: org + "/" + itoa(c.GetCredentialID()), Label: label, Closes: offboarding.StepRevoke})
	}
	return s.c.seen(org, offboarding.SSOCredentials, grants, others, "SSO credentials"), nil
}

// credentialsOf lists one login's credentials. The list carries no user id;
// the login was checked against the id when the step began.
func (s *session) credentialsOf(ctx context.Context, org, login string) ([]*gh.CredentialAuthorization, error) {
	op := fmt.Sprintf("list SSO credentials of %s in %s", login, org)
	list, err := pages(ctx, s, op, func(ctx context.Context, p gh.ListOptions) ([]*gh.CredentialAuthorization, *gh.Response, error) {
		return s.credentialPage(ctx, org, login, p)
	})
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		if !strings.EqualFold(c.GetLogin(), login) {
			return nil, invalid(op, "the answer shows credentials of %q", c.GetLogin())
		}
		if c.GetCredentialID() == 0 {
			return nil, invalid(op, "a credential has no id")
		}
	}
	return list, nil
}

func (s *session) credentialPage(ctx context.Context, org, login string, p gh.ListOptions) ([]*gh.CredentialAuthorization, *gh.Response, error) {
	if login == "" {
		list, resp, err := s.in(org).Organizations.ListCredentialAuthorizations(ctx, org, &p)
		return list, resp, fail("list SSO credentials of "+org, err)
	}
	q := query(p)
	q.Set("login", login)
	var list []*gh.CredentialAuthorization
	resp, err := s.raw(ctx, org, "GET", fmt.Sprintf("orgs/%s/credential-authorizations?%s", org, q.Encode()), nil, &list)
	return list, resp, err
}

// patGrant is a fine-grained token's access to the organisation; the SDK's
// version does not know the list.
type patGrant struct {
	ID        int64    `json:"id"`
	Owner     *gh.User `json:"owner"`
	TokenName string   `json:"token_name"`
}

// accessTokens reads the fine-grained tokens. Only a GitHub App may.
func (s *session) accessTokens(ctx context.Context, org string, w subject) (sighting, error) {
	if !s.wire.app {
		b := blind("%s: only a GitHub App may list fine-grained tokens, and this credential is a token; needed: %s", org, needs[offboarding.AccessTokens])
		b.refused = true
		return b, nil
	}
	var mine, some []patGrant
	if err := parallel(
		func() (err error) { mine, err = s.accessTokensOf(ctx, org, w); return },
		func() (err error) {
			some, _, err = s.patPage(ctx, org, "", gh.ListOptions{PerPage: s.c.cfg.PageSize})
			return
		},
	); err != nil {
		return sighting{}, err
	}
	var grants []offboarding.Grant
	others := 0
	for _, t := range some {
		if t.Owner != nil && !w.is(t.Owner.GetID()) {
			others++
		}
	}
	for _, t := range mine {
		grants = append(grants, offboarding.Grant{
			Class: offboarding.AccessTokens, ID: org + "/" + itoa(t.ID), Label: t.TokenName, Closes: offboarding.StepRevoke, Removal: s.c.cfg.AccessTokens,
		})
	}
	return s.c.seen(org, offboarding.AccessTokens, grants, others, "fine-grained tokens"), nil
}

func (s *session) accessTokensOf(ctx context.Context, org string, w subject) ([]patGrant, error) {
	op := fmt.Sprintf("list fine-grained tokens of %s in %s", w.login, org)
	list, err := pages(ctx, s, op, func(ctx context.Context, p gh.ListOptions) ([]patGrant, *gh.Response, error) {
		return s.patPage(ctx, org, w.login, p)
	})
	if err != nil {
		return nil, err
	}
	for _, t := range list {
		if t.ID == 0 || t.Owner == nil || !w.is(t.Owner.GetID()) {
			return nil, invalid(op, "the answer shows a token of %q", t.Owner.GetLogin())
		}
	}
	return list, nil
}

func (s *session) patPage(ctx context.Context, org, login string, p gh.ListOptions) ([]patGrant, *gh.Response, error) {
	q := query(p)
	if login != "" {
		q.Set("owner[]", login)
	}
	var list []patGrant
	resp, err := s.raw(ctx, org, "GET", fmt.Sprintf("orgs/%s/personal-access-tokens?%s", org, q.Encode()), nil, &list)
	return list, resp, fail("list fine-grained tokens of "+org, err)
}

func query(p gh.ListOptions) url.Values {
	q := url.Values{"per_page": {itoa(int64(p.PerPage))}}
	if p.Page > 0 {
		q.Set("page", itoa(int64(p.Page)))
	}
	return q
}

// seat is a Copilot seat; the SDK's version does not know them.
type seat struct {
	Assignee *gh.User `json:"assignee"`
	Ending   string   `json:"pending_cancellation_date"`
}

// seats reads every Copilot seat, counted against GitHub's own total. A
// cancelled seat can be used until the billing cycle ends, but only by a
// member (GitHub's page on Copilot licence changes), so it counts as held
// while the membership lasts and is a residual afterwards.
func (s *session) seats(ctx context.Context, org string, w subject) (sighting, error) {
	list, err := s.allSeats(ctx, org)
	if err == nil && len(list) == 0 || denied(err) {
		if off, offErr := s.copilotOff(ctx, org); offErr == nil && off != "" {
			return sighting{sight: offboarding.NotOffered, control: off}, nil
		}
	}
	if err != nil {
		return sighting{}, err
	}
	var grants []offboarding.Grant
	var residuals []offboarding.Residual
	others := 0
	for _, st := range list {
		switch {
		case st.Assignee == nil || !w.is(st.Assignee.GetID()):
			others++
		case st.Ending != "":
			m, err := s.membershipOf(ctx, org, w.login)
			if err != nil {
				return sighting{}, err
			}
			if m != nil && m.GetState() == "active" {
				grants = append(grants, offboarding.Grant{
					Class: offboarding.Seats, ID: org, Label: "Copilot in " + org + ", cancelled, usable by a member until " + st.Ending, Closes: offboarding.StepContain,
				})
				continue
			}
			residuals = append(residuals, st.residual(org))
		default:
			grants = append(grants, offboarding.Grant{Class: offboarding.Seats, ID: org, Label: "Copilot in " + org, Closes: offboarding.StepRevoke})
		}
	}
	out := s.c.seen(org, offboarding.Seats, grants, others, "Copilot seats")
	out.residuals = residuals
	return out, nil
}

func (st seat) residual(org string) offboarding.Residual {
	r := offboarding.Residual{
		System: System, Class: offboarding.Seats,
		What: "Copilot seat in " + org + ", cancelled: without the membership it cannot be used, and it is paid until the billing cycle ends",
	}
	if at, err := time.Parse(time.DateOnly, st.Ending); err == nil {
		r.Ends = at
	}
	return r
}

func (s *session) allSeats(ctx context.Context, org string) ([]seat, error) {
	op := "list Copilot seats of " + org
	total := make(chan int, 1) // of the first page; the others say the same
	list, err := pages(ctx, s, op, func(ctx context.Context, p gh.ListOptions) ([]seat, *gh.Response, error) {
		var page struct {
			Total int    `json:"total_seats"`
			Seats []seat `json:"seats"`
		}
		resp, err := s.raw(ctx, org, "GET", fmt.Sprintf("orgs/%s/copilot/billing/seats?%s", org, query(p).Encode()), nil, &page)
		select {
		case total <- page.Total:
		default:
		}
		return page.Seats, resp, err
	})
	if err != nil {
		return nil, err
	}
	if n := <-total; len(list) < n {
		return nil, invalid(op, "%d of %d seats are shown", len(list), n)
	}
	return list, nil
}

// copilotOff says so when GitHub states that the organisation has no Copilot.
func (s *session) copilotOff(ctx context.Context, org string) (string, error) {
	var billing struct {
		Setting   string `json:"seat_management_setting"`
		Breakdown *struct {
			Total int `json:"total"`
		} `json:"seat_breakdown"`
	}
	if _, err := s.raw(ctx, org, "GET", fmt.Sprintf("orgs/%s/copilot/billing", org), nil, &billing); err != nil {
		return "", fail("read Copilot settings of "+org, err)
	}
	if billing.Breakdown == nil || billing.Breakdown.Total != 0 || (billing.Setting != "disabled" && billing.Setting != "unconfigured") {
		return "", nil
	}
	return fmt.Sprintf("%s: GitHub says Copilot is %s there and has no seats", org, billing.Setting), nil
}
