package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"lastday/activities/transport"
)

// identitiesQuery lists who signs in by SAML; 100 is GraphQL's largest page.
const identitiesQuery = `query($org: String!, $after: String) {
  organization(login: $org) {
    login
    samlIdentityProvider {
      externalIdentities(first: 100, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { guid samlIdentity { nameId username } scimIdentity { username } user { login } }
      }
    }
  }
}`

type externalIdentity struct {
	GUID string
	SAML *struct{ NameID, Username string } `json:"samlIdentity"`
	SCIM *struct{ Username string }         `json:"scimIdentity"`
	User *struct{ Login string }
}

func (i externalIdentity) has(addresses []string) bool {
	is := func(name string) bool {
		return slices.ContainsFunc(addresses, func(a string) bool { return strings.EqualFold(name, a) })
	}
	return (i.SAML != nil && (is(i.SAML.NameID) || is(i.SAML.Username))) || (i.SCIM != nil && is(i.SCIM.Username))
}

type identitiesPage struct {
	Data struct {
		Organization *struct {
			Login    string
			Provider *struct {
				Identities struct {
					TotalCount int
					PageInfo   struct {
						HasNextPage bool
						EndCursor   string
					}
					Nodes []externalIdentity
				} `json:"externalIdentities"`
			} `json:"samlIdentityProvider"`
		}
	}
	Errors []struct{ Type, Message string }
}

// identities lists an organisation's external identities, asked once a step;
// false if it has no SAML provider.
func (s *session) identities(ctx context.Context, org string) ([]externalIdentity, bool, error) {
	list, err := memo(s, s.people, org).do(func() (linked, error) {
		list, ok, err := s.readIdentities(ctx, org)
		return linked{list: list, saml: ok}, err
	})
	return list.list, list.saml, err
}

// linked are an organisation's external identities.
type linked struct {
	list []externalIdentity
	saml bool
}

// readIdentities reads all pages, as a second match must not be missed, and
// counts them against GitHub's own total.
func (s *session) readIdentities(ctx context.Context, org string) ([]externalIdentity, bool, error) {
	op := "list SAML identities of " + org
	var all []externalIdentity
	var after *string
	for {
		var page identitiesPage
		if err := s.graphql(ctx, org, identitiesQuery, map[string]any{"org": org, "after": after}, &page); err != nil {
			return nil, false, fail(op, err)
		}
		if len(page.Errors) > 0 {
			kind := transport.Refused
			if t := page.Errors[0].Type; t == "FORBIDDEN" || t == "NOT_FOUND" || t == "INSUFFICIENT_SCOPES" {
				kind = transport.Unauthorized
			}
			return nil, false, &transport.Error{
				Kind: kind, System: System, Op: op, Status: 403, Detail: page.Errors[0].Message,
				Fix: "give the credential organization permission Administration: read or scope admin:org, or leave saml and scim out of find",
			}
		}
		o := page.Data.Organization
		if o == nil || !strings.EqualFold(o.Login, org) {
			return nil, false, invalid(op, "the answer is not about the organisation")
		}
		if o.Provider == nil {
			return nil, false, nil
		}
		list := o.Provider.Identities
		all = append(all, list.Nodes...)
		if !list.PageInfo.HasNextPage {
			if len(all) < list.TotalCount {
				return nil, false, invalid(op, "%d of %d identities are shown", len(all), list.TotalCount)
			}
			return all, true, nil
		}
		if len(list.Nodes) == 0 || list.PageInfo.EndCursor == "" || (after != nil && *after == list.PageInfo.EndCursor) {
			return nil, false, invalid(op, "the list does not go on where it should")
		}
		after = &list.PageInfo.EndCursor
	}
}

// bySAML looks for the e-mail among the identities of every organisation.
func (l *lookup) bySAML(ctx context.Context) answer {
	return l.among(ctx, func(_ string, i externalIdentity) bool { return i.has(l.addresses) })
}

// among collects the logins that matching identities are linked to. An
// organisation that has a provider must show at least one identity.
func (l *lookup) among(ctx context.Context, match func(org string, i externalIdentity) bool) answer {
	orgs := l.s.c.cfg.Organizations
	parts := make([]answer, len(orgs))
	steps := make([]func() error, 0, len(orgs))
	for i, org := range orgs {
		steps = append(steps, func() error {
			list, ok, err := l.s.identities(ctx, org)
			switch {
			case denied(err):
				parts[i] = answer{err: err, asked: org + " does not show its identities"}
				return nil
			case err != nil:
				return err
			case !ok:
				parts[i].asked = org + " has no SAML provider"
				return nil
			case len(list) == 0:
				return invalid("list SAML identities of "+org, "no identity at all is shown")
			}
			parts[i].asked = fmt.Sprintf("%s shows %d identities", org, len(list))
			for _, id := range list {
				if match(org, id) && id.User != nil {
					parts[i].logins = append(parts[i].logins, id.User.Login)
				}
			}
			return nil
		})
	}
	if err := parallel(steps...); err != nil {
		return answer{err: err, asked: err.Error()}
	}
	return together(parts)
}

