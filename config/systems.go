package config

import (
	"fmt"
	"slices"

	"lastday/activities"
	"lastday/activities/github"
	"lastday/activities/okta"
	"lastday/activities/openvpn"
	"lastday/activities/slack"
	"lastday/activities/tailscale"
	"lastday/activities/wireguard"
	"lastday/offboarding"
	"lastday/record/anchor"
	"lastday/workflows"
)

// Systems are the systems that hold access; one that is left out is not
// touched and not looked at.
type Systems struct {
	Okta      *okta.Config      `yaml:"okta"`
	GitHub    *github.Config    `yaml:"github"`
	Tailscale *tailscale.Config `yaml:"tailscale"`
	WireGuard *wireguard.Config `yaml:"wireguard"`
	OpenVPN   *openvpn.Config   `yaml:"openvpn"`
	Slack     *slack.Config     `yaml:"slack"`
}

// entry is one configured system.
type entry struct {
	name    offboarding.System
	section section
	open    func() (activities.Connector, error)
}

// section is what every system's part of the file can do.
type section interface {
	Defaults()
	Validate() error
}

// entries lists the configured systems. A new system is one line here.
func (s Systems) entries() []entry {
	var out []entry
	out = add(out, "okta", s.Okta, okta.New)
	out = add(out, "github", s.GitHub, github.New)
	out = add(out, "tailscale", s.Tailscale, tailscale.New)
	out = add(out, "wireguard", s.WireGuard, wireguard.New)
	out = add(out, "openvpn", s.OpenVPN, openvpn.New)
	out = add(out, "slack", s.Slack, slack.New)
	return out
}

func add[C any, P interface {
	*C
	section
}, T activities.Connector](out []entry, name offboarding.System, c P, open func(C) (T, error)) []entry {
	if c == nil {
		return out
	}
	return append(out, entry{name: name, section: c, open: func() (activities.Connector, error) { return open(*c) }})
}

// Connector builds the connector of a configured system. It reads no secret.
func (f File) Connector(name offboarding.System) (activities.Connector, error) {
	for _, e := range f.Systems.entries() {
		if e.name == name {
			c, err := e.open()
			if err != nil {
				return nil, fmt.Errorf("set up %s: %w", name, err)
			}
			return c, nil
		}
	}
	return nil, fmt.Errorf("the system %q is not configured; configured are %v", name, f.Names())
}

// Messenger builds what posts to the channel; nil if none is configured.
func (f File) Messenger() (activities.Messenger, error) {
	if !f.Tells() {
		return nil, nil //nolint:nilnil // no channel is a choice, not an error
	}
	m, err := slack.NewMessenger(*f.Systems.Slack)
	if err != nil || f.Serve.Slack == nil {
		return m, err
	}
	return m.WithButtons(), nil
}

// Poster builds what posts the record's checkpoints; nil if none go to Slack.
func (f File) Poster() (anchor.Poster, error) {
	if f.Record.Anchors.Slack.Channel == "" {
		return nil, nil //nolint:nilnil // no channel is a choice, not an error
	}
	p, err := slack.NewCodes(*f.Systems.Slack)
	if err != nil {
		return nil, fmt.Errorf("set up slack for the record's checkpoints: %w", err)
	}
	return p, nil
}

// Tells reports whether a message channel is configured.
func (f File) Tells() bool { return f.Systems.Slack != nil && f.Systems.Slack.Channel != "" }

// CaseSystems are the systems as a case knows them: by name, and which of them
// tells the person's login in another.
func (f File) CaseSystems() []workflows.SystemSettings {
	names := f.Names()
	out := make([]workflows.SystemSettings, 0, len(names))
	for _, n := range names {
		s := workflows.SystemSettings{Name: n}
		if n == "github" && slices.Contains(f.Systems.GitHub.Find, github.ByAttribute) && slices.Contains(names, "okta") {
			s.LoginFrom = "okta"
		}
		out = append(out, s)
	}
	return out
}
