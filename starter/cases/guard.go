package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
	"lastday/workflows"
)

// Approve gives a person's yes or no to the plan of their newest case.
func (c *Client) Approve(ctx context.Context, who offboarding.Subject, a offboarding.Approval) (offboarding.Case, error) {
	return c.update(ctx, who, workflows.ApproveUpdate, a)
}

// Brake is what the brake knows; the zero state where nothing ever asked it.
func (c *Client) Brake(ctx context.Context) (workflows.BrakeState, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var out workflows.BrakeState
	v, err := c.temporal.QueryWorkflow(ctx, workflows.BrakeID, "", workflows.BrakeQuery)
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("ask the brake: %w", explain(err))
	}
	if err := v.Get(&out); err != nil {
		return out, fmt.Errorf("read the brake: %w", err)
	}
	return out, nil
}

// Release says that the cases which the brake holds should go on. It takes two
// people; saying it twice counts once.
func (c *Client) Release(ctx context.Context, by offboarding.Actor, reason string) (workflows.Released, error) {
	var out workflows.Released
	err := c.guardUpdate(ctx, workflows.BrakeID, workflows.ReleaseUpdate, workflows.SteerRequest{By: by, Reason: reason}, &out,
		"no departure is held; there is nothing to release")
	return out, err
}

// judged is how long somebody who freezes waits to hear what the policy says.
const judged = 3 * time.Second

// Freeze turns the kill switch on: before this returns no system is written to
// any more. Where no worker answers for the policy in time, it is on all the
// same, and Frozen's Orders are empty. A refusal by the policy is an error; the
// freeze then ends, unless somebody else has ordered it too.
func (c *Client) Freeze(ctx context.Context, by offboarding.Actor, reason string) (workflows.Frozen, error) {
	start := c.temporal.NewWithStartWorkflowOperation(freezing("FROZEN by "+by.String()+": "+reason), workflows.FreezeType)
	wait, cancel := context.WithTimeout(ctx, judged)
	defer cancel()
	var out workflows.Frozen
	h, err := c.temporal.UpdateWithStartWorkflow(wait, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateName: workflows.FreezeUpdate, Args: []any{workflows.SteerRequest{By: by, Reason: reason}},
			WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = h.Get(wait, &out)
	}
	var refused *temporal.ApplicationError
	switch {
	case err == nil:
		return out, nil
	case errors.As(err, &refused):
		return out, errors.New(refused.Message())
	}
	if on, asked := c.Frozen(ctx); asked == nil && on {
		return workflows.Frozen{}, nil
	}
	return out, fmt.Errorf("freeze: %w", unsure(err))
}

// Shut turns the kill switch on in nobody's name: no policy is asked, and no
// worker need run. summary is what Temporal's UI shows. It ends as any freeze
// does. Where it is on already, nothing changes.
func (c *Client) Shut(ctx context.Context, summary string) error {
	if _, err := c.temporal.ExecuteWorkflow(ctx, freezing(summary), workflows.FreezeType); err != nil {
		return fmt.Errorf("freeze: %w", explain(err))
	}
	return nil
}

func freezing(summary string) client.StartWorkflowOptions {
	return client.StartWorkflowOptions{
		ID:                       workflows.FreezeID,
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            offboarding.Shorten(summary, 180),
		Priority:                 temporal.Priority{PriorityKey: 1},
	}
}

// Unfreeze says that Lastday may write again. It takes two people; the answer
// says how many are still missing.
func (c *Client) Unfreeze(ctx context.Context, by offboarding.Actor, reason string) (workflows.Frozen, error) {
	var out workflows.Frozen
	err := c.guardUpdate(ctx, workflows.FreezeID, workflows.UnfreezeUpdate, workflows.SteerRequest{By: by, Reason: reason}, &out,
		"nothing is frozen")
	return out, err
}

// Frozen reports whether the kill switch is on.
func (c *Client) Frozen(ctx context.Context) (bool, error) {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, workflows.FreezeID, "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the kill switch: %w", explain(err))
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}

// guardUpdate sends an update to the brake or the kill switch; missing is what
// to say where there is none.
func (c *Client) guardUpdate(ctx context.Context, id, name string, arg, out any, missing string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	h, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateID: c.codec.Hide(updateName, onceID(ctx)), UpdateName: name, Args: []any{arg}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = h.Get(ctx, out)
	}
	var refused *temporal.ApplicationError
	var none *serviceerror.NotFound
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return denied(name, refused)
	case errors.As(err, &none):
		return &offboarding.Denied{Kind: offboarding.DeniedOver, Why: missing}
	}
	return fmt.Errorf("%s: %w", name, unsure(err))
}
