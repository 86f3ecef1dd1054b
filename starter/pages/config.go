package pages

import "lastday/starter/pages/signin"

// Config is the section serve.pages: who may see the record's pages.
type Config struct {
	// OIDC is the provider that people sign in at. Without it the pages answer
	// only on the machine they run on.
	OIDC *signin.Config `yaml:"oidc"`
}

// Defaults fills in what was left out.
func (c *Config) Defaults() {
	if c.OIDC != nil {
		c.OIDC.Defaults()
	}
}

// Validate says which key is wrong and what to do. It reads no secret.
func (c *Config) Validate() error {
	if c.OIDC == nil {
		return nil
	}
	return c.OIDC.Validate()
}
