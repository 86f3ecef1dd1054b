package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"lastday/record"
	"lastday/workflows"
)

// lookEvery is how often the record's open cases are compared with Temporal's runs.
const lookEvery = time.Hour

// caseLog is what an outsider needs of the record.
type caseLog interface {
	record.Appender
	Cases(ctx context.Context, f record.Filter) ([]record.Summary, error)
}

// outsider sees to it that a case whose run somebody ended in Temporal, which no
// workflow notices, does not stand in the record as if it went on.
type outsider struct {
	temporal client.Client
	log      caseLog
}

// watch looks at once and then every hour, until it is stopped.
func (o outsider) watch() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(lookEvery)
		defer ticker.Stop()
		for {
			if err := o.look(ctx); err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "the record's open cases could not be compared with Temporal's runs; it is tried again", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return func() { cancel(); <-ended }
}

// look puts down each case that is open in the record and over in Temporal. Many
// workers may look at once: each case is put down once.
func (o outsider) look(ctx context.Context) error {
	all, err := o.log.Cases(ctx, record.Filter{})
	if err != nil {
		return err //nolint:wrapcheck // it says what it did
	}
	var errs []error
	for _, c := range all {
		if !c.Ended() && ctx.Err() == nil {
			errs = append(errs, o.lookAt(ctx, c.Case))
		}
	}
	return errors.Join(errs...)
}

func (o outsider) lookAt(ctx context.Context, runID string) error {
	run, err := o.closed(ctx, runID)
	if err != nil || run == nil {
		return err
	}
	// An entry that is recorded before what it tells is a fault of the log for ever.
	if behind := time.Until(run.GetCloseTime().AsTime()); behind > drift {
		return fmt.Errorf("put down that run %s is over: this machine's clock is %s behind Temporal's: set it right", runID, behind.Round(time.Second))
	}
	// What it last knew, if it can still say so; it says nothing twice.
	asked := recorder{temporal: o.temporal, log: o.log, now: time.Now}.Case(ctx, workflows.CaseRun{WorkflowID: run.GetExecution().GetWorkflowId(), RunID: runID})
	// That may be that it ended, or it has said so itself since the record was read.
	now, err := o.log.Cases(ctx, record.Filter{Case: runID})
	if err != nil || len(now) != 1 || now[0].Ended() {
		return err //nolint:wrapcheck // it says what it did
	}
	facts, err := json.Marshal(map[string]string{"what": outside(run.GetStatus())})
	if err != nil {
		return fmt.Errorf("put down that run %s is over: %w", runID, err)
	}
	err = o.log.Append(ctx, []record.Event{{
		ID: runID + "/outside", Kind: record.Control, At: run.GetCloseTime().AsTime(), Case: runID, Facts: facts,
	}})
	if err != nil {
		return fmt.Errorf("put down that run %s is over: %w", runID, err)
	}
	return asked
}

// closed gives the run if it is over; nil if it goes on or nobody knows of it.
func (o outsider) closed(ctx context.Context, runID string) (*workflowpb.WorkflowExecutionInfo, error) {
	found, err := o.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: fmt.Sprintf("RunId = '%s'", runID)})
	if err != nil {
		return nil, fmt.Errorf("look for run %s: %w", runID, err)
	}
	for _, run := range found.GetExecutions() {
		if run.GetExecution().GetRunId() == runID && run.GetStatus() != enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING {
			return run, nil
		}
	}
	return nil, nil
}

// outside says what became of a run.
func outside(s enumspb.WorkflowExecutionStatus) string {
	how := "was ended in Temporal"
	switch s { //nolint:exhaustive // the others say no more
	case enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED:
		how = "was terminated in Temporal"
	case enumspb.WORKFLOW_EXECUTION_STATUS_FAILED:
		how = "failed"
	case enumspb.WORKFLOW_EXECUTION_STATUS_TIMED_OUT:
		how = "ran out of time in Temporal"
	}
	return "the case's run " + how + ": nothing more is done in it or read back, and it has no end"
}
