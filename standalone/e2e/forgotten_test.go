package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"lastday/offboarding"
	"lastday/workflows"
)

// A person's first cases are past Temporal's retention, more of them than are
// looked for by number alone; the last one waits for its time.
func TestACaseThatWaitsIsReachedAfterTemporalForgotTheOnesBefore(t *testing.T) {
	s := newSite(t, 5)
	h := openHouse(t, s)
	by := offboarding.Named(offboarding.DoorCommand, "hr@example.com")
	later := offboarding.Departure{Subject: jane, RequestedBy: by, At: time.Now().AddDate(1, 0, 0), RequestID: "the eighth"}
	last := jane.CaseID() + "#8"
	_, err := h.Client.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: last, TaskQueue: workflows.TaskQueue, TypedSearchAttributes: workflows.StartAttributes(later),
	}, workflows.OffboardType, later)
	require.NoError(t, err)
	eventually(t, "the case is listed", func() bool {
		all, err := h.Cases.List(t.Context(), 10)
		return err == nil && len(all) == 1
	})

	later.RequestID = ""
	for _, again := range []bool{false, true} {
		started, err := h.Cases.Offboard(t.Context(), later, again)
		require.NoError(t, err)
		require.Equal(t, last, started.CaseID)
		require.True(t, started.Joined)
	}
	stopped, err := h.Cases.Cancel(t.Context(), jane, "they stay", by)
	require.NoError(t, err)
	require.Equal(t, last, stopped.ID)
	all, err := h.Cases.List(t.Context(), 10)
	require.NoError(t, err)
	require.Len(t, all, 1, "nothing was opened beside it")
}
