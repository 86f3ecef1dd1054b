package traces_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/logs"
	"lastday/offboarding"
	"lastday/traces"
	"lastday/traces/tracestest"
)

var quiet = slog.New(slog.DiscardHandler)

func open(t *testing.T, log *slog.Logger) *traces.Traces {
	t.Helper()
	tr, err := traces.Open(t.Context(), traces.Config{Enabled: true}, "lastday-test", log)
	require.NoError(t, err)
	return tr
}

// step runs one activity as a traced worker does, in the command's span.
func step(t *testing.T, name string, do func(context.Context) error) *tracestest.Collector {
	t.Helper()
	c := tracestest.Start(t)
	tr := open(t, quiet)
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	ctx, end := tr.Begin(t.Context(), "starter offboard")
	env.SetWorkerOptions(worker.Options{Interceptors: tr.Replays(), BackgroundActivityContext: ctx})
	env.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	_, _ = env.ExecuteActivity(name)
	end()
	tr.Stop()
	return c
}

// vendor answers everything with a status, and with a mark wherever an answer can
// have one.
func vendor(t *testing.T, status int, id string) *http.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Traceparent") != "" {
			t.Error("the vendor was sent a trace header")
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Canary", "canary")
		w.Header().Set("X-Request-Id", id)
		w.WriteHeader(status)
		fmt.Fprint(w, `{"message":"canary"}`)
	}))
	t.Cleanup(s.Close)
	c, err := transport.Client(transport.Options{System: "okta", Base: s.URL, Allow: []string{"GET /users/{id}"}})
	require.NoError(t, err)
	inner := c.Transport
	c.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
		r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(s.URL, "http://")
		return inner.RoundTrip(r)
	})
	return c
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func call(ctx context.Context, c *http.Client) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://vendor/users/canary.person@example.com?q=canary", nil)
	if err != nil {
		return err
	}
	r.Header.Set("X-Canary", "canary")
	resp, err := c.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestAStepsSpanHasItsCallsBelowItAndNobodysName(t *testing.T) {
	v := vendor(t, http.StatusOK, "req-1")
	c := step(t, "okta.Find", func(ctx context.Context) error { return call(ctx, v) })
	sent := c.Named("GET /users/{id}")
	require.Len(t, sent, 1)
	require.Equal(t, "okta", sent[0].Text("lastday.system"))
	require.Equal(t, "GET", sent[0].Text("http.request.method"))
	require.Equal(t, "/users/{id}", sent[0].Text("url.template"))
	require.Equal(t, "req-1", sent[0].Text("lastday.vendor_request_id"))
	require.EqualValues(t, 200, sent[0].Int("http.response.status_code"))
	require.EqualValues(t, 1, sent[0].Int("lastday.attempt"))
	require.False(t, sent[0].Failed())
	require.Greater(t, sent[0].GetEndTimeUnixNano(), sent[0].GetStartTimeUnixNano())

	ran, ok := c.Parent(t, sent[0])
	require.True(t, ok)
	require.Equal(t, "RunActivity:okta.Find", ran.GetName())
	require.Equal(t, offboarding.CaseTag("default-test-workflow-id"), ran.Text("lastday.case"))
	require.Equal(t, "default-test-run-id", ran.Text("lastday.run"))
	require.EqualValues(t, 1, ran.Int("lastday.attempt"))
	require.Equal(t, "lastday-test", ran.Service)
	require.NotContains(t, string(c.Raw()), "canary")
	require.NotContains(t, string(c.Raw()), "default-test-workflow-id", "an id of a workflow names a person")
}

