package run

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"

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
	return r.Events(ctx, casefile.Events(c))
}

// Events implements workflows.Recorder.
func (r recorder) Events(ctx context.Context, events []record.Event) error {
	if err := r.log.Append(ctx, events); err != nil {
		return fmt.Errorf("write to the record: %w", err)
	}
	return nil
}
