package workflows

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
)

// lane is one system's way through the case.
type lane struct {
	offboarding.SystemCase
	c    *offboardCase
	from *lane // whose account names the person's login here; nil: none needed

	// behind is set once the lane has fallen behind the others: it then goes
	// its way alone, and nobody waits for it again.
	behind   bool
	fellOver error // what it fell behind with
	waits    bool  // for a person
	deadline time.Time
	// notBefore is when the vendor wants to be called again, limited what it said.
	notBefore time.Time
	limited   error
	// took counts the case's decisions that the lane has taken in.
	took int
	// asked is who was last looked for; read is how many systems had been
	// contained when the last reading began. Both tell whether it is too old.
	asked offboarding.Person
	read  int
	// knew is how many decisions there were when it was last read back.
	knew  int
	again bool                // the write under way was sent back, to ask again
	halt  workflow.CancelFunc // ends the write that is under way; nil if none is
}

// errBehind says that the system that knows the login here is late itself.
var errBehind = errors.New("waits for another system")

// errNoLogin says that nobody was found, but that only another system, which
// has not answered, knows the person's login here.
var errNoLogin = errors.New("nobody found without the login that another system knows")

// find asks who the person is in this system and what they hold; limit bounds
// it over all attempts.
func (l *lane) find(ctx workflow.Context, limit time.Duration) error {
	if err := l.awaitLogin(ctx); err != nil {
		return err
	}
	l.Stage, l.FoundAt = offboarding.Finding, time.Time{}
	l.forget()
	l.asked, l.read = l.c.person(), l.c.cuts
	var found activities.FindResult
	begun := workflow.Now(ctx)
	err := l.call(ctx, activities.Find, limit, "who is "+l.c.who()+", what do they hold?",
		activities.FindRequest{Person: l.asked}, &found)
	if err != nil {
		return err
	}
	if !found.Account.Found && l.from != nil && l.from.FoundAt.IsZero() {
		return errNoLogin
	}
	l.Met(found.Account, found.Inventory, spanOf(begun, workflow.Now(ctx)).within(found.At))
	l.judge()
	if found.Account.Protected != "" {
		l.c.haltWrites()
	}
	l.c.planChanged()
	l.askEarly(ctx)
	return nil
}

// awaitLogin waits for the system that knows the person's login in this one.
func (l *lane) awaitLogin(ctx workflow.Context) error {
	from := l.from
	if from == nil {
		return nil
	}
	answered := func() bool { return !from.FoundAt.IsZero() }
	if err := workflow.Await(ctx, func() bool { return answered() || from.behind }); err != nil {
		return err
	}
	if answered() {
		return nil
	}
	if !l.behind {
		return errBehind
	}
	// Alone: wait until the other has answered, itself waits for a person, or
	// was settled by one.
	return workflow.Await(ctx, func() bool {
		return answered() || from.waits || from.Stage == offboarding.Confirming
	})
}

// contain stops live use in this system, and again if it was read back as live.
func (l *lane) contain(ctx workflow.Context, limit time.Duration) error {
	if !l.ContainedAt.IsZero() {
		return nil
	}
	if !l.plan().Contain {
		l.ContainedAt = l.FoundAt
		return nil
	}
	l.Stage = offboarding.Containing
	at, err := l.write(ctx, activities.Contain, limit, "stop live use by "+offboarding.Shorten(l.Account.Login, 40), nil)
	if err != nil {
		return err
	}
	l.ContainedAt = at
	l.measure(ctx, ContainedTimer, at)
	l.c.cuts++
	return nil
}

// revoke ends what the plan says is to be ended and may still be there.
func (l *lane) revoke(ctx workflow.Context) error {
	grants := l.plan().Revoke
	if l.RevokedAt.IsZero() && len(grants) == 0 {
		l.RevokedAt = l.ContainedAt
		return nil
	}
	if grants = l.unproven(grants); len(grants) == 0 {
		return nil
	}
	l.Stage = offboarding.Revoking
	at, err := l.write(ctx, activities.Revoke, l.left(ctx), "end "+offboarding.CountText(grants), grants)
	if err != nil {
		return err
	}
	l.RevokedAt = at
	return nil
}

