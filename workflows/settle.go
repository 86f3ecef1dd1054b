package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// settle revokes and observes until every class of the system is shown to be
// gone or decided by a person. Its only error is a cancelled case.
func (l *lane) settle(ctx workflow.Context) error {
	for round := 0; ; round++ {
		if !l.insist(ctx, func() error { return l.cutAndLook(ctx) }) {
			return ctx.Err()
		}
		if l.Settled() {
			break
		}
		if err := l.hold(ctx, round); err != nil {
			return err
		}
		if l.Settled() {
			break
		}
	}
	if !l.ProvenAt.IsZero() && l.Account.Found {
		l.measure(ctx, ProvenTimer, l.ProvenAt)
	}
	l.through()
	return nil
}

// cutAndLook is one round: contain where it is live, revoke what may be left,
// read back. Where nobody is, there is nothing to cut.
func (l *lane) cutAndLook(ctx workflow.Context) error {
	if !l.Account.Found {
		l.ProvenAt = l.FoundAt
		return nil
	}
	if err := l.contain(ctx, l.left(ctx)); err != nil {
		return err
	}
	if err := l.revoke(ctx); err != nil {
		return err
	}
	return l.observe(ctx)
}

// through notes that the system is settled. Where others are not, whoever is
// asked something there sees it in the message; the end tells the rest.
func (l *lane) through() {
	l.Needs, l.Stage = nil, offboarding.Confirming
	l.c.publish()
	switch {
	case len(l.c.view().Needs()) > 0:
		l.c.teller.tell(l.c)
	case slices.ContainsFunc(l.c.lanes, func(o *lane) bool { return o.Stage != offboarding.Confirming }):
		l.c.teller.tellIfSlow(l.c)
	}
}

// hold waits before the next look: a moment while the vendor may be catching
// up, or for a person where nothing else helps.
func (l *lane) hold(ctx workflow.Context, round int) error {
	before := l.Needs
	l.Needs = l.openQuestions(ctx)
	patient := len(l.Needs) < l.open()
	decided := func() bool { return l.c.spokeOf(l.System, l.took) }
	l.waits = !patient
	if !patient || !slices.Equal(before, l.Needs) {
		l.c.needsPerson()
	}
	var err error
	if patient {
		_, err = workflow.AwaitWithOptions(ctx, workflow.AwaitOptions{
			Timeout: pause(round), TimerOptions: workflow.TimerOptions{Summary: string(l.System) + ": look again"},
		}, decided)
	} else {
		err = workflow.Await(ctx, decided)
	}
	l.waits = false
	l.heard(ctx)
	l.c.publish()
	return err
}

// open counts the classes that are not settled.
func (l *lane) open() int {
	n := 0
	for _, v := range l.Verdicts {
		if !v.Settled() {
			n++
		}
	}
	return n
}

// openQuestions are the open classes that only a person can close: those set
// to ask, those out of sight, and after the deadline all that is open.
func (l *lane) openQuestions(ctx workflow.Context) []offboarding.Need {
	late := !workflow.Now(ctx).Before(l.deadline)
	asks := l.plan().Ask
	var out []offboarding.Need
	for _, v := range l.Verdicts {
		need := offboarding.Need{System: l.System, Class: v.Class, Since: workflow.Now(ctx).UTC()}
		target := fmt.Sprintf("%s/%s", l.System, v.Class)
		switch {
		case v.Settled():
			continue
		case l.contradicted(v.Class):
			need.What = v.Note + "; remove it and attest again, decide retry to have it removed, or waive"
		case slices.Contains(asks, v.Class):
			need.What = askText(l.SystemCase, v.Class)
		case l.blind(v.Class):
			need.What = "cannot be read back: " + v.Note + "; mend it and decide retry, or look yourself and attest"
		case late:
			need.What = fmt.Sprintf("not shown to be gone by the deadline (%s); look at %s and decide retry, attest or waive", v.Note, target)
		default:
			continue
		}
		out = append(out, need)
	}
	if len(l.Verdicts) == 0 {
		out = append(out, offboarding.Need{
			System: l.System, Since: workflow.Now(ctx).UTC(),
			What: "the system spoke of no access at all; look at the connector's configuration and decide retry, or look yourself and attest",
		})
	}
	return keepSince(out, l.Needs)
}

