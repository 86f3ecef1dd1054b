package okta

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/offboarding"
)

// Observe implements activities.Connector. It reads every class twice unless
// the first answer itself held something that is there for sure, and in between
// the same list of a user who stays: only then does an empty answer count.
// Nothing is read from a cache, and no write ever goes through this client.
func (k *Connector) Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	var out offboarding.Readback
	if err := checkID(a.ID); err != nil {
		return out, err
	}
	cl, err := k.clients()
	if err != nil {
		return out, err
	}
	o := &observation{k: k, c: cl.observe, id: a.ID, first: make([]sight, len(listed())), blind: make([]error, len(listed()))}
	if err := o.look(ctx); err != nil {
		return out, err
	}
	if o.user == nil {
		return o.deleted(ctx)
	}
	if err := o.lookAgain(ctx); err != nil {
		return out, err
	}
	out.Observations = append(out.Observations, o.login(), o.sessions())
	for i, class := range listed() {
		out.Observations = append(out.Observations, o.class(ctx, i, class))
	}
	if r, ok := o.residual(); ok {
		out.Residuals = append(out.Residuals, r)
	}
	return out, nil
}

// observation is one Observe under way.
type observation struct {
	k  *Connector
	c  *client
	id string

	user     *sdk.User // nil: Okta does not know the id
	clock    time.Time // the vendor's
	controls []*sdk.User
	why      string  // why there is no control
	first    []sight // of listed(), as are the next two
	blind    []error
	seen     []string // what the same list of a control user showed
	trail    trail
}

// look is the first round: the user, those who stay, and every list.
func (o *observation) look(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readsAtOnce)
	g.Go(func() error {
		u, resp, err := o.c.userAt(ctx, o.id)
		if status(err, 404) {
			return nil
		}
		if err != nil {
			return err
		}
		if u.Id != o.id {
			return invalid(readUser(), "Okta answered with another user's record")
		}
		o.user, o.clock = u, vendorTime(resp.Header)
		return nil
	})
	g.Go(func() (err error) {
		o.controls, o.why, err = o.k.controls(ctx, o.c, o.id, nil)
		return err
	})
	for i, class := range listed() {
		g.Go(func() (err error) {
			o.first[i], err = o.k.look(ctx, o.c, class, o.id, true)
			if hidden(class, err) || status(err, 404) {
				o.blind[i] = err
				return nil
			}
			return err
		})
	}
	return g.Wait()
}

// lookAgain is the second round, for the lists that came back empty and
// without a witness, and the System Log.
func (o *observation) lookAgain(ctx context.Context) error {
	o.seen = make([]string, len(listed()))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(readsAtOnce)
	if stopped(o.user.Status) {
		g.Go(func() (err error) { o.trail, err = o.c.follow(ctx, o.user, o.clock); return err })
	}
	for i, class := range listed() {
		if o.blind[i] != nil || o.first[i].shows() != "" {
			continue
		}
		g.Go(func() (err error) {
			o.seen[i], err = o.elsewhere(ctx, class)
			return err
		})
		g.Go(func() (err error) {
			o.first[i], err = o.k.look(ctx, o.c, class, o.id, true)
			if hidden(class, err) {
				o.blind[i] = err
				return nil
			}
			return err
		})
	}
	return g.Wait()
}

// elsewhere looks at the same list of the users who stay, one after the other,
// until it shows something. They are named by id: a case keeps nothing of
// another person that would outlive their own erasure.
func (o *observation) elsewhere(ctx context.Context, class offboarding.Class) (string, error) {
	for _, u := range o.controls {
		s, err := o.k.look(ctx, o.c, class, u.Id, false)
		if hidden(class, err) || status(err, 404) {
			continue
		}
		if err != nil {
			return "", err
		}
		if s.witness != "" {
			return fmt.Sprintf("%s of user %s", s.witness, u.Id), nil
		}
		if len(s.grants) > 0 {
			return fmt.Sprintf("%s %s of user %s", class, s.grants[0].ID, u.Id), nil
		}
	}
	return "", nil
}