// observe reads the system back and grades what was seen.
func (l *lane) observe(ctx workflow.Context) error {
	l.Stage, l.read, l.knew = offboarding.Observing, l.c.cuts, len(l.c.Decisions)
	l.forget()
	var seen activities.ObserveResult
	begun := workflow.Now(ctx)
	err := l.call(ctx, activities.Observe, l.left(ctx), "is it gone?", activities.ObserveRequest{Account: l.Account}, &seen)
	if err != nil {
		return err
	}
	span := spanOf(begun, workflow.Now(ctx))
	for i, o := range seen.Readback.Observations {
		if !o.At.IsZero() { // which proves nothing, and must not begin to
			seen.Readback.Observations[i].At = span.within(o.At)
		}
	}
	l.Saw(seen.Readback)
	l.judge()
	if l.Verified() {
		l.ProvenAt = span.within(seen.At)
	}
	if l.live() {
		l.ContainedAt = time.Time{} // it was not, whatever the call answered
	}
	return nil
}

// call runs one activity, not before the vendor wants to be called again: an
// activity that gave up during that time must not be followed by another at once.
func (l *lane) call(ctx workflow.Context, v activities.Verb, limit time.Duration, summary string, in, out any) error {
	if l.notBefore.After(workflow.Now(ctx)) {
		if err := l.awaitVendor(ctx); err != nil {
			return err
		}
		limit = min(limit, l.left(ctx))
	}
	ctx = workflow.WithActivityOptions(ctx, systemOptions(l.System, v, l.c.Departure.Urgent, limit, summary))
	err := workflow.ExecuteActivity(ctx, activities.Name(l.System, v), in).Get(ctx, out)
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.NextRetryDelay() > 0 {
		l.notBefore, l.limited = workflow.Now(ctx).Add(app.NextRetryDelay()), err
	}
	return err
}

// awaitVendor waits until the vendor wants to be called again. If that is past
// the deadline, it waits until then and gives back the vendor's refusal.
func (l *lane) awaitVendor(ctx workflow.Context) error {
	until, tooLate := l.notBefore, l.notBefore.After(l.deadline)
	if tooLate {
		until = l.deadline
	}
	err := workflow.NewTimerWithOptions(ctx, until.Sub(workflow.Now(ctx)), workflow.TimerOptions{
		Summary: string(l.System) + ": the vendor limits its callers",
	}).Get(ctx, nil)
	if err == nil && tooLate {
		return l.limited
	}
	return err
}

func (l *lane) plan() offboarding.Plan { return offboarding.MakePlan(l.SystemCase, l.c.Decisions) }

func (l *lane) judge() { l.Verdicts = offboarding.Judge(l.SystemCase, l.c.Decisions) }

// forget drops what was read before a new reading begins.
func (l *lane) forget() {
	l.Forget()
	l.judge()
}

// live reports whether something that containing ends was read back as there.
func (l *lane) live() bool {
	return slices.ContainsFunc(l.Observations, func(o offboarding.Observation) bool {
		return slices.ContainsFunc(o.Present, func(g offboarding.Grant) bool { return g.Closes == offboarding.StepContain })
	})
}

// unproven leaves out the grants of classes that were read back as gone.
func (l *lane) unproven(grants []offboarding.Grant) []offboarding.Grant {
	closed := map[offboarding.Class]bool{}
	for _, v := range l.Verdicts {
		closed[v.Class] = v.Verified()
	}
	var out []offboarding.Grant
	for _, g := range grants {
		if !closed[g.Class] {
			out = append(out, g)
		}
	}
	return out
}

// left is the time until the deadline, at least long enough for one attempt.
func (l *lane) left(ctx workflow.Context) time.Duration {
	return max(l.deadline.Sub(workflow.Now(ctx)), 30*time.Second)
}

// final reports whether trying again without a person is pointless.
func final(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.NonRetryable()
}

// lost reports whether the account is no longer who it was taken for.
func lost(err error) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == activities.KindIdentity
}
