package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"lastday/offboarding"
)

// shownNames bounds how many accounts an error names.
const shownNames = 5

// strangers are an organisation's accounts that may be anybody's.
type strangers struct {
	all    int      // accounts of the organisation
	logins []string // those that belong to nobody who is known
	unsure string   // why the accounts may not all be shown
}

// none reports whether every account is somebody else's.
func (t strangers) none() bool { return len(t.logins) == 0 && t.unsure == "" }

// why says what keeps an organisation from proving that somebody is missing.
func (t strangers) why(org string) string {
	if len(t.logins) == 0 {
		return t.unsure
	}
	return fmt.Sprintf("%d accounts of %s belong to no known person (%s)", len(t.logins), org, some(t.logins))
}

// some names a few of a list.
func some(list []string) string {
	if len(list) > shownNames {
		return strings.Join(list[:shownNames], ", ") + ", …"
	}
	return strings.Join(list, ", ")
}

// strangersIn takes from an organisation's members, outside collaborators and
// invited logins those that are known to be somebody else's. What is left may
// be the person's: an account that nobody linked, or a private one.
func (s *session) strangersIn(ctx context.Context, org string, addresses []string) (strangers, error) {
	var members, owners, outside []*gh.User
	var invited []*gh.Invitation
	var known map[string]bool
	steps := []func() error{
		func() (err error) { members, err = s.members(ctx, org); return },
		func() (err error) { owners, err = s.ownersOf(ctx, org); return },
		func() (err error) { outside, err = s.outsiders(ctx, org); return },
		func() (err error) { known, err = s.otherPeople(ctx, addresses); return },
	}
	if slices.Contains(s.c.cfg.Find, ByEmail) {
		steps = append(steps, func() (err error) { invited, err = s.invitations(ctx, org); return })
	}
	if err := parallel(steps...); err != nil {
		return strangers{}, err
	}
	for _, o := range owners {
		if !slices.ContainsFunc(members, func(m *gh.User) bool { return m.GetID() == o.GetID() }) {
			return strangers{}, invalid("list members of "+org, "the owner %s is not among them", o.GetLogin())
		}
	}
	var out strangers
	if len(outside) == 0 && !listed(s.c.cfg.MayBeEmpty, org, offboarding.OutsideCollaboration) {
		out.unsure = fmt.Sprintf("no outside collaborator of %s is shown, so an empty list proves nothing; if that is so, add %s/%s to may_be_empty", org, org, offboarding.OutsideCollaboration)
	}
	logins := make([]string, 0, len(members)+len(outside))
	for _, u := range append(members, outside...) {
		logins = append(logins, u.GetLogin())
	}
	for _, i := range invited {
		if i.GetLogin() != "" {
			logins = append(logins, i.GetLogin())
		}
	}
	out.all = len(logins)
	for _, login := range logins {
		if !known[fold(login)] {
			out.logins = append(out.logins, login)
		}
	}
	slices.Sort(out.logins)
	out.logins = slices.Compact(out.logins)
	return out, nil
}

func (s *session) members(ctx context.Context, org string) ([]*gh.User, error) {
	return pages(ctx, s, "list members of "+org, func(ctx context.Context, p gh.ListOptions) ([]*gh.User, *gh.Response, error) {
		return s.in(org).Organizations.ListMembers(ctx, org, &gh.ListMembersOptions{Role: "all", ListOptions: p})
	})
}

// otherPeople are the logins that are known not to be the person's: those
// linked, in any configured organisation, to an identity with an e-mail address
// that is not this one, and the configured known_accounts. An organisation
// that does not show its identities accounts for nobody.
func (s *session) otherPeople(ctx context.Context, addresses []string) (map[string]bool, error) {
	orgs := s.c.cfg.Organizations
	lists := make([][]externalIdentity, len(orgs))
	steps := make([]func() error, 0, len(orgs))
	for i, org := range orgs {
		steps = append(steps, func() error {
			list, _, err := s.identities(ctx, org)
			if err != nil && !denied(err) {
				return err
			}
			lists[i] = list
			return nil
		})
	}
	if err := parallel(steps...); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, login := range s.c.cfg.KnownAccounts {
		known[fold(login)] = true
	}
	all := slices.Concat(lists...)
	for _, i := range all {
		if i.User != nil && i.isSomebody() {
			known[fold(i.User.Login)] = true
		}
	}
	for _, i := range all {
		if i.User != nil && i.has(addresses) {
			delete(known, fold(i.User.Login))
		}
	}
	return known, nil
}

// isSomebody reports whether the identity names an e-mail address; an opaque
// name does not tell whose it is.
func (i externalIdentity) isSomebody() bool {
	return (i.SAML != nil && (strings.Contains(i.SAML.NameID, "@") || strings.Contains(i.SAML.Username, "@"))) ||
		(i.SCIM != nil && strings.Contains(i.SCIM.Username, "@"))
}

// absent judges whether the person has no account in any organisation: that is
// so where every account of every organisation is somebody else's, and else
// for a person to say.
func (l *lookup) absent(ctx context.Context, asked []string) (offboarding.Account, error) {
	orgs := l.s.c.cfg.Organizations
	left := make([]strangers, len(orgs))
	steps := make([]func() error, 0, len(orgs))
	for i, org := range orgs {
		steps = append(steps, func() (err error) { left[i], err = l.s.strangersIn(ctx, org, l.addresses); return })
	}
	if err := parallel(steps...); err != nil {
		return offboarding.Account{}, err
	}
	var open, counted []string
	for i, org := range orgs {
		if !left[i].none() {
			open = append(open, left[i].why(org))
		}
		counted = append(counted, fmt.Sprintf("%d of %s", left[i].all, org))
	}
	if len(open) > 0 {
		return offboarding.Account{}, identity("find "+l.email, strings.Join(open, "; ")+"; "+strings.Join(asked, "; "),
			"link them to their people, list them under github.known_accounts, or look yourself and attest")
	}
	return offboarding.Account{
		System: System, Email: l.email,
		Evidence: strings.Join(asked, "; ") + "; every account belongs to somebody else: " + strings.Join(counted, ", ") +
			"; control: owners of " + strings.Join(orgs, ", ") + " are shown",
	}, nil
}

// holdsAnything reports whether any organisation knows the account: a login
// that only a profile names, and that holds nothing anywhere, may be a
// throwaway whose emptiness proves nothing about the person.
func (l *lookup) holdsAnything(ctx context.Context) (bool, error) {
	if l.member {
		return true, nil
	}
	all, _, err := l.s.readAll(ctx, "find", subject{id: l.user.GetID(), login: l.user.GetLogin()})
	if err != nil {
		return false, err
	}
	for _, seen := range all {
		if len(seen.grants) > 0 {
			return true, nil
		}
	}
	return false, nil
}
