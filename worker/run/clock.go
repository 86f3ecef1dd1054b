package run

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/activity"
)

// drift is how far this machine's clock may be from Temporal's. Verifiers call
// an entry that was recorded 5 minutes before what it tells, or in the future,
// a fault of the log, and nobody can mend it afterwards.
const drift = 2 * time.Minute

// inTime refuses to record on a machine whose clock is wrong, in an activity.
// The error is tried again, here or by a worker whose clock is right.
func inTime(ctx context.Context, now time.Time) error {
	if !activity.IsActivity(ctx) {
		return nil
	}
	switch off := now.Sub(activity.GetInfo(ctx).StartedTime).Round(time.Second); {
	case off > drift:
		return fmt.Errorf("write to the record: this machine's clock is %s ahead of Temporal's: set it right; until then other workers record", off)
	case off < -drift:
		return fmt.Errorf("write to the record: this machine's clock is %s behind Temporal's: set it right; until then other workers record", -off)
	}
	return nil
}
