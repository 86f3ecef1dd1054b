package slack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"lastday/offboarding"
	"lastday/policy"
	"lastday/starter/cases"
)

// confirmed takes in the confirmation. It is the only way in this door to start
// a case: a draft whose plan was shown, confirmed by whoever it was shown to,
// once.
func (d *Door) confirmed(w who, v slack.View) any {
	if !(values{v.State}).ticked(inConfirm, yes) {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{inConfirm: "Tick this to confirm, or close the dialog."})
	}
	id := v.PrivateMetadata
	dr, ok := d.drafts.take(id, w.user, time.Now())
	if !ok || !dr.planned {
		view := textView(dialogTitle, forgotten)
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	answer, external := submitted(dialogTitle, "Starting …")
	s := &screen{door: d, who: w, external: external, view: v.ID, title: dialogTitle}
	if !d.queue.add(func(ctx context.Context) { d.start(ctx, s, w, id, dr) }) {
		d.drafts.set(id, dr, time.Now())
		return slack.NewErrorsViewSubmissionResponse(map[string]string{inConfirm: errBusy.Error()})
	}
	return answer
}

// startWithin is how long somebody waits to hear that it has begun.
const startWithin = 25 * time.Second

// start starts the case that was confirmed. All is checked once more: hours may
// have passed since the plan was shown.
func (d *Door) start(ctx context.Context, s *screen, w who, id string, dr draft) {
	ctx, cancel := context.WithTimeout(ctx, startWithin+10*time.Second) // the rest is for telling
	defer cancel()
	actor, _, err := d.people.actor(ctx, w)
	if err != nil {
		s.say(ctx, plainError(err))
		return
	}
	dep := dr.departure
	dep.RequestedBy, dep.RequestedAt, dep.RequestID = actor, time.Now().UTC(), "slack:"+id
	if err := dep.Check(time.Now()); err != nil {
		s.show(ctx, d.backView(dr, err.Error()+"\n\nNothing was started."))
		return
	}
	if no := d.refused(policy.Question{Action: policy.Request, Actor: actor, Departure: dep}); no != "" {
		s.say(ctx, no)
		return
	}
	call, stop := context.WithTimeout(ctx, startWithin)
	defer stop()
	// A question first: where Temporal does not answer it, nothing was started
	// for certain.
	if _, err := d.opt.Desk.Get(call, dep.Subject); err != nil && !errors.Is(err, cases.ErrNoCase) {
		s.show(ctx, d.backView(dr, plainError(err)+"\n\nNothing was started."))
		return
	}
	started, err := d.opt.Desk.Offboard(call, dep, dr.again)
	switch {
	case err != nil && started.CaseID == "" && certain(err):
		s.show(ctx, d.backView(dr, plainError(err)+"\n\nNothing was started."))
	case err != nil && started.CaseID == "":
		s.say(ctx, fmt.Sprintf("%s\n\nIt is not certain whether the case has begun. /offboard status %s shows it; asking for it again does no harm, a person has one case.", plainError(err), dep.Subject))
	case started.Joined:
		s.say(ctx, fmt.Sprintf("%s had a case already, asked for by %s. It stays as it is; your request changed nothing.", dr.person.label(), started.Departure.RequestedBy))
	default:
		s.say(ctx, fmt.Sprintf("Started: the offboarding of %s, %s. Its message in the channel shows how it goes, and /offboard status %s.", dr.person.label(), dueText(dep), dep.Subject))
	}
}

// certain reports whether an error says that nothing was started. After a
// deadline nobody knows.
func certain(err error) bool {
	return errors.Is(err, offboarding.ErrEnded)
}
