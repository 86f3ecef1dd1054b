package metrics_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"lastday/activities/transport"
	"lastday/logs"
	"lastday/metrics"
)

// step runs one activity as a worker does, and gives back what was logged.
func step(t *testing.T, m *metrics.Metrics, name string, do func(context.Context) error) string {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	var b bytes.Buffer
	suite.SetLogger(sdklog.NewStructuredLogger(logs.New(&b, logs.Config{}, slog.LevelInfo)))
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{m.Steps()}})
	env.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: name})
	_, _ = env.ExecuteActivity(name)
	return b.String()
}

func TestAStepThatDoesNotComeThroughIsCountedAndLoggedWithoutItsWords(t *testing.T) {
	m := metrics.New(nil)
	got := step(t, m, "okta.Find", func(ctx context.Context) error {
		r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "http://127.0.0.1:1/users/canary", nil)
		c, err := transport.Client(transport.Options{System: "okta", Base: "http://127.0.0.1:1", Allow: []string{"GET /users/{id}"}})
		if err != nil {
			return err
		}
		_, err = c.Do(r)
		return temporal.NewApplicationErrorWithOptions("canary person: "+err.Error(), "Unavailable", temporal.ApplicationErrorOptions{})
	})
	require.Contains(t, got, `system=okta step=Find kind=Unavailable retried=true call="GET /users/{id}" status=0`)
	require.Contains(t, got, " case=")
	require.Contains(t, got, " run=")
	require.NotContains(t, got, "canary")
	all := lines(page(t, m))
	require.Contains(t, all, `lastday_step_failures_total{kind="Unavailable",retried="true",step="Find",system="okta"} 1`)
	require.Contains(t, all, `lastday_vendor_calls_total{operation="GET /users/{id}",status="none",system="okta"} 1`)
}

func TestWhatOnlyAPersonCanMendIsCountedApart(t *testing.T) {
	m := metrics.New(nil)
	step(t, m, "github.Revoke", func(context.Context) error {
		return temporal.NewNonRetryableApplicationError("renew it", "Unauthorized", nil)
	})
	step(t, m, "github.Revoke", func(context.Context) error { panic("canary") })
	step(t, m, "github.Revoke", func(context.Context) error { return temporal.NewCanceledError() })
	step(t, m, "github.Revoke", func(context.Context) error { return nil })
	step(t, m, "Canary Person", func(context.Context) error { return context.DeadlineExceeded })
	body := page(t, m)
	require.Contains(t, lines(body), `lastday_step_failures_total{kind="Unauthorized",retried="false",step="Revoke",system="github"} 1`)
	require.Contains(t, lines(body), `lastday_step_failures_total{kind="other",retried="true",step="other",system="other"} 1`)
	require.NotContains(t, body, "anary")
	require.Contains(t, lines(body), `lastday_step_failures_total{kind="panic",retried="true",step="Revoke",system="github"} 1`, "a panic is one too")
}
