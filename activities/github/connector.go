package github

import (
	"sync"

	"lastday/offboarding"
)

// Connector is the GitHub system. Safe for concurrent use.
type Connector struct {
	cfg      Config
	primary  *wire
	observer *wire // the second credential, or the first one over connections of its own

	mu     sync.Mutex
	sweeps map[string]*unfinished
}

// New makes the connector from a configuration, whose defaults it fills in. It
// does no I/O and reads no secret.
func New(c Config) (*Connector, error) {
	c.Defaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	primary, err := newWire(c, c.Credential, "primary", append(reads(), writes()...))
	if err != nil {
		return nil, err
	}
	cred, name := c.Credential, "primary"
	if c.Observer != nil {
		cred, name = *c.Observer, "observer"
	}
	observer, err := newWire(c, cred, name, reads())
	if err != nil {
		return nil, err
	}
	return &Connector{cfg: c, primary: primary, observer: observer, sweeps: map[string]*unfinished{}}, nil
}

// System implements activities.Connector.
func (c *Connector) System() offboarding.System { return System }

// Classes are the classes of the connector, in the order they are reported in.
func Classes() []offboarding.Class {
	return []offboarding.Class{
		offboarding.Membership, offboarding.Groups, offboarding.Roles, offboarding.OutsideCollaboration, offboarding.Collaborations,
		offboarding.Invitations, offboarding.SSOCredentials, offboarding.AccessTokens, offboarding.DeployKeys, offboarding.Seats,
	}
}
