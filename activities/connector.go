// Package activities turns a Connector, one system that holds access, into
// Temporal activities, and is the only place where a vendor's error becomes a
// Temporal error. It knows no vendor: those live in its subfolders, which know
// no Temporal.
package activities

import (
	"context"

	"lastday/offboarding"
)

// Connector is one system that holds access. Every method may be called again
// at any time, by a retry in another process: it reads before it writes, and
// finding a thing done already is success. Errors are *transport.Error where
// the cause is known.
type Connector interface {
	// System is the name used on the command line and in activity names.
	System() offboarding.System
	// Find says who the person is in this system. It only reads. A person the
	// system does not have is an Account with Found false and Evidence that
	// names the control, not an error. More than one match is an Identity error.
	Find(ctx context.Context, p offboarding.Person) (offboarding.Account, error)
	// Inventory lists every grant the account holds and says of every class of
	// the system whether it could be looked at. It only reads.
	Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error)
	// Contain stops live use within seconds, reversibly where the vendor can.
	Contain(ctx context.Context, a offboarding.Account, j *Journal) error
	// Revoke ends the given grants. It reads first, changes only what is still
	// there, and journals each change as soon as it is made.
	Revoke(ctx context.Context, a offboarding.Account, grants []offboarding.Grant, j *Journal) error
	// Observe reads every class back, uncached, through a client of its own and
	// the second credential where one is configured, with a positive control.
	Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error)
	// Check reaches the vendor with each credential and names missing and
	// surplus permissions. It only reads.
	Check(ctx context.Context) ([]Finding, error)
}

// Finding is one line of a configuration check.
type Finding struct {
	Level Level  `json:"level"`
	What  string `json:"what"` // "the token lacks okta.logs.read"
	Do    string `json:"do,omitempty"`
}

// Level grades a Finding.
type Level string

const (
	OK      Level = "ok"
	Warning Level = "warning" // works, but see to it: a surplus scope, a class that stays blind
	Bad     Level = "bad"     // a departure would stop here
)
