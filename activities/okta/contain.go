package okta

import (
	"context"
	"fmt"
	"time"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"github.com/okta/okta-sdk-golang/v2/okta/query"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Contain implements activities.Connector: suspend, which can be taken back,
// then clear sessions and OAuth tokens. Okta suspends active users only: one in
// another status is left for Revoke to deactivate, and the journal says so.
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
	if !stopped(u.Status) && u.Status != "ACTIVE" {
		w.note(suspend, fmt.Sprintf("not possible: Okta suspends active users only and this one is %s; the revoke step deactivates it", u.Status))
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
