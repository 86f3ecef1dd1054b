package cases_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	failurepb "go.temporal.io/api/failure/v1"
	"go.temporal.io/api/serviceerror"
	updatepb "go.temporal.io/api/update/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lastday/offboarding"
	"lastday/starter/cases"
)

type slow struct {
	workflowservice.UnimplementedWorkflowServiceServer
	// says is the answer to an update; without it there is none in time.
	says    func() (*workflowservice.UpdateWorkflowExecutionResponse, error)
	updates chan string
	cases   chan string
}

func (s *slow) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (s *slow) ListWorkflowExecutions(context.Context, *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	return &workflowservice.ListWorkflowExecutionsResponse{}, nil
}

func (s *slow) DescribeWorkflowExecution(_ context.Context, r *workflowservice.DescribeWorkflowExecutionRequest) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if r.GetExecution().GetWorkflowId() != offboarding.Subject("jane@example.com").CaseID() {
		return nil, serviceerror.ToStatus(serviceerror.NewNotFound("none")).Err()
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}}, nil
}

// UpdateWorkflowExecution takes the update in, and does not answer in time.
func (s *slow) UpdateWorkflowExecution(ctx context.Context, r *workflowservice.UpdateWorkflowExecutionRequest) (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	select {
	case s.updates <- r.GetRequest().GetMeta().GetUpdateId():
		s.cases <- r.GetWorkflowExecution().GetWorkflowId()
	default:
	}
	if s.says != nil {
		return s.says()
	}
	<-ctx.Done()
	return nil, status.Error(codes.DeadlineExceeded, "late")
}

func serveSlow(t *testing.T) (*slow, *cases.Client) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &slow{updates: make(chan string, 10), cases: make(chan string, 10)}
	g := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(g, s)
	go func() { _ = g.Serve(l) }()
	t.Cleanup(g.Stop)
	c, err := client.NewLazyClient(client.Options{HostPort: l.Addr().String()})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return s, cases.New(c, "default")
}

// What was sent and not answered may have been done.
func TestAnUpdateWithoutAnAnswerIsNotCertain(t *testing.T) {
	s, c := serveSlow(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := c.Cancel(ctx, "jane@example.com", "she stays", hanna)
	require.Error(t, err)
	require.Len(t, s.updates, 1, "it was sent")
	require.ErrorIs(t, err, offboarding.ErrUnsure)
}

// failed is an update that ended with a failure of that type.
func failed(kind, why string) func() (*workflowservice.UpdateWorkflowExecutionResponse, error) {
	return func() (*workflowservice.UpdateWorkflowExecutionResponse, error) {
		return &workflowservice.UpdateWorkflowExecutionResponse{
			Stage: enumspb.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED,
			Outcome: &updatepb.Outcome{Value: &updatepb.Outcome_Failure{Failure: &failurepb.Failure{
				Message: why, Source: "Server",
				FailureInfo: &failurepb.Failure_ApplicationFailureInfo{ApplicationFailureInfo: &failurepb.ApplicationFailureInfo{Type: kind, NonRetryable: true}},
			}}},
		}, nil
	}
}

// An update that was taken in by a workflow that then was over may have been done.
func TestAnUpdateThatItsCaseDidNotLiveToAnswerIsNotCertain(t *testing.T) {
	s, c := serveSlow(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	s.says = failed("AcceptedUpdateCompletedWorkflow", "Workflow Update failed because the Workflow completed before the Update completed.")
	_, err := c.Expedite(ctx, "jane@example.com", hanna)
	require.ErrorIs(t, err, offboarding.ErrUnsure)
	_, err = c.Release(ctx, hanna, "all right")
	require.ErrorIs(t, err, offboarding.ErrUnsure)
}

// A no of the brake or the kill switch is as certain as a case's.
func TestARefusedReleaseIsARefusal(t *testing.T) {
	s, c := serveSlow(t)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	s.says = failed(offboarding.DeniedByPolicy, "refused by the rule may.release")
	_, err := c.Release(ctx, hanna, "all right")
	no, ok := errors.AsType[*offboarding.Denied](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, offboarding.DeniedByPolicy, no.Kind)
	s.says = func() (*workflowservice.UpdateWorkflowExecutionResponse, error) {
		return nil, serviceerror.ToStatus(serviceerror.NewNotFound("none")).Err()
	}
	_, err = c.Release(ctx, hanna, "all right")
	no, ok = errors.AsType[*offboarding.Denied](err)
	require.True(t, ok, "%v", err)
	require.Contains(t, no.Why, "nothing to release")
}

// The same press, delivered to a second process or after a restart, is no second
// word.
func TestAReleaseIsMadeOnce(t *testing.T) {
	s, c := serveSlow(t)
	ctx, cancel := context.WithTimeout(cases.Once(t.Context(), "slack dialog V1"), time.Second)
	defer cancel()
	_, _ = c.Release(ctx, hanna, "all right")
	require.Equal(t, "slack dialog V1", <-s.updates)
}

// A dialog that was opened on one case does not reach the next one.
func TestAChangeReachesTheCaseThatWasLookedAt(t *testing.T) {
	s, c := serveSlow(t)
	ctx, cancel := context.WithTimeout(cases.OnCase(t.Context(), "offboard:jane@example.com#7"), time.Second)
	defer cancel()
	_, _ = c.Cancel(ctx, "jane@example.com", "she stays", hanna)
	require.Equal(t, "offboard:jane@example.com#7", <-s.cases)
}

// Where nothing could be sent, nothing was done, and that is said.
func TestWithoutAConnectionNothingWasDone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	lazy, err := client.NewLazyClient(client.Options{HostPort: l.Addr().String()})
	require.NoError(t, err)
	t.Cleanup(lazy.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	_, err = cases.New(lazy, "default").Offboard(ctx, offboarding.Departure{Subject: "jane@example.com", RequestedBy: hanna}, false)
	require.Error(t, err)
	require.NotErrorIs(t, err, offboarding.ErrUnsure, "%v", err)
}
