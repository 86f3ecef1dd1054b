package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"lastday/offboarding"
)

// Messenger keeps one message a case up to date where HR reads it.
type Messenger interface {
	// Tell posts the case's message, or updates the one it finds. Calling it
	// again for the same case never makes a second message. It returns the
	// reference to give next time.
	Tell(ctx context.Context, t Telling) (ref string, err error)
}

// Telling is one request to show a case as it is now. It is the activity's
// argument, apart from Attempt, which the wrapper fills in.
type Telling struct {
	Key   string    `json:"key"`   // the case's workflow id and run
	Since time.Time `json:"since"` // when the case began
	Ref   string    `json:"ref,omitempty"`
	// Attempt counts from 1; from 2 on an earlier one may have posted unseen.
	Attempt int32 `json:"-"`
	// Doubt is set when an earlier request of this case may have posted a
	// message of which nobody knows.
	Doubt bool `json:"doubt,omitempty"`
	// Last is set when the case has ended: a second message that a lagging
	// history let slip through is then taken away.
	Last   bool               `json:"last,omitempty"`
	Notice offboarding.Notice `json:"notice"`
}

// Told names the message.
type Told struct {
	Ref string `json:"ref"`
	// Doubt is set when it took more than one attempt, so that there may be
	// another message.
	Doubt bool `json:"doubt,omitempty"`
}

// Doubting is a messenger for a process that was restored from a backup made at
// that time: a case that is older may have posted since what it knows nothing of.
func Doubting(m Messenger, at time.Time) Messenger { return doubting{m, at} }

type doubting struct {
	Messenger
	at time.Time
}

// Tell looks for an earlier message of a case that began before the backup.
func (d doubting) Tell(ctx context.Context, t Telling) (string, error) {
	t.Doubt = t.Doubt || !t.Since.After(d.at)
	return d.Messenger.Tell(ctx, t)
}

// Tell is the wire name of the messenger's activity. It runs where TellSystem's
// activities do, with the same credential.
const (
	Tell       = "slack.Tell"
	TellSystem = offboarding.System("slack")
)

// RegisterMessenger puts the messenger's activity on a worker.
func RegisterMessenger(r worker.ActivityRegistry, m Messenger) {
	tell := func(ctx context.Context, t Telling) (Told, error) {
		defer keepAlive(ctx, nil)()
		ctx, end := untilHandBack(ctx, FinishWithin)
		defer end()
		t.Attempt = activity.GetInfo(ctx).Attempt
		ref, err := m.Tell(ctx, t)
		if err != nil {
			return Told{}, temporalError(ctx, err, nil)
		}
		return Told{Ref: ref, Doubt: t.Attempt > 1}, nil
	}
	r.RegisterActivityWithOptions(tell, activity.RegisterOptions{Name: Tell})
}
