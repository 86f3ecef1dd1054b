package reader

import (
	"errors"
	"net/url"
)

// Config is the section serve.codec: who may read encrypted payloads in
// Temporal's web UI.
type Config struct {
	// UIOrigin is the UI's address as a browser has it, without a path; pages from
	// elsewhere are refused.
	UIOrigin string `yaml:"ui_origin"`
	// Audience is what the provider of serve.pages.oidc makes the UI's access
	// tokens for: their claim aud.
	Audience string `yaml:"audience"`
}

// Validate says which key is wrong and what to do; oidc is whether a provider is
// configured.
func (c *Config) Validate(oidc bool) error {
	u, err := url.Parse(c.UIOrigin)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.Scheme+"://"+u.Host != c.UIOrigin {
		return errors.New("serve.codec.ui_origin is not the UI's address: give scheme and host alone, such as https://temporal.example.com")
	}
	if oidc && c.Audience == "" {
		return errors.New("serve.codec.audience is missing: give the claim aud of the access tokens that the provider makes for the UI")
	}
	return nil
}
