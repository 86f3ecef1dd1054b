package workflows

import (
	"strconv"
	"time"

	"go.temporal.io/sdk/workflow"
)

// Timers that cases give to the SDK's metrics handler, with the tags system and
// urgent. Dashboards and alert rules name them: they never change.
const (
	ContainedTimer = "lastday_time_to_contain"
	ProvenTimer    = "lastday_time_to_prove"
)

// measure tells how long after its due time the case reached something in this
// system. Nothing is told again when the history is replayed.
func (l *lane) measure(ctx workflow.Context, timer string, at time.Time) {
	workflow.GetMetricsHandler(ctx).WithTags(map[string]string{
		"system": string(l.System), "urgent": strconv.FormatBool(l.c.Departure.Urgent),
	}).Timer(timer).Record(max(at.Sub(l.c.Due), 0))
}
