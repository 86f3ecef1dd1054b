package e2e

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/workflows"
)

func look(t testing.TB, url string) (int, string) {
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

// showsLine waits until the metrics have a line that matches.
func showsLine(t *testing.T, base, line string) {
	t.Helper()
	want := regexp.MustCompile("(?m)^" + line + "$")
	eventually(t, line, func() bool {
		_, body := look(t, base+"/metrics")
		return want.MatchString(body)
	})
}

// The operator sees a whole case, and one whose code panics, on the real server.
func TestTheOperatorSeesHowCasesStandAndNobodysName(t *testing.T) {
	s := newSite(t, 3)
	s.append(t, "metrics: {listen: \":0\"}\n")
	h := openHouse(t, s)
	base := "http://" + h.Metrics.Addr()
	require.True(t, strings.HasPrefix(base, "http://127.0.0.1:"), base)
	eventually(t, "it is ready", func() bool {
		code, _ := look(t, base+"/readyz")
		return code == http.StatusOK
	})
	end := ended(t, h.Cases, offboard(t, h.Cases, offboarding.Departure{Subject: jane}).CaseID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)

	showsLine(t, base, `lastday_cases\{state="verified"\} 1`)
	showsLine(t, base, `lastday_cases_overdue 0`)
	showsLine(t, base, `lastday_kill_switch_on 0`)
	for _, line := range []string{
		`lastday_time_to_contain_seconds_count\{system="okta",urgent="false"\} 1`,
		`lastday_time_to_prove_seconds_count\{system="github",urgent="false"\} 1`,
		`lastday_vendor_calls_total\{operation="GET /api/v1/users/\{[a-zA-Z]+\}",status="2xx",system="okta"\} \d+`,
		`lastday_vendor_budget_remaining\{bucket="core",system="github"\} \d+`,
		`lastday_queue_pollers\{task_queue="lastday-slack"\} [1-9]`,
		`lastday_record_up 1`, `lastday_record_stopped 0`, `lastday_record_unsigned_seconds [0-9.]+`,
		`lastday_record_anchored_timestamp_seconds\{anchor="this-machine",kind="directory"\} 1\..*`,
		`temporal_num_pollers\{poller_type="activity_task",task_queue="lastday-okta"\} \d+`,
		`temporal_activity_schedule_to_start_latency_seconds_count\{activity_type="okta.Contain",task_queue="lastday-okta"\} 1`,
	} {
		showsLine(t, base, line)
	}

	const broken = "lastday-broken"
	w := worker.New(h.Client, broken, worker.Options{})
	w.RegisterWorkflowWithOptions(func(workflow.Context) error { panic("a bug") }, workflow.RegisterOptions{Name: workflows.OffboardType})
	require.NoError(t, w.Start())
	defer w.Stop()
	_, err := h.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "offboard:canary.person@example.com", TaskQueue: broken}, workflows.OffboardType)
	require.NoError(t, err)
	showsLine(t, base, `temporal_workflow_task_execution_failed_total\{failure_reason="WorkflowError",task_queue="lastday-broken",workflow_type="Offboard"\} [1-9]\d*`)
	fine := ended(t, h.Cases, offboard(t, h.Cases, offboarding.Departure{Subject: member(s, 1)}).CaseID)
	require.Equal(t, offboarding.Verified, fine.State, "the others are unharmed")

	_, body := look(t, base+"/metrics")
	for _, who := range []string{string(jane), "jane", string(member(s, 1)), "canary", end.RunID} {
		require.NotContains(t, strings.ToLower(body), strings.ToLower(who))
	}
	for _, sys := range end.Systems {
		for _, id := range []string{sys.Account.ID, sys.Account.Login} {
			if len(id) > 4 {
				require.NotContains(t, body, id, activities.TaskQueue(sys.System))
			}
		}
	}
}
