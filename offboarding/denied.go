package offboarding

import "errors"

var (
	// ErrNoCase says that nobody has asked to offboard the person.
	ErrNoCase = errors.New("no case")
	// ErrEnded says that the person's case has ended, so that there is nothing to
	// join and nothing to steer.
	ErrEnded = errors.New("the case has ended")
)

// Denied is a case's own no to somebody who steers it, in words for people.
// Kind lets a program tell them apart; it is empty for most.
type Denied struct {
	Kind string
	Why  string
}

func (e *Denied) Error() string { return e.Why }

// Kinds of Denied.
const (
	DeniedByPolicy = "Refused"   // the words name the rule
	DeniedBegun    = "Begun"     // the first cut is made or about to be
	DeniedOver     = "Over"      // the case has ended
	DeniedOlder    = "Overtaken" // something newer is known
	DeniedUnnamed  = "Unnamed"   // an HR system takes back what it has not said
)

// ErrUnsure says that it is not known whether something was done: it was sent,
// and no answer came. Whoever hears it looks before asking again.
var ErrUnsure = errors.New("it is not certain whether this was done; look how the case stands before you ask again")
