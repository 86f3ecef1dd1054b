// Package workflows holds the case: the way a departure takes, step by step.
// It knows systems by their names only, and no vendor.
package workflows

import (
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Register puts the workflows, and what they ask of their own worker, on a
// worker of the queue TaskQueue.
// recorder is nil where no record is kept.
func Register(r worker.Registry, counsel Counsel, recorder Recorder) {
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
	r.RegisterWorkflowWithOptions(Refused, workflow.RegisterOptions{
		Name:               RefusedType,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	r.RegisterWorkflowWithOptions(Minutes, workflow.RegisterOptions{
		Name:               MinutesType,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	r.RegisterWorkflowWithOptions(Heard, workflow.RegisterOptions{
		Name:               HeardType,
		VersioningBehavior: workflow.VersioningBehaviorPinned,
	})
	for name, w := range map[string]any{BrakeType: Brake, FreezeType: Freeze} {
		r.RegisterWorkflowWithOptions(w, workflow.RegisterOptions{Name: name, VersioningBehavior: workflow.VersioningBehaviorAutoUpgrade})
	}
	if recorder != nil {
		r.RegisterActivityWithOptions(recorder.Case, activity.RegisterOptions{Name: recordCaseActivity})
		r.RegisterActivityWithOptions(recorder.Events, activity.RegisterOptions{Name: recordEventsActivity})
	}
	asked := registered{counsel}
	for name, f := range map[string]any{settingsActivity: asked.settings, ruleActivity: asked.rule, admitActivity: asked.admit} {
		r.RegisterActivityWithOptions(f, activity.RegisterOptions{Name: name})
	}
}
