package github_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/activities"
	"lastday/activities/github"
	"lastday/offboarding"
	sandbox "lastday/sandbox/github"
)

const appConfig = `
base_url: https://ghe.example.com/api/v3
organizations: [acme, acme-labs]
app_id: 7
private_key: file:/run/secrets/github.pem
installations: {acme: 1, Acme-Labs: 2}
observer:
  token: env:GITHUB_OBSERVER
control_member: ada-admin
find: [saml]
deploy_keys: report
may_be_empty: [invitations, acme/seats]
`

func TestAConfigurationIsReadStrictly(t *testing.T) {
	var c github.Config
	require.NoError(t, strict(appConfig, &c))
	_, err := github.New(c)
	require.NoError(t, err, "no secret is read yet")
	assert.Equal(t, int64(7), c.AppID)
	assert.Equal(t, "env:GITHUB_OBSERVER", c.Observer.Token.Source())
	assert.Error(t, strict("organisations: [acme]", &c))
}

func strict(text string, c *github.Config) error {
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	return d.Decode(c)
}

func TestDefaults(t *testing.T) {
	var c github.Config
	c.Defaults()
	assert.Equal(t, "https://api.github.com", c.BaseURL)
	assert.Equal(t, []string{"attribute", "saml", "email"}, c.Find)
	assert.Equal(t, offboarding.Ask, c.DeployKeys)
	assert.Equal(t, offboarding.Ask, c.AccessTokens)
}

func TestAWrongConfigurationNamesTheKey(t *testing.T) {
	good := "organizations: [acme]\ntoken: env:T\n"
	for extra, want := range map[string]string{
		"base_url: ghe.example.com":                  "base_url",
		"base_url: http://ghe.example.com":           "base_url",
		"find: [guess]":                              `find: "guess" is none of`,
		"deploy_keys: maybe":                         `deploy_keys: "maybe" is none of`,
		"access_tokens: no":                          `access_tokens: "no" is none of`,
		"may_be_empty: [keys]":                       `may_be_empty: "keys" is neither`,
		"not_offered: [other/seats]":                 `not_offered: "other/seats" is neither`,
		"not_offered: [invitations]":                 `not_offered: "invitations" is none of the classes that a plan can lack`,
		"known_accounts: [a/b]":                      `known_accounts: "a/b" is not a login`,
		"known_deploy_keys: [acme/website]":          `known_deploy_keys: "acme/website" is not`,
		"known_deploy_keys: [other/website/7]":       `known_deploy_keys: "other/website/7" is not`,
		"control_member: a/b":                        "control_member",
		"page_size: 101":                             "page_size",
		"app_id: 7":                                  "token is set together with a GitHub App",
		"observer: {app_id: 7}":                      "observer.private_key is missing",
		"observer: {app_id: 7, private_key: file:x}": "observer.installations has no entry for acme",
		"observer: {}":                               "observer.token is missing",
		"observer: {app_id: 7, private_key: file:x, installation_id: 1, installations: {acme: 1}}": "installation_id is set together",
	} {
		var c github.Config
		require.NoError(t, yaml.Unmarshal([]byte(good+extra), &c), extra)
		_, err := github.New(c)
		assert.ErrorContains(t, err, want, extra)
	}
	for text, want := range map[string]string{
		"token: env:T":                              "organizations is empty",
		"organizations: [acme]":                     "token is missing",
		"organizations: [a/b]\ntoken: env:T":        "is not an organisation's login",
		"organizations: [acme, ACME]\ntoken: env:T": "listed twice",
	} {
		var c github.Config
		require.NoError(t, yaml.Unmarshal([]byte(text), &c))
		_, err := github.New(c)
		assert.ErrorContains(t, err, want, text)
	}
}

// Enterprise Server has its REST API under /api/v3 and GraphQL beside it.
func TestEnterpriseServerHasOtherPaths(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	mux := http.NewServeMux()
	mux.Handle("/api/v3/", http.StripPrefix("/api/v3", r.sv.Handler()))
	mux.Handle("/api/graphql", http.StripPrefix("/api", r.sv.Handler()))
	ts := httptest.NewServer(mux)
	defer ts.Close()
	r.url = ts.URL + "/api/v3/"
	r.c = r.connect(by(github.BySAML))
	a := r.find(jane())
	assert.Equal(t, "found by saml", a.Evidence)
	assert.Equal(t, offboarding.Present, r.observe(a)[offboarding.Membership].Sight)
}

func level(fs []activities.Finding, l activities.Level) (out []string) {
	for _, f := range fs {
		if f.Level == l {
			out = append(out, f.What+" | "+f.Do)
		}
	}
	return out
}

func TestCheckNamesWhatIsMissing(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	fs, err := r.c.Check(r.ctx)
	require.NoError(t, err)
	assert.Empty(t, level(fs, activities.Bad))
	assert.Empty(t, level(fs, activities.Warning))

	r.c = r.connect(func(c *github.Config) {
		r.tokens(sandbox.ObserverToken, sandbox.Token)(c) // the wrong way round
	})
	fs, err = r.c.Check(r.ctx)
	require.NoError(t, err)
	bad := strings.Join(level(fs, activities.Bad), "\n")
	assert.Contains(t, bad, "primary: the scope admin:org is missing")
	warnings := strings.Join(level(fs, activities.Warning), "\n")
	assert.Contains(t, warnings, "observer: the scope admin:org is more than is needed")
	assert.Contains(t, warnings, "access-tokens stays blind")
	assert.Empty(t, writesIn(r.sv.Faults().Calls()))

	r.c = r.connect(r.tokens("wrong", "wrong"))
	fs, err = r.c.Check(r.ctx)
	require.NoError(t, err)
	assert.NotEmpty(t, level(fs, activities.Bad))
}
