package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what an entry is about.
type Kind string

const (
	Request     Kind = "request"     // who leaves, when, asked by whom
	Ruling      Kind = "ruling"      // what the policy said of it
	Plan        Kind = "plan"        // what was found in one system
	Approval    Kind = "approval"    // a person's yes or no to the plan
	Refusal     Kind = "refusal"     // an action that the policy refused
	Decision    Kind = "decision"    // what a person told the case
	Action      Kind = "action"      // one change made
	Observation Kind = "observation" // one class read back
	Proof       Kind = "proof"       // how well one class is shown to be closed
	Residual    Kind = "residual"    // access that nobody can revoke
	Stage       Kind = "stage"       // when one system was contained, revoked, proven
	Progress    Kind = "progress"    // how the case stands
	// Confirmation is how the case ended; nothing of the case comes after it but
	// accesses to it, and what became of telling it.
	Confirmation Kind = "confirmation"
	Control      Kind = "control"   // the brake and the kill switch: who stopped what, who let it go on
	Access       Kind = "access"    // somebody looked at the record
	Forgotten    Kind = "forgotten" // a person's names were erased
	Alive        Kind = "alive"     // the record was open and idle: written hourly
)

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{
		Request, Ruling, Plan, Approval, Refusal, Decision, Action, Observation, Proof, Residual,
		Stage, Progress, Confirmation, Control, Access, Forgotten, Alive,
	}
}

// Role is what a person is in an event.
type Role string

const (
	Subject   Role = "subject"   // who leaves
	Actor     Role = "actor"     // who did it
	Successor Role = "successor" // who takes over
)

// Person is somebody in the clear. It never stands in an entry.
type Person struct {
	// Identity tells people apart: the work e-mail in lower case without a +tag,
	// or where there is none the door's own id, as door:id.
	Identity string `json:"identity"`
	Email    string `json:"email,omitempty"`
	Name     string `json:"name,omitempty"`
	// Salt is what their pseudonym was made with (Pseudonym); it is empty in
	// events, and where the record gives no proof of whom a pseudonym means.
	Salt string `json:"salt,omitempty"`
}

// IsZero reports whether nobody is meant.
func (p Person) IsZero() bool { return p.Identity == "" }

// Event is something that happened, as it is handed to the record.
type Event struct {
	// ID names the event: the same event has the same ID however often it is
	// handed in. It must not speak of a person, nor be a hash of what does.
	ID   string    `json:"id"`
	Kind Kind      `json:"kind"`
	At   time.Time `json:"at"` // when it happened, by the clock of who says so
	// Case is the run id of the case; empty for what concerns no case.
	Case   string          `json:"case,omitempty"`
	System string          `json:"system,omitempty"`
	People map[Role]Person `json:"people,omitempty"`
	// Facts are a JSON object that says nothing of any person. They stand in the
	// entry in the clear, for ever.
	Facts json.RawMessage `json:"facts,omitempty"`
	// Details are a JSON object that may speak of the person with the role Owner
	// (default: the subject, or where there is none the actor). They are erased
	// with that person; the entry keeps only a salted hash.
	Details json.RawMessage `json:"details,omitempty"`
	Owner   Role            `json:"owner,omitempty"`
}

// MaxDetails bounds facts and details, each: what is larger is refused.
const MaxDetails = 1 << 20

// Check refuses an event that could not become an entry.
func (e Event) Check() error {
	switch {
	case e.ID == "" || len(e.ID) > 200 || strings.ContainsAny(e.ID, "\n\r"):
		return errors.New("an event needs an id of at most 200 characters on one line")
	case !e.Kind.known():
		return fmt.Errorf("event %s: kind %q is not known", e.ID, e.Kind)
	case e.At.IsZero():
		return fmt.Errorf("event %s: it says not when it happened", e.ID)
	case len(e.Facts) > MaxDetails || len(e.Details) > MaxDetails:
		return fmt.Errorf("event %s: it is larger than %d bytes", e.ID, MaxDetails)
	case !isObject(e.Facts) || !isObject(e.Details):
		return fmt.Errorf("event %s: facts and details must be JSON objects", e.ID)
	case len(e.Details) > 0 && e.DetailsOf().IsZero():
		return fmt.Errorf("event %s: it has details and nobody whom they speak of", e.ID)
	}
	return nil
}

// DetailsOf is the person whom the details speak of; zero if nobody.
func (e Event) DetailsOf() Person {
	if e.Owner != "" {
		return e.People[e.Owner]
	}
	if p := e.People[Subject]; !p.IsZero() {
		return p
	}
	return e.People[Actor]
}

func (k Kind) known() bool {
	for _, other := range Kinds() {
		if k == other {
			return true
		}
	}
	return false
}

func isObject(b json.RawMessage) bool {
	if len(b) == 0 {
		return true
	}
	var o map[string]json.RawMessage
	return json.Unmarshal(b, &o) == nil && o != nil
}