func (o *observation) about(class offboarding.Class) offboarding.Observation {
	return offboarding.Observation{Class: class, At: time.Now().UTC(), Credential: o.c.name}
}

// control names the user who stays and was read as active by the same call.
func (o *observation) control() string {
	if len(o.controls) == 0 {
		return ""
	}
	return fmt.Sprintf("user %s read as %s", o.controls[0].Id, o.controls[0].Status)
}

func (o *observation) login() offboarding.Observation {
	at := o.about(offboarding.Login)
	switch {
	case o.user.Status != "DEPROVISIONED":
		at.Sight, at.Present = offboarding.Present, []offboarding.Grant{loginGrant(o.user)}
		if o.user.TransitioningToStatus != "" {
			at.Reason = "the change to " + o.user.TransitioningToStatus + " is still under way"
		}
	case o.user.TransitioningToStatus != "":
		at.Sight, at.Present = offboarding.Present, []offboarding.Grant{loginGrant(o.user)}
		at.Reason = "the account is on its way to " + o.user.TransitioningToStatus
	case o.control() == "":
		at.Sight, at.Reason = offboarding.Blind, o.why
	default:
		at.Sight, at.Control = offboarding.Absent, o.control()
		at.Reason = "status DEPROVISIONED"
	}
	return at
}

func (o *observation) class(ctx context.Context, i int, class offboarding.Class) offboarding.Observation {
	at := o.about(class)
	s := o.first[i]
	switch {
	case o.blind[i] != nil:
		cover := o.c.uncovered(ctx, class, o.blind[i])
		at.Sight, at.Reason = cover.Sight, cover.Reason
		if at.Sight == offboarding.NotOffered {
			at.Control = "the org's public metadata says pipeline v1"
		}
	case len(s.grants) > 0:
		at.Sight, at.Present = offboarding.Present, s.grants
	case s.witness != "":
		at.Sight, at.Control = offboarding.Absent, s.witness+", in the same answer"
	case o.seen[i] != "":
		at.Sight, at.Control = offboarding.Absent, o.seen[i]
	case len(o.controls) == 0:
		at.Sight, at.Reason = offboarding.Blind, o.why
	default:
		at.Sight = offboarding.Blind
		at.Reason = fmt.Sprintf("no control user shows anything in this class, so an empty answer proves nothing: add one who holds something of %s to control_users", class)
	}
	return at
}

// deleted is what can be said of a user whose id Okta does not know: deleted,
// if the System Log says so; else out of sight, for whatever reason.
func (o *observation) deleted(ctx context.Context) (offboarding.Readback, error) {
	var out offboarding.Readback
	event, err := o.c.deletion(ctx, o.id)
	if err != nil && !status(err, 403) {
		return out, err
	}
	for _, class := range Classes() {
		at := o.about(class)
		switch {
		case event != "" && o.control() != "":
			at.Sight, at.Logged = offboarding.Absent, true
			at.Control = fmt.Sprintf("System Log event %s; %s", event, o.control())
			at.Reason = "the user was deleted"
		case o.control() == "":
			at.Sight, at.Reason = offboarding.Blind, o.why
		default:
			at.Sight = offboarding.Blind
			at.Reason = "Okta does not know the user's id any more, and its log shows no deletion: was the user deleted long ago, or taken out of this credential's sight?"
		}
		out.Observations = append(out.Observations, at)
	}
	return out, nil
}

// residual is the time for which access tokens that apps check by themselves
// go on working. It counts from statusChanged, the user's documented "timestamp
// when the status last changed": the account was stopped then or earlier.
// Nothing is left once that time has passed.
func (o *observation) residual() (offboarding.Residual, bool) {
	out := offboarding.Residual{
		System: System, Class: offboarding.OAuthTokens,
		What: fmt.Sprintf("access tokens (JWT) that an app checks by itself, for %s after the account was stopped", o.k.config.AccessTokenLifetime),
	}
	if !stopped(o.user.Status) || o.user.StatusChanged == nil {
		return out, stopped(o.user.Status)
	}
	out.Ends = o.user.StatusChanged.Add(o.k.config.AccessTokenLifetime).UTC()
	return out, o.clock.Before(out.Ends)
}
