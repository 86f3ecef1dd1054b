package okta

import (
	"context"
	"fmt"
	"slices"
	"sync"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Revoke implements activities.Connector. What hangs on the account goes
// first, and the account is deactivated last: a deactivation leaves groups and
// factors, and Okta unenrols no factor of a deactivated user. An error that a
// retry can cure keeps the account suspended; one that only a person can cure
// does not hold the deactivation up.
func (k *Connector) Revoke(ctx context.Context, a offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	if err := checkGrants(a, grants); err != nil {
		return err
	}
	cl, err := k.clients()
	if err != nil {
		return err
	}
	r := &revocation{k: k, writer: writer{c: cl.revoke, j: j}, id: a.ID, given: slices.Clone(grants), now: map[offboarding.Class]sight{}}
	var u *sdk.User
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { u, err = k.admit(gctx, cl, cl.revoke, a); return err })
	g.Go(func() error { return r.read(gctx) })
	if err := g.Wait(); err != nil {
		return err
	}
	if u == nil {
		for _, g := range grants {
			r.note(remove(g), activities.AlreadyAbsent)
		}
		return nil
	}
	return r.run(ctx, u)
}

// checkGrants refuses, before anything is read or written, what cannot be a
// grant of this account.
func checkGrants(a offboarding.Account, grants []offboarding.Grant) error {
	for _, g := range grants {
		bad := &transport.Error{Kind: transport.Identity, System: System, Op: "check grant " + string(g.Class), Fix: "take the inventory again"}
		switch {
		case !slices.Contains(Classes(), g.Class):
			bad.Detail = "Okta has no such class"
		case g.Class == offboarding.Login && g.ID != a.ID:
			bad.Detail = "it is another user's"
		case g.Class == offboarding.Groups && !groupPattern.MatchString(g.ID), !subPattern.MatchString(g.ID):
			bad.Detail = fmt.Sprintf("the id %q is not one of Okta's", g.ID)
		default:
			continue
		}
		return bad
	}
	return nil
}

// remove is the action that ends a grant; its text depends on the grant alone,
// so that a later attempt's entry is known for the same.
func remove(g offboarding.Grant) offboarding.Action {
	return offboarding.Action{Do: "remove " + g.Label, Class: g.Class, ID: g.ID}
}

// revocation is one Revoke under way.
type revocation struct {
	writer
	k     *Connector
	id    string
	given []offboarding.Grant

	mu     sync.Mutex
	now    map[offboarding.Class]sight // what is there now, of the classes given
	roles  []heldRole
	failed []error
}

func (r *revocation) of(class offboarding.Class) []offboarding.Grant {
	var out []offboarding.Grant
	for _, g := range r.given {
		if g.Class == class {
			out = append(out, g)
		}
	}
	return out
}

// there reports whether a grant is still there, and takes down that it is not.
func (r *revocation) there(g offboarding.Grant) bool {
	if slices.ContainsFunc(r.now[g.Class].grants, func(have offboarding.Grant) bool { return have.ID == g.ID }) {
		return true
	}
	r.note(remove(g), activities.AlreadyAbsent)
	return false
}

// read looks at the classes that are to be changed. One that may not be looked
// at is left alone, and a person is asked in the end.
func (r *revocation) read(ctx context.Context) error {
	classes := slices.DeleteFunc(listed(), func(class offboarding.Class) bool {
		return class == offboarding.Apps || len(r.of(class)) == 0
	})
	g, ctx := errgroup.WithContext(ctx)
	for _, class := range classes {
		g.Go(func() error {
			var s sight
			var roles []heldRole
			var err error
			if class == offboarding.AdminRoles {
				roles, err = r.c.roles(ctx, r.id)
				for _, role := range roles {
					s.grants = append(s.grants, grant(class, role.ID, role.label()))
				}
			} else {
				s, err = r.k.look(ctx, r.c, class, r.id, false)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if hidden(class, err) {
				r.failed = append(r.failed, err)
				r.given = slices.DeleteFunc(slices.Clone(r.given), func(g offboarding.Grant) bool { return g.Class == class })
				return nil
			}
			if status(err, 404) {
				err = nil // the user is gone, which the caller finds out by itself
			}
			r.now[class] = s
			if roles != nil {
				r.roles = roles
			}
			return err
		})
	}
	return g.Wait()
}

func (r *revocation) run(ctx context.Context, u *sdk.User) error {
	var g errgroup.Group
	g.SetLimit(writesAtOnce)
	for _, job := range slices.Concat(r.sessionJobs(u), r.clientJobs(), r.tokenJobs(), r.groupJobs(), r.factorJobs(), r.deviceJobs()) {
		g.Go(func() error {
			if err := job(ctx); err != nil {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.failed = append(r.failed, err)
			}
			return nil
		})
	}
	_ = g.Wait() // every job keeps its own error
	for _, err := range r.failed {
		if !final(err) {
			return err
		}
	}
	if err := r.end(ctx, u); err != nil {
		return err
	}
	if len(r.failed) > 0 {
		return r.failed[0]
	}
	return nil
}

// final reports whether only a person can cure the error.
func final(err error) bool {
	return transport.IsKind(err, transport.Unauthorized) || transport.IsKind(err, transport.Refused) || transport.IsKind(err, transport.Identity)
}

// end deactivates the login, and with it ends the apps.
func (r *revocation) end(ctx context.Context, u *sdk.User) error {
	apps, login := r.of(offboarding.Apps), r.of(offboarding.Login)
	if len(login) == 0 && len(apps) > 0 && !deactivated(u) {
		return &transport.Error{
			Kind: transport.Refused, System: System, Op: "remove apps",
			Detail: "app assignments end with the deactivation of the login, which is not to be removed", Fix: "decide on okta/login too",
		}
	}
	id, answer := "", activities.AlreadyDone
	if len(login) > 0 {
		var err error
		if id, answer, err = r.deactivate(ctx, u); err != nil {
			return err
		}
		act := deactivation(r.id)
		act.RequestID = id
		r.note(act, answer)
	}
	for _, g := range apps {
		gone := remove(g)
		gone.RequestID = id
		r.note(gone, answer)
	}
	return nil
}