func TestAnErrorHasItsKindAndNotItsWords(t *testing.T) {
	v := vendor(t, http.StatusServiceUnavailable, "canary.person@example.com")
	c := step(t, "okta.Find", func(ctx context.Context) error {
		return temporal.NewApplicationErrorWithCause("canary: "+call(ctx, v).Error(), "Unavailable", errors.New("canary"))
	})
	for name, kind := range map[string]string{"RunActivity:okta.Find": "Unavailable", "GET /users/{id}": "Unavailable"} {
		got := c.Named(name)
		require.Len(t, got, 1, name)
		require.True(t, got[0].Failed(), name)
		require.Equal(t, kind, got[0].Text("error.type"))
		require.Empty(t, got[0].GetEvents())
		require.Empty(t, got[0].GetStatus().GetMessage())
	}
	require.Empty(t, c.Named("GET /users/{id}")[0].Text("lastday.vendor_request_id"), "that is no id")
	require.NotContains(t, string(c.Raw()), "canary")
}

func TestAStepThatIsHandedBackHasNotFailed(t *testing.T) {
	c := step(t, "okta.Find", func(context.Context) error { return temporal.NewApplicationError("later", activities.KindHandedBack) })
	require.False(t, c.Named("RunActivity:okta.Find")[0].Failed())
}

func TestACallOutsideOfAStepIsNoTrace(t *testing.T) {
	c := tracestest.Start(t)
	tr := open(t, quiet)
	require.NoError(t, call(t.Context(), vendor(t, http.StatusOK, "1")))
	tr.Stop()
	tr.Stop()
	require.Empty(t, c.Spans())
}

func TestNothingIsSentUnlessItIsAskedFor(t *testing.T) {
	c := tracestest.Start(t)
	for exporter, conf := range map[string]traces.Config{"": {}, "otlp": {}, "none": {Enabled: true}} {
		t.Setenv("OTEL_TRACES_EXPORTER", exporter)
		tr, err := traces.Open(t.Context(), conf, "lastday", quiet)
		require.NoError(t, err)
		require.Nil(t, tr)
		var o client.Options
		tr.Apply(&o)
		require.Empty(t, o.Interceptors)
		require.Empty(t, tr.Replays())
		ctx, end := tr.Begin(t.Context(), "starter offboard")
		require.Equal(t, t.Context(), ctx)
		end()
		tr.Stop()
	}
	require.Empty(t, c.Spans())
}

func TestOpenTelemetrysOwnVariablesAreFollowed(t *testing.T) {
	c := tracestest.Start(t)
	t.Setenv("OTEL_SERVICE_NAME", "leavers")
	tr := open(t, quiet)
	_, end := tr.Begin(t.Context(), "one")
	end()
	tr.Stop()
	require.Equal(t, "leavers", c.Named("one")[0].Service)

	t.Setenv("OTEL_TRACES_SAMPLER", "always_off")
	tr = open(t, quiet)
	_, end = tr.Begin(t.Context(), "two")
	end()
	tr.Stop()
	require.Empty(t, c.Named("two"))

	for _, bad := range []string{"OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL"} {
		t.Setenv(bad, "zipkin")
		_, err := traces.Open(t.Context(), traces.Config{Enabled: true}, "lastday", quiet)
		require.ErrorContains(t, err, bad)
		t.Setenv(bad, "")
	}
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	open(t, quiet).Stop()
}

func TestACollectorThatIsDownHoldsUpNothingAndIsToldOnce(t *testing.T) {
	tracestest.Start(t)
	refuses := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
	defer refuses.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", refuses.URL)
	t.Setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
	var b bytes.Buffer
	tr := open(t, logs.New(&b, logs.Config{}, slog.LevelInfo))
	for range 5 {
		_, end := tr.Begin(t.Context(), "one")
		end()
	}
	tr.Stop()
	require.Equal(t, 1, strings.Count(b.String(), "traces are lost"), b.String())

	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client has gone
		<-r.Context().Done()
	}))
	defer hangs.Close()
	defer hangs.CloseClientConnections()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", hangs.URL)
	tr = open(t, quiet)
	_, end := tr.Begin(t.Context(), "one")
	end()
	began := time.Now()
	tr.Stop()
	require.Less(t, time.Since(began), 5*time.Second)
}
