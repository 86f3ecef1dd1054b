package cases_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"
	"google.golang.org/grpc"

	"lastday/offboarding"
	"lastday/starter/cases"
)

const jane = offboarding.Subject("jane@example.com")

var (
	ada   = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U1", Email: "ada@example.com"}
	hanna = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U2", Email: "hanna@example.com"}
	gone  = offboarding.Case{State: offboarding.Verified}
	looks = offboarding.Case{State: offboarding.Finding}
	no    = offboarding.Case{State: offboarding.Refused, Ruling: offboarding.Ruling{Refused: "may.request"}}
)

// temporal is a server with a few cases. What the tests ask of nothing else is
// left to the nil client inside.
type temporal struct {
	client.Client

	mu       sync.Mutex
	cases    map[string]*run
	unlisted bool // lists are down
	stale    []string
	calls    map[string]int
	// seen is called for each query, with the number of queries so far.
	seen func(id string, asked int)
}

type run struct {
	asked   offboarding.Departure
	now     offboarding.Case
	running bool
	hidden  bool // lists do not show it yet
}

func house(t *testing.T) (*temporal, *cases.Client) {
	t.Helper()
	s := &temporal{cases: map[string]*run{}, calls: map[string]int{}}
	return s, cases.New(s, "default")
}

func (s *temporal) put(id string, r run) { s.cases[id] = &r }

func (s *temporal) call(name string) func() {
	s.mu.Lock()
	s.calls[name]++
	return s.mu.Unlock
}

func (s *temporal) DescribeWorkflowExecution(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	defer s.call("describe")()
	r, ok := s.cases[id]
	if !ok {
		return nil, serviceerror.NewNotFound("no such workflow")
	}
	status := enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	if r.running {
		status = enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: status}}, nil
}

func (s *temporal) ListWorkflow(_ context.Context, r *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error) {
	defer s.call("list")()
	if s.unlisted {
		return nil, serviceerror.NewUnavailable("no lists today")
	}
	out := &workflowservice.ListWorkflowExecutionsResponse{}
	add := func(id string) {
		who, _, _ := strings.Cut(strings.TrimPrefix(id, "offboard:"), "#")
		if strings.Contains(r.Query, `LastdaySubject = "`+who+`"`) {
			out.Executions = append(out.Executions, &workflowpb.WorkflowExecutionInfo{Execution: &commonpb.WorkflowExecution{WorkflowId: id}})
		}
	}
	for id, c := range s.cases {
		if !c.hidden {
			add(id)
		}
	}
	for _, id := range s.stale {
		add(id)
	}
	return out, nil
}

func (s *temporal) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
	defer s.call("execute")()
	r, ok := s.cases[o.ID]
	switch {
	case !ok:
		s.put(o.ID, run{asked: args[0].(offboarding.Departure), now: looks, running: true})
	case !r.running:
		return nil, serviceerror.NewWorkflowExecutionAlreadyStarted("ended", "", "r")
	}
	out := &mocks.WorkflowRun{}
	out.On("GetID").Return(o.ID)
	out.On("GetRunID").Return("r")
	return out, nil
}

func (s *temporal) WorkflowService() workflowservice.WorkflowServiceClient {
	return histories{s: s}
}

type histories struct {
	workflowservice.WorkflowServiceClient
	s *temporal
}

func (h histories) GetWorkflowExecutionHistory(_ context.Context, r *workflowservice.GetWorkflowExecutionHistoryRequest, _ ...grpc.CallOption) (*workflowservice.GetWorkflowExecutionHistoryResponse, error) {
	defer h.s.call("history")()
	input, err := converter.GetDefaultDataConverter().ToPayloads(h.s.cases[r.Execution.WorkflowId].asked)
	if err != nil {
		return nil, err
	}
	started := &historypb.WorkflowExecutionStartedEventAttributes{Input: input}
	return &workflowservice.GetWorkflowExecutionHistoryResponse{History: &historypb.History{Events: []*historypb.HistoryEvent{
		{Attributes: &historypb.HistoryEvent_WorkflowExecutionStartedEventAttributes{WorkflowExecutionStartedEventAttributes: started}},
	}}}, nil
}

func (s *temporal) QueryWorkflow(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	defer s.call("query")()
	if s.seen != nil {
		s.seen(id, s.calls["query"])
	}
	now := s.cases[id].now
	v := &mocks.Value{}
	v.On("Get", mock.Anything).Run(func(a mock.Arguments) { *a.Get(0).(*offboarding.Case) = now }).Return(nil)
	return v, nil
}

func (s *temporal) GetWorkflow(_ context.Context, id, _ string) client.WorkflowRun {
	defer s.call("result")()
	now := s.cases[id].now
	out := &mocks.WorkflowRun{}
	out.On("Get", mock.Anything, mock.Anything).Run(func(a mock.Arguments) { *a.Get(1).(*offboarding.Case) = now }).Return(nil)
	return out
}

func (s *temporal) UpdateWorkflow(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	defer s.call("update " + o.WorkflowID)()
	return nil, errors.New("enough")
}

func request(by offboarding.Actor) offboarding.Departure {
	return offboarding.Departure{Subject: jane, RequestedBy: by, RequestID: "of " + by.ID}
}

// offboards asks for the departure, and requires the case that it leads to.
func offboards(t *testing.T, c *cases.Client, d offboarding.Departure, again bool, id string, joined bool) {
	t.Helper()
	got, err := c.Offboard(t.Context(), d, again)
	require.NoError(t, err)
	require.Equal(t, id, got.CaseID)
	require.Equal(t, joined, got.Joined)
}
