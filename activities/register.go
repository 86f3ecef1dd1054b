package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/worker"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// Verb is one of the four things a case has a system do.
type Verb string

const (
	Find    Verb = "Find" // who is this, and what do they hold: Connector.Find and Inventory in one dispatch
	Contain Verb = "Contain"
	Revoke  Verb = "Revoke"
	Observe Verb = "Observe"
)

// Name is the activity's wire name, "okta.Find". Two systems in one worker do
// not collide.
func Name(s offboarding.System, v Verb) string { return string(s) + "." + string(v) }

// TaskQueue is the queue of a system's activities; a worker that is not given
// the system never sees its tasks and needs none of its credentials.
func TaskQueue(s offboarding.System) string { return "lastday-" + string(s) }

// FindRequest asks who a person is.
type FindRequest struct {
	Person offboarding.Person `json:"person"`
}

// FindResult is who the person is in one system and what they hold there.
type FindResult struct {
	Account   offboarding.Account   `json:"account"`
	Inventory offboarding.Inventory `json:"inventory"`
	At        time.Time             `json:"at"`
}

// WriteRequest asks for a contain or revoke step.
type WriteRequest struct {
	Subject offboarding.Subject `json:"subject"`
	Account offboarding.Account `json:"account"`
	Grants  []offboarding.Grant `json:"grants,omitempty"` // for Revoke
}

// WriteResult is what the step did, earlier attempts included.
type WriteResult struct {
	Actions []offboarding.Action `json:"actions"`
	At      time.Time            `json:"at"`
}

// ObserveRequest asks to read a system back.
type ObserveRequest struct {
	Account offboarding.Account `json:"account"`
}

// ObserveResult is what was read back.
type ObserveResult struct {
	Readback offboarding.Readback `json:"readback"`
	At       time.Time            `json:"at"`
}

// Register puts a connector's four activities on a worker. Every write first
// asks the guard, in this process, whatever the workflow decided, and the gate:
// once for the step, and again for each call that a vendor gets.
func Register(r worker.ActivityRegistry, c Connector, g Guard, gate transport.Gate) {
	register(r, c, g, gate, FinishWithin)
}

func register(r worker.ActivityRegistry, c Connector, g Guard, gate transport.Gate, finishWithin time.Duration) {
	s := &system{connector: c, guard: g, gate: gate, finishWithin: finishWithin}
	as := func(v Verb) activity.RegisterOptions { return activity.RegisterOptions{Name: Name(c.System(), v)} }
	r.RegisterActivityWithOptions(s.find, as(Find))
	r.RegisterActivityWithOptions(s.contain, as(Contain))
	r.RegisterActivityWithOptions(s.revoke, as(Revoke))
	r.RegisterActivityWithOptions(s.observe, as(Observe))
}

type system struct {
	connector    Connector
	guard        Guard
	gate         transport.Gate
	finishWithin time.Duration
}

func (s *system) find(ctx context.Context, req FindRequest) (FindResult, error) {
	defer keepAlive(ctx, nil)()
	ctx, end := untilHandBack(ctx, s.finishWithin)
	defer end()
	account, err := s.connector.Find(ctx, req.Person)
	if err != nil {
		return FindResult{}, temporalError(ctx, err, nil)
	}
	if account.Protected == "" {
		account.Protected = s.guard.Protects(req.Person.Email, account)
	}
	if !account.Found && account.Evidence == "" {
		return FindResult{}, temporalError(ctx, &transport.Error{
			Kind: transport.Invalid, System: s.connector.System(), Op: "find", Detail: "nobody was found, and nothing shows that the question was answered",
		}, nil)
	}
	out := FindResult{Account: account, At: stamp(time.Now())}
	if !account.Found || account.Protected != "" {
		return out, nil
	}
	if out.Inventory, err = s.connector.Inventory(ctx, account); err != nil {
		return FindResult{}, temporalError(ctx, err, nil)
	}
	out.At = stamp(time.Now())
	return out, nil
}

func (s *system) contain(ctx context.Context, req WriteRequest) (WriteResult, error) {
	return s.write(ctx, req, func(ctx context.Context, j *Journal) error {
		return s.connector.Contain(ctx, req.Account, j)
	})
}

func (s *system) revoke(ctx context.Context, req WriteRequest) (WriteResult, error) {
	return s.write(ctx, req, func(ctx context.Context, j *Journal) error {
		return s.connector.Revoke(ctx, req.Account, req.Grants, j)
	})
}

func (s *system) write(ctx context.Context, req WriteRequest, do func(context.Context, *Journal) error) (WriteResult, error) {
	if err := refuse(s.connector.System(), s.guard, req.Subject, req.Account); err != nil {
		return WriteResult{}, temporalError(ctx, err, nil)
	}
	ctx = transport.WithGate(ctx, s.gate)
	if err := transport.Pass(ctx, s.connector.System(), "ask before writing"); err != nil {
		return WriteResult{}, temporalError(ctx, err, nil)
	}
	var earlier []offboarding.Action
	if activity.HasHeartbeatDetails(ctx) {
		// Details of another shape are from no attempt of this activity.
		_ = activity.GetHeartbeatDetails(ctx, &earlier)
	}
	j := NewJournal(activity.GetInfo(ctx).Attempt, earlier, func(all []offboarding.Action) {
		activity.RecordHeartbeat(ctx, all)
	})
	defer keepAlive(ctx, j)()
	work, end := untilHandBack(ctx, s.finishWithin)
	defer end()
	if err := do(work, j); err != nil {
		return WriteResult{}, temporalError(work, err, j.Actions())
	}
	return WriteResult{Actions: j.Actions(), At: stamp(time.Now())}, nil
}

func (s *system) observe(ctx context.Context, req ObserveRequest) (ObserveResult, error) {
	defer keepAlive(ctx, nil)()
	ctx, end := untilHandBack(ctx, s.finishWithin)
	defer end()
	readback, err := s.connector.Observe(ctx, req.Account)
	if err != nil {
		return ObserveResult{}, temporalError(ctx, err, nil)
	}
	for i := range readback.Observations {
		readback.Observations[i].At = stamp(readback.Observations[i].At)
	}
	return ObserveResult{Readback: readback, At: stamp(time.Now())}, nil
}

// stamp is an instant as histories and records keep it: UTC, in milliseconds.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// keepAlive heartbeats until the returned function is called, so that a killed
// worker is noticed within the heartbeat timeout while a slow vendor is not
// mistaken for one. It carries the journal, which the last heartbeat replaces.
func keepAlive(ctx context.Context, j *Journal) func() {
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(700 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-tick.C:
				if j == nil {
					activity.RecordHeartbeat(ctx)
				} else {
					j.Beat()
				}
			}
		}
	}()
	return func() { close(done) }
}
