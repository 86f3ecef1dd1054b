// Package tailscale cuts a person's access to a Tailscale network and reads it
// back. It knows Tailscale and no other system, and no Temporal.
//
// Classes: login (the user, ended by suspending it), devices (the user's own
// machines), tagged-devices (machines the user registered that now belong to a
// tag), auth-keys (keys that register machines) and api-tokens (API access
// tokens, OAuth clients and federated identities the user made).
//
// The calls are the pinned SDK's where it has them. It has no suspend, drops
// the status of an error that is not JSON, and reads {} as an empty list
// without an error: hence the raw call in client.go, the note kept of every
// answer, and a control in every list.
package tailscale

import (
	"fmt"
	"regexp"
	"strings"

	"lastday/activities/transport"
	"lastday/egress"
	"lastday/offboarding"
	"lastday/secret"
)

// System is this connector's name.
const System offboarding.System = "tailscale"

// TaggedDevices are machines the person registered that belong to a tag and
// not to the person: servers, mostly. Tailscale still names the person as
// their user, so a plain "all devices of this user" would delete servers.
const TaggedDevices offboarding.Class = "tagged-devices"

// Classes lists every class of this connector, in the order of reports.
func Classes() []offboarding.Class {
	return []offboarding.Class{offboarding.Login, offboarding.Devices, TaggedDevices, offboarding.AuthKeys, offboarding.APITokens}
}

// DefaultBaseURL is Tailscale's own API.
const DefaultBaseURL = "https://api.tailscale.com"

// Who suspends users.
const (
	SuspendByAPI = "api" // Lastday does
	SuspendByIDP = "idp" // the identity provider does, by provisioning; Lastday looks
)

// Config is the tailscale section of the configuration.
type Config struct {
	// BaseURL is the API server; default https://api.tailscale.com.
	BaseURL string `yaml:"base_url"`
	// AllowHTTP permits plain HTTP to a host that is not loopback.
	AllowHTTP bool `yaml:"allow_http"`
	// PrivateAddresses are the networks, such as 10.20.0.0/16, in which the API server may
	// live; else an address outside of the internet is not called.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	// Tailnet is the organisation's name as the admin console shows it under
	// General; default "-", the credential's own tailnet.
	Tailnet string `yaml:"tailnet"`
	// APIKey is an API access token (tskey-api-…). Either this or an OAuth client.
	APIKey secret.Ref `yaml:"api_key"`
	// ClientID and ClientSecret are an OAuth client with the scopes users,
	// devices:core, auth_keys, api_access_tokens and oauth_keys.
	ClientID     string     `yaml:"client_id"`
	ClientSecret secret.Ref `yaml:"client_secret"`
	// Observer is a second, read-only credential used to read back. Without it
	// the first one is used.
	Observer Credential `yaml:"observer"`
	// Suspend is "api" (default: Lastday suspends the user) or "idp" (the
	// identity provider provisions users, and Tailscale refuses to let anybody
	// else suspend them: Lastday only looks).
	Suspend string `yaml:"suspend"`
	// ControlDevice is the name, host name or id of a machine that always is in
	// the tailnet. An answer without it proves nothing. Default: any device of
	// somebody else.
	ControlDevice string `yaml:"control_device"`
	// AuthKeys says what to do with the person's auth keys: remove, ask
	// (default: servers may join with them) or report.
	AuthKeys offboarding.Removal `yaml:"auth_keys"`
	// APITokens is the same for API access tokens and OAuth clients the person made; default ask.
	APITokens offboarding.Removal `yaml:"api_tokens"`
	// OwnerlessKeys are ids of keys for which Tailscale names no owner, because
	// an OAuth client made them, and which are known to be nobody's. A live key
	// without an owner that is not here keeps its class from being proven.
	OwnerlessKeys []string `yaml:"ownerless_keys"`
	// TaggedDevices is the same as AuthKeys for tagged machines the person registered; default ask.
	TaggedDevices offboarding.Removal `yaml:"tagged_devices"`
}

