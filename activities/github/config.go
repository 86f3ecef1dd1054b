package github

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lastday/activities/transport"
	"lastday/egress"
	"lastday/offboarding"
	"lastday/secret"
)

// System is the name on the command line and in activity names.
const System offboarding.System = "github"

// How a person's login is found; the values of Config.Find.
const (
	ByAttribute = "attribute" // the login another system vouches for, such as an Okta profile attribute
	BySAML      = "saml"      // the organisation's SAML external identities
	BySCIM      = "scim"      // the organisation's SCIM provisioned identities
	ByEmail     = "email"     // pending invitations to the e-mail address
)

// Config is the github section of the configuration.
type Config struct {
	// BaseURL is the REST root: https://api.github.com (the default),
	// https://api.NAME.ghe.com, or https://HOST/api/v3 for Enterprise Server.
	BaseURL string `yaml:"base_url"`
	// AllowHTTP permits plain HTTP to a host that is not loopback.
	AllowHTTP bool `yaml:"allow_http"`
	// PrivateAddresses are the networks, such as 10.20.0.0/16, in which the server may
	// live; else an address outside of the internet is not called.
	PrivateAddresses egress.Networks `yaml:"private_addresses"`
	// Organizations are the organisations to cut access in.
	Organizations []string `yaml:"organizations"`
	// Credential is the one that reads and writes.
	Credential `yaml:",inline"`
	// Observer is a second, read-only credential to observe with.
	Observer *Credential `yaml:"observer"`
	// ControlMember is the login of a member who stays and is not expected to
	// leave; empty: an owner is chosen each time.
	ControlMember string `yaml:"control_member"`
	// Find is how a login is found, best first: attribute, saml, scim, email.
	// Default: attribute, saml, email.
	Find []string `yaml:"find"`
	// KnownAccounts are logins of nobody who could leave, such as bots and
	// contractors' accounts; somebody is missing from an organisation only if
	// each of its accounts is linked to another person or listed here.
	KnownAccounts []string `yaml:"known_accounts"`
	// KnownDeployKeys are deploy keys without a recorded author that nobody who
	// could leave holds, as ORGANISATION/REPOSITORY/NUMBER. Any other key
	// without an author keeps the class from being proven.
	KnownDeployKeys []string `yaml:"known_deploy_keys"`
	// DeployKeys says what to do with deploy keys: remove, ask or report. Default ask.
	DeployKeys offboarding.Removal `yaml:"deploy_keys"`
	// AccessTokens says it of fine-grained tokens' entries; the tokens lose the
	// organisation with the membership in any case. Default ask.
	AccessTokens offboarding.Removal `yaml:"access_tokens"`
	// MayBeEmpty are classes of which an organisation may truly show nobody
	// else ("invitations", or "acme/invitations" for one organisation). An
	// empty list of them then counts as absent.
	MayBeEmpty []string `yaml:"may_be_empty"`
	// NotOffered are classes that the organisations' plan does not have, in the
	// same form: seats, sso-credentials or organization-roles. Where GitHub
	// refuses to list one, the person who is asked to attest is told so.
	NotOffered []string `yaml:"not_offered"`
	// ReportMachines lists the number of webhooks, runners and app
	// installations, which no person owns, as notes for the reader.
	ReportMachines bool `yaml:"report_machines"`
	// PageSize is the number of entries asked for at once, 1 to 100. Default 100.
	PageSize int `yaml:"page_size"`
}

// Credential is a token, or a GitHub App.
type Credential struct {
	// Token is a personal access token of an organisation owner.
	Token secret.Ref `yaml:"token"`
	// AppID is the GitHub App's id.
	AppID int64 `yaml:"app_id"`
	// InstallationID is the App's installation where there is one organisation.
	InstallationID int64 `yaml:"installation_id"`
	// Installations are the App's installations by organisation.
	Installations map[string]int64 `yaml:"installations"`
	// PrivateKey is the App's key, in PEM.
	PrivateKey secret.Ref `yaml:"private_key"`
}

// IsApp reports whether the credential is a GitHub App.
func (c Credential) IsApp() bool { return c.AppID != 0 }

// Defaults fills what is not set.
func (c *Config) Defaults() {
	if c.BaseURL == "" {
		c.BaseURL = "https://api.github.com"
	}
	if len(c.Find) == 0 {
		c.Find = []string{ByAttribute, BySAML, ByEmail}
	}
	if c.DeployKeys == "" {
		c.DeployKeys = offboarding.Ask
	}
	if c.AccessTokens == "" {
		c.AccessTokens = offboarding.Ask
	}
	if c.PageSize == 0 {
		c.PageSize = 100
	}
}

