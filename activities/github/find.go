package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// Find implements activities.Connector. Every configured way is asked: two
// that name different logins are an Identity error, as is a login that GitHub
// does not know, and neither is an absence. Somebody whom nothing names is
// absent only where every account of every organisation is known to be
// somebody else's; the owners of every organisation are the control.
func (c *Connector) Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error) {
	email, err := offboarding.ParseSubject(string(p.Email))
	if err != nil {
		return offboarding.Account{}, identity("find person", err.Error(), "start the case again with the right address")
	}
	login := p.Logins[System]
	if !slices.Contains(c.cfg.Find, ByAttribute) {
		login = ""
	}
	if login != "" && !validLogin(login) {
		return offboarding.Account{}, identity("find "+string(email), fmt.Sprintf("%q is not a GitHub login", login), "correct the login where it is kept, then decide retry")
	}
	s := c.session(c.primary)
	l := &lookup{s: s, email: string(email), addresses: p.Addresses(), login: login}
	var me, observer int64
	steps := []func() error{
		func() (err error) { me, err = s.self(ctx); return },
		func() error { return l.run(ctx) },
	}
	if c.cfg.Observer != nil {
		steps = append(steps, func() (err error) { observer, err = c.session(c.observer).self(ctx); return })
	}
	for _, org := range c.cfg.Organizations {
		steps = append(steps, func() error { _, err := s.ownersOf(ctx, org); return err })
	}
	if err := parallel(steps...); err != nil {
		return offboarding.Account{}, err
	}
	account, err := l.account(ctx)
	if err != nil || !account.Found {
		return account, err
	}
	if id, ok := number(account.ID); ok {
		if account.Admin, err = s.ownership(ctx, id); err != nil {
			return account, err
		}
		account.Protected, err = s.protection(ctx, id, me, observer, account.Login)
	}
	return account, err
}

// ownership names the organisations that the account owns. Who owns the
// enterprise above them, no organisation tells.
func (s *session) ownership(ctx context.Context, id int64) (string, error) {
	var owned []string
	for _, org := range s.c.cfg.Organizations {
		owners, err := s.ownersOf(ctx, org)
		if err != nil {
			return "", err
		}
		if slices.ContainsFunc(owners, func(o *gh.User) bool { return o.GetID() == id }) {
			owned = append(owned, org)
		}
	}
	if len(owned) == 0 {
		return "", nil
	}
	return "owner of " + strings.Join(owned, ", "), nil
}

// protection says why an account must not be cut.
func (s *session) protection(ctx context.Context, id, me, observer int64, login string) (string, error) {
	if id == me || id == observer {
		return login + " owns a token that Lastday uses", nil
	}
	for _, org := range s.c.cfg.Organizations {
		owners, err := s.ownersOf(ctx, org)
		if err != nil {
			return "", err
		}
		owns := slices.ContainsFunc(owners, func(o *gh.User) bool { return o.GetID() == id })
		if reason, err := s.lastOwner(ctx, org, id, owns); err != nil || reason != "" {
			return reason, err
		}
	}
	return "", nil
}

// lookup finds the login behind an e-mail.
type lookup struct {
	s            *session
	email, login string
	addresses    []string // every work address of the person, email among them

	user   *gh.User          // by attribute
	member bool              // that user is a member somewhere, or invited
	ways   map[string]answer // by way
}

// answer is what one way of looking said.
type answer struct {
	logins     []string // normally one at most
	invitation string   // ORG/NUMBER
	asked      string   // for the evidence
	err        error    // it could not be asked
}

// run asks every configured way at once. None makes another needless: an
// attribute may be the person's own word.
func (l *lookup) run(ctx context.Context) error {
	l.ways = map[string]answer{}
	order := l.s.c.cfg.Find
	results := make([]answer, len(order))
	steps := make([]func() error, 0, len(order))
	for i, way := range order {
		steps = append(steps, func() error {
			switch way {
			case ByAttribute:
				results[i] = l.byAttribute(ctx)
			case BySAML:
				results[i] = l.bySAML(ctx)
			case BySCIM:
				results[i] = l.bySCIM(ctx)
			case ByEmail:
				results[i] = l.byInvitation(ctx)
			}
			if results[i].err != nil && !denied(results[i].err) {
				return results[i].err
			}
			return nil
		})
	}
	if err := parallel(steps...); err != nil {
		return err
	}
	for i, way := range order {
		l.ways[way] = results[i]
	}
	return nil
}

