package serve_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/starter/serve"
)

type part struct {
	ended chan struct{}
	ill   error
}

func (p *part) Run(ctx context.Context) error {
	<-ctx.Done()
	close(p.ended)
	return nil
}

func (p *part) Health() error { return p.ill }

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(b)
}

func TestItServesSaysHowItIsAndStopsGracefully(t *testing.T) {
	s := serve.New(serve.Config{Listen: "127.0.0.1:0"}, slog.New(slog.DiscardHandler))
	p := &part{ended: make(chan struct{})}
	s.Add("slack", p)
	entered, leave := make(chan struct{}), make(chan struct{})
	s.Mount("/slow", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-leave
		_, _ = io.WriteString(w, "done")
	}))
	ctx, cancel := context.WithCancel(t.Context())
	require.NoError(t, s.Start(ctx))
	cancel() // the context is for starting; what runs ends with Stop
	status, body := get(t, "http://"+s.Addr()+"/healthz")
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"ok":true,"parts":{"slack":"ok"}}`, body)
	p.ill = errors.New("a token nobody may read")
	status, body = get(t, "http://"+s.Addr()+"/healthz")
	require.Equal(t, 503, status)
	require.NotContains(t, body, "token")

	answered := make(chan string)
	go func() {
		defer close(answered)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr()+"/slow", nil)
		if err != nil {
			return
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		answered <- string(b)
	}()
	<-entered
	stopped := make(chan struct{})
	go func() {
		s.Stop(10 * time.Second)
		close(stopped)
	}()
	require.Eventually(t, func() bool {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.Addr()+"/healthz", nil)
		_, err := http.DefaultTransport.RoundTrip(r)
		return err != nil
	}, 5*time.Second, 5*time.Millisecond, "no new request is taken")
	close(leave)
	require.Equal(t, "done", <-answered, "one under way finishes")
	<-stopped
	<-p.ended
	s.Stop(time.Second)
}

func TestAMistakeInTheSectionNamesItsKey(t *testing.T) {
	for text, key := range map[string]string{
		"listen: here":        "serve.listen",
		"listen: :8480":       "serve.listen",
		"slack: {}":           "serve.slack.app_token",
		"slack: {mode: http}": "serve.slack.signing_secret",
		"slack: {mode: pigeon, app_token: env:X}":    "serve.slack.mode",
		"slack: {app_token: env:X}":                  "",
		"slack: {mode: http, signing_secret: env:X}": "",
	} {
		var c serve.Config
		require.NoError(t, yaml.Unmarshal([]byte(text), &c))
		c.Defaults()
		err := c.Validate()
		if key == "" {
			require.NoError(t, err, text)
			continue
		}
		require.ErrorContains(t, err, key, text)
	}
}
