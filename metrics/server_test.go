package metrics_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/metrics"
)

func TestAliveIsNotReady(t *testing.T) {
	var ill atomic.Bool
	ill.Store(true)
	ended := make(chan struct{})
	s, err := metrics.New(nil).Serve(t.Context(), metrics.Config{Listen: "127.0.0.1:0"}, map[string]metrics.Check{
		"temporal": func() error { return nil },
		"record": func() error {
			if ill.Load() {
				return errors.New("canary")
			}
			return nil
		},
	}, quiet, func(ctx context.Context) { <-ctx.Done(); close(ended) })
	require.NoError(t, err)
	base := "http://" + s.Addr()
	code, _ := get(t, base+"/healthz")
	require.Equal(t, http.StatusOK, code)
	code, body := get(t, base+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.JSONEq(t, `{"ok":false,"parts":{"temporal":"ok","record":"not ready"}}`, body)
	ill.Store(false)
	code, _ = get(t, base+"/readyz")
	require.Equal(t, http.StatusOK, code)
	s.Drain()
	code, body = get(t, base+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Contains(t, body, "stopping")
	code, _ = get(t, base+"/healthz")
	require.Equal(t, http.StatusOK, code, "it still lives")
	s.Stop()
	s.Stop()
	<-ended
}

func TestTwoProcessesCannotShareAnAddress(t *testing.T) {
	s, err := metrics.New(nil).Serve(t.Context(), metrics.Config{Listen: "127.0.0.1:0"}, nil, quiet)
	require.NoError(t, err)
	defer s.Stop()
	_, err = metrics.New(nil).Serve(t.Context(), metrics.Config{Listen: s.Addr()}, nil, quiet)
	require.ErrorContains(t, err, "metrics.listen")
}

func TestMetricsAreOffUnlessAskedForAndThenLoopback(t *testing.T) {
	for text, want := range map[string]string{"{}": "", "listen: :9464": "127.0.0.1:9464", "listen: 0.0.0.0:9464": "0.0.0.0:9464"} {
		var c metrics.Config
		require.NoError(t, yaml.Unmarshal([]byte(text), &c))
		c.Defaults()
		require.NoError(t, c.Validate(), text)
		require.Equal(t, want, c.Listen)
		require.Equal(t, want != "", c.On())
	}
	for _, bad := range []string{"here", "9464", "127.0.0.1:metrics", "127.0.0.1:70000"} {
		c := metrics.Config{Listen: bad}
		c.Defaults()
		require.ErrorContains(t, c.Validate(), "metrics.listen", bad)
	}
	var none *metrics.Server
	none.Drain()
	none.Stop()
	require.Empty(t, none.Addr())
}
