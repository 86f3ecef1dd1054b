package run

import (
	"context"
	"errors"
	"fmt"
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
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/workflows"
)

// answer is a case's answer to its query.
type answer struct{ payloads *commonpb.Payloads }

func (a answer) HasValue() bool { return true }

func (a answer) Get(v any) error {
	return converter.GetDefaultDataConverter().FromPayloads(a.payloads, v)
}

// appender answers as a record does.
type appender func([]record.Event) error

func (a appender) Append(_ context.Context, events []record.Event) error { return a(events) }

func asked(t *testing.T, revision int, log record.Appender) error {
	t.Helper()
	c := recordtest.Verified(1, time.Now().Add(-time.Minute))
	c.Revision = 3
	payloads, err := converter.GetDefaultDataConverter().ToPayloads(c)
	require.NoError(t, err)
	temporal := &mocks.Client{}
	temporal.On("QueryWorkflow", mock.Anything, "offboard:HIDDEN", c.RunID, workflows.CaseQuery).Return(answer{payloads}, nil)
	return recorder{temporal: temporal, log: log, now: time.Now}.Case(t.Context(), workflows.CaseRun{WorkflowID: "offboard:HIDDEN", RunID: c.RunID, Revision: revision})
}

func TestACaseIsPutDownAsItAnswers(t *testing.T) {
	log := recordtest.New()
	for range 2 {
		require.NoError(t, asked(t, 3, log))
	}
	cases, err := log.Cases(t.Context(), record.Filter{})
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Equal(t, "verified", cases[0].State)
}

func TestAnAnswerFromBeforeWhatIsToBePutDownIsNotPutDown(t *testing.T) {
	err := asked(t, 4, appender(func([]record.Event) error { t.Fatal("it was"); return nil }))
	require.ErrorContains(t, err, "revision 3, and 4 is to be put down")
	_, final := errors.AsType[*temporal.ApplicationError](err)
	require.False(t, final, "it is asked again")
}

func TestOnlyWhatTheRecordRefusesForGoodIsNotTriedAgain(t *testing.T) {
	err := asked(t, 3, appender(func([]record.Event) error {
		return &record.RefusedError{Event: "x", Why: "its entry would be too large"}
	}))
	app, ok := errors.AsType[*temporal.ApplicationError](err)
	require.True(t, ok)
	require.True(t, app.NonRetryable())
	require.Equal(t, workflows.KindUnrecordable, app.Type())
	require.Contains(t, app.Message(), "too large")

	err = asked(t, 3, appender(func([]record.Event) error { return errors.New("no connection") }))
	_, ok = errors.AsType[*temporal.ApplicationError](err)
	require.False(t, ok)
	require.ErrorContains(t, err, "no connection")
}

func TestAMachineWhoseClockIsWrongRecordsNothing(t *testing.T) {
	for off, words := range map[time.Duration]string{
		-time.Hour: "behind Temporal's", time.Hour: "ahead of Temporal's", -time.Minute: "", time.Minute: "",
	} {
		log := recordtest.New()
		r := recorder{log: log, now: func() time.Time { return time.Now().Add(off) }}
		env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
		env.RegisterActivity(r.Events)
		_, err := env.ExecuteActivity(r.Events, casefile.Events(recordtest.Verified(1, time.Now())))
		head, headErr := log.Head(t.Context())
		require.NoError(t, headErr)
		if words == "" {
			require.NoError(t, err)
			require.Positive(t, head.N)
			continue
		}
		require.ErrorContains(t, err, words)
		require.Zero(t, head.N)
		app, _ := errors.AsType[*temporal.ApplicationError](err)
		require.False(t, app.NonRetryable(), "another worker may take it")
	}
}

func TestACaseWhoseRunWasEndedInTemporalDoesNotGoOnInTheRecord(t *testing.T) {
	log := recordtest.New()
	for i := range 3 {
		c := recordtest.Verified(i, time.Now().Add(-time.Minute))
		if i > 0 {
			c.State, c.EndedAt = offboarding.Revoking, time.Time{}
		}
		require.NoError(t, log.Append(t.Context(), casefile.Events(c)))
	}
	client := &mocks.Client{}
	client.On("ListWorkflow", mock.Anything, mock.Anything).Return(
		func(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) *workflowservice.ListWorkflowExecutionsResponse {
			for i, status := range []enumspb.WorkflowExecutionStatus{
				enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED,
			} {
				if r.GetQuery() == fmt.Sprintf("RunId = '%s'", recordtest.RunID(i)) {
					return &workflowservice.ListWorkflowExecutionsResponse{Executions: []*workflowpb.WorkflowExecutionInfo{{
						Execution: &commonpb.WorkflowExecution{WorkflowId: "offboard:x", RunId: recordtest.RunID(i)}, Status: status, CloseTime: timestamppb.Now(),
					}}}
				}
			}
			return nil
		}, nil)
	client.On("QueryWorkflow", mock.Anything, "offboard:x", recordtest.RunID(2), workflows.CaseQuery).Return(nil, errors.New("no worker can read it any more"))
	for range 2 {
		require.ErrorContains(t, outsider{temporal: client, log: log}.look(t.Context()), "no worker can read it")
	}
	for i, over := range []bool{false, false, true} {
		entries, err := log.Case(t.Context(), recordtest.RunID(i))
		require.NoError(t, err)
		got, err := casefile.Rebuild(entries, nil)
		require.NoError(t, err)
		last := got.Lines[len(got.Lines)-1]
		require.Equal(t, over, last.Kind == record.Control, "case %d", i)
		if over {
			require.Contains(t, last.Text, "was terminated in Temporal")
			require.Equal(t, record.Control, last.Kind)
			require.NotEqual(t, record.Control, got.Lines[len(got.Lines)-2].Kind, "it is said once")
			require.False(t, got.Standing.Ended())
		}
	}
}
