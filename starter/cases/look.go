package cases

import (
	"context"
	"fmt"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"lastday/offboarding"
	"lastday/workflows"
)

// Summary is one case in a list.
type Summary struct {
	CaseID    string              `json:"case_id"`
	RunID     string              `json:"run_id"`
	Subject   offboarding.Subject `json:"subject"`
	State     string              `json:"state"`
	Partner   string              `json:"partner,omitempty"`
	StartedAt time.Time           `json:"started_at"`
	ClosedAt  time.Time           `json:"closed_at,omitzero"`
}

// Get returns the person's newest case, running or ended; ErrNoCase if there
// is none within Temporal's retention.
func (c *Client) Get(ctx context.Context, who offboarding.Subject) (offboarding.Case, error) {
	id, err := c.newest(ctx, who)
	if err != nil {
		return offboarding.Case{}, err
	}
	out, _, err := c.byID(ctx, id)
	return out, err
}

// byID reads a case that is over from its result, which needs no worker, and a
// running one from the worker.
func (c *Client) byID(ctx context.Context, id string) (out offboarding.Case, over bool, err error) {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, c.workflowID(id), "")
	if err != nil {
		return offboarding.Case{}, false, fmt.Errorf("look up case: %w", explain(err))
	}
	status := d.GetWorkflowExecutionInfo().GetStatus()
	if status == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED {
		if err := c.temporal.GetWorkflow(ctx, c.workflowID(id), "").Get(ctx, &out); err != nil {
			return offboarding.Case{}, false, fmt.Errorf("read case: %w", err)
		}
		return out, true, nil
	}
	out, err = c.query(ctx, id, "")
	return out, status != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

func (c *Client) query(ctx context.Context, id, run string) (offboarding.Case, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	v, err := c.temporal.QueryWorkflow(ctx, c.workflowID(id), run, workflows.CaseQuery)
	if err != nil {
		return offboarding.Case{}, fmt.Errorf("ask case: %w", explain(err))
	}
	var out offboarding.Case
	if err := v.Get(&out); err != nil {
		return offboarding.Case{}, fmt.Errorf("read case: %w", err)
	}
	return out, nil
}

// List returns the cases Temporal knows, newest first, at most limit.
func (c *Client) List(ctx context.Context, limit int) ([]Summary, error) {
	out := []Summary{}
	var page []byte
	for {
		resp, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Query:         "WorkflowType = '" + workflows.OffboardType + "'",
			NextPageToken: page,
			PageSize:      int32(min(limit, 500)), //nolint:gosec // at most 500
		})
		if err != nil {
			return nil, fmt.Errorf("list cases: %w", explain(err))
		}
		for _, e := range resp.GetExecutions() {
			attrs := e.GetSearchAttributes().GetIndexedFields()
			s := Summary{
				CaseID: c.caseID(e.GetExecution().GetWorkflowId()), RunID: e.GetExecution().GetRunId(),
				State:     keyword(attrs, workflows.StateAttribute),
				Partner:   c.codec.Reveal(partnerName, keyword(attrs, workflows.PartnerAttribute)),
				Subject:   offboarding.Subject(c.codec.Reveal(subjectName, keyword(attrs, workflows.SubjectAttribute))),
				StartedAt: e.GetStartTime().AsTime(),
			}
			if e.GetCloseTime() != nil {
				s.ClosedAt = e.GetCloseTime().AsTime()
			}
			if out = append(out, s); len(out) == limit {
				return out, nil
			}
		}
		if page = resp.GetNextPageToken(); len(page) == 0 {
			return out, nil
		}
	}
}

func keyword(fields map[string]*commonpb.Payload, name string) string {
	var s string
	if p := fields[name]; p != nil {
		_ = converter.GetDefaultDataConverter().FromPayload(p, &s)
	}
	return s
}

// tellGrace is how long a case that has ended is watched for its last message
// to reach HR. A channel that is down holds up nobody at a keyboard.
const tellGrace = 5 * time.Second

// Watch calls each with the case again and again, until it is over, or somebody
// terminated it, or nothing goes on without a person, and returns it.
func (c *Client) Watch(ctx context.Context, caseID string, each func(offboarding.Case)) (offboarding.Case, error) {
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for {
		now, over, err := c.byID(ctx, caseID)
		switch {
		case err == nil:
			each(now)
			ended := now.State.Ended() && !now.EndedAt.IsZero() && time.Since(now.EndedAt) > tellGrace
			if over || ended || now.State.Asks() {
				return now, nil
			}
		case ctx.Err() != nil:
			return now, fmt.Errorf("watch case: %w", err)
		}
		select {
		case <-ctx.Done():
			return now, fmt.Errorf("watch case: %w", ctx.Err())
		case <-tick.C:
		}
	}
}
