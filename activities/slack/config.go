package slack

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"lastday/activities/slack/notify"
	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/egress"
	"lastday/secret"
)

// DefaultScimBase is where Slack's SCIM API lives, without the /scim/v2 part.
const DefaultScimBase = "https://api.slack.com"

// Config is the slack section of the configuration.
type Config struct {
	// BotToken is the app's bot token (xoxb-…), with the scopes chat:write,
	// users:read, users:read.email, channels:read and channels:history (for a
	// private channel groups:read and groups:history).
	BotToken secret.Ref `yaml:"bot_token"`
	// BaseURL is the URL in front of /api/; default https://slack.com.
	BaseURL string `yaml:"base_url"`
	// AllowHTTP permits plain HTTP to a host that is not loopback.
	AllowHTTP bool `yaml:"allow_http"`
	// PrivateAddresses are the networks, such as 10.20.0.0/16, in which Slack may
	// live; else an address outside of the internet is not called.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	// TeamID is the workspace (T…) or organisation (E…) that every token must
	// belong to. Empty: not checked.
	TeamID string `yaml:"team_id"`
	// Channel is the id (C… or G…) of the channel that cases are posted to.
	Channel string `yaml:"channel"`
	// ScimToken is a user token (xoxp-…) with the scope admin, of an owner or
	// admin who stays. It needs Business+ or Enterprise. Without it Slack
	// accounts are a task for a person.
	ScimToken secret.Ref `yaml:"scim_token"`
	// ScimBaseURL is the URL in front of /scim/v2; default https://api.slack.com.
	ScimBaseURL string `yaml:"scim_base_url"`
	// ProtectedUserIDs are accounts that are never deactivated. The owners of
	// the tokens are protected anyway; whoever installed the app belongs here,
	// because Slack does not tell who that was.
	ProtectedUserIDs []string `yaml:"protected_user_ids"`
	// ControlUserID is an active user whom every read-back must see active;
	// default: the owner of the token that reads.
	ControlUserID string `yaml:"control_user_id"`
	// Observer reads back; without it the first credential does.
	Observer Observer `yaml:"observer"`
}

// Observer is the second, read-only credential. Slack has no read-only SCIM
// scope, so a bot token of another app with users:read alone is the better one.
type Observer struct {
	BotToken  secret.Ref `yaml:"bot_token"`
	ScimToken secret.Ref `yaml:"scim_token"`
}

var (
	userID = regexp.MustCompile(`^[UW][A-Z0-9]{7,14}$`)
	teamID = regexp.MustCompile(`^[TE][A-Z0-9]{7,14}$`)
)

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.BaseURL == "" {
		c.BaseURL = web.DefaultBase
	}
	if c.ScimBaseURL == "" {
		c.ScimBaseURL = DefaultScimBase
	}
}

// Validate says which key is wrong and what to do. It reads no secret.
func (c *Config) Validate() error {
	if !c.BotToken.IsSet() {
		return errors.New("slack.bot_token is missing: give env:NAME or file:PATH of the app's bot token (xoxb-…)")
	}
	if strings.HasSuffix(strings.TrimRight(c.BaseURL, "/"), "/api") {
		return fmt.Errorf("slack.base_url %q: leave out /api, it is added", c.BaseURL)
	}
	if strings.Contains(c.ScimBaseURL, "/scim") {
		return fmt.Errorf("slack.scim_base_url %q: leave out /scim/v2, it is added", c.ScimBaseURL)
	}
	if _, err := transport.CheckBase(c.BaseURL, c.AllowHTTP); err != nil {
		return fmt.Errorf("slack.base_url: %w", err)
	}
	if _, err := transport.CheckBase(c.ScimBaseURL, c.AllowHTTP); err != nil {
		return fmt.Errorf("slack.scim_base_url: %w", err)
	}
	if err := c.PrivateAddresses.Validate(); err != nil {
		return fmt.Errorf("slack.private_addresses: %w", err)
	}
	if c.TeamID != "" && !teamID.MatchString(c.TeamID) {
		return fmt.Errorf("slack.team_id %q is not an id like T01ABCDEF", c.TeamID)
	}
	for _, id := range c.ProtectedUserIDs {
		if !userID.MatchString(id) {
			return fmt.Errorf("slack.protected_user_ids: %q is not a user id like U01ABCDEF; Slack shows it under a profile's \"Copy member ID\"", id)
		}
	}
	if c.ControlUserID != "" && !userID.MatchString(c.ControlUserID) {
		return fmt.Errorf("slack.control_user_id %q is not a user id like U01ABCDEF; Slack shows it under a profile's \"Copy member ID\"", c.ControlUserID)
	}
	if c.Channel != "" {
		if err := notify.CheckChannel(c.Channel); err != nil {
			return fmt.Errorf("slack.channel: %w", err)
		}
	}
	return nil
}
