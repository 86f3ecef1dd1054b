package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"lastday/offboarding"
	"lastday/workflows"
)

// Start is Offboard for an HR system: it starts the person's case or joins the
// one that runs, and returns what that was started with. The departure's own
// RequestID in it says that this request started the case, now or before.
// offboarding.ErrEnded: the person's case has ended, and none was opened.
func (c *Client) Start(ctx context.Context, d offboarding.Departure) (offboarding.Departure, error) {
	started, err := c.Offboard(ctx, d, false)
	return started.Departure, err
}

// Told lets the person's case know of a last day that an HR system names. The
// case moves if the word is news; it says no as an offboarding.Denied. The same
// id is taken in once a case, however often it is sent and by whom.
func (c *Client) Told(ctx context.Context, who offboarding.Subject, w offboarding.Word, zone string, by offboarding.Actor, id string) (offboarding.Case, error) {
	return c.updateOnce(ctx, who, workflows.RescheduleUpdate, id, workflows.RescheduleRequest{At: w.At, Zone: zone, By: by, Word: w})
}

// Withdrawn cancels the person's case on the word of an HR system, unless it
// has begun. What is said of Told holds here too.
func (c *Client) Withdrawn(ctx context.Context, who offboarding.Subject, w offboarding.Word, reason string, by offboarding.Actor, id string) (offboarding.Case, error) {
	return c.updateOnce(ctx, who, workflows.CancelUpdate, id, workflows.CancelRequest{Reason: reason, By: by, Word: w})
}

// heardID is the workflow id of the mark for an event.
func (c *Client) heardID(key string) string { return "hook:" + c.codec.Hide(eventName, key) }

// Handled reports whether an event was marked as acted on. Marks live as long
// as Temporal keeps closed workflows.
func (c *Client) Handled(ctx context.Context, key string) (bool, error) {
	_, err := c.temporal.DescribeWorkflowExecution(ctx, c.heardID(key), "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up event: %w", explain(err))
	}
	return true, nil
}

// MarkHandled marks an event as acted on. Marking it again changes nothing.
func (c *Client) MarkHandled(ctx context.Context, key, source, outcome string) error {
	_, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       c.heardID(key),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionTimeout: 24 * time.Hour, // where no worker runs; the mark stays
		WorkflowTaskTimeout:      taskTimeout,
		StaticSummary:            "event of " + source + ": " + outcome,

		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, workflows.HeardType, workflows.HeardEvent{Source: source, Outcome: outcome})
	var already *serviceerror.WorkflowExecutionAlreadyStarted
	if err != nil && !errors.As(err, &already) {
		return fmt.Errorf("mark event: %w", explain(err))
	}
	return nil
}
