package okta

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	sdk "github.com/okta/okta-sdk-golang/v2/okta"
	"golang.org/x/sync/errgroup"

	"lastday/activities"
	"lastday/offboarding"
)

// Check implements activities.Connector. It writes nothing, so that a missing
// right to write shows only where Okta tells of it: in the scopes of a service
// app, and in the roles of an API token's owner.
func (k *Connector) Check(ctx context.Context) ([]activities.Finding, error) {
	cl, err := k.clients()
	if err != nil {
		return nil, err
	}
	f := &findings{}
	var g errgroup.Group
	g.Go(func() error {
		return k.checkOne(ctx, f, cl.read, k.config.Credential, WriteScopes(), cl.observe.name == cl.read.name)
	})
	if cl.observe.name != cl.read.name {
		g.Go(func() error { return k.checkOne(ctx, f, cl.observe, k.config.Observer, ReadScopes(), true) })
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(f.all, func(a, b activities.Finding) int { return strings.Compare(a.What, b.What) })
	return f.all, nil
}

type findings struct {
	mu  sync.Mutex
	all []activities.Finding
}

func (f *findings) add(level activities.Level, do, what string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = append(f.all, activities.Finding{Level: level, What: fmt.Sprintf(what, args...), Do: do})
}

// checkOne reaches Okta with one credential; the one that observes is also
// asked for a control in every class.
func (k *Connector) checkOne(ctx context.Context, f *findings, c *client, cred Credential, need []string, observes bool) error {
	if app, ok := c.auth.(*serviceApp); ok {
		_, granted, err := app.fetch(ctx)
		if err != nil {
			f.add(activities.Bad, "look at client_id, private_key and scopes, and at the scopes granted to the app", "%s credential: %s", c.name, reason(err))
			return ctx.Err()
		}
		checkScopes(f, c.name, granted, need)
	} else {
		me, err := c.user(ctx, "me")
		if err != nil {
			f.add(activities.Bad, "renew the token behind "+cred.APIToken.Source(), "%s credential: %s", c.name, reason(err))
			return ctx.Err()
		}
		k.checkOwner(ctx, f, c, me, c.name == "observer")
	}
	users, why, err := k.controls(ctx, c, "", nil)
	if err != nil || len(users) == 0 {
		if err != nil {
			why = reason(err)
		}
		f.add(activities.Bad, "look at control_users", "%s credential: %s", c.name, why)
		return ctx.Err()
	}
	var g errgroup.Group
	g.SetLimit(readsAtOnce)
	for _, class := range listed() {
		g.Go(func() error {
			k.checkClass(ctx, f, c, class, users, observes)
			return nil
		})
	}
	g.Go(func() error {
		var page []logEvent
		if _, err := c.get(ctx, call{"read System Log", "okta.logs.read"}, "/api/v1/logs?limit=1", &page); err != nil {
			f.add(activities.Warning, "grant okta.logs.read, else the status alone proves that sessions ended", "%s credential: the System Log cannot be read", c.name)
		}
		return nil
	})
	_ = g.Wait() // the jobs keep what they find
	f.add(activities.OK, "", "%s credential: reaches %s", c.name, k.config.BaseURL)
	return ctx.Err()
}

// checkScopes compares a service app's scopes with the least that is needed; a
// scope that manages covers the one that reads.
func checkScopes(f *findings, name string, granted, need []string) {
	for _, want := range need {
		if !slices.Contains(granted, want) && !slices.Contains(granted, strings.Replace(want, ".read", ".manage", 1)) {
			f.add(activities.Bad, "grant it to the service app and add it to scopes", "%s credential: lacks %s", name, want)
		}
	}
	for _, have := range granted {
		if !slices.Contains(need, have) {
			f.add(activities.Warning, "take it from scopes", "%s credential: has %s, which is more than it needs", name, have)
		}
	}
}

// checkOwner looks at the administrator roles of an API token's owner: a token
// can do what its owner can.
func (k *Connector) checkOwner(ctx context.Context, f *findings, c *client, me *sdk.User, observer bool) {
	roles, err := c.roles(ctx, me.Id)
	if err != nil {
		f.add(activities.Warning, "", "%s credential: its owner's roles cannot be read: %s", c.name, reason(err))
		return
	}
	var kinds []string
	for _, r := range roles {
		kinds = append(kinds, r.Type)
	}
	writes := slices.ContainsFunc(kinds, func(t string) bool { return t != "READ_ONLY_ADMIN" && t != "REPORT_ADMIN" })
	login := attribute(me, "login")
	switch {
	case observer && writes:
		f.add(activities.Warning, "let the token's owner be a read-only administrator", "observer credential: its owner %s may write (%s)", login, strings.Join(kinds, ", "))
	case !observer && !writes:
		f.add(activities.Bad, "make a token as a super administrator, or use a service app with the scopes "+strings.Join(WriteScopes(), ", "), "primary credential: its owner %s may only read", login)
	case !observer && !slices.Contains(kinds, "SUPER_ADMIN"):
		f.add(activities.Warning, "administrators among the leavers need a person, or a super administrator's token", "primary credential: its owner %s is no super administrator", login)
	}
}

// checkClass sees whether a class can be read, and whether an empty answer
// about a leaver could ever prove anything.
func (k *Connector) checkClass(ctx context.Context, f *findings, c *client, class offboarding.Class, users []*sdk.User, observes bool) {
	seen := ""
	for _, u := range users {
		s, err := k.look(ctx, c, class, u.Id, false)
		if hidden(class, err) {
			cover := c.uncovered(ctx, class, err)
			if cover.Sight == offboarding.NotOffered {
				f.add(activities.OK, "", "%s: %s", class, cover.Reason)
			} else {
				f.add(activities.Bad, "", "%s credential: %s stays blind: %s", c.name, class, cover.Reason)
			}
			return
		}
		if err != nil {
			f.add(activities.Bad, "try again", "%s credential: %s: %s", c.name, class, reason(err))
			return
		}
		if seen == "" {
			seen = s.shows()
		}
	}
	if seen == "" && observes {
		f.add(activities.Warning, "add a user who stays and holds something of "+string(class)+" to control_users", "%s: no control user shows anything, so a leaver's empty list proves nothing", class)
	}
}
