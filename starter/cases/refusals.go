package cases

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"lastday/offboarding"
	"lastday/workflows"
)

// KeepRefusal keeps what a door refused before it came to a case: who, when,
// what, which rule. Calling it twice keeps it twice.
func (c *Client) KeepRefusal(ctx context.Context, who offboarding.Subject, r offboarding.Refusal) error {
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       "refused:" + uuid.NewString(),
		TaskQueue:                workflows.TaskQueue,
		WorkflowExecutionTimeout: 24 * time.Hour, // where no worker runs; the mark stays
		WorkflowTaskTimeout:      taskTimeout,
		StaticSummary:            offboarding.Shorten(fmt.Sprintf("refused to %s: %s, by the rule %s", r.By, r.Action, r.Rule), 180),
	}, workflows.RefusedType, workflows.RefusedRequest{Subject: who, Refusal: r})
	if err != nil {
		return fmt.Errorf("keep refusal: %w", explain(err))
	}
	return nil
}

// Refusals are the newest requests that doors refused, at most limit; those of
// a case are in the case. One that no worker has taken in yet is not among them.
func (c *Client) Refusals(ctx context.Context, limit int) ([]workflows.RefusedRequest, error) {
	out := []workflows.RefusedRequest{}
	var page []byte
	for {
		resp, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query:         "WorkflowType = '" + workflows.RefusedType + "' AND ExecutionStatus = 'Completed'",
			NextPageToken: page,
		})
		if err != nil {
			return nil, fmt.Errorf("list refusals: %w", explain(err))
		}
		for _, e := range resp.GetExecutions() {
			var r workflows.RefusedRequest
			if err := c.temporal.GetWorkflow(ctx, e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()).Get(ctx, &r); err != nil {
				return nil, fmt.Errorf("read refusal: %w", err)
			}
			if out = append(out, r); len(out) == limit {
				return out, nil
			}
		}
		if page = resp.GetNextPageToken(); len(page) == 0 {
			return out, nil
		}
	}
}
