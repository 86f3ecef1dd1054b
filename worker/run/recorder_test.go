package run

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"lastday/record"
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
	return recorder{temporal: temporal, log: log}.Case(t.Context(), workflows.CaseRun{WorkflowID: "offboard:HIDDEN", RunID: c.RunID, Revision: revision})
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
