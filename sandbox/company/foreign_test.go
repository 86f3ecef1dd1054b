package company_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/company"
	"lastday/sandbox/faults"
	"lastday/sandbox/okta"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
	"lastday/sandbox/tailscale"
)

// The same credentials are good in another organisation, where nobody is ours.
func TestAForeignOrganisationKnowsTheTokenAndNobody(t *testing.T) {
	dir, err := os.MkdirTemp("", "firm") // short, for the gateway's socket
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c, err := company.Start(company.Options{People: 3, Dir: dir})
	require.NoError(t, err)
	t.Cleanup(c.Stop)
	injectors := map[string]*faults.Injector{
		"okta": c.Okta.Faults(), "slack": c.Slack.Faults(), "tailscale": c.Tailscale.Faults(),
	}
	for name, ask := range map[string]struct{ path, credential, ours, theirs string }{
		"okta":      {"/api/v1/users", "SSWS " + okta.DefaultToken, people.Jane.Email, people.Stranger.Email},
		"slack":     {"/scim/v2/Users", "Bearer " + slack.DefaultScimToken, people.Jane.Email, people.Stranger.Email},
		"tailscale": {"/api/v2/tailnet/-/users", "Bearer " + tailscale.DefaultAPIKey, people.Jane.Email, people.Stranger.Email},
	} {
		t.Run(name, func(t *testing.T) {
			look := func() string {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL(name)+ask.path, nil)
				require.NoError(t, err)
				r.Header.Set("Authorization", ask.credential)
				resp, err := http.DefaultClient.Do(r)
				require.NoError(t, err)
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, resp.StatusCode, string(body))
				return string(body)
			}
			injectors[name].Set(faults.Fault{Op: "GET *", Kind: faults.Foreign})
			body := look()
			require.Contains(t, body, ask.theirs)
			for _, ours := range []string{ask.ours, people.Admin.Email, people.Admin.GitHubLogin} {
				require.NotContains(t, strings.ToLower(body), ours)
			}
			injectors[name].Clear()
			require.Contains(t, look(), ask.ours)
		})
	}
}
