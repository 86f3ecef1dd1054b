package slack

import (
	"context"
	"fmt"
	"strings"
	"time"

	slackapi "github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"lastday/activities"
	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/offboarding"
)

const deactivate = "deactivate account"

// Inventory says whether the account is active: then it holds a login, and may
// be signed in anywhere.
func (c *Connector) Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error) {
	if err := usable("list access", a); err != nil {
		return offboarding.Inventory{}, err
	}
	now, _, err := c.read(ctx, a)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	out := offboarding.Inventory{Residuals: residuals()}
	sight := offboarding.Absent
	if now.active {
		sight = offboarding.Present
		out.Grants = grants(a)
	}
	out.Coverage = []offboarding.Coverage{
		{Class: offboarding.Login, Sight: sight},
		{Class: offboarding.Sessions, Sight: sight, Reason: "Slack lists no sessions; a deactivated account is signed out on every device"},
	}
	return out, nil
}

// Contain deactivates the account, which is reversible in Slack and keeps
// messages and files. Without a SCIM token it gives a Refused error that tells
// a person what to do, until the account is seen deactivated.
func (c *Connector) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	if err := usable(deactivate, a); err != nil {
		return err
	}
	now, why, err := c.read(ctx, a)
	if err != nil {
		return err
	}
	if !now.active {
		j.Done(offboarding.Action{Do: deactivate, Class: offboarding.Login, ID: a.ID, At: time.Now(), Answer: activities.AlreadyDone})
		return nil
	}
	switch {
	case why != "" || a.Protected != "":
		return &transport.Error{
			Kind: transport.Protected, System: web.System, Op: deactivate,
			Detail: strings.TrimSuffix(why+"; "+a.Protected, "; "), Fix: "if this person really leaves, change that first",
		}
	case a.Email != "" && !now.has(a.Email):
		return &transport.Error{
			Kind: transport.Identity, System: web.System, Op: deactivate,
			Detail: "the account no longer has the e-mail it was found by", Fix: "look at the account in Slack, then decide retry",
		}
	case c.scim == nil:
		return c.askPerson(ctx, a)
	}
	id, err := c.scim.deactivate(ctx, a.ID)
	if err != nil {
		return err
	}
	j.Done(offboarding.Action{Do: deactivate, Class: offboarding.Login, ID: a.ID, At: time.Now(), RequestID: id, Answer: "204"})
	return nil
}

// Revoke has nothing of its own: both classes end with the deactivation, which
// it makes where it is given a grant of them.
func (c *Connector) Revoke(ctx context.Context, a offboarding.Account, g []offboarding.Grant, j *activities.Journal) error {
	for _, one := range g {
		if (one.Class != offboarding.Login && one.Class != offboarding.Sessions) || one.ID != a.ID {
			return &transport.Error{
				Kind: transport.Identity, System: web.System, Op: deactivate,
				Detail: fmt.Sprintf("%s %q is no grant of this account", one.Class, one.ID), Fix: "look the person up again (decide retry)",
			}
		}
	}
	if len(g) == 0 {
		return nil
	}
	return c.Contain(ctx, a, j)
}

// state is what is known of the account just now.
type state struct {
	active bool
	has    func(email string) bool
}

// read looks at the account with every credential that writes depend on, and
// says why it must not be touched, if so.
func (c *Connector) read(ctx context.Context, a offboarding.Account) (state, string, error) {
	var viaScim scimUser
	var user *slackapi.User
	g, gctx := errgroup.WithContext(ctx)
	if c.scim != nil {
		g.Go(func() (err error) {
			viaScim, err = c.scim.get(gctx, a.ID)
			return err
		})
	}
	g.Go(func() (err error) {
		user, err = info(gctx, c.web, c.conf.BotToken, a.ID)
		return err
	})
	for _, t := range c.tokens() {
		g.Go(func() error {
			_, err := c.ownerOf(gctx, t)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return state{}, "", err
	}
	why, err := c.protected(ctx, a.ID, user)
	if c.scim != nil {
		return state{active: *viaScim.Active, has: viaScim.has}, why, err
	}
	has := func(email string) bool { return strings.EqualFold(user.Profile.Email, email) }
	return state{active: !user.Deleted, has: has}, why, err
}

// askPerson is the task for a person, word for word as Slack's pages have it.
func (c *Connector) askPerson(ctx context.Context, a offboarding.Account) error {
	o, err := c.ownerOf(ctx, c.conf.BotToken)
	if err != nil {
		return err
	}
	page := strings.TrimRight(o.url, "/") + "/admin"
	who := a.Email
	if who == "" {
		who = a.Login
	}
	return &transport.Error{
		Kind: transport.Refused, System: web.System, Op: deactivate,
		Detail: "Slack lets only a person deactivate a member on this plan (no scim_token is configured)",
		Fix: fmt.Sprintf("open %s as an owner or admin, find %s, choose ⋮ and \"Deactivate account\"; then decide retry, and it is read back, or attest",
			page, who),
	}
}

func grants(a offboarding.Account) []offboarding.Grant {
	label := a.Login
	if label == "" {
		label = a.ID
	}
	return []offboarding.Grant{
		{Class: offboarding.Login, ID: a.ID, Label: "slack/" + label, Closes: offboarding.StepContain},
		{Class: offboarding.Sessions, ID: a.ID, Label: "every device " + label + " is signed in on", Closes: offboarding.StepContain},
	}
}

func residuals() []offboarding.Residual {
	return []offboarding.Residual{{
		System: web.System, Class: offboarding.Apps,
		What: "apps this person installed may go on with their bot token and incoming webhooks, and no API lists them by installer: look at Slack's \"Manage apps\" page",
	}}
}
