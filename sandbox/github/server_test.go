package github_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/sandbox/github"
	"lastday/sandbox/people"
)

// vendor is a stand-in over HTTP, without any SDK.
type vendor struct {
	*testing.T
	sv  *github.Server
	url string
}

func start(t *testing.T, o github.Options) *vendor {
	sv := github.New(people.Staff(3), o)
	ts := httptest.NewServer(sv.Handler())
	t.Cleanup(ts.Close)
	return &vendor{T: t, sv: sv, url: ts.URL}
}

func (v *vendor) call(token, method, path string) (*http.Response, string) {
	v.Helper()
	req, err := http.NewRequest(method, v.url+path, nil)
	require.NoError(v, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	require.NoError(v, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(v, err)
	resp.Body.Close()
	return resp, string(body)
}

func TestErrorsHaveGitHubsShape(t *testing.T) {
	v := start(t, github.Options{})
	for _, c := range []struct {
		token, method, path string
		status              int
	}{
		{"wrong", "GET", "/orgs/acme", http.StatusUnauthorized},
		{github.Token, "GET", "/orgs/nowhere", http.StatusNotFound},
		{github.Token, "GET", "/no/such/path", http.StatusNotFound},
		{github.ObserverToken, "DELETE", "/orgs/acme/memberships/jane-doe", http.StatusForbidden},
		{github.Token, "GET", "/orgs/acme/personal-access-tokens", http.StatusForbidden},
		{github.Token, "DELETE", "/orgs/acme/outside_collaborators/jane-doe", http.StatusUnprocessableEntity},
		{github.Token, "DELETE", "/orgs/acme/invitations/1", http.StatusNotFound},
	} {
		resp, body := v.call(c.token, c.method, c.path)
		assert.Equal(t, c.status, resp.StatusCode, c.path)
		assert.NotEmpty(t, resp.Header.Get("X-GitHub-Request-Id"))
		var e struct {
			Message string `json:"message"`
			Page    string `json:"documentation_url"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &e))
		assert.NotEmpty(t, e.Message)
		assert.NotEmpty(t, e.Page)
	}
	assert.Contains(t, v.sv.Holds(people.Jane.Email), "membership/acme")
}

func TestListsArePagedWithLinks(t *testing.T) {
	v := start(t, github.Options{})
	resp, body := v.call(github.Token, "GET", "/orgs/acme/members?per_page=2")
	var page []struct{ Login string }
	require.NoError(t, json.Unmarshal([]byte(body), &page))
	assert.Len(t, page, 2)
	assert.Contains(t, resp.Header.Get("Link"), `page=2&per_page=2>; rel="next"`)
	assert.Contains(t, resp.Header.Get("Link"), `page=3&per_page=2>; rel="last"`)
	resp, _ = v.call(github.Token, "GET", "/orgs/acme/members?per_page=2&page=3")
	assert.NotContains(t, resp.Header.Get("Link"), "next")
}

func TestRemovingAMemberTakesWhatGitHubTakes(t *testing.T) {
	v := start(t, github.Options{})
	resp, _ := v.call(github.Token, "DELETE", "/orgs/acme/memberships/jane-doe")
	assert.Equal(t, http.StatusNoContent, resp.StatusCode)
	left := strings.Join(v.sv.Holds(people.Jane.Email), " ")
	for _, gone := range []string{"membership/acme", "groups/", "organization-roles/", "seats/", "repository-collaborations/acme/infrastructure"} {
		assert.NotContains(t, left, gone)
	}
	for _, stays := range []string{"sso-credentials/acme/", "access-tokens/acme/", "deploy-keys/acme/", "repository-collaborations/acme/website", "outside-collaboration/acme"} {
		assert.Contains(t, left, stays)
	}
	resp, _ = v.call(github.Token, "POST", "/orgs/acme/credential-authorizations/jane-doe/revoke")
	assert.Equal(t, http.StatusNotFound, resp.StatusCode, "only a member's are revoked together")
	resp, _ = v.call(github.Token, "DELETE", "/orgs/acme-labs/memberships/jane-doe")
	assert.Equal(t, http.StatusNoContent, resp.StatusCode)
	assert.NotContains(t, strings.Join(v.sv.Holds(people.Jane.Email), " "), "invitations/acme-labs", "an invitation is cancelled the same way")
}

func TestTheLastOwnerCannotBeRemoved(t *testing.T) {
	v := start(t, github.Options{})
	v.sv.SetRole(github.Labs, people.Admin.GitHubLogin, "member")
	v.sv.SetRole(github.Labs, "lastday-observer", "member")
	resp, _ := v.call(github.Token, "DELETE", "/orgs/acme-labs/memberships/"+people.Robot.GitHubLogin)
	assert.Equal(t, http.StatusForbidden, resp.StatusCode)
}

func TestTheHourlyLimitAnswersAsGitHubDoes(t *testing.T) {
	v := start(t, github.Options{RateLimits: true, HourlyLimit: 2})
	for range 2 {
		resp, _ := v.call(github.Token, "GET", "/orgs/acme")
		assert.Equal(t, http.StatusOK, resp.StatusCode)
	}
	resp, body := v.call(github.Token, "GET", "/orgs/acme")
	assert.Equal(t, http.StatusForbidden, resp.StatusCode)
	assert.Equal(t, "0", resp.Header.Get("X-RateLimit-Remaining"))
	assert.NotEmpty(t, resp.Header.Get("X-RateLimit-Reset"))
	assert.Contains(t, body, "API rate limit exceeded")
	resp, _ = v.call(github.ObserverToken, "GET", "/orgs/acme")
	assert.Equal(t, http.StatusOK, resp.StatusCode, "each credential has its own")
}

func TestACopyOfTheStateIsItsOwn(t *testing.T) {
	v := start(t, github.Options{})
	before := v.sv.Holds(people.Jane.Email)
	copied := v.sv.Snapshot()
	for _, path := range []string{"/orgs/acme/memberships/jane-doe", "/orgs/acme-labs/outside_collaborators/jane-doe", "/orgs/acme-labs/memberships/jane-doe"} {
		v.call(github.Token, "DELETE", path)
	}
	assert.NotEqual(t, before, v.sv.Holds(people.Jane.Email))
	v.sv.Restore(copied)
	assert.Equal(t, before, v.sv.Holds(people.Jane.Email))
}

func TestJaneHoldsSomethingOfEveryClassAndTheStateSaysSo(t *testing.T) {
	v := start(t, github.Options{})
	resp, body := v.call("", "GET", "/_sandbox/state")
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	var state struct{ People map[string][]string }
	require.NoError(t, json.Unmarshal([]byte(body), &state))
	assert.Equal(t, v.sv.Holds(people.Jane.Email), state.People["jane-doe"])
	classes := map[string]bool{}
	for _, h := range state.People["jane-doe"] {
		class, _, _ := strings.Cut(h, "/")
		classes[class] = true
	}
	assert.Len(t, classes, 10)
}
