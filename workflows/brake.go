package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// BrakeState is what the brake knows: which cases began to cut in the last
// day, which it holds, and who wants to release them. It is carried over when
// the brake's history becomes long.
type BrakeState struct {
	Begun   []Begun `json:"begun,omitempty"` // oldest first
	Held    []Held  `json:"held,omitempty"`  // oldest first
	Free    []Held  `json:"free,omitempty"`  // released, yet to be told
	Release []Word  `json:"release,omitempty"`
	// Refusals are the newest words that the policy refused.
	Refusals []offboarding.Refusal `json:"refusals,omitempty"`
	Limits   Limits                `json:"limits"`
	// Recorded is whether words on the brake go into the record.
	Recorded bool `json:"recorded,omitempty"`
}

// Begun is one case that was let through: its run, and when, in seconds since
// 1970. It is short, because the state is carried over as a whole.
type Begun struct {
	Run string `json:"r"`
	At  int64  `json:"t"`
}

// Word is one person's word that what is held should go on.
type Word struct {
	By offboarding.Actor `json:"by"`
	At time.Time         `json:"at"`
}

// Held is one case that waits for its release.
type Held struct {
	CaseID string    `json:"case_id"`
	RunID  string    `json:"run_id"`
	Since  time.Time `json:"since"`
}

// Brake counts the cases that begin to cut, over all doors, and holds those
// beyond the limits until people release them. There is one in a namespace; it
// handles one question after the other, so that no number of simultaneous
// starts gets past it, and Temporal keeps its count through restarts.
func Brake(ctx workflow.Context, state BrakeState) error {
	// Cancelling the brake must not forget what it counted.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	b := &brake{BrakeState: state}
	if err := b.setup(ctx); err != nil {
		return err
	}
	for {
		b.keepMinutes(ctx)
		unkept := func() bool { return b.Recorded && !b.kept }
		err := workflow.Await(ctx, func() bool { return len(b.Free) > 0 || unkept() || b.long(ctx) })
		if err != nil {
			return err
		}
		b.letGo(ctx)
		if !b.long(ctx) {
			continue
		}
		if err := b.pause(ctx); err != nil {
			return err
		}
		return workflow.NewContinueAsNewError(ctx, BrakeType, b.BrakeState)
	}
}

// pause waits until nobody is being answered and all that was said is written, or
// in other hands: what would be said after that would be lost with this history.
func (b *brake) pause(ctx workflow.Context) error {
	for {
		if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
			return err
		}
		b.keepMinutes(ctx)
		if !b.kept || b.minutes.done() {
			return nil
		}
		if err := b.minutes.close(ctx); err != nil {
			return err
		}
	}
}

type brake struct {
	BrakeState
	minutes minutes
	kept    bool
}

// keepMinutes begins to write what is said once some case says that a record is
// kept.
func (b *brake) keepMinutes(ctx workflow.Context) {
	if b.Recorded && !b.kept {
		b.kept = true
		b.minutes.keep(ctx, true)
	}
}

// batch is how many cases are let go between two looks at the history's length.
const batch = 100

// maxHeld is how many cases are held by name; the others ask again by
// themselves. With the state's other parts that stays below the 2 MiB that
// Temporal carries over.
const (
	maxHeld  = 5000
	askAgain = 15 * time.Minute
)

// wordHolds is how long a word to release holds: the second person speaks of
// what the first one saw.
const wordHolds = time.Hour

// historyLimit keeps the brake's history far below the 50,000 events at which
// Temporal ends a run.
const historyLimit = 10_000

func (b *brake) long(ctx workflow.Context) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() > historyLimit
}

func (b *brake) setup(ctx workflow.Context) error {
	if err := workflow.SetQueryHandlerWithOptions(ctx, BrakeQuery, func() (BrakeState, error) { return b.BrakeState, nil },
		workflow.QueryHandlerOptions{Description: "what began, what is held"}); err != nil {
		return err
	}
	if err := workflow.SetUpdateHandlerWithOptions(ctx, AdmitUpdate, b.admit, workflow.UpdateHandlerOptions{
		Description: "may one more case begin to cut?",
	}); err != nil {
		return err
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, ReleaseUpdate, b.release, workflow.UpdateHandlerOptions{
		Validator: b.mayRelease, Description: "let the held cases go on",
	})
}

