package workflows

import (
	"time"

	"lastday/offboarding"
)

// Settings are what the workers' configuration says of a case. They are read
// on the worker, not taken from the request: no door is a way around them.
type Settings struct {
	Systems []SystemSettings `json:"systems"`
	// Deadline is how long after its due time a case tries by itself before it
	// asks a person.
	Deadline time.Duration `json:"deadline"`
	// Patience is how long the other systems wait for a slow one before they go
	// on to the next step without it.
	Patience time.Duration `json:"patience"`
	// Tell is whether a message channel is configured.
	Tell bool `json:"tell"`
	// Recorded is whether cases are put into the record; Pages is the address of
	// the record's pages, where there are any.
	Recorded bool   `json:"recorded,omitempty"`
	Pages    string `json:"pages,omitempty"`
	// Protected says why this person must not be cut; empty if nothing does.
	Protected string `json:"protected,omitempty"`
	// Policy is whether there is a policy to ask.
	Policy bool `json:"policy,omitempty"`
	// Brake bounds how many cases may cut at once; zero: nothing bounds them.
	Brake Limits `json:"brake,omitzero"`
}

// SystemSettings is one configured system.
type SystemSettings struct {
	Name offboarding.System `json:"name"`
	// LoginFrom is the system that knows the person's login in this one.
	LoginFrom offboarding.System `json:"login_from,omitempty"`
}

// Limits are the brake's: how many cases may begin to cut, over all doors.
type Limits struct {
	// PerHour in any sixty minutes, PerDay in any twenty-four hours; zero: any number.
	PerHour int `json:"per_hour,omitempty"`
	PerDay  int `json:"per_day,omitempty"`
	// Releasers is how many people must agree that held cases go on.
	Releasers int `json:"releasers,omitempty"`
}

// IsZero reports whether nothing is bounded.
func (l Limits) IsZero() bool { return l.PerHour == 0 && l.PerDay == 0 }
