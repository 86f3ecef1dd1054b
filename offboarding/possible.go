package offboarding

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Act is something a person can do to a case.
type Act string

const (
	ActApprove    Act = "approve"
	ActReject     Act = "reject"
	ActRelease    Act = "release"
	ActExpedite   Act = "expedite"
	ActReschedule Act = "reschedule"
	ActCancel     Act = "cancel"
	ActRetry      Act = Act(Retry)
	ActAttest     Act = Act(Attest)
	ActWaive      Act = Act(Waive)
	// ActDecide is one of the last three, on one of many needs: which is asked.
	ActDecide Act = "decide"
)

// Possible is an act that a case takes now. Who may do it is another question.
type Possible struct {
	Do Act `json:"do"`
	// Target is SYSTEM or SYSTEM/CLASS, for an act on one need.
	Target string `json:"target,omitempty"`
}

// eachNeed is how many needs have acts of their own.
const eachNeed = 4

// PossibleActs lists what a case takes now, in the order in which it is shown.
func PossibleActs(c Case) []Possible {
	if c.State.Ended() {
		return nil
	}
	var out []Possible
	add := func(target string, acts ...Act) {
		for _, a := range acts {
			out = append(out, Possible{Do: a, Target: target})
		}
	}
	if len(Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure)) > 0 && c.Plan != "" {
		add("", ActApprove, ActReject)
	}
	if c.State == Paused {
		add("", ActRelease)
	}
	if c.Movable() {
		add("", ActExpedite, ActReschedule)
	}
	if c.State != Confirming {
		add("", ActCancel)
	}
	needs := c.Needs()
	if len(needs) > eachNeed {
		add("", ActDecide)
		return out
	}
	for _, n := range needs {
		add(n.Target(), ActRetry, ActAttest, ActWaive)
	}
	return out
}

// Movable reports whether the case has not begun, so that it can have another time.
func (c Case) Movable() bool {
	switch c.State {
	case AwaitingApproval, Waiting, Paused:
		return c.ContainedAt.IsZero() && !c.Ruling.Emergency
	case Finding, Containing, Revoking, Observing, NeedsDecision, Confirming, Verified, Closed, Cancelled, NothingFound, Refused:
	}
	return false
}

// Target names what a need is about, as ParseTarget reads it.
func (n Need) Target() string {
	if n.Class == "" {
		return string(n.System)
	}
	return string(n.System) + "/" + string(n.Class)
}

// press is how an act travels in a button.
type press struct {
	Do   Act    `json:"do"`
	On   string `json:"on,omitempty"`
	Case string `json:"case"`
}

// Token names an act on a case, for a button. It is no permission: whoever
// sends it back is checked.
func (p Possible) Token(caseID string) string {
	b, err := json.Marshal(press{Do: p.Do, On: p.Target, Case: caseID})
	if err != nil {
		return "" // three texts: it cannot be
	}
	return string(b)
}

// ParseToken reads what Token wrote, and checks that it names an act, a case
// and a target as they can be.
func ParseToken(s string) (p Possible, caseID string, err error) {
	var b press
	if len(s) > 2000 || json.Unmarshal([]byte(s), &b) != nil {
		return Possible{}, "", errors.New("this button is none of Lastday's")
	}
	if !slices.Contains(acts, b.Do) {
		return Possible{}, "", errors.New("this button does nothing that Lastday knows")
	}
	if _, err := CaseSubject(b.Case); err != nil {
		return Possible{}, "", err
	}
	if b.On != "" {
		if _, _, err := ParseTarget(b.On); err != nil {
			return Possible{}, "", err
		}
	}
	return Possible{Do: b.Do, Target: b.On}, b.Case, nil
}

var acts = []Act{ActApprove, ActReject, ActRelease, ActExpedite, ActReschedule, ActCancel, ActRetry, ActAttest, ActWaive, ActDecide}

// CaseSubject is the person a case's id is about: offboard:jane@example.com, or
// with #2 and so on for a later case of the same person.
func CaseSubject(caseID string) (Subject, error) {
	rest, ok := strings.CutPrefix(caseID, "offboard:")
	address, number, later := strings.Cut(rest, "#")
	s, err := ParseSubject(address)
	if n, bad := strconv.Atoi(number); !ok || err != nil || string(s) != address || (later && (bad != nil || n < 2 || strconv.Itoa(n) != number)) {
		return "", fmt.Errorf("%q is no case's id", caseID)
	}
	return s, nil
}