// Validate names the first key that is wrong and says what to do. It reads no
// secret and calls nobody.
func (c *Config) Validate() error {
	if _, err := transport.CheckBase(c.BaseURL, c.AllowHTTP); err != nil {
		return fmt.Errorf("github: base_url: %w", err)
	}
	if err := c.PrivateAddresses.Validate(); err != nil {
		return fmt.Errorf("github: private_addresses: %w", err)
	}
	if len(c.Organizations) == 0 {
		return errors.New("github: organizations is empty: list the organisations to cut access in")
	}
	seen := map[string]bool{}
	for _, o := range c.Organizations {
		if !validOrg(o) {
			return fmt.Errorf("github: organizations: %q is not an organisation's login; give the name as in https://github.com/NAME", o)
		}
		if seen[fold(o)] {
			return fmt.Errorf("github: organizations: %s is listed twice", o)
		}
		seen[fold(o)] = true
	}
	if err := c.validate(c.Organizations, "github: "); err != nil {
		return err
	}
	if c.Observer != nil {
		if err := c.Observer.validate(c.Organizations, "github: observer."); err != nil {
			return err
		}
	}
	if c.ControlMember != "" && !validLogin(c.ControlMember) {
		return fmt.Errorf("github: control_member: %q is not a login", c.ControlMember)
	}
	for _, login := range c.KnownAccounts {
		if !validLogin(login) {
			return fmt.Errorf("github: known_accounts: %q is not a login", login)
		}
	}
	return c.validateChoices()
}

func (c *Config) validateChoices() error {
	for _, f := range c.Find {
		if !slices.Contains([]string{ByAttribute, BySAML, BySCIM, ByEmail}, f) {
			return fmt.Errorf("github: find: %q is none of attribute, saml, scim, email", f)
		}
	}
	for key, v := range map[string]offboarding.Removal{"deploy_keys": c.DeployKeys, "access_tokens": c.AccessTokens} {
		if !slices.Contains([]offboarding.Removal{offboarding.Remove, offboarding.Ask, offboarding.Report}, v) {
			return fmt.Errorf("github: %s: %q is none of remove, ask, report", key, v)
		}
	}
	for key, list := range map[string][]string{"may_be_empty": c.MayBeEmpty, "not_offered": c.NotOffered} {
		for _, entry := range list {
			org, class, both := strings.Cut(entry, "/")
			if !both {
				class = org
			}
			if key == "not_offered" && !slices.Contains(lackable, offboarding.Class(class)) {
				return fmt.Errorf("github: not_offered: %q is none of the classes that a plan can lack, which are %s", entry, join(lackable))
			}
			if !slices.Contains(Classes(), offboarding.Class(class)) || (both && !c.has(org)) {
				return fmt.Errorf("github: %s: %q is neither a class nor ORGANISATION/CLASS; the classes are %s", key, entry, join(Classes()))
			}
		}
	}
	for _, k := range c.KnownDeployKeys {
		parts := strings.Split(k, "/")
		if _, ok := number(parts[len(parts)-1]); len(parts) != 3 || !ok || !c.has(parts[0]) || !validRepo(parts[1]) {
			return fmt.Errorf("github: known_deploy_keys: %q is not ORGANISATION/REPOSITORY/NUMBER in a configured organisation", k)
		}
	}
	if c.PageSize < 1 || c.PageSize > 100 {
		return fmt.Errorf("github: page_size: %d is not between 1 and 100", c.PageSize)
	}
	return nil
}

func (c Credential) validate(orgs []string, at string) error {
	switch {
	case c.Token.IsSet() && (c.IsApp() || c.PrivateKey.IsSet()):
		return fmt.Errorf("%stoken is set together with a GitHub App: give one of them", at)
	case c.Token.IsSet():
		return nil
	case !c.IsApp():
		return fmt.Errorf("%stoken is missing: give token: env:NAME, or app_id, private_key and installations of a GitHub App", at)
	case !c.PrivateKey.IsSet():
		return fmt.Errorf("%sprivate_key is missing: give file:PATH of the App's PEM key", at)
	case c.InstallationID != 0 && len(c.Installations) > 0:
		return fmt.Errorf("%sinstallation_id is set together with installations: give one of them", at)
	}
	for _, o := range orgs {
		if c.installation(o, len(orgs)) == 0 {
			return fmt.Errorf("%sinstallations has no entry for %s: give the number at the end of https://github.com/organizations/%s/settings/installations/NUMBER", at, o, o)
		}
	}
	return nil
}

// installation is the App's installation in the organisation.
func (c Credential) installation(org string, orgs int) int64 {
	if orgs == 1 && c.InstallationID != 0 {
		return c.InstallationID
	}
	for k, v := range c.Installations {
		if strings.EqualFold(k, org) {
			return v
		}
	}
	return 0
}

// has reports whether the organisation is one of the configured ones.
func (c *Config) has(org string) bool {
	return slices.ContainsFunc(c.Organizations, func(o string) bool { return strings.EqualFold(o, org) })
}

// lackable are the classes that an organisation's plan may not have.
var lackable = []offboarding.Class{offboarding.Seats, offboarding.SSOCredentials, offboarding.Roles}

// listed reports whether a may_be_empty or not_offered list names the class.
func listed(list []string, org string, class offboarding.Class) bool {
	return slices.ContainsFunc(list, func(e string) bool {
		return e == string(class) || strings.EqualFold(e, org+"/"+string(class))
	})
}

func join(classes []offboarding.Class) string {
	out := make([]string, 0, len(classes))
	for _, c := range classes {
		out = append(out, string(c))
	}
	return strings.Join(out, ", ")
}
