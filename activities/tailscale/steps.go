package tailscale

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	ts "tailscale.com/client/tailscale/v2"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Inventory lists what the user holds, with the primary credential. A user who
// is suspended already holds no login.
func (c *Connector) Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error) {
	if err := checkAccount(a); err != nil {
		return offboarding.Inventory{}, err
	}
	cl, err := c.open(c.primary, opUsers, opUser, opDevices, opKeys, opKey)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	defer cl.close()
	s, err := c.look(ctx, cl, a)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	var inv offboarding.Inventory
	for _, o := range c.judge(s) {
		inv.Grants = append(inv.Grants, o.Present...)
		inv.Coverage = append(inv.Coverage, offboarding.Coverage{Class: o.Class, Sight: o.Sight, Reason: o.Reason})
	}
	inv.Residuals = s.residuals
	return inv, nil
}

// Contain suspends the user, which cuts every device of theirs off and can be
// undone. Where Tailscale refuses because an identity provider provisions its
// users, the refusal is journaled, the login stays unproven until the provider
// has suspended it, and the other grants are still revoked.
func (c *Connector) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	if err := checkAccount(a); err != nil {
		return err
	}
	cl, err := c.open(c.primary, opUsers, opUser, opKeys, opKey, opSuspend)
	if err != nil {
		return err
	}
	defer cl.close()
	u, err := c.guard(ctx, cl, a)
	if err != nil {
		return err
	}
	return c.suspendUser(ctx, cl, a, u, j)
}

// guard looks the user up again right before a write, and refuses protected
// ones. A nil user is one Tailscale does not have any more.
func (c *Connector) guard(ctx context.Context, cl *client, a offboarding.Account) (*ts.User, error) {
	users, owners, err := c.roll(ctx, cl)
	if err != nil {
		return nil, err
	}
	for _, u := range users {
		if u.ID != a.ID {
			continue
		}
		if !strings.EqualFold(u.LoginName, a.Login) {
			return nil, fail(transport.Identity, opUsers, "user "+u.ID+" is "+u.LoginName+" now, not "+a.Login, "find the person again")
		}
		if why := protection(u, users, owners); why != "" {
			return nil, fail(transport.Protected, "check user "+u.LoginName, "this user "+why, "")
		}
		return &u, nil
	}
	if _, ok := controlUser(users, a.ID); !ok {
		return nil, fail(transport.Invalid, opUsers, "the list of users is empty, which no tailnet's is", "")
	}
	if err := elsewhere(a, users); err != nil {
		return nil, err
	}
	u, err := cl.user(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	if u != nil {
		return nil, fail(transport.Invalid, opUser, "the list of users and the user's own record contradict each other", "")
	}
	return nil, nil
}

const doSuspend = "suspend user"

func (c *Connector) suspendUser(ctx context.Context, cl *client, a offboarding.Account, u *ts.User, j *activities.Journal) error {
	act := offboarding.Action{Do: doSuspend, Class: offboarding.Login, ID: a.ID}
	done := func(answer string) error {
		act.At, act.Answer = time.Now().UTC(), answer
		j.Done(act)
		return nil
	}
	switch {
	case u == nil:
		return done(activities.AlreadyAbsent)
	case u.Status == ts.UserStatusSuspended:
		return done(activities.AlreadyDone)
	case c.cfg.Suspend == SuspendByIDP:
		return done("not called: left to the identity provider")
	}
	n, err := cl.suspend(ctx, a.ID)
	act.RequestID = n.requestID
	var e *transport.Error
	switch {
	case err == nil:
		return done(strconv.Itoa(n.status))
	case gone(err):
		return done(activities.AlreadyAbsent)
	case errors.As(err, &e) && refusedByPolicy(e):
		return done("refused: " + strconv.Itoa(e.Status) + " " + e.Detail)
	}
	return err
}

// refusedByPolicy tells a tailnet whose users cannot be suspended by API from
// a credential that may not suspend. Tailscale has no code for either; its
// documentation limits the call to some plans and to users it manages itself.
func refusedByPolicy(e *transport.Error) bool {
	if e.Kind == transport.Refused {
		return e.Status == http.StatusBadRequest || e.Status == http.StatusConflict || e.Status == http.StatusUnprocessableEntity
	}
	if e.Kind != transport.Unauthorized || e.Status != http.StatusForbidden {
		return false
	}
	words := strings.ToLower(e.Detail)
	for _, w := range []string{"provision", "scim", "identity provider", "plan"} {
		if strings.Contains(words, w) {
			return true
		}
	}
	return false
}
