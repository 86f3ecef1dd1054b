package okta

import (
	"context"
	"fmt"
	"net/http"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/query"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Contain implements activities.Connector: suspend, which can be taken back,
// then clear sessions and OAuth tokens. Okta suspends active users only. One who
// is locked out, has to change the password or was never activated can still
// come back by self-service, so that nothing but a deactivation stops the login
// of these: they are deactivated here, and the journal says so.
func (k *Connector) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	cl, err := k.clients()
	if err != nil {
		return err
	}
	c := cl.contain
	u, err := k.admit(ctx, cl, c, a)
	if err != nil {
		return err
	}
	w := writer{c: c, j: j}
	suspend := offboarding.Action{Do: "suspend user", Class: offboarding.Login, ID: a.ID}
	if u == nil {
		w.note(suspend, activities.AlreadyAbsent)
		return nil
	}
	switch u.Status {
	case "ACTIVE":
		err := w.do(call{"suspend user", "okta.users.manage"}, suspend, func() (*sdk.Response, error) {
			return c.sdk.User.SuspendUser(ctx, a.ID)
		})
		if status(err, 400) {
			// The status changed after it was read: the next attempt reads it again.
			return &transport.Error{Kind: transport.Unavailable, System: System, Op: "suspend user", Status: 400, Detail: "the user's status has just changed"}
		}
		if err != nil {
			return err
		}
	case "SUSPENDED", "DEPROVISIONED":
		w.note(suspend, activities.AlreadyDone)
	}
	if err := w.clearSessions(ctx, u); err != nil {
		return err
	}
	if stopped(u.Status) || u.Status == "ACTIVE" {
		return nil
	}
	w.note(suspend, fmt.Sprintf("not possible: Okta suspends active users only and this one is %s, so it is deactivated", u.Status))
	return w.shut(ctx, u)
}

// shut deactivates a user whom Okta does not suspend. Factors are reset before,
// because Okta unenrols none of a deactivated user. As in Revoke, an error that
// a retry can cure is returned first; one that only a person can cure does not
// hold the deactivation up, and Revoke meets it again.
func (w writer) shut(ctx context.Context, u *sdk.User) error {
	factors, err := w.c.factors(ctx, u.Id)
	if err == nil && len(factors) > 0 && u.TransitioningToStatus != "DEPROVISIONED" {
		err = w.resetFactors(ctx, u.Id, factors)
	}
	if err != nil && !final(err) && !status(err, http.StatusNotFound) {
		return err
	}
	id, answer, err := w.deactivate(ctx, u)
	if err != nil {
		return err
	}
	act := deactivation(u.Id)
	act.RequestID = id
	w.note(act, answer)
	return nil
}

func deactivation(user string) offboarding.Action {
	return offboarding.Action{Do: "deactivate user", Class: offboarding.Login, ID: user}
}

// deactivate ends the login, whatever the user's status. One whose deactivation
// is over or under way is left alone.
func (w writer) deactivate(ctx context.Context, u *sdk.User) (id, answer string, err error) {
	if deactivated(u) {
		return "", activities.AlreadyDone, nil
	}
	id, answer, err = w.c.send(call{"deactivate user", "okta.users.manage"}, func() (*sdk.Response, error) {
		return w.c.sdk.User.DeactivateUser(ctx, u.Id, query.NewQueryParams(query.WithSendEmail(false)))
	})
	if status(err, http.StatusNotFound) {
		// E0000007 is also Okta's answer for a user who is deactivated already.
		answer, err = w.afterNotFound(ctx, u.Id)
	}
	return id, answer, err
}

func deactivated(u *sdk.User) bool {
	return u.Status == "DEPROVISIONED" || u.TransitioningToStatus == "DEPROVISIONED"
}

func (w writer) afterNotFound(ctx context.Context, user string) (string, error) {
	u, err := w.c.user(ctx, user)
	switch {
	case status(err, http.StatusNotFound):
		return activities.AlreadyAbsent, nil
	case err != nil:
		return "", err
	case deactivated(u):
		return activities.AlreadyDone, nil
	}
	return "", invalid(call{what: "deactivate user"}, "Okta does not find the user to deactivate, and reads it as "+u.Status)
}

// resetFactors unenrols all factors at once, and takes each down.
func (w writer) resetFactors(ctx context.Context, user string, factors []offboarding.Grant) error {
	id, answer, err := w.c.send(call{"reset factors", "okta.users.manage"}, func() (*sdk.Response, error) { return w.c.sdk.User.ResetFactors(ctx, user) })
	if err != nil {
		return err
	}
	for _, g := range factors {
		act := remove(g)
		act.RequestID = id
		w.note(act, answer)
	}
	return nil
}

// writer makes changes and takes each down as soon as it is made.
type writer struct {
	c *client
	j *activities.Journal
}

// do makes one change. What is not there any more is success.
func (w writer) do(op call, act offboarding.Action, do func() (*sdk.Response, error)) error {
	id, answer, err := w.c.send(op, do)
	if status(err, 404) {
		w.note(act, activities.AlreadyAbsent)
		return nil
	}
	if err != nil {
		return err
	}
	act.RequestID = id
	w.note(act, answer)
	return nil
}

func (w writer) note(act offboarding.Action, answer string) {
	act.At, act.Answer = time.Now().UTC(), answer
	w.j.Done(act)
}

// clearSessions ends the user's sessions and the OAuth tokens issued to them.
// A deactivated user has none, and Okta knows no such user there.
func (w writer) clearSessions(ctx context.Context, u *sdk.User) error {
	act := offboarding.Action{Do: "clear sessions and OAuth tokens", Class: offboarding.Sessions, ID: anySession}
	if u.Status == "DEPROVISIONED" {
		w.note(act, activities.AlreadyAbsent)
		return nil
	}
	return w.do(call{"clear sessions", "okta.users.manage"}, act, func() (*sdk.Response, error) {
		return w.c.sdk.User.ClearUserSessions(ctx, u.Id, query.NewQueryParams(query.WithOauthTokens(true)))
	})
}
