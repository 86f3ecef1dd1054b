package github

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	gh "github.com/google/go-github/v57/github"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// user reads an account by login; false if there is none.
func (s *session) user(ctx context.Context, login string) (*gh.User, bool, error) {
	const op = "read user"
	u, _, err := s.anywhere().Users.Get(ctx, login)
	u, ok, err := notFoundOK(op+" "+login, u, err)
	if err != nil || !ok {
		return nil, false, err
	}
	if u.GetID() == 0 || !strings.EqualFold(u.GetLogin(), login) {
		return nil, false, invalid(op+" "+login, "the answer is about %q", u.GetLogin())
	}
	return u, true, nil
}

// who finds the subject's login of today. A login that now belongs to another
// id is never used: the account was renamed, and GitHub is asked for the id's
// login, or it is gone.
func (s *session) who(ctx context.Context, w subject) (subject, error) {
	if !w.linked() {
		return w, nil
	}
	u, ok, err := s.user(ctx, w.login)
	if err != nil {
		return subject{}, err
	}
	if ok && w.is(u.GetID()) {
		w.login = u.GetLogin()
		return w, nil
	}
	op := fmt.Sprintf("read user %d", w.id)
	named, _, err := s.anywhere().Users.GetByID(ctx, w.id)
	named, there, err := notFoundOK(op, named, err)
	switch {
	case err != nil:
		return subject{}, err
	case there && !w.is(named.GetID()):
		return subject{}, invalid(op, "the answer is about account %d", named.GetID())
	case there && !validLogin(named.GetLogin()):
		return subject{}, invalid(op, "the answer names the login %q", named.GetLogin())
	case there:
		w.login = named.GetLogin()
		return w, nil
	case ok:
		return subject{}, &transport.Error{
			Kind: transport.Identity, System: System, Op: op,
			Detail: fmt.Sprintf("the account is gone, and the login %s now belongs to account %d", w.login, u.GetID()),
			Fix:    "nothing was changed; find the person again",
		}
	default:
		return w, nil // deleted: no list shows the id any more, and nobody has the login
	}
}

// self is the id of the token's owner, and 0 for an App.
func (s *session) self(ctx context.Context) (int64, error) {
	if s.wire.app {
		return 0, nil
	}
	u, _, err := s.anywhere().Users.Get(ctx, "")
	if err != nil {
		return 0, fail("read the token's owner", err)
	}
	if u.GetID() == 0 {
		return 0, invalid("read the token's owner", "the answer names nobody")
	}
	return u.GetID(), nil
}

// membershipOf reads a membership by login; nil if there is none.
func (s *session) membershipOf(ctx context.Context, org, login string) (*gh.Membership, error) {
	op := fmt.Sprintf("read membership of %s in %s", login, org)
	m, _, err := s.in(org).Organizations.GetOrgMembership(ctx, login, org)
	m, ok, err := notFoundOK(op, m, err)
	if err != nil || !ok {
		return nil, err
	}
	if !strings.EqualFold(m.GetUser().GetLogin(), login) || !strings.EqualFold(m.GetOrganization().GetLogin(), org) || m.GetState() == "" {
		return nil, invalid(op, "the answer is about %q in %q", m.GetUser().GetLogin(), m.GetOrganization().GetLogin())
	}
	return m, nil
}

// ready is what a writing step knows before its first write.
type ready struct {
	who     subject
	members map[string]*gh.Membership // by organisation; nil where there is none
}

// prepare checks, right before a write, that the account is still the one that
// was found and may be cut. An observer that cannot be asked who it is does
// not hold up a cut; Find asked it. For an account with a login, the functions
// given run beside the checks.
func (s *session) prepare(ctx context.Context, a offboarding.Account, beside ...func() error) (ready, error) {
	w, err := subjectOf(a)
	if err != nil {
		return ready{}, err
	}
	if a.Protected != "" {
		return ready{}, protected(a.Protected)
	}
	if !w.linked() {
		beside = nil
	}
	var me, observer int64
	found := w
	out, err := s.memberships(ctx, w, append(
		beside,
		func() (err error) { found, err = s.who(ctx, w); return },
		func() (err error) { me, err = s.self(ctx); return },
		func() error {
			if s.c.cfg.Observer != nil {
				observer, _ = s.c.session(s.c.observer).self(ctx) // see above
			}
			return nil
		},
	)...)
	if err != nil {
		return ready{}, err
	}
	if found.login != w.login {
		if out, err = s.memberships(ctx, found); err != nil {
			return ready{}, err
		}
	}
	out.who = found
	if found.is(me) || found.is(observer) {
		return ready{}, protected(fmt.Sprintf("%s owns a token that Lastday uses", found.login))
	}
	for org, m := range out.members {
		if m == nil {
			continue
		}
		if !found.is(m.GetUser().GetID()) {
			return ready{}, invalid("read membership in "+org, "the answer is about account %d, not %d", m.GetUser().GetID(), found.id)
		}
		if reason, err := s.lastOwner(ctx, org, found.id, m.GetRole() == "admin"); err != nil || reason != "" {
			if err == nil {
				err = protected(reason)
			}
			return ready{}, err
		}
	}
	return out, nil
}

// memberships reads the subject's membership of every organisation while the
// given functions run beside it.
func (s *session) memberships(ctx context.Context, w subject, beside ...func() error) (ready, error) {
	orgs := s.c.cfg.Organizations
	list := make([]*gh.Membership, len(orgs))
	if w.linked() {
		for i, org := range orgs {
			beside = append(beside, func() (err error) { list[i], err = s.membershipOf(ctx, org, w.login); return })
		}
	}
	if err := parallel(beside...); err != nil {
		return ready{}, err
	}
	out := ready{who: w, members: map[string]*gh.Membership{}}
	for i, org := range orgs {
		out.members[fold(org)] = list[i]
	}
	return out, nil
}

// lastOwner says why an owner must stay: nobody else owns the organisation.
func (s *session) lastOwner(ctx context.Context, org string, id int64, owner bool) (string, error) {
	if !owner {
		return "", nil
	}
	owners, err := s.ownersOf(ctx, org)
	if err != nil {
		return "", err
	}
	for _, o := range owners {
		if o.GetID() != id {
			return "", nil
		}
	}
	return "the only owner of " + org + "; make somebody else an owner first", nil
}

func protected(reason string) error {
	return &transport.Error{
		Kind: transport.Protected, System: System, Op: "check before writing", Status: 0, Detail: reason, Fix: "nothing was changed",
	}
}

// gone reports a 404 to a write: what was to be removed is not there any more.
func gone(err error) bool { return status(err) == http.StatusNotFound }
