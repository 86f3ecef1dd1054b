package github

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"lastday/offboarding"
)

// observing names the step that proves.
const observing = "observe"

// Machines is the class of the notes about what no person owns.
const Machines offboarding.Class = "machines"

// Inventory implements activities.Connector.
func (c *Connector) Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error) {
	s := c.session(c.primary)
	all, residuals, err := s.everything(ctx, "inventory", a)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	out := offboarding.Inventory{Residuals: residuals}
	for _, class := range Classes() {
		m := all[class]
		out.Grants = append(out.Grants, m.grants...)
		out.Residuals = append(out.Residuals, m.residuals...)
		out.Coverage = append(out.Coverage, offboarding.Coverage{Class: class, Sight: m.sight, Reason: m.reason})
	}
	return out, nil
}

// Observe implements activities.Connector. It uses the observer's own
// connections and credential, or without one the primary's credential.
func (c *Connector) Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	s := c.session(c.observer)
	all, residuals, err := s.everything(ctx, observing, a)
	if err != nil {
		return offboarding.Readback{}, err
	}
	out := offboarding.Readback{Residuals: residuals}
	for _, class := range Classes() {
		m := all[class]
		o := offboarding.Observation{Class: class, Sight: m.sight, At: m.at, Credential: s.wire.name, Control: m.control, Reason: m.reason}
		if m.sight == offboarding.Present {
			o.Present = m.grants
		}
		out.Observations = append(out.Observations, o)
		out.Residuals = append(out.Residuals, m.residuals...)
	}
	return out, nil
}

// reader reads one class of one organisation.
type reader struct {
	class offboarding.Class
	read  func(context.Context, string, subject) (sighting, error)
}

func (s *session) readers() []reader {
	return []reader{
		{offboarding.Groups, s.groups},
		{offboarding.Roles, s.roles},
		{offboarding.OutsideCollaboration, s.outside},
		{offboarding.Invitations, s.pending},
		{offboarding.SSOCredentials, s.credentials},
		{offboarding.AccessTokens, s.accessTokens},
		{offboarding.Seats, s.seats},
	}
}

// everything reads every class in every organisation. The login is checked at
// the same time; where it has changed, all is read again under the new one.
// For a proof it is checked once more when all was read: to a login that was
// given up in between, GitHub answers as to somebody who has nothing.
func (s *session) everything(ctx context.Context, step string, a offboarding.Account) (map[offboarding.Class]sighting, []offboarding.Residual, error) {
	w, err := subjectOf(a)
	if err != nil {
		return nil, nil, err
	}
	if !w.linked() {
		return s.invitedOnly(ctx, w)
	}
	now, whoErr := w, error(nil)
	all, notes, err := s.readAll(ctx, step, w, func() error { now, whoErr = s.who(ctx, w); return nil })
	if whoErr != nil {
		return nil, nil, whoErr // what was read may be somebody else's
	}
	if now.login != w.login {
		all, notes, err = s.readAll(ctx, step, now)
	}
	if err != nil {
		return nil, nil, err
	}
	if step == observing {
		after, err := s.who(ctx, now)
		if err != nil {
			return nil, nil, err
		}
		if after.login != now.login {
			return nil, nil, invalid("read "+now.login, "the account was renamed to %s while it was read", after.login)
		}
	}
	return all, append(classic(now), notes...), nil
}

// readAll reads every class in every organisation at the same time. A refused
// class becomes blind; a refused membership is an error, as nothing else could
// be judged without it.
func (s *session) readAll(ctx context.Context, step string, w subject, beside ...func() error) (map[offboarding.Class]sighting, []offboarding.Residual, error) {
	orgs := s.c.cfg.Organizations
	found := newFound(len(orgs))
	notes := make([][]offboarding.Residual, len(orgs))
	steps := beside
	for i, org := range orgs {
		put := func(class offboarding.Class, seen sighting) { found.put(i, class, seen) }
		steps = append(steps, func() error {
			seen, err := s.membership(ctx, org, w)
			put(offboarding.Membership, seen)
			return err
		}, func() error { return s.swept(ctx, step, org, w, put) })
		for _, r := range s.readers() {
			steps = append(steps, func() error {
				seen, err := r.read(ctx, org, w)
				seen, err = s.c.orBlind(org, r.class, seen, err)
				put(r.class, seen)
				return err
			})
		}
		if s.c.cfg.ReportMachines {
			steps = append(steps, func() error { notes[i] = s.machines(ctx, org); return nil })
		}
	}
	if err := parallel(steps...); err != nil {
		return nil, nil, err
	}
	return found.merged(), slices.Concat(notes...), nil
}

// found collects the sightings by class, each in its organisation's place.
type found struct {
	started time.Time
	mu      sync.Mutex
	byClass map[offboarding.Class][]sighting
}

