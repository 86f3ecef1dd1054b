package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/workflows"
)

// closedRun is a record that has a case open whose run is over at the instant,
// and a Temporal where the case says that it ended well.
func closedRun(t *testing.T, at time.Time) (outsider, *recordtest.Log) {
	t.Helper()
	log := recordtest.New()
	ended := recordtest.Verified(1, time.Now().Add(-time.Minute))
	c := ended
	c.State, c.EndedAt = offboarding.Revoking, time.Time{}
	require.NoError(t, log.Append(t.Context(), casefile.Events(c)))
	ended.Revision++
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(ended)
	require.NoError(t, err)
	client := &mocks.Client{}
	client.On("ListWorkflow", mock.Anything, mock.Anything).Return(&workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{{
		Execution: &commonpb.WorkflowExecution{WorkflowId: "offboard:x", RunId: c.RunID},
		Status:    enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, CloseTime: timestamppb.New(at),
	}}}, nil)
	client.On("QueryWorkflow", mock.Anything, "offboard:x", c.RunID, workflows.CaseQuery).Return(answer{payloads}, nil)
	return outsider{temporal: client, log: log}, log
}

func TestACaseThatEndedBeforeItsRunWasEndedIsNotSaidToHaveNoEnd(t *testing.T) {
	o, log := closedRun(t, time.Now())
	require.NoError(t, o.look(t.Context()))
	cases, err := log.Cases(t.Context(), record.Filter{})
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Equal(t, "verified", cases[0].State, "it could still say so")
	entries, err := log.Case(t.Context(), cases[0].Case)
	require.NoError(t, err)
	for _, e := range entries {
		require.NotEqual(t, record.Control, e.Entry.Kind)
	}
}

func TestAMachineWhoseClockIsBehindPutsNoEndDown(t *testing.T) {
	o, log := closedRun(t, time.Now().Add(10*time.Minute))
	before, err := log.Head(t.Context())
	require.NoError(t, err)
	require.ErrorContains(t, o.look(t.Context()), "clock is")
	after, err := log.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, before, after, "every verifier would show it for ever")
}
