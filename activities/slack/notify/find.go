package notify

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lastday/activities"
	"lastday/activities/slack/web"
	"lastday/activities/transport"
)

const (
	pageSize = 200 // what Slack recommends
	maxPages = 100
	// skew is how far this machine's clock may be ahead of Slack's.
	skew = 10 * time.Minute
)

// find gives the ts of every message of the case that the app itself posted,
// oldest first. Another app's message with the same metadata is not ours.
func (n *Notifier) find(ctx context.Context, api *slack.Client, at Spot) ([]string, error) {
	const op = "look for the message"
	self, err := n.self(ctx, api)
	if err != nil {
		return nil, err
	}
	p := &slack.GetConversationHistoryParameters{
		ChannelID: n.conf.Channel, IncludeAllMetadata: true, Limit: pageSize,
		Oldest: fmt.Sprintf("%d.000000", at.Since.Add(-skew).Unix()),
	}
	var found []string
	for range maxPages {
		page, err := api.GetConversationHistoryContext(ctx, p)
		if err != nil {
			return nil, web.Named(op, err)
		}
		if page.Messages == nil {
			return nil, invalid(op, "the history has no list of messages")
		}
		for _, m := range page.Messages {
			if m.User == self && m.Timestamp != "" && m.Metadata.EventType == EventType && m.Metadata.EventPayload["case"] == at.Key {
				found = append(found, m.Timestamp)
			}
		}
		next := page.ResponseMetaData.NextCursor
		if next == "" && page.HasMore {
			return nil, invalid(op, "the history says that it goes on, and not where")
		}
		if next == "" {
			slices.Sort(found)
			return found, nil
		}
		p.Cursor = next
	}
	return nil, &transport.Error{
		Kind: transport.Refused, System: web.System, Op: op,
		Detail: "the channel has too many messages since the case began to be looked through",
		Fix:    "give Lastday a channel of its own",
	}
}

// self is the bot's user id.
func (n *Notifier) self(ctx context.Context, api *slack.Client) (string, error) {
	const op = "see whose the token is"
	value, err := n.conf.BotToken.Value()
	if err != nil {
		return "", transport.Classify(web.System, op, err)
	}
	n.mu.Lock()
	id, ok := n.own[value]
	n.mu.Unlock()
	if ok {
		return id, nil
	}
	who, err := api.AuthTestContext(ctx)
	if err != nil {
		return "", web.Named(op, err)
	}
	if who.UserID == "" || who.TeamID == "" {
		return "", invalid(op, "auth.test does not say whose the token is")
	}
	if t := n.conf.TeamID; t != "" && t != who.TeamID && t != who.EnterpriseID {
		return "", &transport.Error{
			Kind: transport.Identity, System: web.System, Op: op,
			Detail: fmt.Sprintf("%s belongs to workspace %s, and team_id says %s", n.conf.BotToken.Source(), who.TeamID, t),
			Fix:    "give a token of the right workspace, then decide retry",
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.own[value] = who.UserID
	return who.UserID, nil
}

// Check reaches the channel and says whether the app can post to it and read
// its history. It posts nothing.
func (n *Notifier) Check(ctx context.Context) []activities.Finding {
	bad := func(err error) []activities.Finding {
		return []activities.Finding{{Level: activities.Bad, What: err.Error(), Do: "see the error"}}
	}
	api, err := n.web.With(n.conf.BotToken)
	if err != nil {
		return bad(err)
	}
	who, err := api.AuthTestContext(ctx)
	if err != nil {
		return bad(web.Named("see whose the token is", err))
	}
	var out []activities.Finding
	if scopes := who.Header.Get("X-OAuth-Scopes"); scopes != "" && !slices.Contains(strings.FieldsFunc(scopes, comma), "chat:write") {
		out = append(out, activities.Finding{Level: activities.Bad, What: n.conf.BotToken.Source() + " lacks chat:write", Do: "add the scope to the Slack app and install it again"})
	}
	c, err := api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: n.conf.Channel})
	if err != nil {
		return append(out, bad(web.Named("read channel", err))...)
	}
	if c.ID != n.conf.Channel || !c.IsMember || c.IsArchived {
		return append(out, activities.Finding{Level: activities.Bad, What: "the app is not in the channel " + n.conf.Channel, Do: "invite it: /invite @app"})
	}
	if _, err := n.find(ctx, api, Spot{Key: "check", Since: time.Now()}); err != nil {
		return append(out, bad(err)...)
	}
	return append(out, activities.Finding{Level: activities.OK, What: "posts to #" + c.Name + " and reads its history"})
}

func comma(r rune) bool { return r == ',' || r == ' ' }