// bySCIM asks SCIM for the user name. SCIM does not tell the GitHub login, so
// its id is looked up among the SAML identities, which do.
func (l *lookup) bySCIM(ctx context.Context) answer {
	orgs := l.s.c.cfg.Organizations
	ids := map[string]string{} // organisation to SCIM id
	parts := make([]answer, len(orgs))
	found := make([]string, len(orgs))
	steps := make([]func() error, 0, 2*len(orgs))
	ask := func(org, filter string, count int) (*gh.SCIMProvisionedIdentities, error) {
		o := &gh.ListSCIMProvisionedIdentitiesOptions{Count: &count}
		if filter != "" {
			o.Filter = &filter
		}
		list, _, err := l.s.in(org).SCIM.ListSCIMProvisionedIdentities(ctx, org, o)
		return list, fail("list SCIM identities of "+org, err)
	}
	for i, org := range orgs {
		steps = append(steps, func() error {
			total := 0
			list, err := ask(org, `userName eq "`+l.email+`"`, 10)
			if err == nil {
				var all *gh.SCIMProvisionedIdentities
				if all, err = ask(org, "", 1); err == nil && all.GetTotalResults() == 0 {
					err = invalid("list SCIM identities of "+org, "no identity at all is shown")
				}
				total = all.GetTotalResults()
			}
			if denied(err) {
				parts[i] = l.noSCIM(ctx, org, err)
				return nil
			}
			if err != nil {
				return err
			}
			for _, u := range list.Resources {
				if strings.EqualFold(u.UserName, l.email) {
					found[i] = u.GetID()
				}
			}
			parts[i].asked = fmt.Sprintf("%s shows %d entries for the address, %d in all", org, list.GetTotalResults(), total)
			return nil
		})
	}
	if err := parallel(steps...); err != nil {
		return answer{err: err, asked: err.Error()}
	}
	for i, org := range orgs {
		if found[i] != "" {
			ids[org] = found[i]
		}
	}
	if len(ids) == 0 {
		return together(parts)
	}
	return l.among(ctx, func(org string, i externalIdentity) bool { return i.GUID == ids[org] && i.GUID != "" })
}

// noSCIM is the answer of an organisation that refuses SCIM: that is as it
// should be on a plan without it, and anywhere else leaves the person unknown.
func (l *lookup) noSCIM(ctx context.Context, org string, refused error) answer {
	info, err := l.s.organization(ctx, org)
	if plan := info.GetPlan().GetName(); err == nil && plansWithoutSAML[plan] {
		return answer{asked: fmt.Sprintf("%s is on the %s plan, which has no SCIM", org, plan)}
	}
	return answer{err: refused, asked: org + " refuses SCIM to this credential"}
}

// byInvitation looks for pending invitations to the e-mail address.
func (l *lookup) byInvitation(ctx context.Context) answer {
	orgs := l.s.c.cfg.Organizations
	parts := make([]answer, len(orgs))
	steps := make([]func() error, 0, len(orgs))
	for i, org := range orgs {
		steps = append(steps, func() error {
			list, err := l.s.invitations(ctx, org)
			if denied(err) {
				parts[i] = answer{asked: org + " does not show its invitations; where it never invites by e-mail, leave email out of find", err: err}
				return nil
			}
			if err != nil {
				return err
			}
			parts[i].asked = fmt.Sprintf("%s shows %d invitations", org, len(list))
			for _, inv := range list {
				if !slices.ContainsFunc(l.addresses, func(a string) bool { return strings.EqualFold(inv.GetEmail(), a) }) {
					continue
				}
				if inv.GetLogin() != "" {
					parts[i].logins = append(parts[i].logins, inv.GetLogin())
				} else if parts[i].invitation == "" {
					parts[i].invitation = org + "/" + itoa(inv.GetID())
				}
			}
			return nil
		})
	}
	if err := parallel(steps...); err != nil {
		return answer{err: err, asked: err.Error()}
	}
	return together(parts)
}

// together joins the organisations' answers: each login once. An organisation
// that could not be asked matters only where nobody names the person.
func together(parts []answer) answer {
	var out answer
	var asked []string
	for _, p := range parts {
		asked = append(asked, p.asked)
		for _, login := range p.logins {
			if !slices.ContainsFunc(out.logins, func(l string) bool { return strings.EqualFold(l, login) }) {
				out.logins = append(out.logins, login)
			}
		}
		if out.invitation == "" {
			out.invitation = p.invitation
		}
		if p.err != nil {
			out.err = p.err
		}
	}
	out.asked = strings.Join(asked, ", ")
	return out
}
