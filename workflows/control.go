package workflows

import (
	"encoding/json"
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
)

// minutes are what is said on the brake and on the kill switch, on its way into
// the record. Nothing waits for it but the end of the run.
type minutes struct {
	said    []record.Event
	written int
}

// say takes a word down. Its id is the run and its number in it.
func (m *minutes) say(ctx workflow.Context, what string, by offboarding.Actor, why string) {
	id := fmt.Sprintf("%s/control/%d", workflow.GetInfo(ctx).WorkflowExecution.RunID, len(m.said))
	m.said = append(m.said, controlEvent(id, workflow.Now(ctx).UTC(), what, by, why))
}

// refused takes down that the policy refused; no refusal, no word.
func (m *minutes) refused(ctx workflow.Context, r offboarding.Refusal) {
	if r.Rule != "" {
		m.say(ctx, r.Action+" refused by the rule "+r.Rule, r.By, r.Why)
	}
}

// keep writes what is said, from now on and before, as long as the run lasts.
func (m *minutes) keep(ctx workflow.Context, recorded bool) {
	if !recorded {
		m.written = -1
		return
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		ctx = workflow.WithActivityOptions(ctx, noteOptions(0, "put it into the record"))
		for workflow.Await(ctx, func() bool { return m.written < len(m.said) }) == nil {
			var upTo int
			err := insistOnWriting(ctx, func() error {
				upTo = len(m.said)
				return workflow.ExecuteActivity(ctx, recordEventsActivity, m.said[m.written:upTo]).Get(ctx, nil)
			}, func(error) {})
			if err != nil {
				return
			}
			m.written = max(m.written, upTo)
		}
	})
}

// closeWithin is how long the end of a run waits for its words to be written: a
// record that is down must not keep the kill switch on.
const closeWithin = 5 * time.Second

// done reports whether nothing is left to be written.
func (m *minutes) done() bool { return m.written < 0 || m.written == len(m.said) }

// close waits until all that was said is in the record, or leaves the rest to a
// run of its own, which goes on for as long as it takes. What is said meanwhile
// is left over: see done.
func (m *minutes) close(ctx workflow.Context) error {
	if m.done() {
		return nil
	}
	if _, err := workflow.AwaitWithTimeout(ctx, closeWithin, m.done); err != nil || m.done() {
		return err
	}
	upTo := len(m.said)
	if err := handOver(ctx, m.said[m.written:upTo]); err != nil {
		return err
	}
	m.written = max(m.written, upTo)
	return nil
}

// handOver leaves events to a run of its own, and returns when that has begun.
func handOver(ctx workflow.Context, events []record.Event) error {
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		ParentClosePolicy: enumspb.PARENT_CLOSE_POLICY_ABANDON,
		StaticSummary:     "words on their way into the record",
	})
	return workflow.ExecuteChildWorkflow(ctx, MinutesType, events).GetChildWorkflowExecution().Get(ctx, nil)
}

// Minutes puts events into the record, however long that takes.
func Minutes(ctx workflow.Context, events []record.Event) error {
	// Cancelling it in Temporal must not lose them.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	ctx = workflow.WithActivityOptions(ctx, noteOptions(0, "put it into the record"))
	for round := 0; ; round++ {
		err := workflow.ExecuteActivity(ctx, recordEventsActivity, events).Get(ctx, nil)
		if err == nil {
			return nil
		}
		workflow.SetCurrentDetails(ctx, "**not in the record**: "+offboarding.PlainText(errorText(err)))
		if err := workflow.Sleep(ctx, refusedPause(round)); err != nil {
			return err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, MinutesType, events)
		}
	}
}

// controlEvent is a word as the record takes it. The reason is erased with who
// gave it.
func controlEvent(id string, at time.Time, what string, by offboarding.Actor, why string) record.Event {
	//workflowcheck:ignore pure; a map is encoded in the order of its keys
	facts, _ := json.Marshal(map[string]string{"what": what, "door": string(by.Door)})
	e := record.Event{ID: id, Kind: record.Control, At: at, Facts: facts}
	p := casefile.Person(by)
	if p.IsZero() {
		return e
	}
	e.People = map[record.Role]record.Person{record.Actor: p}
	if why != "" {
		//workflowcheck:ignore pure, as above
		e.Details, _ = json.Marshal(map[string]string{"why": why})
		e.Owner = record.Actor
	}
	return e
}
