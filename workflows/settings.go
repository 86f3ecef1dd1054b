package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

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
	// Protected says why this person must not be cut; empty if nothing does.
	Protected string `json:"protected,omitempty"`
}

// SystemSettings is one configured system.
type SystemSettings struct {
	Name offboarding.System `json:"name"`
	// LoginFrom is the system that knows the person's login in this one.
	LoginFrom offboarding.System `json:"login_from,omitempty"`
}

// SettingsFunc answers with the settings for one person.
type SettingsFunc func(offboarding.Subject) (Settings, error)

// readSettings asks the worker's configuration, once a case: a local activity
// keeps the answer in history.
func readSettings(ctx workflow.Context, who offboarding.Subject) (Settings, error) {
	ctx = workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		// Tried until it answers: a case does not fail for its worker's troubles.
		StartToCloseTimeout: 10 * time.Second,
		Summary:             "read the settings",
	})
	var s Settings
	err := workflow.ExecuteLocalActivity(ctx, settingsActivity, who).Get(ctx, &s)
	return s, err
}