// Credential is one way to sign in: an API access token or an OAuth client.
type Credential struct {
	APIKey       secret.Ref `yaml:"api_key"`
	ClientID     string     `yaml:"client_id"`
	ClientSecret secret.Ref `yaml:"client_secret"`
}

func (c Credential) isSet() bool {
	return c.APIKey.IsSet() || c.ClientID != "" || c.ClientSecret.IsSet()
}

// Defaults fills what is empty. Calling it twice is the same as once.
func (c *Config) Defaults() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&c.BaseURL, DefaultBaseURL)
	set(&c.Tailnet, "-")
	set(&c.Suspend, SuspendByAPI)
	for _, r := range []*offboarding.Removal{&c.AuthKeys, &c.APITokens, &c.TaggedDevices} {
		if *r == "" {
			*r = offboarding.Ask
		}
	}
}

var (
	tailnetPattern  = regexp.MustCompile(`^(-|[A-Za-z0-9][A-Za-z0-9._+@-]{0,252})$`)
	clientIDPattern = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
)

// Validate checks the section after Defaults, without reading a secret. The
// error names the key and says what to do.
func (c *Config) Validate() error {
	if _, err := transport.CheckBase(c.BaseURL, c.AllowHTTP); err != nil {
		return fmt.Errorf("tailscale.base_url: %w", err)
	}
	if err := c.PrivateAddresses.Validate(); err != nil {
		return fmt.Errorf("tailscale.private_addresses: %w", err)
	}
	if !tailnetPattern.MatchString(c.Tailnet) || strings.Contains(c.Tailnet, "..") {
		return fmt.Errorf("tailscale.tailnet: %q is not an organisation name; give the one the admin console shows under General, or - for the credential's own", c.Tailnet)
	}
	if err := c.primary().validate("tailscale"); err != nil {
		return err
	}
	if c.Observer.isSet() {
		if err := c.Observer.validate("tailscale.observer"); err != nil {
			return err
		}
	}
	for _, id := range c.OwnerlessKeys {
		if !idPattern.MatchString(id) {
			return fmt.Errorf("tailscale.ownerless_keys: %q is not a key's id, such as kAbc123CNTRL", id)
		}
	}
	if c.Suspend != SuspendByAPI && c.Suspend != SuspendByIDP {
		return fmt.Errorf("tailscale.suspend: %q is neither api nor idp", c.Suspend)
	}
	for key, r := range map[string]offboarding.Removal{"auth_keys": c.AuthKeys, "api_tokens": c.APITokens, "tagged_devices": c.TaggedDevices} {
		if r != offboarding.Remove && r != offboarding.Ask && r != offboarding.Report {
			return fmt.Errorf("tailscale.%s: %q is none of remove, ask, report", key, r)
		}
	}
	return nil
}

func (c *Config) primary() Credential {
	return Credential{APIKey: c.APIKey, ClientID: c.ClientID, ClientSecret: c.ClientSecret}
}

func (c Credential) validate(key string) error {
	client := c.ClientID != "" || c.ClientSecret.IsSet()
	switch {
	case c.APIKey.IsSet() && client:
		return fmt.Errorf("%s: api_key and client_id are both set; keep one", key)
	case !c.APIKey.IsSet() && !client:
		return fmt.Errorf("%s: no credential; set api_key, or client_id and client_secret", key)
	case client && (c.ClientID == "" || !c.ClientSecret.IsSet()):
		return fmt.Errorf("%s: an OAuth client needs both client_id and client_secret", key)
	case client && !clientIDPattern.MatchString(c.ClientID):
		return fmt.Errorf("%s.client_id: letters and digits only, such as k123456CNTRL", key)
	}
	return nil
}

// removal is the setting of a class; empty for one that is always removed.
func (c *Config) removal(class offboarding.Class) offboarding.Removal {
	return map[offboarding.Class]offboarding.Removal{
		offboarding.AuthKeys: c.AuthKeys, offboarding.APITokens: c.APITokens, TaggedDevices: c.TaggedDevices,
	}[class]
}
