package okta_test

import (
	"strings"
	"testing"
	"time"

	"lastday/activities/okta"
	"lastday/secret"
)

func TestConfigErrorsNameTheKey(t *testing.T) {
	token, err := secret.Parse("env:A_VARIABLE_THAT_IS_NOT_SET")
	if err != nil {
		t.Fatal(err)
	}
	usual := func() okta.Config {
		return okta.Config{BaseURL: "https://example.okta.com", Credential: okta.Credential{APIToken: token}}
	}
	if _, err := okta.New(usual()); err != nil {
		t.Errorf("the least configuration, its secret not there yet: %v", err)
	}
	for want, f := range map[string]change{
		"base_url: base URL":           func(c *okta.Config) { c.BaseURL = "example.okta.com" },
		"base_url: this is the admin":  func(c *okta.Config) { c.BaseURL = "https://example-admin.okta.com" },
		"plain HTTP":                   func(c *okta.Config) { c.BaseURL = "http://okta.example.com" },
		"api_token: no credential":     func(c *okta.Config) { c.Credential = okta.Credential{} },
		"api_token: give either":       func(c *okta.Config) { c.ClientID = "0oa1" },
		"client_id: a service":         func(c *okta.Config) { c.Credential = okta.Credential{ClientID: "0oa1"} },
		"observer: client_id":          func(c *okta.Config) { c.Observer = okta.Credential{ClientID: "../x", PrivateKey: token} },
		"control_users: \"a/b\"":       func(c *okta.Config) { c.ControlUsers = []string{"a/b"} },
		"github_login_attribute: \"a.": func(c *okta.Config) { c.GitHubLoginAttribute = "a.b" },
		"api_tokens: \"delete\"":       func(c *okta.Config) { c.APITokens = "delete" },
		"access_token_lifetime: 1s":    func(c *okta.Config) { c.AccessTokenLifetime = time.Second },
	} {
		c := usual()
		f(&c)
		if _, err := okta.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
