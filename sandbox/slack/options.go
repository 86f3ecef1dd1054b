package slack

import (
	"cmp"
	"time"
)

// What the stand-in is reached with unless Options say otherwise.
const (
	DefaultBotToken      = "xoxb-sandbox-lastday-bot"
	DefaultScimToken     = "xoxp-sandbox-lastday-scim"
	DefaultReadBotToken  = "xoxb-sandbox-observer-bot"
	DefaultReadScimToken = "xoxp-sandbox-observer-scim"
	DefaultAppToken      = "xapp-sandbox-lastday"
	DefaultSigningSecret = "sandbox-signing-secret"
	DefaultChannel       = "C0OFFBOARD1"
	TeamID               = "T0SANDBOX01"
	AppID                = "A0LASTDAY01"
	// HRGroup holds people.Hanna and people.Hugo, SecurityGroup people.Sven and
	// people.Tara.
	HRGroup       = "S0HR0000001"
	SecurityGroup = "S0SECURITY1"
)

// Options shape the stand-in.
type Options struct {
	BotToken, ScimToken         string // read and write
	ReadBotToken, ReadScimToken string // writes are refused
	// AppToken opens Socket Mode (apps.connections.open).
	AppToken string
	// SigningSecret signs what goes to URLs.
	SigningSecret string
	// BotScopes are the scopes of BotToken; default DefaultBotScopes.
	BotScopes   []string
	Channel     string // the channel's id
	ChannelName string // default "offboarding"
	// Commands are the app's slash commands; default /offboard.
	Commands []Command
	// PlainMentions sends "@jane.doe" in a command's text as it was typed,
	// instead of <@U…|jane.doe> (the manifest's should_escape).
	PlainMentions bool
	// URLs are where the app takes requests; empty is Socket Mode.
	URLs URLs
	// BaseURL is where the app reaches the stand-in: response_url begins with it.
	// Empty learns it from the app's first request.
	BaseURL string
	// Deadline is how long the app has to answer; default 3 s, as Slack has it.
	Deadline time.Duration
	// TriggerLife is how long a trigger_id can be used; default 3 s.
	TriggerLife time.Duration
	// RetryAfter are the waits before an event is sent again; default nearly at
	// once, 1 minute, 5 minutes.
	RetryAfter []time.Duration
	// RefreshAfter is when a socket is told to reconnect; default 1 hour.
	RefreshAfter time.Duration
	// NoMessagesTab is an app whose home has no Messages tab: nobody can be
	// written to directly (chat.postMessage answers messages_tab_disabled).
	NoMessagesTab bool
	// NoScim is a workspace on Free or Pro: SCIM answers plus_teams_only.
	NoScim bool
	// NoFilter makes SCIM ignore the filter and answer with everybody.
	NoFilter bool
	// PageSize is the most that a list gives at once; default 200.
	PageSize int
	// RateLimits enforces the published limits, such as one message a second
	// and channel.
	RateLimits bool
	// HistoryDelay is how old a message must be before history shows it.
	HistoryDelay time.Duration
}

// Command is a slash command of the app.
type Command struct {
	Name        string // "/offboard"
	Description string // shown while it is typed
	Usage       string
}

// URLs are the app's request URLs. All empty is Socket Mode.
type URLs struct {
	Commands      string `json:"commands"`
	Interactivity string `json:"interactivity"`
	Events        string `json:"events"`
}

// DefaultBotScopes is what the app's bot may do unless Options say otherwise.
func DefaultBotScopes() []string {
	return []string{
		"commands", "chat:write", "channels:read", "channels:history",
		"users:read", "users:read.email", "usergroups:read",
	}
}

func (o *Options) fill() {
	text := func(s *string, d string) { *s = cmp.Or(*s, d) }
	text(&o.BotToken, DefaultBotToken)
	text(&o.ScimToken, DefaultScimToken)
	text(&o.ReadBotToken, DefaultReadBotToken)
	text(&o.ReadScimToken, DefaultReadScimToken)
	text(&o.AppToken, DefaultAppToken)
	text(&o.SigningSecret, DefaultSigningSecret)
	text(&o.Channel, DefaultChannel)
	text(&o.ChannelName, "offboarding")
	if o.BotScopes == nil {
		o.BotScopes = DefaultBotScopes()
	}
	if len(o.Commands) == 0 {
		o.Commands = []Command{{Name: "/offboard", Description: "Offboard somebody, or see how it goes", Usage: "[@person] [when]"}}
	}
	if o.RetryAfter == nil {
		o.RetryAfter = []time.Duration{time.Second, time.Minute, 5 * time.Minute}
	}
	o.Deadline = cmp.Or(o.Deadline, 3*time.Second)
	o.TriggerLife = cmp.Or(o.TriggerLife, 3*time.Second)
	o.RefreshAfter = cmp.Or(o.RefreshAfter, time.Hour)
	if o.PageSize <= 0 {
		o.PageSize = 200
	}
}
