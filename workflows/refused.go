package workflows

import (
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
)

// RefusedRequest is a request that a door refused, so that no case knows of it.
type RefusedRequest struct {
	Subject offboarding.Subject `json:"subject,omitempty"` // empty: it concerned no single person
	Refusal offboarding.Refusal `json:"refusal"`
}

// Refused is the mark of a request that a door refused: it ends at once, and
// Temporal keeps it as long as closed cases.
// The record learns of it from a run of its own, which may take its time.
func Refused(ctx workflow.Context, r RefusedRequest) (RefusedRequest, error) {
	if workflow.GetVersion(ctx, "record", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		return r, nil
	}
	settings, err := readSettings(ctx, "")
	if err != nil || !settings.Recorded {
		return r, err
	}
	id := workflow.GetInfo(ctx).WorkflowExecution.RunID + "/refusal"
	at := r.Refusal.At // by the door's clock, which may be ahead
	if now := workflow.Now(ctx).UTC(); at.IsZero() || at.After(now) {
		at = now
	}
	e := controlEvent(id, at, r.Refusal.Action+" refused by the rule "+r.Refusal.Rule, r.Refusal.By, r.Refusal.Why)
	return r, handOver(ctx, []record.Event{about(e, r.Subject)})
}

// about says whom the event is about, where that is one person.
func about(e record.Event, s offboarding.Subject) record.Event {
	if s == "" {
		return e
	}
	if e.People == nil {
		e.People = map[record.Role]record.Person{}
	}
	e.People[record.Subject] = casefile.Person(offboarding.Actor{Email: s})
	return e
}
