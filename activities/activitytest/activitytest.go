// Package activitytest is the suite that every connector passes: what a case
// relies on, whatever the vendor. A connector's own test brings a stand-in
// vendor as a Fixture and calls Run. The suite knows no vendor.
package activitytest

import (
	"testing"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/sandbox/faults"
)

// Fixture is one connector in front of a stand-in vendor.
type Fixture struct {
	// New makes a vendor of its own, with a leaver who holds something of every
	// class, and the connector to it. It is called for every single behaviour,
	// some hundred times, also from parallel tests.
	New func(t *testing.T) Subject
	// Classes are all classes of the connector.
	Classes []offboarding.Class
	// NotHeld are the classes of which this leaver holds nothing here.
	NotHeld []offboarding.Class
	// Blind are the classes that nothing can read back, whatever the credential.
	Blind []offboarding.Class
	// Unlistable are the classes whose grants the vendor does not list, so that
	// ending them again is a call again.
	Unlistable []offboarding.Class
	// ReadOps are the stand-in's operations that are no GET and yet change
	// nothing, such as "POST /oauth2/v1/token".
	ReadOps []string
}

// Subject is one fresh vendor, and who is there.
type Subject struct {
	Connector activities.Connector
	// Leaver holds something of every class; Absent is a person the vendor does
	// not have.
	Leaver, Absent offboarding.Person
	// Protected must not be cut, such as the owner of the connector's token. A
	// connector without such a person leaves it empty.
	Protected offboarding.Person
	// Holds tells what the leaver truly holds, past all faults: "class/what",
	// such as "groups/engineering". A class that was cut is not in it.
	Holds func() []string
	// Others tells what everybody else holds and what belongs to the company, in
	// the same form; nil where there is nobody else. It must never change.
	Others func() []string
	// Faults makes the vendor misbehave; nil for one that is not over HTTP.
	Faults *faults.Injector
	// Secrets are the credentials the connector works with.
	Secrets []string
	// Bystanders are names, logins and addresses of those who stay. What is said
	// of the leaver holds none of them, since it outlives their own erasure.
	Bystanders []string
}

// Run holds the connector against every behaviour a case relies on.
func Run(t *testing.T, f Fixture) {
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			b.check(newBench(t, t, f))
		})
	}
	if f.New(t).Faults == nil {
		return
	}
	t.Run("never proven wrongly, whatever goes wrong", func(t *testing.T) {
		t.Parallel()
		for _, c := range faultCases(newBench(t, t, f)) {
			t.Run(c.String(), func(t *testing.T) {
				t.Parallel()
				c.check(newBench(t, t, f))
			})
		}
	})
}

// behaviours are what every connector does.
var behaviours = []struct {
	name  string
	check func(*bench)
}{
	{"finding and listing change nothing", findingChangesNothing},
	{"every class is spoken of, once", everyClassOnce},
	{"a departure ends with everything shown to be gone", departure},
	{"every step twice is the same as once", everyStepTwice},
	{"two attempts at once end the same", twoAttemptsAtOnce},
	{"an absent person is an answer with evidence", absentPerson},
	{"a protected person is refused by every write", protectedPerson},
	{"while the kill switch is on nothing is changed", killSwitch},
	{"what is still there is never proven gone", neverProvenBefore},
	{"a cancelled call returns at once and changes nothing", cancelledCall},
	{"a malformed account is refused before any write", malformedAccount},
	{"a malformed grant touches nobody else", malformedGrant},
	{"the configuration check changes nothing", checkChangesNothing},
}
