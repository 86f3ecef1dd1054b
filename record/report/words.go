package report

import (
	"fmt"
	"time"

	"lastday/offboarding"
)

// grade is what a proof is called. Only the first two are verified.
func grade(p offboarding.Proof) string {
	switch p {
	case offboarding.Observed:
		return "observed: read back, gone"
	case offboarding.Logged:
		return "logged: the vendor's log says it is gone"
	case offboarding.Acknowledged:
		return "acknowledged: NOT verified, only the call was answered"
	case offboarding.Attested:
		return "attested: NOT verified, a person says it is gone"
	case offboarding.Waived:
		return "waived: NOT shown to be gone, a person accepts that it stays"
	case offboarding.ReportedProof:
		return "reported: NOT gone, left by the configuration"
	case offboarding.ProofNone:
	}
	return "open: NOT shown to be gone"
}

// meanings explains every grade.
func meanings() [][2]string {
	return [][2]string{
		{"observed", "Verified. After the last change the class was read back, and nothing of it was there. The same question, asked with the same credential, showed something else that is known to be there (the control), so an empty answer means empty."},
		{"logged", "Verified. The vendor's own audit log says that the access ended."},
		{"acknowledged", "Not verified. The vendor answered the call that removes the access, and nothing was read back after it."},
		{"attested", "Not verified. A named person says that the access is gone."},
		{"waived", "Not shown to be gone. A named person accepts, for a reason and until a date, that the access stays."},
		{"reported", "Not gone. The configuration says that access of this class is listed and left in place."},
		{"open", "Not shown to be gone. Either it is still there, or nobody could look."},
		{"residual", "Access that nobody can revoke. It ends by itself at the time that is given, if one is known."},
	}
}

// stateName is a state for people.
func stateName(s offboarding.State) string {
	switch s {
	case offboarding.Verified:
		return "Verified"
	case offboarding.Closed:
		return "Closed, not all of it verified"
	case offboarding.Cancelled:
		return "Cancelled"
	case offboarding.NothingFound:
		return "Nobody found"
	case offboarding.Refused:
		return "Refused"
	case offboarding.Finding, offboarding.AwaitingApproval, offboarding.Waiting, offboarding.Paused, offboarding.Containing,
		offboarding.Revoking, offboarding.Observing, offboarding.NeedsDecision, offboarding.Confirming:
	}
	if s == "" {
		return "Open: no entry says how it stands"
	}
	return "Open: " + clean(string(s))
}

// who is a person, with what their door says of them.
func who(a offboarding.Actor) string {
	if a.IsZero() {
		return "not said"
	}
	s := clean(a.String())
	if a.Name != "" && a.Email != "" {
		s += " (" + clean(a.Name) + ")"
	}
	for _, is := range []struct {
		it   bool
		word string
	}{{a.Bot, "a program"}, {a.Guest, "a guest"}, {a.Foreign, "from elsewhere"}} {
		if is.it {
			s += ", " + is.word
		}
	}
	return s
}

// door is by which way somebody came.
func door(d offboarding.Door) string {
	switch d {
	case offboarding.DoorCommand:
		return "on the command line"
	case offboarding.DoorSlack:
		return "in Slack"
	case offboarding.DoorHook:
		return "through the HR system's webhook"
	case offboarding.DoorFile:
		return "in an imported file"
	}
	return clean(string(d))
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// remains is when a residual ends by itself.
func remains(ends time.Time) string {
	if ends.IsZero() {
		return "nobody knows"
	}
	return ends.UTC().Format(toTheSecond)
}

// target is what a decision is about.
func target(s offboarding.System, c offboarding.Class) string {
	if c == "" {
		return clean(string(s)) + " (all that is open)"
	}
	return fmt.Sprintf("%s/%s", clean(string(s)), clean(string(c)))
}

// isLoud reports whether a cell is a grade that is not verified.
func isLoud(cell string) bool {
	for _, p := range []offboarding.Proof{
		offboarding.Acknowledged, offboarding.Attested, offboarding.Waived, offboarding.ReportedProof, offboarding.ProofNone,
	} {
		if cell == grade(p) {
			return true
		}
	}
	return false
}
