package run

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

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
