package signin

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"lastday/egress"
	"lastday/secret"
)

// Base is the path below which all pages lie.
const Base = "/record"

// Callback is where the provider sends people back to: the path of the redirect
// URL.
const Callback = Base + "/sign-in/callback"

const privateKey = "serve.pages.oidc.private_addresses"

// Config is the section serve.pages.oidc: the OpenID provider that says who
// somebody is, and which of its groups may see what.
type Config struct {
	// Issuer is the provider's address, as in its discovery document.
	Issuer string `yaml:"issuer"`
	// ClientID and ClientSecret are those of the application registered there. A
	// public client has no secret: PKCE is used either way.
	ClientID     string     `yaml:"client_id"`
	ClientSecret secret.Ref `yaml:"client_secret"`
	// RedirectURL is the pages' public address with /record/sign-in/callback.
	RedirectURL string `yaml:"redirect_url"`
	// Scopes are asked for; default openid, profile, email, groups.
	Scopes []string `yaml:"scopes"`
	// GroupsClaim is the claim that holds a person's groups; default groups.
	GroupsClaim string `yaml:"groups_claim"`
	// PrivateAddresses are the networks, such as 10.20.0.0/16, in which the provider
	// may live; else an address outside of the internet is not called.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	// Roles are the groups that make somebody an auditor, HR or an operator.
	Roles Groups `yaml:"roles"`
}

// Groups are the provider's groups by role.
type Groups struct {
	Auditor  []string `yaml:"auditor"`
	HR       []string `yaml:"hr"`
	Operator []string `yaml:"operator"`
}

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.GroupsClaim == "" {
		c.GroupsClaim = "groups"
	}
	if len(c.Scopes) == 0 {
		c.Scopes = []string{"openid", "profile", "email", "groups"}
	}
}

// Validate says which key is wrong and what to do. It reads no secret.
func (c *Config) Validate() error {
	issuer, err := url.Parse(c.Issuer)
	if err != nil || !safe(issuer) || issuer.RawQuery != "" || issuer.Fragment != "" {
		return errors.New("serve.pages.oidc.issuer is not an https address: give the provider's own, such as https://example.okta.com")
	}
	if err := c.PrivateAddresses.Validate(); err != nil {
		return fmt.Errorf("%s: %w", privateKey, err)
	}
	if c.ClientID == "" {
		return errors.New("serve.pages.oidc.client_id is missing: give that of the application registered with the provider")
	}
	redirect, err := url.Parse(c.RedirectURL)
	if err != nil || !safe(redirect) || redirect.Path != Callback || redirect.RawQuery != "" || redirect.Fragment != "" {
		return fmt.Errorf("serve.pages.oidc.redirect_url is not the pages' https address with %s: give https://HOST%s", Callback, Callback)
	}
	if !slices.Contains(c.Scopes, "openid") {
		return errors.New("serve.pages.oidc.scopes lacks openid: add it, without it the provider says nobody's name")
	}
	all := slices.Concat(c.Roles.Auditor, c.Roles.HR, c.Roles.Operator)
	if len(all) == 0 {
		return errors.New("serve.pages.oidc.roles is empty, so nobody may see anything: give auditor, hr or operator a group")
	}
	if slices.ContainsFunc(all, func(g string) bool { return strings.TrimSpace(g) == "" }) {
		return errors.New("serve.pages.oidc.roles has an empty group: take it out, or name it")
	}
	return nil
}

// safe reports whether an address may carry tokens: https, or this machine.
func safe(u *url.URL) bool {
	if u.Host == "" || u.User != nil || u.Opaque != "" {
		return false
	}
	return u.Scheme == "https" || (u.Scheme == "http" && isLoopback(u.Hostname()))
}

// isLoopback reports whether a host name or address without port is this
// machine itself.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
