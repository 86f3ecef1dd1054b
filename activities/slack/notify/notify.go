// Package notify keeps the one message of a case in a Slack channel: it posts
// it, finds it again after a crash, and updates it in place. It knows blocks
// and channels, and nothing of a departure.
//
// Exactly one message. Slack documents no idempotency key for chat.postMessage:
// its error list names client_msg_id, but the method takes no such argument,
// and Slack's SDK maintainers ask apps not to rely on it (java-slack-sdk, "Is
// clientMsgId unique and reliable?"). So the case's key travels in the message's
// metadata, and a post without a known ts, if anything can have been posted
// before, looks for that key in the channel's history first. History is read
// from another replica than the one that posts, and may lag. The window that
// remains, a retry that comes sooner than the lag, is closed twice: a second
// attempt waits Settle and looks again before it posts, and Sweep deletes what
// came out double all the same.
package notify

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/egress"
	"lastday/secret"
)

// EventType is the metadata's event_type of every message of a case; its
// payload has the case's key under "case". Slack shows metadata to any app in
// the channel, so a key holds nothing that the message does not say.
const EventType = "lastday_case"

// Config says where messages go.
type Config struct {
	BotToken secret.Ref `yaml:"bot_token"`
	// Channel is the channel's id, C… or G…; names are refused, because a
	// renamed channel would get another's messages.
	Channel   string `yaml:"channel"`
	BaseURL   string `yaml:"base_url"`
	AllowHTTP bool   `yaml:"allow_http"`
	// PrivateAddresses are those of the slack section.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	// TeamID is the workspace (T…) or organisation (E…) the token must belong to.
	TeamID string `yaml:"team_id"`
	// Settle is how long a second attempt looks for the message of the first
	// before it posts; default 5 s, negative: one look.
	Settle time.Duration `yaml:"settle"`
}

var channelID = regexp.MustCompile(`^[CG][A-Z0-9]{7,14}$`)

// CheckChannel says what is wrong with a channel id.
func CheckChannel(id string) error {
	if channelID.MatchString(id) {
		return nil
	}
	return fmt.Errorf("%q is not a channel id like C01ABCDEF; in Slack open the channel's details, the id is at the very bottom", id)
}

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.BaseURL == "" {
		c.BaseURL = web.DefaultBase
	}
	if c.Settle == 0 {
		c.Settle = 5 * time.Second
	}
}

// Validate says which key is wrong and what to do. It reads no secret.
func (c *Config) Validate() error {
	if !c.BotToken.IsSet() {
		return errors.New("slack.bot_token is missing: give env:NAME or file:PATH of the app's bot token (xoxb-…)")
	}
	if err := CheckChannel(c.Channel); err != nil {
		return fmt.Errorf("slack.channel: %w", err)
	}
	if _, err := transport.CheckBase(c.BaseURL, c.AllowHTTP); err != nil {
		return fmt.Errorf("slack.base_url: %w", err)
	}
	return nil
}

// Notifier posts to one channel. Safe for concurrent use.
type Notifier struct {
	conf Config
	web  *web.Client

	mu  sync.Mutex
	own map[string]string // by token: the bot's user id, which never changes
}

// New builds the notifier. It makes no call and reads no secret.
func New(c Config) (*Notifier, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	client, err := web.New(web.Options{Base: c.BaseURL, AllowHTTP: c.AllowHTTP, Private: c.PrivateAddresses, Methods: []string{
		"auth.test", "chat.postMessage", "chat.update", "chat.delete", "conversations.history", "conversations.info",
	}})
	if err != nil {
		return nil, err
	}
	return &Notifier{conf: c, web: client, own: map[string]string{}}, nil
}

// Spot says which message is meant.
type Spot struct {
	// Key names the case: its workflow id and run.
	Key string
	// Since is when the case began; older messages are not looked through.
	Since time.Time
	// TS is the message's own id, empty if it is not known to be posted.
	TS string
	// Attempt is the attempt of this activity, from 1. From 2 on an earlier
	// attempt may have posted a moment ago, unseen.
	Attempt int32
	// Sure is set when nothing can have been posted but the message at TS, if
	// that is known: the channel's history need not be looked through.
	Sure bool
}

