package slack

import (
	"context"
	"slices"
	"strings"

	"lastday/activities"
	"lastday/activities/slack/web"
	"lastday/secret"
)

// Check reaches Slack with each credential, names its owner, and compares the
// scopes that Slack reports (header X-OAuth-Scopes) with those needed. An error
// is only returned where the configuration cannot be used at all.
func (c *Connector) Check(ctx context.Context) ([]activities.Finding, error) {
	bot := []string{"users:read", "users:read.email"}
	notifier := []string{"chat:write", "channels:read", "channels:history", "groups:read", "groups:history"}
	door := []string{"commands", "usergroups:read"} // for the starter's Slack door
	out := c.checkToken(ctx, c.conf.BotToken, bot, slices.Concat(notifier, door))
	if c.conf.Observer.BotToken.IsSet() {
		out = append(out, c.checkToken(ctx, c.conf.Observer.BotToken, []string{"users:read"}, []string{"users:read.email"})...)
	}
	if !c.scimInUse() {
		return append(out, activities.Finding{
			Level: activities.Warning, What: "no scim_token: Slack accounts are a task for a person",
			Do: "on Business+ or Enterprise, give a user token with the scope admin",
		}), nil
	}
	if c.scim != nil {
		out = append(out, c.checkScim(ctx, c.conf.ScimToken, c.scim)...)
	}
	if c.conf.Observer.ScimToken.IsSet() {
		out = append(out, c.checkScim(ctx, c.conf.Observer.ScimToken, c.observerScim)...)
	}
	return out, nil
}

func (c *Connector) scimInUse() bool { return c.scim != nil || c.observerScim != nil }

// checkToken asks whose the token is and which scopes it has.
func (c *Connector) checkToken(ctx context.Context, token secret.Ref, need, may []string) []activities.Finding {
	api, err := c.web.With(token)
	if err != nil {
		return bad(token, err)
	}
	if _, err := c.ask(ctx, c.web, token); err != nil {
		return bad(token, err)
	}
	who, err := api.AuthTestContext(ctx)
	if err != nil {
		return bad(token, web.Named("see whose the token is", err))
	}
	out := []activities.Finding{{Level: activities.OK, What: token.Source() + " is " + who.User + " in " + who.Team}}
	header := who.Header.Get("X-OAuth-Scopes")
	if header == "" {
		return append(out, activities.Finding{Level: activities.Warning, What: "Slack does not say which scopes " + token.Source() + " has"})
	}
	var have []string
	for s := range strings.SplitSeq(header, ",") {
		have = append(have, strings.TrimSpace(s))
	}
	for _, s := range need {
		if !slices.Contains(have, s) {
			out = append(out, activities.Finding{
				Level: activities.Bad, What: token.Source() + " lacks " + s, Do: "add the scope to the Slack app and install it again",
			})
		}
	}
	for _, s := range have {
		if !slices.Contains(need, s) && !slices.Contains(may, s) {
			out = append(out, activities.Finding{
				Level: activities.Warning, What: token.Source() + " may do more than is needed: " + s, Do: "take the scope away from the Slack app",
			})
		}
	}
	return out
}

// checkScim reads the token's own owner, who must be active: the control of
// every read-back.
func (c *Connector) checkScim(ctx context.Context, token secret.Ref, client *scimClient) []activities.Finding {
	o, err := c.ask(ctx, c.web, token)
	if err != nil {
		return bad(token, err)
	}
	id := o.user
	if c.conf.ControlUserID != "" {
		id = c.conf.ControlUserID
	}
	u, err := client.get(ctx, id)
	switch {
	case err != nil:
		return bad(token, err)
	case !*u.Active:
		return []activities.Finding{{
			Level: activities.Bad, What: "the control user " + id + " is not active", Do: "set slack.control_user_id to somebody who stays",
		}}
	}
	return []activities.Finding{{Level: activities.OK, What: token.Source() + " reads SCIM; control user " + id + " is active"}}
}

func bad(token secret.Ref, err error) []activities.Finding {
	return []activities.Finding{{Level: activities.Bad, What: token.Source() + ": " + err.Error(), Do: "see the error"}}
}
