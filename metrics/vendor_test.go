package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities/transport"
	"lastday/metrics"
)

// vendor answers with what its handler says, through the connectors' own way out.
func vendor(t *testing.T, m *metrics.Metrics, answer http.HandlerFunc) func(method, path string) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := transport.Client(transport.Options{
		System: "okta", Base: server.URL, Allow: []string{"GET /users/{id}", "DELETE /users/{id}"}, AnyBody: true,
		Limit: func(r *http.Response, _ []byte) (time.Duration, bool) { return 0, r.Header.Get("X-Abuse") != "" },
	})
	require.NoError(t, err)
	return func(method, path string) {
		r, err := http.NewRequestWithContext(transport.WithWatch(t.Context(), m.Saw), method, server.URL+path, nil)
		require.NoError(t, err)
		if resp, err := c.Do(r); err == nil {
			resp.Body.Close()
		}
	}
}

func TestVendorCallsAreCountedByOperationAndAnswer(t *testing.T) {
	m := metrics.New(nil)
	var status atomic.Int64
	var abuse atomic.Value
	abuse.Store("")
	call := vendor(t, m, func(w http.ResponseWriter, _ *http.Request) {
		said, _ := abuse.Load().(string)
		w.Header().Set("X-Abuse", said)
		now := int(status.Load())
		if now == 0 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(now)
	})
	for _, next := range []int64{200, 204, 404, 401, 429, 500, 0} {
		status.Store(next)
		call(http.MethodGet, "/users/canary")
	}
	status.Store(403)
	abuse.Store("secondary")
	call(http.MethodDelete, "/users/canary")
	call(http.MethodGet, "/elsewhere/canary")
	got := page(t, m)
	for class, n := range map[string]int{"2xx": 2, "4xx": 1, "401": 1, "limited": 1, "5xx": 1, "none": 1} {
		require.Contains(t, lines(got), `lastday_vendor_calls_total{operation="GET /users/{id}",status="`+class+`",system="okta"} `+strconv.Itoa(n))
	}
	require.Contains(t, lines(got), `lastday_vendor_calls_total{operation="DELETE /users/{id}",status="limited",system="okta"} 1`)
	require.Contains(t, lines(got), `lastday_vendor_call_seconds_count{operation="GET /users/{id}",system="okta"} 7`)
	require.NotContains(t, got, "canary")
	require.NotContains(t, got, "elsewhere", "what is not sent is no call")
}

func TestTheVendorsBudgetIsWhatItSaysUntilItsWindowIsOver(t *testing.T) {
	m := metrics.New(nil)
	h := http.Header{}
	call := vendor(t, m, func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range h {
			w.Header()[k] = v
		}
	})
	in := func(d time.Duration) string { return strconv.FormatInt(time.Now().Add(d).Unix(), 10) }
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", "4321")
	h.Set("X-RateLimit-Reset", in(time.Hour))
	h.Set("X-RateLimit-Resource", "core")
	call(http.MethodGet, "/users/1")
	require.Contains(t, lines(page(t, m)), `lastday_vendor_budget_remaining{bucket="core",system="okta"} 4321`)

	h.Set("X-RateLimit-Remaining", "0")
	h.Set("X-RateLimit-Reset", in(-time.Minute))
	call(http.MethodGet, "/users/1")
	require.Contains(t, lines(page(t, m)), `lastday_vendor_budget_remaining{bucket="core",system="okta"} 5000`, "a new window has begun")

	clear(h)
	h.Set("X-Rate-Limit-Limit", "600")
	h.Set("X-Rate-Limit-Remaining", "599")
	h.Set("X-Rate-Limit-Reset", in(time.Minute))
	call(http.MethodGet, "/users/1")
	require.Contains(t, lines(page(t, m)), `lastday_vendor_budget_remaining{bucket="GET /users/{id}",system="okta"} 599`)
	require.Contains(t, lines(page(t, m)), `lastday_vendor_budget_limit{bucket="GET /users/{id}",system="okta"} 600`)

	for _, nonsense := range []string{"", "-1", "many", "99999999999999999999"} {
		h.Set("X-Rate-Limit-Remaining", nonsense)
		call(http.MethodDelete, "/users/1")
	}
	h.Set("X-Rate-Limit-Remaining", "7")
	h.Set("X-Rate-Limit-Resource", "canary")
	call(http.MethodDelete, "/users/1")
	require.Contains(t, lines(page(t, m)), `lastday_vendor_budget_remaining{bucket="DELETE /users/{id}",system="okta"} 7`)
	require.NotContains(t, strings.ToLower(page(t, m)), "canary", "a vendor's word is no label unless it is the name of a limit")
}