// admit answers one case. A case that was let through in the last day stays
// let through.
func (b *brake) admit(ctx workflow.Context, a Admission) (Admitted, error) {
	now := workflow.Now(ctx).UTC()
	b.Limits, b.Recorded = a.Limits, b.Recorded || a.Recorded
	b.Begun = slices.DeleteFunc(b.Begun, func(e Begun) bool { return now.Unix()-e.At >= int64(24*time.Hour/time.Second) })
	if a.Limits.IsZero() || slices.ContainsFunc(b.Begun, func(e Begun) bool { return e.Run == a.RunID }) {
		return Admitted{}, nil
	}
	why := b.full(now)
	if why == "" {
		b.Begun = append(b.Begun, Begun{Run: a.RunID, At: now.Unix()})
		return Admitted{}, nil
	}
	if slices.ContainsFunc(b.Held, func(h Held) bool { return h.RunID == a.RunID }) {
		return Admitted{Held: why}, nil
	}
	if len(b.Held) >= maxHeld {
		return Admitted{Held: why, Again: askAgain}, nil
	}
	b.Held = append(b.Held, Held{CaseID: a.CaseID, RunID: a.RunID, Since: now})
	return Admitted{Held: why}, nil
}

// full says which limit is reached.
func (b *brake) full(now time.Time) string {
	hour := 0
	for _, e := range b.Begun {
		if now.Unix()-e.At < int64(time.Hour/time.Second) {
			hour++
		}
	}
	switch l := b.Limits; {
	case l.PerHour > 0 && hour >= l.PerHour:
		return fmt.Sprintf("%d departures began in the last hour, and %d are allowed", hour, l.PerHour)
	case l.PerDay > 0 && len(b.Begun) >= l.PerDay:
		return fmt.Sprintf("%d departures began in the last day, and %d are allowed", len(b.Begun), l.PerDay)
	}
	return ""
}

func (b *brake) mayRelease(_ workflow.Context, r SteerRequest) error { return r.check() }

// Released says what came of a word on the brake.
type Released struct {
	// Missing is how many more people have to agree; zero: it is done.
	Missing int `json:"missing"`
	// Cases is how many were let go.
	Cases int `json:"cases"`
}

// release lets the cases go that were held when the first of enough different
// people said so. What came after that, nobody but the last of them can have
// seen; it is held on. The limits stay as they are.
func (b *brake) release(ctx workflow.Context, r SteerRequest) (Released, error) {
	if refusal, err := refusedBy(ctx, ActionRelease, r.By); err != nil {
		b.Refusals = keep(b.Refusals, refusal)
		b.minutes.refused(ctx, refusal)
		return Released{}, err
	}
	if len(b.Held) == 0 {
		return Released{}, temporal.NewNonRetryableApplicationError("no departure is held; there is nothing to release", "Usage", nil)
	}
	now := workflow.Now(ctx).UTC()
	b.Release = slices.DeleteFunc(b.Release, func(w Word) bool { return now.Sub(w.At) >= wordHolds })
	b.minutes.say(ctx, "release", r.By, r.Reason)
	if !slices.ContainsFunc(b.Release, func(w Word) bool { return w.By.Same(r.By) }) {
		b.Release = append(b.Release, Word{By: r.By, At: now})
	}
	if missing := b.Limits.releasers() - len(b.Release); missing > 0 {
		return Released{Missing: missing}, nil
	}
	seen := b.Release[0].At
	var held []Held
	n := 0
	for _, h := range b.Held {
		if h.Since.After(seen) {
			held = append(held, h)
			continue
		}
		n++
		b.Begun, b.Free = append(b.Begun, Begun{Run: h.RunID, At: now.Unix()}), append(b.Free, h)
	}
	b.Held, b.Release = held, nil
	return Released{Cases: n}, nil
}

// releasers are at least two people, whatever the configuration says.
func (l Limits) releasers() int { return max(l.Releasers, 2) }

// letGo tells the released cases. One that has ended meanwhile is gone.
func (b *brake) letGo(ctx workflow.Context) {
	n := min(len(b.Free), batch)
	told := make([]workflow.Future, 0, n)
	for _, h := range b.Free[:n] {
		told = append(told, workflow.SignalExternalWorkflow(ctx, h.CaseID, h.RunID, releasedSignal, nil))
	}
	b.Free = slices.Delete(b.Free, 0, n)
	for _, f := range told {
		_ = f.Get(ctx, nil)
	}
}
