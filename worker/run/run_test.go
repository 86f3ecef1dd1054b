package run

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"lastday/policy"
	"lastday/workflows"
)

func TestEveryActionOfACaseIsOneThatThePolicyKnows(t *testing.T) {
	for _, a := range []workflows.Action{
		workflows.ActionRequest, workflows.ActionApprove, workflows.ActionDecide, workflows.ActionCancel, workflows.ActionReschedule,
		workflows.ActionExpedite, workflows.ActionRelease, workflows.ActionFreeze, workflows.ActionUnfreeze,
	} {
		require.Contains(t, policy.Actions(), policy.Action(a))
	}
}

// answering is a Temporal that answers the kill switch's question.
type answering struct {
	client.Client
	err   error
	asked int
}

func (a *answering) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	a.asked++
	return nil, a.err
}

func TestTheKillSwitchFailsClosed(t *testing.T) {
	for name, err := range map[string]error{
		"down": serviceerror.NewUnavailable("connection refused"), "slow": context.DeadlineExceeded,
		"not allowed": serviceerror.NewPermissionDenied("no", ""), "no namespace": serviceerror.NewNamespaceNotFound("lastday"),
	} {
		t.Run(name, func(t *testing.T) {
			k := &killSwitch{temporal: &answering{err: err}}
			require.ErrorContains(t, k.Pass(t.Context()), "nothing is written as long as it cannot be read")
		})
	}
}

func TestTheKillSwitchIsReadAgainAfterAFailure(t *testing.T) {
	a := &answering{err: serviceerror.NewNotFound("no freeze")}
	k := &killSwitch{temporal: a}
	require.NoError(t, k.Pass(t.Context()))
	require.NoError(t, k.Pass(t.Context()))
	require.Equal(t, 1, a.asked, "an answer holds for a moment")
	k.read = k.read.Add(-freshEnough)
	a.err = serviceerror.NewUnavailable("down")
	require.Error(t, k.Pass(t.Context()))
	require.Error(t, k.Pass(t.Context()), "a failure is no answer")
	require.Equal(t, 3, a.asked)
}

// A case that has waited for weeks does not bring the limits of its first day.
func TestTheBrakeIsAskedWithTheLimitsOfToday(t *testing.T) {
	advice := &counsel{}
	var err error
	advice.policy, err = policy.New(policy.Config{Brake: policy.Brake{PerHour: 7}})
	require.NoError(t, err)
	var asked workflows.Admission
	temporal := &mocks.Client{}
	temporal.On("NewWithStartWorkflowOperation", mock.Anything, mock.Anything, mock.Anything).Return(nil)
	temporal.On("UpdateWithStartWorkflow", mock.Anything, mock.Anything).Run(func(a mock.Arguments) {
		asked = a.Get(1).(client.UpdateWithStartWorkflowOptions).UpdateOptions.Args[0].(workflows.Admission)
	}).Return(nil, errors.New("enough"))
	advice.temporal = temporal
	_, err = advice.Admit(t.Context(), workflows.Admission{RunID: "r", Limits: workflows.Limits{PerHour: 1000}})
	require.ErrorContains(t, err, "ask the brake")
	require.Equal(t, 7, asked.Limits.PerHour)
	require.Equal(t, 2, asked.Limits.Releasers)
}
