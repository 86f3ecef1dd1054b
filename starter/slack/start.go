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
	dr, ok := d.kept(v.PrivateMetadata, w.user, time.Now())
	text := ""
	switch {
	case !ok || !dr.Planned:
		text = forgotten
	case !d.drafts.take(dr):
		text = confirmedText(dr.Departure.Subject)
	}
	if text != "" {
		view := textView(dialogTitle, text)
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	answer, external := submitted(dialogTitle, "Starting …")
	s := &screen{door: d, who: w, external: external, view: v.ID, title: dialogTitle, about: dr.Departure.Subject}
	added := d.queue.add(func(ctx context.Context) {
		defer s.rescue(ctx)
		d.start(ctx, s, w, dr)
	})
	if !added {
		d.drafts.put(dr)
		return slack.NewErrorsViewSubmissionResponse(map[string]string{inConfirm: errBusy.Error()})
	}
	return answer
}

// confirmedText answers a confirmation that comes twice: Slack offers to send it
// again where its answer was lost on the way.
func confirmedText(who offboarding.Subject) string {
	return fmt.Sprintf("You have confirmed this already; see /offboard status %s.", who)
}

// notByThis is said of one confirmation: an earlier one of the same dialog, of
// which the answer was lost, may have begun something.
const notByThis = "Nothing was started by this confirmation."

// startWithin is how long somebody waits to hear that it has begun.
const startWithin = 25 * time.Second

// start starts the case that was confirmed. All is checked once more: hours may
// have passed since the plan was shown.
func (d *Door) start(ctx context.Context, s *screen, w who, dr draft) {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	actor, _, err := d.actorNow(ctx, w, policy.Request)
	if err != nil {
		s.say(ctx, plainError(err)+"\n\n"+notByThis)
		return
	}
	again := func(text string) {
		text += "\n\n" + notByThis
		s.showOr(ctx, d.backView(dr, text), text)
	}
	dep := dr.Departure
	dep.RequestedBy, dep.RequestedAt, dep.RequestID = actor, time.Now().UTC(), "slack:"+dr.ID
	if err := dep.Check(time.Now()); err != nil {
		again(err.Error())
		return
	}
	if no := d.refused(policy.Question{Action: policy.Request, Actor: actor, Departure: dep}); no != "" {
		s.say(ctx, no)
		return
	}
	// A question first: where Temporal does not answer it, nothing was started
	// for certain.
	last, err := d.opt.Desk.Get(ctx, dep.Subject)
	switch {
	case errors.Is(err, cases.ErrNoCase):
	case err != nil:
		again(plainError(err))
		return
	case last.Departure.RequestID == dep.RequestID: // to another process, or before a restart
		s.say(ctx, confirmedText(dep.Subject))
		return
	case overtaken(dr, last) && !d.may(seeing(actor, last)):
		s.say(ctx, unseenText)
		return
	case overtaken(dr, last):
		again("Another case has ended since the plan was shown: " + offboarding.Headline(last) + ". Look at the plan as it is now.")
		return
	}
	started, err := d.opt.Desk.Offboard(ctx, dep, dr.Again)
	switch {
	case err != nil:
		d.notStarted(ctx, s, dr, dep, started, err)
	case started.Joined:
		s.say(ctx, d.joinedText(ctx, dr, actor, started))
	default:
		s.say(ctx, fmt.Sprintf("Started: the offboarding of %s, %s. Its message in the channel shows how it goes, and /offboard status %s.", dr.Person.label(), dueText(dep), dep.Subject))
	}
}

// overtaken reports whether a case that the plan did not tell of has begun and
// ended since. One that was refused to somebody else is none.
func overtaken(dr draft, last offboarding.Case) bool {
	return last.State.Ended() && last.State != offboarding.Refused && last.ID != dr.After
}

// notStarted says what is known after an error: that nothing was started, that
// some case runs, or neither.
func (d *Door) notStarted(ctx context.Context, s *screen, dr draft, dep offboarding.Departure, started cases.Started, err error) {
	d.opt.Log.Warn("a start did not end well", "request", dep.RequestID, "case", caseTag(dep.Subject), "error", kindOf(err))
	by := dep.RequestedBy
	switch {
	case started.CaseID != "" && d.may(seeing(by, offboarding.Case{Departure: dep})):
		s.say(ctx, fmt.Sprintf("A case of %s runs. It is not known whether your request started it, or somebody else's did before: look at /offboard status %s.", dr.Person.label(), dep.Subject))
	case started.CaseID != "" || !certainlyNot(err):
		s.say(ctx, fmt.Sprintf("It is not certain whether the case has begun: there was no clear answer. Look at /offboard status %s. Asking for it again does no harm: a person has one case.", dep.Subject))
	case errors.Is(err, offboarding.ErrEnded) && !d.mayTell(ctx, by, dep.Subject):
		s.say(ctx, unseenText)
	case errors.Is(err, offboarding.ErrEnded):
		s.say(ctx, "Nothing was started: "+endedText(dep.Subject))
	default:
		text := plainError(err) + "\n\nNothing was started."
		s.showOr(ctx, d.backView(dr, text), text)
	}
}

// unseenText is all that somebody hears of a case that they may not see.
const unseenText = "Nothing was started; there may be a case already: ask HR."

// mayTell reports whether somebody may hear of the person's case. Where it
// cannot be read they may not.
func (d *Door) mayTell(ctx context.Context, by offboarding.Actor, who offboarding.Subject) bool {
	c, err := d.opt.Desk.Get(ctx, who)
	return err == nil && d.may(seeing(by, c))
}

func (d *Door) joinedText(ctx context.Context, dr draft, by offboarding.Actor, started cases.Started) string {
	if !d.mayTell(ctx, by, dr.Departure.Subject) {
		return unseenText
	}
	return fmt.Sprintf("%s had a case already, asked for by %s. It stays as it is; your request changed nothing.", dr.Person.label(), started.Departure.RequestedBy)
}
