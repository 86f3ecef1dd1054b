package policy

import "slices"

// Action is what somebody wants to do.
type Action string

const (
	Request    Action = "request"    // a departure
	See        Action = "see"        // a case
	Approve    Action = "approve"    // or reject, a case's plan
	Decide     Action = "decide"     // retry, attest or waive
	Cancel     Action = "cancel"     // a case
	Reschedule Action = "reschedule" // a case that has not begun
	Expedite   Action = "expedite"   // a case that waits
	Release    Action = "release"    // the cases that the brake holds
	Freeze     Action = "freeze"     // all writes
	Unfreeze   Action = "unfreeze"
	// Emergency is to have access cut first and approvals asked for after.
	Emergency Action = "emergency"
)

// Actions are all actions, in the order in which the papers list them.
func Actions() []Action {
	return []Action{Request, See, Approve, Decide, Cancel, Reschedule, Expedite, Release, Freeze, Unfreeze, Emergency}
}

func (a Action) known() bool { return slices.Contains(Actions(), a) }

// general reports whether the action concerns no single person.
func (a Action) general() bool { return a == Release || a == Freeze || a == Unfreeze }

// harmless reports whether the action only looks or only stops.
func (a Action) harmless() bool { return a == See || a == Cancel || a == Freeze }

// forPrograms reports whether an HR system's webhook may be allowed it.
func (a Action) forPrograms() bool { return a == Request || a == Cancel || a == Reschedule }
