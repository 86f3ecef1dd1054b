// Package workflows holds the case: the way a departure takes, step by step.
// It knows systems by their names only, and no vendor.
package workflows

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// Register puts the workflows, and the local activity that reads the settings,
// on a worker of the queue TaskQueue.
func Register(r worker.Registry, settings SettingsFunc) {
	r.RegisterWorkflowWithOptions(Offboard, workflow.RegisterOptions{
		Name: OffboardType,
		// A case may wait for weeks: it moves to the newest worker, and changes
		// to it go through workflow.GetVersion.
		VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
	})
	r.RegisterWorkflowWithOptions(Plan, workflow.RegisterOptions{
		Name:               PlanType,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	read := func(_ context.Context, who offboarding.Subject) (Settings, error) { return settings(who) }
	r.RegisterActivityWithOptions(read, activity.RegisterOptions{Name: settingsActivity})
}
