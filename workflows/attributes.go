package workflows

import (
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
)

// Typed keys of the search attributes.
var (
	StateKey    = temporal.NewSearchAttributeKeyKeyword(StateAttribute)
	SubjectKey  = temporal.NewSearchAttributeKeyKeyword(SubjectAttribute)
	PartnerKey  = temporal.NewSearchAttributeKeyKeyword(PartnerAttribute)
	DeadlineKey = temporal.NewSearchAttributeKeyTime(DeadlineAttribute)
)

// Running is the LastdayState of a case that is busy; the other values are
// offboarding states.
const Running = "running"

// attributeState is coarser than a case's state: each change is an event.
func attributeState(s offboarding.State) string {
	switch s {
	case offboarding.Finding, offboarding.Containing, offboarding.Revoking, offboarding.Observing, offboarding.Confirming:
		return Running
	case offboarding.Waiting, offboarding.AwaitingApproval, offboarding.Paused, offboarding.NeedsDecision, offboarding.Verified, offboarding.Closed,
		offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused:
	}
	return string(s)
}

// StartAttributes are the search attributes a case starts with.
func StartAttributes(d offboarding.Departure) temporal.SearchAttributes {
	updates := []temporal.SearchAttributeUpdate{StateKey.ValueSet(Running), SubjectKey.ValueSet(string(d.Subject))}
	if d.Partner != "" {
		updates = append(updates, PartnerKey.ValueSet(d.Partner))
	}
	return temporal.NewSearchAttributes(updates...)
}