// contradicted reports whether somebody's word on the class stands against what
// was read after it.
func (l *lane) contradicted(class offboarding.Class) bool {
	for _, d := range slices.Backward(l.c.Decisions[:l.knew]) {
		if d.System == l.System && (d.Class == "" || d.Class == class) {
			return d.Verb == offboarding.Attest && slices.ContainsFunc(l.Observations, func(o offboarding.Observation) bool {
				return o.Class == class && o.Sight == offboarding.Present
			})
		}
	}
	return false
}

// keepSince keeps the time at which a question was first asked.
func keepSince(now, before []offboarding.Need) []offboarding.Need {
	for i, n := range now {
		for _, b := range before {
			if b.System == n.System && b.Class == n.Class {
				now[i].Since = b.Since
			}
		}
	}
	return now
}

func askText(s offboarding.SystemCase, class offboarding.Class) string {
	var labels []string
	for _, g := range s.Grants {
		if g.Class == class {
			labels = append(labels, g.Label)
		}
	}
	return fmt.Sprintf("machines may depend on %d %s (%s); decide retry to remove, attest if you have replaced them, or waive",
		len(labels), class, offboarding.Shorten(strings.Join(labels, ", "), 200))
}

func (l *lane) blind(class offboarding.Class) bool {
	return slices.ContainsFunc(l.Observations, func(o offboarding.Observation) bool {
		return o.Class == class && o.Sight == offboarding.Blind
	})
}

// askEarly raises the questions that are known as soon as the inventory is, so
// that a person can answer before the case's time has come.
func (l *lane) askEarly(ctx workflow.Context) {
	l.Needs = nil
	for _, class := range l.plan().Ask {
		l.Needs = append(l.Needs, offboarding.Need{
			System: l.System, Class: class, Since: workflow.Now(ctx).UTC(), What: askText(l.SystemCase, class),
		})
	}
}

// ask puts an error before a person and waits for their word on the system. It
// is true when they said to try again, false when the system is settled by
// their word or the case was cancelled.
func (l *lane) ask(ctx workflow.Context, err error) bool {
	l.Needs = []offboarding.Need{{System: l.System, Since: workflow.Now(ctx).UTC(), What: l.errorText(err)}}
	l.waits = true
	l.c.needsPerson()
	defer func() {
		l.waits = false
		l.c.publish()
	}()
	for {
		// The system that knows the login here answers as well as a person does.
		answered := func() bool { return errors.Is(err, errNoLogin) && !l.from.FoundAt.IsZero() }
		if workflow.Await(ctx, func() bool { return l.c.spokeOf(l.System, l.took) || answered() }) != nil {
			return false
		}
		again := l.heard(ctx) || answered()
		switch {
		case l.Settled():
			l.waits = false
			l.through()
			return false
		case again:
			l.Needs = nil
			return true
		}
	}
}

// heard takes in the decisions that came since it last did; it is true if one
// of them says to try again, which also gives the system a new deadline.
func (l *lane) heard(ctx workflow.Context) bool {
	again := false
	for _, d := range l.c.Decisions[l.took:] {
		again = again || (d.System == l.System && d.Verb == offboarding.Retry)
	}
	l.took = len(l.c.Decisions)
	if again {
		l.deadline = workflow.Now(ctx).Add(l.c.settings.Deadline)
		l.callAtOnce(ctx)
	}
	l.judge()
	return again
}

// callAtOnce drops the time before which the vendor does not want to be called:
// a person who says to try again knows more than its last answer. One call is
// the worst of it, since a vendor that still limits says so again. Cases that
// waited there before this was so go on as they did.
func (l *lane) callAtOnce(ctx workflow.Context) {
	if !l.notBefore.After(workflow.Now(ctx)) {
		return
	}
	if workflow.GetVersion(ctx, "retry-calls-at-once", workflow.DefaultVersion, 1) != workflow.DefaultVersion {
		l.notBefore, l.limited = time.Time{}, nil
	}
}

// errorText is what a person reads of what holds up the system.
func (l *lane) errorText(err error) string {
	switch {
	case errors.Is(err, errBehind):
		return fmt.Sprintf("waits for %s, which knows the person's login here", l.from.System)
	case errors.Is(err, errNoLogin):
		return fmt.Sprintf("nobody was found, but %s, which knows the login here, has not answered: mend %s and this goes on by itself, or look yourself and attest",
			l.from.System, l.from.System)
	}
	return errorText(err)
}

// errorText is what a person reads of an error: the connector's own words.
func errorText(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		if app.NonRetryable() {
			return app.Message()
		}
		return app.Message() + "; tried until the deadline: mend it and decide retry, or look yourself and attest"
	}
	return "no answer until the deadline: is a worker for this system running? Then decide retry, or look yourself and attest"
}
