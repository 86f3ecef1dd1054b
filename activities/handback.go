package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
)

const (
	// FinishWithin is how long a step goes on after its worker was told to stop.
	// Then it is handed back: the call under way is cut, and another worker takes
	// the step up.
	FinishWithin = 15 * time.Second
	// KindHandedBack is the type of the error with which a step is handed back.
	KindHandedBack = "HandedBack"
	// handOnAfter is when another worker gets the step: at once, however often it
	// was tried before.
	handOnAfter = 100 * time.Millisecond
)

// errHandBack is the cause of the end of a step's context.
var errHandBack = errors.New("the worker stops")

// untilHandBack is the context of what a step does. It ends the given time after
// the worker was told to stop; the activity's own goes on, so that the heartbeat
// and the answer still reach Temporal.
func untilHandBack(ctx context.Context, within time.Duration) (context.Context, func()) {
	out, cut := context.WithCancelCause(ctx)
	stopping := activity.GetWorkerStopChannel(ctx)
	go func() {
		select {
		case <-out.Done():
			return
		case <-stopping:
		}
		late := time.NewTimer(within)
		defer late.Stop()
		select {
		case <-out.Done():
		case <-late.C:
			cut(errHandBack)
		}
	}()
	return out, func() { cut(nil) }
}

// handedBack is the error of a step that is handed back, or false. What was done
// is known to the next attempt from the heartbeat.
func handedBack(ctx context.Context, done []offboarding.Action) (error, bool) {
	if !errors.Is(context.Cause(ctx), errHandBack) {
		return nil, false
	}
	return temporal.NewApplicationErrorWithOptions("the worker stops, and another goes on", KindHandedBack, temporal.ApplicationErrorOptions{
		NextRetryDelay: handOnAfter, Details: []any{done}, Category: temporal.ApplicationErrorCategoryBenign,
	}), true
}
