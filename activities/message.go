package activities

import (
	"context"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"lastday/offboarding"
)

// Messenger keeps one message a case up to date where HR reads it.
type Messenger interface {
	// Tell posts the case's message, or updates the one that key or ref names.
	// Calling it again with the same key never makes a second message. It
	// returns the reference to give next time.
	Tell(ctx context.Context, key, ref string, n offboarding.Notice) (string, error)
}

// Tell is the wire name of the messenger's activity; TellQueue is its queue.
const (
	Tell      = "slack.Tell"
	TellQueue = "lastday-slack"
)

// TellRequest asks to show a case as it is now.
type TellRequest struct {
	Key    string             `json:"key"`
	Ref    string             `json:"ref,omitempty"`
	Notice offboarding.Notice `json:"notice"`
}

// TellResult names the message.
type TellResult struct {
	Ref string `json:"ref"`
}

// RegisterMessenger puts the messenger's activity on a worker.
func RegisterMessenger(r worker.ActivityRegistry, m Messenger) {
	tell := func(ctx context.Context, req TellRequest) (TellResult, error) {
		defer keepAlive(ctx, nil)()
		ref, err := m.Tell(ctx, req.Key, req.Ref, req.Notice)
		if err != nil {
			return TellResult{}, temporalError(ctx, err, nil)
		}
		return TellResult{Ref: ref}, nil
	}
	r.RegisterActivityWithOptions(tell, activity.RegisterOptions{Name: Tell})
}