func newFound(orgs int) *found {
	f := &found{started: time.Now().UTC(), byClass: map[offboarding.Class][]sighting{}}
	for _, class := range Classes() {
		f.byClass[class] = make([]sighting, orgs)
	}
	return f
}

func (f *found) put(i int, class offboarding.Class, seen sighting) {
	if seen.at.IsZero() {
		seen.at = f.started
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.byClass[class][i] = seen
}

func (f *found) merged() map[offboarding.Class]sighting {
	all := map[offboarding.Class]sighting{}
	for class, list := range f.byClass {
		m := merge(list)
		slices.SortFunc(m.grants, func(a, b offboarding.Grant) int { return strings.Compare(a.ID, b.ID) })
		all[class] = m
	}
	return all
}

// swept puts the two classes of the repository sweep.
func (s *session) swept(ctx context.Context, step, org string, w subject, put func(offboarding.Class, sighting)) error {
	two, err := s.sweep(ctx, step, org, w)
	for _, class := range []offboarding.Class{offboarding.Collaborations, offboarding.DeployKeys} {
		seen, err := s.c.orBlind(org, class, two[class], err)
		if err != nil {
			return err
		}
		put(class, seen)
	}
	return nil
}

// classic says what nobody can list: owners see neither classic tokens nor the
// SSH keys of an account, except those authorised for single sign-on.
func classic(w subject) []offboarding.Residual {
	return []offboarding.Residual{{
		System: System, Class: offboarding.AccessTokens,
		What: fmt.Sprintf("classic tokens and SSH keys of the account %s cannot be listed; they reach the organisations' private repositories no longer than the membership lasts, and the account itself stays the person's own", w.login),
	}}
}

// invitedOnly looks for somebody of whom no account is known, only an e-mail
// invitation. An accepted invitation leaves the list just as a cancelled one
// does, and it makes an account with access: so every other class of an
// organisation is blind unless each of its accounts is somebody else's.
func (s *session) invitedOnly(ctx context.Context, w subject) (map[offboarding.Class]sighting, []offboarding.Residual, error) {
	found := newFound(len(s.c.cfg.Organizations))
	l := &lookup{s: s, email: w.email, addresses: []string{w.email}}
	var saml answer
	steps := []func() error{func() error {
		saml = l.bySAML(ctx)
		if denied(saml.err) {
			return nil
		}
		return saml.err
	}}
	for i, org := range s.c.cfg.Organizations {
		steps = append(steps, func() error {
			seen, err := s.pending(ctx, org, w)
			seen, err = s.c.orBlind(org, offboarding.Invitations, seen, err)
			found.put(i, offboarding.Invitations, seen)
			return err
		}, func() error {
			seen, err := s.unaccepted(ctx, org, w.email)
			for _, class := range Classes() {
				if class != offboarding.Invitations {
					found.put(i, class, seen)
				}
			}
			return err
		})
	}
	if err := parallel(steps...); err != nil {
		return nil, nil, err
	}
	if len(saml.logins) > 0 {
		return nil, nil, identity("observe "+w.email, "the person now has the GitHub account "+strings.Join(saml.logins, ", "), "find the person again: decide retry")
	}
	return found.merged(), nil, nil
}

// unaccepted judges whether an invitation to the e-mail address can have made
// an account in the organisation.
func (s *session) unaccepted(ctx context.Context, org, email string) (sighting, error) {
	left, err := s.strangersIn(ctx, org, []string{email})
	switch {
	case denied(err):
		left.unsure = fmt.Sprintf("%s does not show its accounts: %v", org, err)
	case err != nil:
		return sighting{}, err
	case left.none():
		return sighting{sight: offboarding.Absent, control: fmt.Sprintf("%s: each of its %d accounts belongs to somebody else", org, left.all)}, nil
	}
	return blind("%s: only an invitation to the e-mail address is known; if it was accepted, no list tells which account that is: %s; look in the organisation's audit log for org.add_member and attest", org, left.why(org)), nil
}

// machines counts what no person owns; what cannot be counted is left out.
func (s *session) machines(ctx context.Context, org string) []offboarding.Residual {
	var out []offboarding.Residual
	note := func(n int, what string) {
		if n > 0 {
			out = append(out, offboarding.Residual{System: System, Class: Machines, What: fmt.Sprintf("%s has %d %s, which act for no person; somebody who knew their secrets may still", org, n, what)})
		}
	}
	if hooks, _, err := s.in(org).Organizations.ListHooks(ctx, org, nil); err == nil {
		note(len(hooks), "webhooks")
	}
	if runners, _, err := s.in(org).Actions.ListOrganizationRunners(ctx, org, nil); err == nil {
		note(runners.TotalCount, "self-hosted runners")
	}
	if apps, _, err := s.in(org).Organizations.ListInstallations(ctx, org, nil); err == nil {
		note(apps.GetTotalCount(), "app installations")
	}
	return out
}
