package okta

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"lastday/activities/transport"
	"lastday/egress"
	"lastday/offboarding"
	"lastday/secret"
)

// Config is the okta section of the configuration file.
type Config struct {
	// BaseURL is the org's URL, such as https://example.okta.com; not the
	// -admin one.
	BaseURL string `yaml:"base_url"`
	// AllowHTTP permits plain HTTP to a host that is not this machine.
	AllowHTTP bool `yaml:"allow_http"`
	// PrivateAddresses are the networks, such as 10.20.0.0/16, in which the org may
	// live; else an address outside of the internet is not called.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	// Credential is the one that writes: an API token, or a service app.
	Credential `yaml:",inline"`
	// Observer is a second, read-only credential that Observe reads back with;
	// without it the first is used.
	Observer Credential `yaml:"observer"`
	// ControlUsers are logins or ids of active users who stay. An empty answer
	// about the leaver counts only if the same call shows something for one of
	// them, so together they should hold an OAuth client, an app, a factor, an
	// admin role and a device. Default: the owner of the API token that reads.
	ControlUsers []string `yaml:"control_users"`
	// GitHubLoginAttribute is the profile attribute with a person's GitHub
	// login. Default: githubLogin.
	GitHubLoginAttribute string `yaml:"github_login_attribute"`
	// APITokens says what happens to API tokens the leaver made: remove, ask
	// or report. Services use them, and a token stops with its owner's account
	// whatever is set here. Default: ask.
	APITokens offboarding.Removal `yaml:"api_tokens"`
	// AccessTokenLifetime is the longest lifetime of the access tokens that the
	// org's authorization servers issue: an app that checks them locally takes
	// them for so long after the containment. Default: 1h.
	AccessTokenLifetime time.Duration `yaml:"access_token_lifetime"`
}

// Credential is an API token or a service app, never both.
type Credential struct {
	// APIToken is an Okta API token ("SSWS").
	APIToken secret.Ref `yaml:"api_token"`
	// ClientID is the service app's.
	ClientID string `yaml:"client_id"`
	// PrivateKey is the service app's RSA key as PEM, PKCS#1 or PKCS#8.
	PrivateKey secret.Ref `yaml:"private_key"`
	// PrivateKeyID is the kid of the key, needed where the app has several.
	PrivateKeyID string `yaml:"private_key_id"`
	// Scopes are asked for with each token. Default: WriteScopes, and
	// ReadScopes for the observer.
	Scopes []string `yaml:"scopes"`
}

// WriteScopes are the least that a service app needs to cut access.
func WriteScopes() []string {
	return []string{
		"okta.users.manage", "okta.groups.manage", "okta.roles.manage",
		"okta.apiTokens.manage", "okta.devices.manage", "okta.logs.read",
	}
}

// ReadScopes are the least that a service app needs to observe.
func ReadScopes() []string {
	return []string{
		"okta.users.read", "okta.groups.read", "okta.roles.read",
		"okta.apiTokens.read", "okta.devices.read", "okta.logs.read",
	}
}

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.GitHubLoginAttribute == "" {
		c.GitHubLoginAttribute = "githubLogin"
	}
	if c.APITokens == "" {
		c.APITokens = offboarding.Ask
	}
	if c.AccessTokenLifetime == 0 {
		c.AccessTokenLifetime = time.Hour
	}
	if c.ClientID != "" && len(c.Scopes) == 0 {
		c.Scopes = WriteScopes()
	}
	if c.Observer.ClientID != "" && len(c.Observer.Scopes) == 0 {
		c.Observer.Scopes = ReadScopes()
	}
}

var (
	attributePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,99}$`)
	controlPattern   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+@'-]{2,99}$`)
)

// Validate says which key is wrong and what to do about it. It reads no
// secret and calls nobody.
func (c *Config) Validate() error {
	if _, err := transport.CheckBase(c.BaseURL, c.AllowHTTP); err != nil {
		return fmt.Errorf("base_url: %w", err)
	}
	if err := c.PrivateAddresses.Validate(); err != nil {
		return fmt.Errorf("private_addresses: %w", err)
	}
	if strings.Contains(c.BaseURL, "-admin.okta") {
		return errors.New("base_url: this is the admin console's address; give the org's own, without -admin")
	}
	primary := c.Credential
	if err := primary.validate(); err != nil {
		return err
	}
	reader := primary
	if c.Observer.IsSet() {
		if err := c.Observer.validate(); err != nil {
			return fmt.Errorf("observer: %w", err)
		}
		reader = c.Observer
	}
	if len(c.ControlUsers) == 0 && (reader.ClientID != "" || c.ClientID != "") {
		return errors.New("control_users: a service app has no user of its own to compare with; name an active user who stays, best one who holds an OAuth client, an app, a factor, an admin role and a device")
	}
	for _, u := range c.ControlUsers {
		if !controlPattern.MatchString(u) {
			return fmt.Errorf("control_users: %q is neither a login nor a user id", u)
		}
	}
	if !attributePattern.MatchString(c.GitHubLoginAttribute) {
		return fmt.Errorf("github_login_attribute: %q is not the name of a profile attribute", c.GitHubLoginAttribute)
	}
	switch c.APITokens {
	case offboarding.Remove, offboarding.Ask, offboarding.Report:
	default:
		return fmt.Errorf("api_tokens: %q is none of remove, ask, report", c.APITokens)
	}
	if c.AccessTokenLifetime < time.Minute || c.AccessTokenLifetime > 24*time.Hour {
		return fmt.Errorf("access_token_lifetime: %s is not between 1m and 24h, which is what Okta allows at most", c.AccessTokenLifetime)
	}
	return nil
}

// observing is the credential that only reads, and its name: the observer, or
// the primary one where there is no other.
func (c Config) observing() (Credential, string) {
	if c.Observer.IsSet() {
		return c.Observer, "observer"
	}
	return c.Credential, "primary"
}

// IsSet reports whether anything of a credential was given.
func (c Credential) IsSet() bool {
	return c.APIToken.IsSet() || c.ClientID != "" || c.PrivateKey.IsSet()
}

func (c Credential) validate() error {
	switch {
	case c.APIToken.IsSet() && (c.ClientID != "" || c.PrivateKey.IsSet()):
		return errors.New("api_token: give either an API token or a service app (client_id and private_key), not both")
	case c.APIToken.IsSet():
		return nil
	case c.ClientID == "" && !c.PrivateKey.IsSet():
		return errors.New("api_token: no credential is configured; give api_token, or client_id and private_key, as env:NAME or file:PATH")
	case c.ClientID == "" || !c.PrivateKey.IsSet():
		return errors.New("client_id: a service app needs both client_id and private_key")
	case !subPattern.MatchString(c.ClientID):
		return fmt.Errorf("client_id: %q is not an Okta client id", c.ClientID)
	}
	return nil
}
