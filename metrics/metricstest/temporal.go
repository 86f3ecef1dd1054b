// Package metricstest is a Temporal for tests of the metrics: what its server and
// the cases answer to a census.
package metricstest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastday/offboarding"
)

// Temporal answers a census. Its methods are safe for concurrent use; its fields
// are set between two rounds of questions.
type Temporal struct {
	client.Client

	Down    bool
	Counts  map[string]int64 // by a part of the query
	Waiting map[offboarding.State][]offboarding.Case
	Frozen  bool
	Polled  map[string]time.Time // by task queue

	mu      sync.Mutex
	queries []string
	asked   int
}

// Queries are the counts that were asked for, Asked is how many cases were asked
// themselves.
func (s *Temporal) Queries() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries
}

// Asked is how many questions cases themselves were asked.
func (s *Temporal) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *Temporal) answers() error {
	if s.Down {
		return serviceerror.NewUnavailable("connection refused")
	}
	return nil
}

// CountWorkflow counts by the part of the query.
func (s *Temporal) CountWorkflow(_ context.Context, r *workflowservice.CountWorkflowExecutionsRequest) (*workflowservice.CountWorkflowExecutionsResponse, error) {
	s.mu.Lock()
	s.queries = append(s.queries, r.GetQuery())
	s.mu.Unlock()
	for part, n := range s.Counts {
		if strings.Contains(r.GetQuery(), part) {
			return &workflowservice.CountWorkflowExecutionsResponse{Count: n}, s.answers()
		}
	}
	return &workflowservice.CountWorkflowExecutionsResponse{}, s.answers()
}

// ListWorkflow lists who waits.
func (s *Temporal) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	for state, all := range s.Waiting {
		if !strings.Contains(r.GetQuery(), "'"+string(state)+"'") {
			continue
		}
		for _, c := range all {
			out.Executions = append(out.Executions, &workflow.WorkflowExecutionInfo{
				Execution: &common.WorkflowExecution{WorkflowId: c.ID, RunId: c.RunID},
			})
		}
	}
	return out, s.answers()
}

// QueryWorkflow answers as the case does.
func (s *Temporal) QueryWorkflow(_ context.Context, _, run, _ string, _ ...any) (converter.EncodedValue, error) {
	s.mu.Lock()
	s.asked++
	s.mu.Unlock()
	for _, all := range s.Waiting {
		for _, c := range all {
			if c.RunID == run {
				return value{c}, s.answers()
			}
		}
	}
	return nil, errors.New("no such case")
}

type value struct{ c offboarding.Case }

// HasValue implements converter.EncodedValue.
func (value) HasValue() bool { return true }

// Get implements converter.EncodedValue.
func (v value) Get(to any) error {
	*to.(*offboarding.Case) = v.c
	return nil
}

// DescribeWorkflowExecution tells of the kill switch.
func (s *Temporal) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if !s.Frozen {
		return nil, errors.Join(s.answers(), serviceerror.NewNotFound("no freeze"))
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflow.WorkflowExecutionInfo{
		Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING,
	}}, s.answers()
}

// DescribeTaskQueue tells of the pollers.
func (s *Temporal) DescribeTaskQueue(_ context.Context, queue string, _ enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	out := &workflowservice.DescribeTaskQueueResponse{}
	if at, ok := s.Polled[queue]; ok {
		out.Pollers = append(out.Pollers, &taskqueue.PollerInfo{LastAccessTime: timestamppb.New(at), Identity: "1@canary.host"})
	}
	return out, s.answers()
}
