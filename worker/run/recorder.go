package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/workflows"
)

// recorder puts cases into the record. It asks the case itself for what it
// knows, so that the history keeps nothing twice.
type recorder struct {
	temporal client.Client
	log      record.Appender
	now      func() time.Time
}

// Case implements workflows.Recorder.
func (r recorder) Case(ctx context.Context, run workflows.CaseRun) error {
	v, err := r.temporal.QueryWorkflow(ctx, run.WorkflowID, run.RunID, workflows.CaseQuery)
	if err != nil {
		return fmt.Errorf("ask the case: %w", err)
	}
	var c offboarding.Case
	if err := v.Get(&c); err != nil {
		return fmt.Errorf("read the case: %w", err)
	}
	if c.Revision < run.Revision {
		return fmt.Errorf("ask the case: its answer is of revision %d, and %d is to be put down: ask again", c.Revision, run.Revision)
	}
	return r.Events(ctx, casefile.Events(c))
}

// Events implements workflows.Recorder. What the record refuses for good is not
// tried again by itself.
func (r recorder) Events(ctx context.Context, events []record.Event) error {
	if err := inTime(ctx, r.now()); err != nil {
		return err
	}
	err := r.log.Append(ctx, events)
	if refused, ok := errors.AsType[*record.RefusedError](err); ok {
		return temporal.NewNonRetryableApplicationError("write to the record: "+refused.Error(), workflows.KindUnrecordable, nil)
	}
	if err != nil {
		return fmt.Errorf("write to the record: %w", err)
	}
	return nil
}
