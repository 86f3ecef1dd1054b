package doors_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/config"
	"lastday/record/setup"
	"lastday/sandbox/company"
	"lastday/secret"
	"lastday/starter/cases"
	"lastday/starter/doors"
	"lastday/starter/hook"
	"lastday/starter/serve"
)

// A proxy that leads HR systems or Slack here leads everybody here. That it is
// one, nginx tells only if it is told to.
func TestAStrangerBehindAProxyIsNotWhoSitsAtTheMachine(t *testing.T) {
	dir := t.TempDir()
	firm, err := company.Start(company.Options{People: 2, Dir: filepath.Join(dir, "s")})
	require.NoError(t, err)
	t.Cleanup(firm.Stop)
	path, err := firm.WriteConfig(dir)
	require.NoError(t, err)
	require.NoError(t, firm.AddDoors(path))
	f, err := config.Load(path)
	require.NoError(t, err)
	f.Temporal.Address = "127.0.0.1:1"
	kept, err := setup.Embedded(dir)
	require.NoError(t, err)
	l, err := setup.Open(t.Context(), kept)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() })
	t.Setenv("DOORS_TEST_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	ref, err := secret.Parse("env:DOORS_TEST_SECRET")
	require.NoError(t, err)

	ask := func(f config.File) (int, string) {
		temporal, namespace, err := cases.Later(f.Temporal, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		t.Cleanup(temporal.Close)
		s, err := doors.Open(f, cases.New(temporal, namespace), l, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		require.NoError(t, s.Start(context.Background()))
		defer s.Stop(0)
		to, err := url.Parse("http://" + s.Addr())
		require.NoError(t, err)
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(to)
			r.Out.Host = to.Host
		}})
		defer proxy.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy.URL+"/record", nil)
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return resp.StatusCode, string(body)
	}
	status, _ := ask(f)
	require.Equal(t, 200, status, "where nobody outside is to call, who calls sits at the machine")

	hooked := f
	hooked.Hooks.Sources = []hook.Source{{
		Name: "workday", Secrets: []secret.Ref{ref},
		Mapping: hook.Mapping{What: "'leaves'", Email: "item.email", LastDay: "item.last_day", Zone: "'UTC'"},
	}}
	status, body := ask(hooked)
	require.Equal(t, 403, status, body)
	require.Contains(t, body, "the hook for HR systems is at the same address")

	slack := *f.Serve.Slack
	slack.Mode, slack.SigningSecret = serve.HTTP, ref
	called := f
	called.Serve.Slack = &slack
	status, body = ask(called)
	require.Equal(t, 403, status, body)
	require.Contains(t, body, "what Slack calls is at the same address")
}
