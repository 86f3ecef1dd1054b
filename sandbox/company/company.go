// Package company runs the whole sandbox: every stand-in vendor over real
// HTTP, and the WireGuard gateway with a laptop behind it.
package company

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"lastday/sandbox/github"
	"lastday/sandbox/okta"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
	"lastday/sandbox/tailscale"
	"lastday/sandbox/wireguard"
)

// Options say where the stand-ins listen and how they behave.
type Options struct {
	// People is how many staff there are, Jane first; default 50.
	People int
	// Addresses to listen on; empty takes a free port on loopback.
	Okta, GitHub, Slack, Tailscale string
	// SlackURLs are where Lastday takes requests from Slack; none is Socket Mode.
	SlackURLs slack.URLs
	// Dir is where the gateway's files and socket, and Config's files, lie.
	Dir string
	// RateLimits enforces the vendors' published limits.
	RateLimits bool
	// OktaPerMinute limits single operations of Okta's, as okta.Options.PerMinute.
	OktaPerMinute map[string]int
}

// Company is the running sandbox.
type Company struct {
	Staff     []people.Person
	Okta      *okta.Server
	GitHub    *github.Server
	Slack     *slack.Server
	Tailscale *tailscale.Server
	Office    *wireguard.Office

	dir     string
	urls    map[string]string
	servers []*http.Server
}

// Start starts every part; it serves when Start returns.
func Start(o Options) (c *Company, err error) {
	if o.People == 0 {
		o.People = 50
	}
	staff := people.Staff(o.People)
	c = &Company{
		Staff:     staff,
		Okta:      okta.New(staff, okta.Options{RateLimits: o.RateLimits, PerMinute: o.OktaPerMinute}),
		GitHub:    github.New(staff, github.Options{RateLimits: o.RateLimits}),
		Slack:     slack.New(staff, slack.Options{RateLimits: o.RateLimits, URLs: o.SlackURLs}),
		Tailscale: tailscale.New(staff, tailscale.Options{RateLimits: o.RateLimits}),
		dir:       o.Dir,
		urls:      map[string]string{},
	}
	started := c // a return with an error sets c to nil
	defer func() {
		if err != nil {
			started.Stop()
		}
	}()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("make sandbox folder: %w", err)
	}
	for _, s := range []struct {
		name, addr string
		handler    http.Handler
	}{
		{"okta", o.Okta, c.Okta.Handler()},
		{"github", o.GitHub, c.GitHub.Handler()},
		{"slack", o.Slack, c.Slack.Handler()},
		{"tailscale", o.Tailscale, c.Tailscale.Handler()},
	} {
		if err := c.serve(s.name, s.addr, s.handler); err != nil {
			return nil, err
		}
	}
	gateway := filepath.Join(o.Dir, "wireguard")
	if err := os.MkdirAll(gateway, 0o700); err != nil {
		return nil, fmt.Errorf("make gateway folder: %w", err)
	}
	if c.Office, err = wireguard.Start(staff, wireguard.Options{Dir: gateway}); err != nil {
		return nil, fmt.Errorf("start wireguard gateway: %w", err)
	}
	return c, nil
}

func (c *Company) serve(name, addr string, h http.Handler) error {
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	var listen net.ListenConfig
	l, err := listen.Listen(context.Background(), "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for %s: %w; give another address with --%s", name, err, name)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	if at, ok := l.Addr().(*net.TCPAddr); ok && name == "slack" && !at.IP.IsUnspecified() {
		c.Slack.SetBaseURL("http://" + l.Addr().String())
	}
	c.servers = append(c.servers, server)
	c.urls[name] = "http://" + l.Addr().String()
	go func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintf(os.Stderr, "sandbox: serve %s: %v\n", name, err)
		}
	}()
	return nil
}

// URL is where a stand-in serves: "okta", "github", "slack" or "tailscale".
func (c *Company) URL(name string) string { return c.urls[name] }

// Holds lists what a person truly holds anywhere, as "system: class/id".
func (c *Company) Holds(email string) []string {
	var out []string
	for _, s := range []struct {
		name  string
		holds func(string) []string
	}{
		{"okta", c.Okta.Holds},
		{"github", c.GitHub.Holds},
		{"slack", c.Slack.Holds},
		{"tailscale", c.Tailscale.Holds},
		{"wireguard", c.Office.Holds},
	} {
		for _, h := range s.holds(email) {
			out = append(out, s.name+": "+h)
		}
	}
	return out
}

// Stop ends every part. Calling it twice is safe.
func (c *Company) Stop() {
	c.Slack.Close() // sockets and what a page waits for would outlast the server
	for _, s := range c.servers {
		s.Close()
	}
	if c.Office != nil {
		_ = c.Office.Close() // the process ends with it
	}
	c.Tailscale.Close()
}
