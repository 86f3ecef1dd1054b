package okta

import (
	"context"
	"fmt"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/activities/transport"
	"lastday/offboarding"
)

const (
	classicReason = "this org runs on Okta Classic Engine, which has no devices"
	// anySession stands for the sessions, which Okta does not list.
	anySession = "all"
)

// stopped reports whether the status keeps the user from signing in and has
// ended their sessions. Every other status can lead to a sign-in, LOCKED_OUT
// and PASSWORD_EXPIRED by self-service.
func stopped(status string) bool { return status == "SUSPENDED" || status == "DEPROVISIONED" }

func loginGrant(u *sdk.User) offboarding.Grant {
	return grant(offboarding.Login, u.Id, fmt.Sprintf("login %s (%s)", attribute(u, "login"), u.Status))
}

func sessionGrant() offboarding.Grant {
	return offboarding.Grant{Class: offboarding.Sessions, ID: anySession, Label: "sessions, which Okta does not list", Closes: offboarding.StepContain}
}

// Inventory implements activities.Connector.
func (k *Connector) Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error) {
	var out offboarding.Inventory
	if err := checkID(a.ID); err != nil {
		return out, err
	}
	cl, err := k.clients()
	if err != nil {
		return out, err
	}
	var user *sdk.User
	sights := make([]sight, len(listed()))
	blind := make([]error, len(listed()))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(readsAtOnce)
	g.Go(func() (err error) { user, err = cl.read.user(gctx, a.ID); return err })
	for i, class := range listed() {
		g.Go(func() (err error) {
			sights[i], err = k.look(gctx, cl.read, class, a.ID, true)
			if hidden(class, err) {
				blind[i] = err
				return nil
			}
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return out, err
	}
	add := func(class offboarding.Class, grants ...offboarding.Grant) {
		at := offboarding.Coverage{Class: class, Sight: offboarding.Absent}
		if len(grants) > 0 {
			at.Sight = offboarding.Present
		}
		out.Grants, out.Coverage = append(out.Grants, grants...), append(out.Coverage, at)
	}
	if user.Status == "DEPROVISIONED" && user.TransitioningToStatus == "" {
		add(offboarding.Login)
	} else {
		add(offboarding.Login, loginGrant(user))
	}
	if stopped(user.Status) {
		add(offboarding.Sessions)
	} else {
		add(offboarding.Sessions, sessionGrant())
	}
	for i, class := range listed() {
		if blind[i] != nil {
			out.Coverage = append(out.Coverage, cl.read.uncovered(ctx, class, blind[i]))
			continue
		}
		add(class, sights[i].grants...)
		if class == offboarding.Apps && len(sights[i].grants) > 0 {
			out.Residuals = append(out.Residuals, offboarding.Residual{
				System: System, Class: class,
				What: "sessions inside apps that were opened through Okta go on until the app itself ends them: clearing Okta's sessions does not reach them",
			})
		}
	}
	return out, nil
}

// hidden reports whether the error means that this class alone cannot be
// looked at, by permission or because the org lacks it.
func hidden(class offboarding.Class, err error) bool {
	return status(err, 403) || (class == offboarding.Devices && (status(err, 400) || status(err, 404) || status(err, 405)))
}

// uncovered says why a class cannot be looked at.
func (c *client) uncovered(ctx context.Context, class offboarding.Class, err error) offboarding.Coverage {
	if class == offboarding.Devices && c.noDevices(ctx) {
		return offboarding.Coverage{Class: class, Sight: offboarding.NotOffered, Reason: classicReason}
	}
	return offboarding.Coverage{Class: class, Sight: offboarding.Blind, Reason: reason(err)}
}

// reason is an error as a reader of a report needs it.
func reason(err error) string {
	if e, ok := err.(*transport.Error); ok && e.Fix != "" { //nolint:errorlint // fail returns it unwrapped
		what := e.Detail
		if what == "" && e.Err != nil {
			what = e.Err.Error()
		}
		return fmt.Sprintf("%s: %s; %s", e.Op, what, e.Fix)
	}
	return err.Error()
}
