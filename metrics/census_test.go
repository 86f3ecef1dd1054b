package metrics_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/metrics"
	"lastday/metrics/metricstest"
	"lastday/offboarding"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func census(m *metrics.Metrics, s *metricstest.Temporal, now *time.Time) *metrics.Census {
	return m.NewCensus(metrics.CensusOptions{
		Temporal: s, Namespace: "lastday", Systems: []offboarding.System{"okta"}, Log: quiet,
		Clock: func() time.Time { return *now },
	})
}

func TestCasesAreCountedByStateAndThePastDeadlinesApart(t *testing.T) {
	m, now := metrics.New(nil), noon
	s := &metricstest.Temporal{Counts: map[string]int64{
		"'running'": 3, "'paused'": 2, "'verified'": 41, "LastdayDeadline <": 1,
	}, Frozen: true, Polled: map[string]time.Time{"offboarding": noon, "lastday-okta": noon.Add(-5 * time.Minute)}}
	census(m, s, &now).Look(t.Context())
	got := lines(page(t, m))
	for _, want := range []string{
		`lastday_cases{state="running"} 3`, `lastday_cases{state="verified"} 41`, `lastday_cases{state="needs-decision"} 0`,
		`lastday_cases_overdue 1`, `lastday_brake_held_cases 2`, `lastday_kill_switch_on 1`, `lastday_temporal_up 1`,
		`lastday_queue_pollers{task_queue="offboarding"} 1`, `lastday_queue_pollers{task_queue="lastday-okta"} 0`,
	} {
		require.Contains(t, got, want)
	}
	for _, q := range s.Queries() {
		ended := strings.Contains(q, "'verified'") || strings.Contains(q, "'closed'") || strings.Contains(q, "'cancelled'") ||
			strings.Contains(q, "'nothing-found'") || strings.Contains(q, "'refused'")
		require.NotEqual(t, ended, strings.Contains(q, "ExecutionStatus = 'Running'"), "one that was terminated does not go on: %s", q)
		require.Contains(t, q, "WorkflowType = 'Offboard'")
	}
	require.Contains(t, strings.Join(s.Queries(), "\n"), "LastdayDeadline < '2026-11-23T12:00:00Z'")
}

func TestReadingTheMetricsAsksNobody(t *testing.T) {
	m, now := metrics.New(nil), noon
	s := &metricstest.Temporal{}
	census(m, s, &now).Look(t.Context())
	asked := len(s.Queries())
	for range 20 {
		page(t, m)
	}
	require.Len(t, s.Queries(), asked)
}

func TestTheOldestThatWaitsIsToldByTheCaseItself(t *testing.T) {
	m, now := metrics.New(nil), noon
	need := func(since time.Time) []offboarding.SystemCase {
		return []offboarding.SystemCase{{System: "okta", FoundAt: noon.Add(-time.Hour), Needs: []offboarding.Need{{System: "okta", Since: since}}}}
	}
	s := &metricstest.Temporal{Waiting: map[offboarding.State][]offboarding.Case{
		offboarding.NeedsDecision: {
			{ID: "offboard:a", RunID: "a", State: offboarding.NeedsDecision, Systems: need(noon.Add(-2 * time.Hour))},
			{ID: "offboard:b", RunID: "b", State: offboarding.NeedsDecision, Systems: need(noon.Add(-5 * time.Hour))},
		},
		offboarding.AwaitingApproval: {{ID: "offboard:c", RunID: "c", State: offboarding.AwaitingApproval, Systems: need(time.Time{})}},
		offboarding.Paused:           {{ID: "offboard:d", RunID: "d", State: offboarding.Paused, Due: noon.Add(-time.Minute), Systems: need(time.Time{})}},
	}}
	c := census(m, s, &now)
	c.Look(t.Context())
	got := lines(page(t, m))
	require.Contains(t, got, `lastday_oldest_waiting_seconds{for="decision"} 18000`)
	require.Contains(t, got, `lastday_oldest_waiting_seconds{for="approval"} 3600`)
	require.Contains(t, got, `lastday_oldest_waiting_seconds{for="release"} 60`)
	require.Equal(t, 4, s.Asked())

	now = now.Add(15 * time.Second)
	c.Look(t.Context())
	require.Equal(t, 4, s.Asked(), "one that has told is not asked at every round")
	require.Contains(t, lines(page(t, m)), `lastday_oldest_waiting_seconds{for="decision"} 18015`)

	s.Waiting[offboarding.NeedsDecision] = nil
	c.Look(t.Context())
	require.Contains(t, lines(page(t, m)), `lastday_oldest_waiting_seconds{for="decision"} 0`)
}

func TestManyWaitingCasesAreAskedAFewAtATime(t *testing.T) {
	m, now := metrics.New(nil), noon
	s := &metricstest.Temporal{Waiting: map[offboarding.State][]offboarding.Case{}}
	for n := range 50 {
		s.Waiting[offboarding.NeedsDecision] = append(s.Waiting[offboarding.NeedsDecision], offboarding.Case{
			ID: fmt.Sprintf("offboard:%d", n), RunID: fmt.Sprint(n), State: offboarding.NeedsDecision,
			Systems: []offboarding.SystemCase{{Needs: []offboarding.Need{{Since: noon.Add(-time.Duration(n) * time.Minute)}}}},
		})
	}
	c := census(m, s, &now)
	c.Look(t.Context())
	require.Equal(t, 20, s.Asked())
	c.Look(t.Context())
	c.Look(t.Context())
	require.Equal(t, 50, s.Asked())
	require.Contains(t, lines(page(t, m)), `lastday_oldest_waiting_seconds{for="decision"} 2940`)
}

func TestACensusWithoutAnswersSaysSoAndKeepsTheLastOnes(t *testing.T) {
	m, now := metrics.New(nil), noon
	s := &metricstest.Temporal{Counts: map[string]int64{"'running'": 3}}
	c := census(m, s, &now)
	require.Error(t, c.Reached(), "before the first answer")
	c.Look(t.Context())
	require.NoError(t, c.Reached())
	s.Down = true
	now = now.Add(30 * time.Second)
	c.Look(t.Context())
	got := lines(page(t, m))
	require.Contains(t, got, `lastday_temporal_up 0`)
	require.Contains(t, got, `lastday_cases{state="running"} 3`)
	require.Contains(t, got, fmt.Sprintf("lastday_census_timestamp_seconds %g", float64(noon.Unix())))
	require.NoError(t, c.Reached(), "one round without an answer is no reason yet")
	now = now.Add(30 * time.Second)
	c.Look(t.Context())
	require.Error(t, c.Reached())
}
