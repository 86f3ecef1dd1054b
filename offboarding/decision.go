package offboarding

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Verb is what a person may tell a case that waits for them.
type Verb string

const (
	// Retry tries again, and lets a class that is set to ask be removed.
	Retry Verb = "retry"
	// Attest: a named person says that the access is gone.
	Attest Verb = "attest"
	// Waive: a named person accepts that the access stays, until a date.
	Waive Verb = "waive"
)

// Decision is a person's word on one class of one system, or on a whole system.
type Decision struct {
	Verb   Verb      `json:"verb"`
	System System    `json:"system"`
	Class  Class     `json:"class,omitempty"` // empty: whatever is open in the system
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero"` // for Waive
	By     Actor     `json:"by"`
	At     time.Time `json:"at,omitzero"`
}

// Order is a word on the case as a whole: it was cancelled, moved to another time,
// or told to begin at once.
type Order struct {
	Do     string    `json:"do"` // cancel, reschedule, expedite
	By     Actor     `json:"by"`
	Reason string    `json:"reason,omitempty"`
	To     time.Time `json:"to,omitzero"` // the new time
	At     time.Time `json:"at"`
}

// ParseTarget splits SYSTEM or SYSTEM/CLASS.
func ParseTarget(s string) (System, Class, error) {
	system, class, cut := strings.Cut(s, "/")
	if system == "" || (cut && class == "") || strings.Contains(class, "/") {
		return "", "", fmt.Errorf("%q names no system or class: give SYSTEM or SYSTEM/CLASS, such as github or github/deploy-keys", s)
	}
	return System(system), Class(class), nil
}

// Check refuses a decision that is incomplete at the given time: an unknown
// verb, no reason, no name, a waiver without an end or with one that has passed.
func (d Decision) Check(now time.Time) error {
	if !slices.Contains([]Verb{Retry, Attest, Waive}, d.Verb) {
		return fmt.Errorf("%q is no decision: say retry, attest or waive", d.Verb)
	}
	if d.By.IsZero() {
		return errors.New("a decision needs the name of the person who takes it")
	}
	if strings.TrimSpace(d.Reason) == "" {
		return errors.New("a decision needs a reason: --reason TEXT")
	}
	if len(d.Reason) > 2000 {
		return errors.New("the reason is longer than 2,000 characters")
	}
	if d.Verb == Waive && d.Until.IsZero() {
		return errors.New("a waiver needs an end: --until DATE")
	}
	if d.Verb == Waive && !d.Until.After(now) {
		return fmt.Errorf("the waiver's end %s has passed: give a later --until DATE", d.Until.Format(time.DateOnly))
	}
	if d.Verb != Waive && !d.Until.IsZero() {
		return errors.New("only a waiver has an end: leave out --until")
	}
	return nil
}

// covers reports whether the decision speaks of the class in the system.
func (d Decision) covers(s System, c Class) bool {
	return d.System == s && (d.Class == "" || d.Class == c)
}
