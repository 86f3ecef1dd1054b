package metrics_test

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/metrics"
)

var quiet = slog.New(slog.DiscardHandler)

// page is what a process shows, as Prometheus reads it.
func page(t *testing.T, m *metrics.Metrics) string {
	t.Helper()
	s, err := m.Serve(t.Context(), metrics.Config{Listen: "127.0.0.1:0"}, nil, quiet)
	require.NoError(t, err)
	defer s.Stop()
	_, body := get(t, "http://"+s.Addr()+"/metrics")
	return body
}

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

// lines of the metrics without their comments.
func lines(body string) []string {
	var out []string
	for l := range strings.SplitSeq(body, "\n") {
		if l != "" && !strings.HasPrefix(l, "#") {
			out = append(out, l)
		}
	}
	return out
}
