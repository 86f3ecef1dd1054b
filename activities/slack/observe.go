package slack

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"lastday/activities/slack/web"
	"lastday/offboarding"
)

// sighting is one account as the observer saw it.
type sighting struct {
	active bool
	known  bool // false: the vendor says there is no such user
	called string
}

// Observe reads the account back and, with the same call and credential, a
// control user who must be active. Only a record of this very account that says
// active:false (or deleted:true) proves anything: Slack keeps deactivated
// members, so an account that is not there at all leaves both classes Blind.
func (c *Connector) Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	if !a.Found {
		return c.observeNobody(ctx, a)
	}
	if err := usable("read back", a); err != nil {
		return offboarding.Readback{}, err
	}
	var leaver, control sighting
	controlID := c.conf.ControlUserID
	var who owner
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		leaver, err = c.see(gctx, a.ID)
		return err
	})
	if controlID != "" {
		g.Go(func() (err error) {
			control, err = c.see(gctx, controlID)
			return err
		})
	}
	if controlID == "" || c.conf.TeamID != "" {
		g.Go(func() (err error) {
			who, err = c.ask(gctx, c.observer, c.observerAuth)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return offboarding.Readback{}, err
	}
	if controlID == "" {
		controlID = who.user
		var err error
		if control, err = c.see(ctx, controlID); err != nil {
			return offboarding.Readback{}, err
		}
	}
	return c.readback(a, leaver, control, controlID), nil
}

func (c *Connector) readback(a offboarding.Account, leaver, control sighting, controlID string) offboarding.Readback {
	o := offboarding.Observation{At: time.Now(), Credential: c.observerCalled}
	switch {
	case !leaver.known:
		o.Sight = offboarding.Blind
		o.Reason = "Slack has no user " + a.ID + " for this credential, and it never forgets a member: the token belongs to another workspace; look at the observer's token"
	case leaver.active:
		o.Sight = offboarding.Present
	case controlID == a.ID:
		o.Sight = offboarding.Blind
		o.Reason = "the control user is the person who leaves; set slack.control_user_id to somebody who stays"
	case !control.known || !control.active:
		o.Sight = offboarding.Blind
		o.Reason = "the control user " + controlID + " is not seen active, so the answer proves nothing; set slack.control_user_id to somebody who stays"
	default:
		o.Sight = offboarding.Absent
		o.Control = leaver.called + ": " + controlID + " is active"
	}
	out := offboarding.Readback{Residuals: residuals()}
	for _, g := range grants(a) {
		class := o
		class.Class = g.Class
		if o.Sight == offboarding.Present {
			class.Present = []offboarding.Grant{g}
		}
		out.Observations = append(out.Observations, class)
	}
	return out
}

// see reads one account with the observer's credential.
func (c *Connector) see(ctx context.Context, id string) (sighting, error) {
	if c.observerScim != nil {
		u, err := c.observerScim.get(ctx, id)
		switch {
		case scimSaysUnknown(err):
			return sighting{}, nil
		case err != nil:
			return sighting{}, err
		}
		return sighting{active: *u.Active, known: true, called: "SCIM active"}, nil
	}
	u, err := info(ctx, c.observer, c.observerBot, id)
	switch {
	case web.Code(err) == "user_not_found":
		return sighting{}, nil
	case err != nil:
		return sighting{}, err
	}
	return sighting{active: !u.Deleted, known: true, called: "users.info deleted"}, nil
}

// observeNobody answers for a person whom Find did not have: it looks again,
// and nothing is proven unless nobody is there while the control is.
func (c *Connector) observeNobody(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	again, err := c.Find(ctx, offboarding.Person{Email: offboarding.Subject(a.Email), Emails: a.Emails})
	if err != nil {
		return offboarding.Readback{}, err
	}
	if again.Found {
		return c.Observe(ctx, again)
	}
	var out offboarding.Readback
	for _, class := range []offboarding.Class{offboarding.Login, offboarding.Sessions} {
		out.Observations = append(out.Observations, offboarding.Observation{
			Class: class, Sight: offboarding.Absent, At: time.Now(), Credential: "primary", Control: again.Evidence,
		})
	}
	return out, nil
}
