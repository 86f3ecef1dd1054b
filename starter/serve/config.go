// Package serve is the process that answers the outside world: its address, its
// pages and its end. It knows nothing of what is mounted on it.
package serve

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"lastday/secret"
	"lastday/starter/pages"
	"lastday/starter/reader"
)

// Config is the serve section of the configuration.
type Config struct {
	// Listen is the address of the pages and hooks; default 127.0.0.1:8480. TLS
	// is the business of a proxy in front.
	Listen string `yaml:"listen"`
	// Slack is the Slack door; without it cases' messages have no buttons.
	Slack *Slack `yaml:"slack"`
	// Pages are the record's, for auditors.
	Pages pages.Config `yaml:"pages"`
	// Codec lets Temporal's web UI show what is encrypted; without it, it cannot.
	Codec *reader.Config `yaml:"codec"`
}

// Mode is how Slack reaches the door.
type Mode string

const (
	Socket Mode = "socket" // the door connects to Slack: no public address is needed
	HTTP   Mode = "http"   // Slack calls a public address, and signs each request
)

// Slack is how the Slack app reaches Lastday. Its bot token, workspace and
// channel are those of systems.slack.
type Slack struct {
	// Mode is socket or http; default socket.
	Mode Mode `yaml:"mode"`
	// AppToken is the app-level token (xapp-…) with connections:write, for socket.
	AppToken secret.Ref `yaml:"app_token"`
	// SigningSecret is the app's signing secret, for http.
	SigningSecret secret.Ref `yaml:"signing_secret"`
	// ResponseBase is where answers to a command are posted; default
	// https://hooks.slack.com. Any other address in a request is not called.
	ResponseBase string `yaml:"response_base"`
}

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:8480"
	}
	c.Pages.Defaults()
	if c.Slack == nil {
		return
	}
	if c.Slack.Mode == "" {
		c.Slack.Mode = Socket
	}
	if c.Slack.ResponseBase == "" {
		c.Slack.ResponseBase = "https://hooks.slack.com"
	}
}

// Validate says which key is wrong and what to do. It reads no secret.
func (c *Config) Validate() error {
	host, port, err := net.SplitHostPort(c.Listen)
	if n, bad := strconv.Atoi(port); err != nil || bad != nil || n < 0 || n > 65535 || host == "" {
		return fmt.Errorf("serve.listen %q is not an address like 127.0.0.1:8480", c.Listen)
	}
	if err := c.Pages.Validate(); err != nil {
		return fmt.Errorf("serve.pages.%w", err)
	}
	if c.Codec != nil {
		if err := c.Codec.Validate(c.Pages.OIDC != nil); err != nil {
			return err
		}
	}
	if c.Slack == nil {
		return nil
	}
	switch c.Slack.Mode {
	case Socket:
		if !c.Slack.AppToken.IsSet() {
			return errors.New("serve.slack.app_token is missing: give env:NAME or file:PATH of the app-level token (xapp-…), or set serve.slack.mode to http")
		}
	case HTTP:
		if !c.Slack.SigningSecret.IsSet() {
			return errors.New("serve.slack.signing_secret is missing: give env:NAME or file:PATH of the app's signing secret, or set serve.slack.mode to socket")
		}
	default:
		return fmt.Errorf("serve.slack.mode %q is not known: give socket or http", c.Slack.Mode)
	}
	return nil
}
