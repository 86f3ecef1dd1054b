package signin_test

import (
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/starter/pages/signin"
)

func TestWithoutAProviderOnlyThisMachineIsLetIn(t *testing.T) {
	serve := func(place signin.Place) string {
		g, err := signin.New(nil, signin.Options{Show: show, Place: place, Log: slog.New(slog.DiscardHandler), Now: time.Now})
		require.NoError(t, err)
		s := httptest.NewServer(g.Wrap(http.HandlerFunc((&house{t: t}).page)))
		t.Cleanup(s.Close)
		return s.URL
	}
	const loopback = "127.0.0.1:8480"
	at := serve(signin.Place{Listen: loopback})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(at, "http://"))
	require.NoError(t, err)
	ask := func(at, host string, header ...string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/record", nil)
		require.NoError(t, err)
		if host != "" {
			r.Host = host
		}
		if len(header) == 2 {
			r.Header.Set(header[0], header[1])
		}
		return (&visitor{h: &house{t: t}, client: &http.Client{Transport: &http.Transport{}}}).do(r)
	}
	for _, host := range []string{"", "localhost:" + port, "127.0.0.1", "[::1]:" + port, "LOCALHOST"} {
		status, body := ask(at, host)
		require.Equal(t, 200, status, host)
		require.Contains(t, body, "for local <pages:local> [auditor]")
	}
	for _, host := range []string{"evil.example", "evil.example:" + port, "localhost.evil.example", "127.0.0.1.nip.io", "10.0.0.1", "localhost:" + port + ".evil.example"} {
		status, body := ask(at, host)
		require.Equal(t, 403, status, host)
		require.Contains(t, body, "Only from this machine")
	}
	for _, header := range []string{"X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "Via", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"} {
		status, body := ask(at, "", header, "127.0.0.1")
		require.Equal(t, 403, status, header)
		require.Contains(t, body, "a proxy passed it on")
	}
	for _, listen := range []string{"0.0.0.0:8480", "[::]:8480", "10.0.0.1:8480", ""} {
		status, body := ask(serve(signin.Place{Listen: listen}), "")
		require.Equal(t, 403, status, listen)
		require.Contains(t, body, "no provider says who is there")
	}
	// nginx passes a request on without a header that says so, under the name that
	// it was told to reach us by.
	status, body := ask(serve(signin.Place{Listen: loopback, Strangers: "the hook for HR systems"}), "")
	require.Equal(t, 403, status)
	require.Contains(t, body, "the hook for HR systems is at the same address")
}

func TestAMistakeInTheSectionNamesItsKey(t *testing.T) {
	good := "issuer: https://example.okta.com\nclient_id: a\nredirect_url: https://lastday.example.com/record/sign-in/callback\nroles: {auditor: [A]}\n"
	for change, key := range map[string]string{
		"":                                       "",
		"issuer: http://127.0.0.1:9":             "",
		"issuer: http://example.okta.com":        "issuer",
		"issuer: example.okta.com":               "issuer",
		"issuer: https://a:b@example.okta.com":   "issuer",
		"client_id: ''":                          "client_id",
		"redirect_url: https://x.example/record": "redirect_url",
		"redirect_url: http://x.example/record/sign-in/callback":       "redirect_url",
		"redirect_url: https://x.example/record/sign-in/callback?to=1": "redirect_url",
		"scopes: [profile]":      "scopes",
		"roles: {}":              "roles",
		"roles: {auditor: ['']}": "roles",
	} {
		text := good
		if key, _, ok := strings.Cut(change, ":"); ok {
			var kept []string
			for line := range strings.Lines(good) {
				if !strings.HasPrefix(line, key+":") {
					kept = append(kept, line)
				}
			}
			text = strings.Join(kept, "") + change + "\n"
		}
		var c signin.Config
		require.NoError(t, yaml.Unmarshal([]byte(text), &c), text)
		c.Defaults()
		if key == "" {
			require.NoError(t, c.Validate(), change)
			continue
		}
		require.ErrorContains(t, c.Validate(), "serve.pages.oidc."+key, change)
	}
}
