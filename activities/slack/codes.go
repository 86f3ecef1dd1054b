package slack

import (
	"context"
	"strings"
	"sync"

	"github.com/slack-go/slack"

	"lastday/activities/slack/notify"
	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/secret"
)

// Codes posts text that must be shown exactly, such as a signed checkpoint, into
// any channel that the app is in. Safe for concurrent use.
type Codes struct {
	web   *web.Client
	token secret.Ref
	team  string

	mu   sync.Mutex
	home map[string]string // by token: the workspace's URL
}

// NewCodes builds it from the slack section. It makes no call and reads no secret.
func NewCodes(c Config) (*Codes, error) {
	client, err := web.New(web.Options{Base: c.BaseURL, AllowHTTP: c.AllowHTTP, Private: c.PrivateAddresses, Methods: []string{"auth.test", "chat.postMessage"}})
	if err != nil {
		return nil, err
	}
	return &Codes{web: client, token: c.BotToken, team: c.TeamID, home: map[string]string{}}, nil
}

// PostCode posts a headline, a plain text, and code in a block in which Slack
// changes nothing, and gives the link to the message. Calling it again makes
// another message. It needs the scope chat:write, and the app in the channel.
func (c *Codes) PostCode(ctx context.Context, channel, headline, text, code string) (string, error) {
	const op = "post code"
	if err := notify.CheckChannel(channel); err != nil {
		return "", err
	}
	api, err := c.web.With(c.token)
	if err != nil {
		return "", err
	}
	home, err := c.workspace(ctx, api)
	if err != nil {
		return "", err
	}
	code = strings.TrimRight(code, "\n")
	got, ts, err := api.PostMessageContext(ctx, channel,
		slack.MsgOptionText(headline, true),
		slack.MsgOptionBlocks(
			slack.NewHeaderBlock(slack.NewTextBlockObject(slack.PlainTextType, headline, false, false)),
			slack.NewSectionBlock(slack.NewTextBlockObject(slack.PlainTextType, text, false, false), nil, nil),
			slack.NewRichTextBlock("code", &slack.RichTextPreformatted{
				Type: slack.RTEPreformatted, Elements: []slack.RichTextSectionElement{slack.NewRichTextSectionTextElement(code, nil)},
			}),
		),
		slack.MsgOptionDisableMarkdown(), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl(),
	)
	if err != nil {
		return "", web.Named(op, err)
	}
	if ts == "" || got != channel {
		return "", &transport.Error{Kind: transport.Invalid, System: web.System, Op: op, Detail: "the answer does not say what was posted where"}
	}
	// A message's link is made of its channel and its ts without the point, as
	// chat.getPermalink gives it.
	return home + "/archives/" + channel + "/p" + strings.ReplaceAll(ts, ".", ""), nil
}

// workspace is the URL of the workspace that the token belongs to.
func (c *Codes) workspace(ctx context.Context, api *slack.Client) (string, error) {
	const op = "see whose the token is"
	value, err := c.token.Value()
	if err != nil {
		return "", transport.Classify(web.System, op, err)
	}
	c.mu.Lock()
	home, ok := c.home[value]
	c.mu.Unlock()
	if ok {
		return home, nil
	}
	who, err := api.AuthTestContext(ctx)
	if err != nil {
		return "", web.Named(op, err)
	}
	if c.team != "" && c.team != who.TeamID && c.team != who.EnterpriseID {
		return "", &transport.Error{
			Kind: transport.Identity, System: web.System, Op: op,
			Detail: c.token.Source() + " belongs to workspace " + who.TeamID + ", and team_id says " + c.team,
			Fix:    "give a token of the right workspace",
		}
	}
	home = strings.TrimRight(who.URL, "/")
	if !strings.HasPrefix(home, "https://") && !strings.HasPrefix(home, "http://") {
		return "", &transport.Error{Kind: transport.Invalid, System: web.System, Op: op, Detail: "auth.test does not say where the workspace is"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.home[value] = home
	return home, nil
}
