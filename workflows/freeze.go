package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
)

// SteerRequest is somebody's word on the brake or on the kill switch.
type SteerRequest struct {
	Reason string            `json:"reason"`
	By     offboarding.Actor `json:"by"`
}

func (r SteerRequest) check() error {
	switch {
	case strings.TrimSpace(r.Reason) == "" || r.By.IsZero():
		return errors.New("this needs a reason and the name of the person: --reason TEXT")
	case len(r.Reason) > 2000:
		return errors.New("the reason is longer than 2,000 characters")
	}
	return nil
}

// unfreezers is how many people it takes to let Lastday write again.
const unfreezers = 2

// Frozen is how the kill switch stands.
type Frozen struct {
	// Orders are who froze, and why; the first is the oldest.
	Orders []Order `json:"orders,omitempty"`
	// Agreed are those who want it to end, Refusals whom the policy refused.
	Agreed   []offboarding.Actor   `json:"agreed,omitempty"`
	Refusals []offboarding.Refusal `json:"refusals,omitempty"`
	EndedAt  time.Time             `json:"ended_at,omitzero"`
}

// Order is somebody's word to freeze.
type Order struct {
	By     offboarding.Actor `json:"by"`
	Reason string            `json:"reason"`
	At     time.Time         `json:"at"`
}

// Freeze is the kill switch: as long as its run is open, no system is written
// to. Every write asks Temporal's server for it, so that it holds from the
// moment it is started, with no worker's help. It ends when two people say so,
// or when the policy has refused everybody who asked for it.
func Freeze(ctx workflow.Context) (Frozen, error) {
	// Cancelling its run in Temporal is no word of two people.
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	f := &freeze{}
	if err := f.setup(ctx); err != nil {
		return Frozen{}, err
	}
	settings, err := readSettings(ctx, "")
	if err != nil {
		return Frozen{}, err
	}
	f.minutes.keep(ctx, settings.Recorded)
	// Who started it says so in an update, which follows at once; without one it
	// stays shut all the same.
	refused := func() bool { return f.judging == 0 && len(f.Orders) == 0 && len(f.Refusals) > 0 }
	if _, err := workflow.AwaitWithTimeout(ctx, time.Second, func() bool { return len(f.Orders) > 0 || refused() }); err != nil {
		return Frozen{}, err
	}
	if refused() {
		if err := f.settle(ctx); err != nil {
			return Frozen{}, err
		}
		if refused() {
			return f.Frozen, nil
		}
	}
	if settings.Tell {
		f.tell(ctx, false)
	}
	for {
		if err := workflow.Await(ctx, func() bool { return f.thawed() || refused() }); err != nil {
			return Frozen{}, err
		}
		f.EndedAt = workflow.Now(ctx).UTC()
		if settings.Tell {
			f.tell(ctx, true)
		}
		if err := f.settle(ctx); err != nil {
			return Frozen{}, err
		}
		if f.thawed() || refused() {
			return f.Frozen, nil
		}
		// Somebody has frozen again while the end was told and written.
		f.EndedAt = time.Time{}
		if settings.Tell {
			f.tell(ctx, false)
		}
	}
}

// thawed reports whether enough people have let it go on.
func (f *freeze) thawed() bool { return len(f.Agreed) >= unfreezers }

// settle waits until nobody is being answered and all that was said is written,
// or in other hands.
func (f *freeze) settle(ctx workflow.Context) error {
	for {
		if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
			return err
		}
		if f.minutes.done() {
			return nil
		}
		if err := f.minutes.close(ctx); err != nil {
			return err
		}
	}
}

type freeze struct {
	Frozen
	judging int // how many orders the policy is being asked about
	ref     string
	minutes minutes
}

func (f *freeze) setup(ctx workflow.Context) error {
	check := func(_ workflow.Context, r SteerRequest) error { return r.check() }
	return errors.Join(
		workflow.SetUpdateHandlerWithOptions(ctx, FreezeUpdate, f.freeze, workflow.UpdateHandlerOptions{
			Validator: check, Description: "write to no system any more",
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, UnfreezeUpdate, f.unfreeze, workflow.UpdateHandlerOptions{
			Validator: check, Description: "let Lastday write again",
		}),
	)
}

// freeze takes an order. One that the policy refuses ends nothing that somebody
// else has ordered.
func (f *freeze) freeze(ctx workflow.Context, r SteerRequest) (Frozen, error) {
	f.judging++
	defer func() { f.judging-- }()
	if refusal, err := refusedBy(ctx, ActionFreeze, r.By); err != nil {
		f.Refusals = keep(f.Refusals, refusal)
		f.minutes.refused(ctx, refusal)
		return f.Frozen, err
	}
	f.minutes.say(ctx, "freeze", r.By, r.Reason)
	f.Orders, f.Agreed = append(f.Orders, Order{By: r.By, Reason: r.Reason, At: workflow.Now(ctx).UTC()}), nil
	return f.Frozen, nil
}

func (f *freeze) unfreeze(ctx workflow.Context, r SteerRequest) (Frozen, error) {
	if refusal, err := refusedBy(ctx, ActionUnfreeze, r.By); err != nil {
		f.Refusals = keep(f.Refusals, refusal)
		f.minutes.refused(ctx, refusal)
		return f.Frozen, err
	}
	f.minutes.say(ctx, "unfreeze", r.By, r.Reason)
	f.Agreed = agreeing(f.Agreed, r.By)
	return f.Frozen, nil
}

// Missing is how many more people have to agree before it ends.
func (f Frozen) Missing() int { return max(unfreezers-len(f.Agreed), 0) }

// agreeing adds somebody who agrees; nobody counts twice.
func agreeing(before []offboarding.Actor, by offboarding.Actor) []offboarding.Actor {
	if slices.ContainsFunc(before, by.Same) {
		return before
	}
	return append(before, by)
}

// tell says in the channel that everything stands still, or goes on. A channel
// that cannot be reached changes nothing of that.
func (f *freeze) tell(ctx workflow.Context, last bool) {
	notice := offboarding.Notice{
		Headline: "FROZEN: Lastday takes nobody's access away",
		Facts: []string{
			f.ordered(),
			fmt.Sprintf("%d people let it go on: starter unfreeze --reason TEXT", unfreezers),
		},
	}
	if last {
		notice.Headline = "Lastday goes on: the freeze has ended"
		notice.Facts = []string{f.ordered(), "ended by " + names(f.Agreed)}
	}
	info := workflow.GetInfo(ctx)
	ctx = workflow.WithActivityOptions(ctx, tellOptions(time.Minute, "tell the channel of the freeze"))
	var told activities.Told
	err := workflow.ExecuteActivity(ctx, activities.Tell, activities.Telling{
		Key: info.WorkflowExecution.ID + " " + info.WorkflowExecution.RunID, Since: info.WorkflowStartTime.UTC(), Ref: f.ref, Doubt: last && f.ref == "",
		Last: last, Notice: notice,
	}).Get(ctx, &told)
	if err == nil {
		f.ref = told.Ref
	}
}

// ordered says who froze and why.
func (f *freeze) ordered() string {
	if len(f.Orders) == 0 {
		return "frozen after a restore, or by somebody whose name has not come through yet"
	}
	return fmt.Sprintf("frozen by %s: %s", f.Orders[0].By, f.Orders[0].Reason)
}

func names(people []offboarding.Actor) string {
	out := make([]string, 0, len(people))
	for _, p := range people {
		out = append(out, p.String())
	}
	slices.Sort(out)
	return strings.Join(out, " and ")
}