// Post shows m as the case's message and gives its ts. With a known ts it
// updates; otherwise, unless it is sure that there is none, it looks for the
// message of an earlier attempt and posts only if it finds none. Calling it
// again changes nothing but the text. A message that somebody deleted is posted
// anew.
func (n *Notifier) Post(ctx context.Context, at Spot, m Message) (string, error) {
	if at.Key == "" || at.Since.IsZero() {
		return "", errors.New("post message: a case's message needs the case's key and beginning")
	}
	api, err := n.web.With(n.conf.BotToken)
	if err != nil {
		return "", err
	}
	content := n.content(at, m)
	if at.TS != "" {
		ts, err := n.update(ctx, api, at.TS, content)
		if web.Code(err) != "message_not_found" {
			return ts, err
		}
	}
	ts := ""
	if at.Sure {
		_, err = n.self(ctx, api) // for the workspace the token belongs to
	} else {
		ts, err = n.settled(ctx, api, at)
	}
	if err != nil {
		return "", err
	}
	if ts != "" {
		return n.update(ctx, api, ts, content)
	}
	channel, ts, err := api.PostMessageContext(ctx, n.conf.Channel, content)
	if err != nil {
		return "", web.Named("post message", err)
	}
	if ts == "" || channel != n.conf.Channel {
		return "", invalid("post message", "the answer does not say what was posted where")
	}
	return ts, nil
}

// Sweep deletes every other message of the case but the one at TS, and gives
// their number. Called at the end of a case it makes one message of two, should
// history have lagged behind a retry.
func (n *Notifier) Sweep(ctx context.Context, at Spot) (int, error) {
	if at.TS == "" {
		return 0, errors.New("sweep messages: the ts of the message that stays is not known")
	}
	api, err := n.web.With(n.conf.BotToken)
	if err != nil {
		return 0, err
	}
	all, err := n.find(ctx, api, at)
	if err != nil {
		return 0, err
	}
	removed := 0
	for _, ts := range all {
		if ts == at.TS {
			continue
		}
		if _, _, err := api.DeleteMessageContext(ctx, n.conf.Channel, ts); err != nil && web.Code(err) != "message_not_found" {
			return removed, web.Named("delete double message", err)
		}
		removed++
	}
	return removed, nil
}

func (n *Notifier) content(at Spot, m Message) slack.MsgOption {
	return slack.MsgOptionCompose(
		slack.MsgOptionText(m.Text(), false),
		slack.MsgOptionBlocks(m.Blocks()...),
		slack.MsgOptionDisableMarkdown(),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
		slack.MsgOptionMetadata(slack.SlackMetadata{EventType: EventType, EventPayload: map[string]any{"case": at.Key}}),
	)
}

func (n *Notifier) update(ctx context.Context, api *slack.Client, ts string, content slack.MsgOption) (string, error) {
	channel, got, _, err := api.UpdateMessageContext(ctx, n.conf.Channel, ts, content)
	if err != nil {
		return "", web.Named("update message", err)
	}
	if got != ts || channel != n.conf.Channel {
		return "", invalid("update message", "the answer is about another message")
	}
	return ts, nil
}

// settled looks for the case's message; on a second attempt it goes on looking
// until Settle is over.
func (n *Notifier) settled(ctx context.Context, api *slack.Client, at Spot) (string, error) {
	deadline := time.Now().Add(n.conf.Settle)
	for {
		found, err := n.find(ctx, api, at)
		if err != nil || len(found) > 0 {
			return strings.Join(found[:min(len(found), 1)], ""), err
		}
		left := time.Until(deadline)
		if at.Attempt < 2 || left <= 0 {
			return "", nil
		}
		select {
		case <-time.After(min(left, max(n.conf.Settle/5, 50*time.Millisecond))):
		case <-ctx.Done():
			return "", transport.Classify(web.System, "look for the message", ctx.Err())
		}
	}
}

func invalid(op, why string) error {
	return &transport.Error{Kind: transport.Invalid, System: web.System, Op: op, Detail: why}
}
