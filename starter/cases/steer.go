package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
	"lastday/workflows"
)

// Decide tells the person's running case what somebody has decided.
func (c *Client) Decide(ctx context.Context, who offboarding.Subject, d offboarding.Decision) (offboarding.Case, error) {
	return c.update(ctx, who, workflows.DecideUpdate, d)
}

// Cancel stops the person's case; what was cut stays cut.
func (c *Client) Cancel(ctx context.Context, who offboarding.Subject, reason string, by offboarding.Actor) (offboarding.Case, error) {
	return c.update(ctx, who, workflows.CancelUpdate, workflows.CancelRequest{Reason: reason, By: by})
}

// Reschedule moves a case that has not begun.
func (c *Client) Reschedule(ctx context.Context, who offboarding.Subject, at time.Time, zone string, by offboarding.Actor) (offboarding.Case, error) {
	return c.update(ctx, who, workflows.RescheduleUpdate, workflows.RescheduleRequest{At: at, Zone: zone, By: by})
}

// Expedite lets a waiting case begin at once.
func (c *Client) Expedite(ctx context.Context, who offboarding.Subject, by offboarding.Actor) (offboarding.Case, error) {
	return c.update(ctx, who, workflows.ExpediteUpdate, workflows.ExpediteRequest{By: by})
}

// update sends an update to the person's newest case and waits until it is
// taken in. A refusal comes back in the case's own words.
func (c *Client) update(ctx context.Context, who offboarding.Subject, name string, arg any) (offboarding.Case, error) {
	return c.updateOnce(ctx, who, name, onceID(ctx), arg)
}

// updateOnce is update with an id: a second update of the same id to the same
// run is not taken in, and answered as the first was. An empty id is a new one.
func (c *Client) updateOnce(ctx context.Context, who offboarding.Subject, name, updateID string, arg any) (offboarding.Case, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	id := caseOf(ctx)
	if id == "" {
		var err error
		if id, err = c.newest(ctx, who); err != nil {
			return offboarding.Case{}, err
		}
	}
	h, err := c.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: c.workflowID(id), UpdateID: c.codec.Hide(updateName, updateID), UpdateName: name, Args: []any{arg}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	var out offboarding.Case
	if err == nil {
		err = h.Get(ctx, &out)
	}
	var refused *temporal.ApplicationError
	var missing *serviceerror.NotFound
	switch {
	case err == nil:
		return out, nil
	case errors.As(err, &refused):
		return offboarding.Case{}, denied(name+" case", refused)
	case errors.As(err, &missing):
		return offboarding.Case{}, endedError{fmt.Sprintf("the case of %s has ended; nothing was changed", who)}
	}
	return offboarding.Case{}, fmt.Errorf("%s case: %w", name, unsure(err))
}

// acceptedThenOver is how Temporal's server ends an update that was taken in and
// not answered, since its workflow was over (AcceptedUpdateCompletedWorkflow in
// service/history/workflow/update of the server): what it did until then is done.
const acceptedThenOver = "AcceptedUpdateCompletedWorkflow"

// denied is a workflow's own no to an update.
func denied(what string, no *temporal.ApplicationError) error {
	if no.Type() == acceptedThenOver {
		return fmt.Errorf("%s: %w (it was over before it answered)", what, offboarding.ErrUnsure)
	}
	return &offboarding.Denied{Kind: no.Type(), Why: no.Message()}
}
