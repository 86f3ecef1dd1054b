package workflows

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/workflow"

	"lastday/record"
)

// Recorder puts what happened into the record. It is asked in activities on the
// workers that run cases; each call may be made again and then adds nothing.
type Recorder interface {
	// Case reads the run's case and puts all that is new in it into the record.
	// It returns when that is safe there.
	Case(ctx context.Context, run CaseRun) error
	// Events puts events that are of no case into the record.
	Events(ctx context.Context, events []record.Event) error
}

// CaseRun names one run of a case.
type CaseRun struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	// Revision is the least that the case's answer must have: an older one is not
	// what is to be put down.
	Revision int `json:"revision,omitempty"`
}

// KindUnrecordable is the type of the error of a Recorder with which the record
// refuses something for good: trying the same again is of no use.
const KindUnrecordable = "Unrecordable"

// scribe hands the case to the record. The activity is told the run and asks
// the case itself, so that nothing is kept twice in the history. It holds up no
// step; but a case does not end before all of it is in the record.
type scribe struct {
	busy  bool
	again bool
}

// note puts the case as it stands into the record, in the background.
func (s *scribe) note(c *offboardCase) {
	if !c.settings.Recorded || c.over {
		return
	}
	if s.busy {
		s.again = true
		return
	}
	s.busy = true
	workflow.Go(c.root, func(ctx workflow.Context) {
		defer func() { s.busy = false }()
		for {
			s.again = false
			// What this one leaves out is in the next: a case says all it knows each time.
			_ = s.write(ctx, c, noteLimit)
			if !s.again || c.over {
				return
			}
		}
	})
}

// last puts the end of the case into the record, however long that takes.
func (s *scribe) last(c *offboardCase) {
	if !c.settings.Recorded {
		return
	}
	_ = workflow.Await(c.root, func() bool { return !s.busy })
	// Its only error is a cancelled context, which the root is never.
	_ = insistOnWriting(c.root, func() error { return s.write(c.root, c, 0) }, func(err error) {
		c.Unrecorded = fmt.Sprintf("the record refuses how this case ended, and the case stays open until it is taken: %s", errorText(err))
		c.publish()
	})
	c.Unrecorded = ""
	c.publish()
}

func (s *scribe) write(ctx workflow.Context, c *offboardCase, limit time.Duration) error {
	c.Revision++
	c.NotedAt = workflow.Now(ctx).UTC()
	ctx = workflow.WithActivityOptions(ctx, noteOptions(limit, "put the case into the record"))
	run := CaseRun{WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, RunID: c.RunID, Revision: c.Revision}
	return workflow.ExecuteActivity(ctx, recordCaseActivity, run).Get(ctx, nil)
}

// insistOnWriting writes until the record has taken it. While the record cannot
// be reached the step itself is tried again; here comes only what it refuses for
// good, until somebody has mended it: at growing pauses, since each try makes the
// history longer. Its only error is a cancelled context.
func insistOnWriting(ctx workflow.Context, write func() error, refused func(error)) error {
	for round := 0; ; round++ {
		err := write()
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		refused(err)
		if err := workflow.Sleep(ctx, refusedPause(round)); err != nil {
			return err
		}
	}
}
