package metrics_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/metrics"
	"lastday/offboarding"
	"lastday/workflows"
)

func TestWhatTheSDKCountsHasTheNamesOfTemporalsDashboards(t *testing.T) {
	m := metrics.New(nil)
	h := m.Temporal().WithTags(map[string]string{"namespace": "default", "client_name": "temporal_go"})
	h.WithTags(map[string]string{"operation": "StartWorkflowExecution"}).Counter("temporal_request").Inc(2)
	h.WithTags(map[string]string{"task_queue": "lastday-okta", "activity_type": "okta.Find", "workflow_type": "Offboard"}).
		Timer("temporal_activity_schedule_to_start_latency").Record(30 * time.Millisecond)
	h.WithTags(map[string]string{"task_queue": "offboarding", "worker_type": "WorkflowWorker"}).Gauge("temporal_worker_task_slots_available").Update(7)
	h.Gauge("temporal_sticky_cache_size").Update(3)
	got := lines(page(t, m))
	for _, want := range []string{
		`temporal_request_total{operation="StartWorkflowExecution",status_code=""} 2`,
		`temporal_activity_schedule_to_start_latency_seconds_bucket{activity_type="okta.Find",task_queue="lastday-okta",le="0.05"} 1`,
		`temporal_worker_task_slots_available{task_queue="offboarding",worker_type="WorkflowWorker"} 7`,
		`temporal_sticky_cache_size 3`,
	} {
		require.Contains(t, got, want)
	}
}

func TestAFirstFailureIsAnIncrease(t *testing.T) {
	require.Contains(t, lines(page(t, metrics.New([]offboarding.System{"okta"}))),
		`temporal_workflow_task_execution_failed_total{failure_reason="WorkflowError",task_queue="offboarding",workflow_type="Offboard"} 0`)
	require.Contains(t, lines(page(t, metrics.New([]offboarding.System{"okta"}))),
		`lastday_step_failures_total{kind="Unauthorized",retried="false",step="Contain",system="okta"} 0`)
}

func TestANameSomebodyElseChoseIsNoLabel(t *testing.T) {
	m := metrics.New(nil)
	h := m.Temporal().WithTags(map[string]string{
		"namespace": "canary", "task_queue": "canary-queue", "workflow_type": "Canary", "activity_type": "canary person",
		"worker_type": "canary@example.com", "operation": "canary op", "failure_reason": "canary.", "poller_type": "canary 1", "cause": "canary",
		"system": "canary person", "urgent": "canary!",
	})
	for _, name := range []string{
		"temporal_workflow_task_execution_failed", "temporal_request", "temporal_local_activity_total", "temporal_worker_start",
		"temporal_workflow_completed", "temporal_poller_start", "temporal_nexus_poll_no_task",
	} {
		h.Counter(name).Inc(1)
	}
	h.Gauge("temporal_num_pollers").Update(1)
	h.Timer(workflows.ContainedTimer).Record(time.Second)
	got := page(t, m)
	require.NotContains(t, got, "anary")
	require.Contains(t, lines(got), `temporal_workflow_task_execution_failed_total{failure_reason="other",task_queue="other",workflow_type="other"} 1`)
}

func TestTimeToContainIsMeasuredInHoursToo(t *testing.T) {
	m := metrics.New(nil)
	h := m.Temporal().WithTags(map[string]string{"workflow_type": "Offboard", "system": "okta", "urgent": "false"})
	h.Timer(workflows.ContainedTimer).Record(90 * time.Minute)
	got := lines(page(t, m))
	require.Contains(t, got, `lastday_time_to_contain_seconds_bucket{system="okta",urgent="false",le="3600"} 0`)
	require.Contains(t, got, `lastday_time_to_contain_seconds_bucket{system="okta",urgent="false",le="14400"} 1`)
}

func TestAProcessThatDoesNotPollIsNotReady(t *testing.T) {
	m := metrics.New(nil)
	check := m.Polling([]offboarding.System{"okta"}, true)
	require.ErrorContains(t, check(), "lastday-okta, offboarding")
	poll := func(queue, kind string) {
		m.Temporal().WithTags(map[string]string{"task_queue": queue, "poller_type": kind}).Gauge("temporal_num_pollers").Update(2)
	}
	poll("lastday-okta", "activity_task")
	poll("offboarding", "workflow_sticky_task")
	require.ErrorContains(t, check(), "offboarding")
	poll("offboarding", "workflow_task")
	require.NoError(t, check())
	require.NoError(t, m.Polling([]offboarding.System{"okta"}, false)())
}
