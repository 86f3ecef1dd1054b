package e2e

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/traces"
	"lastday/traces/tracestest"
	"lastday/workflows"
)

// From the command through the workflow and its steps to the vendors, on the real
// server, as a collector sees it.
func TestOneCaseIsOneTraceFromTheCommandToTheVendors(t *testing.T) {
	s := newSite(t, 2).append(t, "traces: {enabled: true}\n")
	collector := tracestest.Start(t)
	down := once()
	between(t, s, func(system string, proxy http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if system == "okta" && r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/api/v1/users/") && down() {
				fail(w, http.StatusServiceUnavailable, "down")
				return
			}
			proxy.ServeHTTP(w, r)
		})
	})
	h := openHouse(t, s)
	starter(t, "offboard", string(jane), "-c", s.path, "--wait").ok(t)
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	eventually(t, "the case's own span has come", func() bool { return len(collector.Named("RunWorkflow:Offboard")) > 0 })
	eventually(t, "the command's span has come", func() bool { return len(collector.Named("starter offboard")) > 0 })

	command := collector.Named("starter offboard")[0]
	require.Equal(t, "lastday-starter", command.Service)
	require.Empty(t, command.GetParentSpanId())
	for _, name := range []string{"GET /api/v1/users/{id}", "RunActivity:github.Revoke", "RunActivity:slack.Observe", "RunActivity:record.Case"} {
		all := collector.Named(name)
		require.NotEmpty(t, all, name)
		for _, one := range all {
			require.Equal(t, command.GetTraceId(), one.GetTraceId(), name)
		}
	}
	call := collector.Named("GET /api/v1/users/{id}")[0]
	require.Equal(t, "lastday", call.Service)
	require.Equal(t, []string{
		"GET /api/v1/users/{id}", "RunActivity:okta.Find", "StartActivity:okta.Find", "RunWorkflow:Offboard", "StartWorkflow:Offboard", "starter offboard",
	}, upwards(t, collector, call))

	first, again := collector.Named("RunActivity:okta.Find")[0], collector.Named("RunActivity:okta.Find")[1]
	require.Equal(t, []any{int64(1), true, "Unavailable"}, []any{first.Int("lastday.attempt"), first.Failed(), first.Text("error.type")})
	require.Equal(t, []any{int64(2), false, ""}, []any{again.Int("lastday.attempt"), again.Failed(), again.Text("error.type")})
	require.Equal(t, first.GetParentSpanId(), again.GetParentSpanId(), "a retry is of the same step")
	require.Equal(t, offboarding.CaseTag(end.ID), again.Text("lastday.case"))
	require.Equal(t, end.RunID, again.Text("lastday.run"))
	require.NotContains(t, strings.ToLower(string(collector.Raw())), "jane")

	tracedAndUntraced(t, history(t, h.Client, end.ID, end.RunID))
	untracedInATracingWorker(t, s, h.Server.FrontendAddr())
}

// upwards are the names of a span and of all above it.
func upwards(t testing.TB, c *tracestest.Collector, s tracestest.Span) []string {
	t.Helper()
	out := []string{s.GetName()}
	for {
		p, ok := c.Parent(t, s)
		if !ok {
			return out
		}
		out, s = append(out, p.GetName()), p
	}
}

// tracedAndUntraced goes on with a traced case in a worker that traces, and in one
// that does not.
func tracedAndUntraced(t testing.TB, h *historypb.History) {
	t.Helper()
	traced, err := traces.Open(t.Context(), traces.Config{Enabled: true}, "lastday-test", nil)
	require.NoError(t, err)
	defer traced.Stop()
	headers := 0
	for _, e := range h.GetEvents() {
		if e.GetEventType() == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED {
			for _, p := range e.GetActivityTaskScheduledEventAttributes().GetHeader().GetFields() {
				require.True(t, bytes.HasPrefix(p.GetData(), []byte(`{"traceparent":"00-`)), "%s: nothing else, and no baggage", p.GetData())
				headers++
			}
		}
	}
	require.Greater(t, headers, 10, "the case was traced")
	for _, o := range []worker.WorkflowReplayerOptions{{}, {Interceptors: traced.Replays()}} {
		r, err := worker.NewWorkflowReplayerWithOptions(o)
		require.NoError(t, err)
		r.RegisterWorkflowWithOptions(workflows.Offboard, workflow.RegisterOptions{Name: workflows.OffboardType})
		require.NoError(t, r.ReplayWorkflowHistory(nil, h))
	}
}

// untracedInATracingWorker starts a case as somebody who does not trace.
func untracedInATracingWorker(t testing.TB, s *site, address string) {
	t.Helper()
	f := s.config(t)
	f.Temporal.Address, f.Temporal.Namespace = address, "default"
	c, namespace, err := cases.Dial(f.Temporal, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer c.Close()
	desk := cases.New(c, namespace)
	require.Equal(t, offboarding.Verified, ended(t, desk, offboard(t, desk, offboarding.Departure{Subject: member(s, 1)}).CaseID).State)
}
