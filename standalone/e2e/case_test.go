package e2e

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"

	"lastday/offboarding"
	"lastday/sandbox/people"
	"lastday/standalone/house"
)

// The bounds of a case in Temporal: what its history may cost. The aim for its
// size is 64 KB; docs/benchmarks.md says why it is missed, and these keep it
// from growing further.
const (
	maxActivities   = 23 // 20, and three that hand the case to the record
	maxEvents       = 125
	maxHistoryBytes = 80 << 10
)

func TestADepartureIsCutProvenAndToldOnce(t *testing.T) {
	s := newSite(t, 10)
	h := openHouse(t, s)
	laptop := s.firm.Office.Laptop()
	eventually(t, "Jane's laptop reaches the office", laptop.Alive)
	require.NotEmpty(t, s.firm.Holds(string(jane)))

	end := ended(t, h.Cases, offboard(t, h.Cases, offboarding.Departure{Subject: jane, Partner: people.Jane.Partner, Reason: "contract end"}).CaseID)

	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Empty(t, s.firm.Holds(string(jane)), "the sandbox is the judge")
	require.Len(t, end.Systems, 5)
	for _, sys := range end.Systems {
		require.True(t, sys.Verified(), "%s: %s", sys.System, offboarding.ProofText(sys))
	}
	require.Len(t, s.firm.Slack.Messages(), 1)
	require.Equal(t, 1, s.firm.Slack.PostCount())
	require.Contains(t, s.firm.Slack.Messages()[0].Text, "verified")
	eventually(t, "the laptop's ping stops", func() bool { return !laptop.Alive() })
	require.True(t, laptop.LastPong().Before(system(end, "wireguard").ProvenAt), "an answer came after it was proven that none can")
	require.NotEmpty(t, s.firm.Holds(string(admin)), "nobody else is touched")
	require.NotEmpty(t, s.firm.Holds(string(member(s, 1))), "nobody else is touched")
}

// On a busy machine the answers of the systems come one by one, and each costs
// a workflow task; and a case of more than two seconds tells HR once more.
// Neither is the case's own cost, so the best of three counts.
func TestACaseCostsTemporalLittle(t *testing.T) {
	for range 3 {
		if least := costs(t); least.activities <= maxActivities && least.events <= maxEvents && least.bytes <= maxHistoryBytes {
			return
		}
	}
	t.Errorf("more than %d activities, %d events or %d bytes of history, three times", maxActivities, maxEvents, maxHistoryBytes)
}

type cost struct{ activities, events, bytes int }

// costs runs Jane's case and says what its history costs, event by event.
func costs(t *testing.T) cost {
	s := newSite(t, 10)
	h := openHouse(t, s)
	end := ended(t, h.Cases, offboard(t, h.Cases, offboarding.Departure{Subject: jane}).CaseID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)

	events := history(t, h.Client, end.ID, end.RunID).GetEvents()
	count, size := map[string]int{}, map[string]int{}
	for _, e := range events {
		name := e.GetEventType().String()
		count[name]++
		size[name] += proto.Size(e)
	}
	d, err := h.Client.DescribeWorkflowExecution(t.Context(), end.ID, end.RunID)
	require.NoError(t, err)
	out := cost{
		activities: count[enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED.String()], events: len(events),
		bytes: int(d.GetWorkflowExecutionInfo().GetHistorySizeBytes()),
	}
	t.Logf("%d activities, %d events, %d bytes of history", out.activities, out.events, out.bytes)
	for _, name := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%4d %6d bytes  %s", count[name], size[name], name)
	}
	return out
}

func TestACaseReadsAsAStoryInTemporal(t *testing.T) {
	s := newSite(t, 10)
	h := openHouse(t, s)
	end := ended(t, h.Cases, offboard(t, h.Cases, offboarding.Departure{
		Subject: jane, Partner: people.Jane.Partner, Reason: "contract end", Urgent: true,
	}).CaseID)

	d, err := h.Client.DescribeWorkflow(t.Context(), end.ID, end.RunID)
	require.NoError(t, err)
	summary, err := d.GetStaticSummary()
	require.NoError(t, err)
	require.Equal(t, "URGENT: Offboard jane.doe@example.com (Northwind Outsourcing)", summary)
	details, err := d.GetStaticDetails()
	require.NoError(t, err)
	require.Contains(t, details, "contract end")
	require.Contains(t, details, "hr@example.com")

	for _, e := range history(t, h.Client, end.ID, end.RunID).GetEvents() {
		if kind := e.GetEventType(); kind == enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED || kind == enumspb.EVENT_TYPE_TIMER_STARTED {
			require.NotEmpty(t, text(t, e.GetUserMetadata().GetSummary()), "%s %d has no summary", kind, e.GetEventId())
		}
	}

	var found []string
	eventually(t, "the case is listed by its search attributes", func() bool {
		found = list(t, h, "LastdayState = 'verified' AND LastdaySubject = 'jane.doe@example.com' AND LastdayPartner = 'Northwind Outsourcing' AND LastdayDeadline > '2020-01-01T00:00:00Z'")
		return len(found) > 0
	})
	require.Equal(t, []string{end.ID}, found)
}

func list(t testing.TB, h *house.House, query string) []string {
	t.Helper()
	got, err := h.Client.ListWorkflow(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: house.Namespace, Query: query})
	require.NoError(t, err)
	var out []string
	for _, e := range got.GetExecutions() {
		out = append(out, e.GetExecution().GetWorkflowId())
	}
	return out
}

// history reads all events of a run.
func history(t testing.TB, c client.Client, id, run string) *historypb.History {
	t.Helper()
	out := &historypb.History{}
	for it := c.GetWorkflowHistory(t.Context(), id, run, false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); it.HasNext(); {
		e, err := it.Next()
		require.NoError(t, err)
		out.Events = append(out.Events, e)
	}
	return out
}

func text(t testing.TB, p *commonpb.Payload) string {
	t.Helper()
	var s string
	if p != nil {
		require.NoError(t, converter.GetDefaultDataConverter().FromPayload(p, &s))
	}
	return s
}

// system is the case's part in one system.
func system(c offboarding.Case, name offboarding.System) offboarding.SystemCase {
	i := slices.IndexFunc(c.Systems, func(s offboarding.SystemCase) bool { return s.System == name })
	if i < 0 {
		return offboarding.SystemCase{}
	}
	return c.Systems[i]
}