func (l *lookup) byAttribute(ctx context.Context) answer {
	if l.login == "" {
		return answer{asked: "no other system names a GitHub login"}
	}
	var u *gh.User
	var ok bool
	orgs := l.s.c.cfg.Organizations
	members := make([]*gh.Membership, len(orgs))
	steps := []func() error{func() (err error) { u, ok, err = l.s.user(ctx, l.login); return }}
	for i, org := range orgs {
		steps = append(steps, func() (err error) { members[i], err = l.s.membershipOf(ctx, org, l.login); return })
	}
	err := parallel(steps...)
	if err == nil && !ok {
		err = identity("find "+l.email, fmt.Sprintf("another system names the GitHub login %s, but GitHub has no such account", l.login),
			"correct the login there (was the account renamed?), then decide retry")
	}
	if err != nil {
		return answer{err: err}
	}
	l.user = u
	for _, m := range members {
		l.member = l.member || (m != nil && m.GetUser().GetID() == u.GetID())
	}
	return answer{logins: []string{u.GetLogin()}, asked: "login from another system"}
}

// account makes the result out of the answers.
func (l *lookup) account(ctx context.Context) (offboarding.Account, error) {
	var asked, names []string
	var first string // the first way that names a login
	var refused error
	for _, way := range l.s.c.cfg.Find {
		a, ok := l.ways[way]
		if !ok {
			continue
		}
		if len(a.logins) > 1 {
			return offboarding.Account{}, identity("find "+l.email, fmt.Sprintf("%s names several logins: %s", way, strings.Join(a.logins, ", ")), "leave one, then decide retry")
		}
		if len(a.logins) == 1 {
			if names = append(names, a.logins[0]); len(names) == 1 {
				first = way
			} else if !strings.EqualFold(names[0], a.logins[0]) {
				return offboarding.Account{}, identity("find "+l.email, fmt.Sprintf("%s names the login %s, and %s names %s", first, names[0], way, a.logins[0]),
					"find out which account is the person's (was one renamed, or made to mislead?), correct the other, then decide retry")
			}
			continue
		}
		if a.err != nil {
			refused = a.err
		}
		asked = append(asked, way+": "+a.asked)
	}
	if len(names) > 0 {
		known := first != ByAttribute || len(names) > 1
		if !known {
			var err error
			if known, err = l.holdsAnything(ctx); err != nil {
				return offboarding.Account{}, err
			}
		}
		if known {
			return l.found(ctx, first, names[0])
		}
		asked = append(asked, fmt.Sprintf("attribute: the login %s holds nothing in any organisation, so it may not be the person's", names[0]))
	}
	if a := l.ways[ByEmail]; a.invitation != "" {
		return offboarding.Account{
			System: System, Found: true, ID: invitationPrefix + a.invitation, Email: l.email, Status: "invited",
			Evidence: "a pending invitation to the e-mail address; " + strings.Join(asked, "; "),
		}, nil
	}
	if refused != nil {
		return offboarding.Account{}, refused
	}
	return l.absent(ctx, asked)
}

func (l *lookup) found(ctx context.Context, way, login string) (offboarding.Account, error) {
	u := l.user
	if u == nil || !strings.EqualFold(u.GetLogin(), login) {
		if !validLogin(login) {
			return offboarding.Account{}, identity("find "+l.email, fmt.Sprintf("%s names %q, which is not a GitHub login", way, login), "look at the identity provider")
		}
		var ok bool
		var err error
		if u, ok, err = l.s.user(ctx, login); err != nil {
			return offboarding.Account{}, err
		}
		if !ok {
			return offboarding.Account{}, invalid("find "+l.email, "%s names the login %s, which GitHub does not have", way, login)
		}
	}
	if u.GetType() != "User" {
		return offboarding.Account{}, identity("find "+l.email, fmt.Sprintf("%s is not a person's account but a %s", u.GetLogin(), u.GetType()), "correct the login where it is kept, then decide retry")
	}
	return offboarding.Account{
		System: System, Found: true, ID: itoa(u.GetID()), Login: u.GetLogin(), Email: l.email, Evidence: "found by " + way,
	}, nil
}

func identity(op, detail, fix string) error {
	return &transport.Error{Kind: transport.Identity, System: System, Op: op, Detail: detail, Fix: fix}
}
