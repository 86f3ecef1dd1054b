package alerts

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastday/activities"
	"lastday/workflows"
)

// frontend hands tasks to a real worker of the SDK, as Temporal's server does:
// what the SDK counts of them is what Prometheus gets to see. A failed workflow
// task is handed out again.
type frontend struct {
	workflowservice.UnimplementedWorkflowServiceServer
	address string
	late    atomic.Int64 // activity tasks to hand out that have waited for long

	mu      sync.Mutex
	broken  bool // there is a case whose code panics
	attempt int32
	failed  chan struct{} // a workflow task came to nothing
}

func startFrontend(t *testing.T) *frontend {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &frontend{address: l.Addr().String(), failed: make(chan struct{}, 100)}
	s := grpc.NewServer()
	workflowservice.RegisterWorkflowServiceServer(s, f)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(s.Stop)
	return f
}

func (f *frontend) GetSystemInfo(context.Context, *workflowservice.GetSystemInfoRequest) (*workflowservice.GetSystemInfoResponse, error) {
	return &workflowservice.GetSystemInfoResponse{Capabilities: &workflowservice.GetSystemInfoResponse_Capabilities{}}, nil
}

func (f *frontend) DescribeNamespace(context.Context, *workflowservice.DescribeNamespaceRequest) (*workflowservice.DescribeNamespaceResponse, error) {
	return &workflowservice.DescribeNamespaceResponse{}, nil
}

// breaks says whether there is a case whose next step panics.
func (f *frontend) breaks(yes bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.broken, f.attempt = yes, 0
}

// take is the attempt of the task that is handed out; 0 if none is.
func (f *frontend) take() int32 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.broken || f.attempt > 0 {
		return 0
	}
	f.attempt++
	return f.attempt
}

func (f *frontend) PollWorkflowTaskQueue(ctx context.Context, r *workflowservice.PollWorkflowTaskQueueRequest) (*workflowservice.PollWorkflowTaskQueueResponse, error) {
	attempt := int32(0)
	if r.GetTaskQueue().GetKind() == enumspb.TASK_QUEUE_KIND_NORMAL {
		attempt = f.take()
	}
	if attempt == 0 {
		wait(ctx)
		return &workflowservice.PollWorkflowTaskQueueResponse{}, nil
	}
	now := timestamppb.Now()
	kind := &common.WorkflowType{Name: workflows.OffboardType}
	queue := &taskqueue.TaskQueue{Name: workflows.TaskQueue, Kind: enumspb.TASK_QUEUE_KIND_NORMAL}
	return &workflowservice.PollWorkflowTaskQueueResponse{
		TaskToken: []byte("w"), WorkflowExecution: &common.WorkflowExecution{WorkflowId: "offboard:canary@example.com", RunId: "run"},
		WorkflowType: kind, StartedEventId: 3, Attempt: attempt, ScheduledTime: now, StartedTime: now,
		History: &history.History{Events: []*history.HistoryEvent{
			{EventId: 1, EventTime: now, EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED, Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
				WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
					WorkflowType: kind, TaskQueue: queue, WorkflowTaskTimeout: durationpb.New(5 * time.Second), FirstExecutionRunId: "run", OriginalExecutionRunId: "run",
				},
			}},
			{EventId: 2, EventTime: now, EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED, Attributes: &history.HistoryEvent_WorkflowTaskScheduledEventAttributes{
				WorkflowTaskScheduledEventAttributes: &history.WorkflowTaskScheduledEventAttributes{TaskQueue: queue, Attempt: 1},
			}},
			{EventId: 3, EventTime: now, EventType: enumspb.EVENT_TYPE_WORKFLOW_TASK_STARTED, Attributes: &history.HistoryEvent_WorkflowTaskStartedEventAttributes{
				WorkflowTaskStartedEventAttributes: &history.WorkflowTaskStartedEventAttributes{ScheduledEventId: 2},
			}},
		}},
	}, nil
}

func (f *frontend) RespondWorkflowTaskFailed(context.Context, *workflowservice.RespondWorkflowTaskFailedRequest) (*workflowservice.RespondWorkflowTaskFailedResponse, error) {
	f.failed <- struct{}{}
	return &workflowservice.RespondWorkflowTaskFailedResponse{}, nil
}

func (f *frontend) PollActivityTaskQueue(ctx context.Context, r *workflowservice.PollActivityTaskQueueRequest) (*workflowservice.PollActivityTaskQueueResponse, error) {
	if r.GetTaskQueue().GetName() != activities.TaskQueue("okta") || f.late.Add(-1) < 0 {
		wait(ctx)
		return &workflowservice.PollActivityTaskQueueResponse{}, nil
	}
	now := time.Now()
	return &workflowservice.PollActivityTaskQueueResponse{
		TaskToken: []byte("a"), ActivityId: "1", ActivityType: &common.ActivityType{Name: activities.Name("okta", activities.Find)},
		WorkflowExecution: &common.WorkflowExecution{WorkflowId: "offboard:canary@example.com", RunId: "run"}, WorkflowType: &common.WorkflowType{Name: workflows.OffboardType},
		ScheduledTime: timestamppb.New(now.Add(-40 * time.Second)), CurrentAttemptScheduledTime: timestamppb.New(now.Add(-40 * time.Second)),
		StartedTime: timestamppb.New(now), Attempt: 1,
		StartToCloseTimeout: durationpb.New(time.Minute), ScheduleToCloseTimeout: durationpb.New(time.Hour), HeartbeatTimeout: durationpb.New(time.Minute),
	}, nil
}

func (f *frontend) RespondActivityTaskCompleted(context.Context, *workflowservice.RespondActivityTaskCompletedRequest) (*workflowservice.RespondActivityTaskCompletedResponse, error) {
	return &workflowservice.RespondActivityTaskCompletedResponse{}, nil
}

// wait is a poll that finds nothing, but not for as long as the server's.
func wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(20 * time.Millisecond):
	}
}
