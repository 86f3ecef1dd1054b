package activities

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.temporal.io/sdk/temporal"

	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/secret"
)

// Bounds for a vendor's own delay: an absurd one neither hammers the vendor
// nor parks the case for days.
const (
	minDelay     = time.Second
	maxDelay     = time.Hour
	defaultDelay = 30 * time.Second // for a limit without a delay of its own
)

// Types of the errors that a case itself looks at.
const (
	KindIdentity  = string(transport.Identity)
	KindProtected = string(transport.Protected)
)

// temporalError maps what a connector returned to what Temporal does about it.
// It is the only place that does. The actions made before the error travel in
// its details, so that the case knows of them.
func temporalError(ctx context.Context, err error, done []offboarding.Action) error {
	if back, is := handedBack(ctx, done); is {
		return back
	}
	if ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled) {
		return temporal.NewCanceledError(done)
	}
	var e *transport.Error
	if !errors.As(err, &e) {
		e = &transport.Error{Kind: transport.Unavailable, Op: "call", Detail: secret.Scrub(err.Error())}
	}
	opts := temporal.ApplicationErrorOptions{Details: []any{done}}
	switch e.Kind {
	case transport.Limited:
		opts.NextRetryDelay = limitDelay(e.RetryAfter)
	case transport.Unauthorized, transport.Identity, transport.Protected, transport.Refused:
		opts.NonRetryable = true
	case transport.Unavailable, transport.Invalid:
	}
	return temporal.NewApplicationErrorWithOptions(e.Error(), string(e.Kind), opts)
}

// limitDelay clamps the vendor's delay and adds up to a tenth, so that many
// cases that were told the same moment do not all come back in it.
func limitDelay(d time.Duration) time.Duration {
	if d <= 0 {
		d = defaultDelay
	}
	d = min(max(d, minDelay), maxDelay)
	return d + time.Duration(rand.Int64N(int64(d)/10+1)) //nolint:gosec // spreading, not secrecy
}

// DoneBefore reads the actions that an activity made before it ended with err:
// those its error tells, or those of the last heartbeat of an attempt that was
// given up, whichever know of more.
func DoneBefore(err error) []offboarding.Action {
	var told, beat []offboarding.Action
	var app *temporal.ApplicationError
	var cancelled *temporal.CanceledError
	var late *temporal.TimeoutError
	switch {
	case errors.As(err, &app) && app.HasDetails():
		_ = app.Details(&told)
	case errors.As(err, &cancelled) && cancelled.HasDetails():
		_ = cancelled.Details(&told)
	}
	if errors.As(err, &late) && late.HasLastHeartbeatDetails() {
		_ = late.LastHeartbeatDetails(&beat)
	}
	if len(beat) > len(told) {
		return beat
	}
	return told
}
