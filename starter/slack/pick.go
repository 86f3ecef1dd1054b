package slack

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"lastday/policy"
)

const inPick = "pick"

// pickView asks which of several people is meant.
func (d *Door) pickView(w who, fitting []person, f fields) slack.ModalViewRequest {
	options := make([]*slack.OptionBlockObject, 0, len(fitting))
	for _, p := range fitting {
		o := option(p.UserID, p.Name)
		o.Description = plain(line(string(p.Subject), 75))
		options = append(options, o)
	}
	v := modal(dialogTitle, []slack.Block{
		section("More than one person has that name. Who is meant?"),
		input(inPick, "Person", "", false, radioInput(options, "")),
	})
	v.CallbackID, v.Submit = callPick, plain("Next")
	v.PrivateMetadata = d.keep(draft{User: w.user, Fields: f}, time.Now())
	return v
}

// picked takes in who is meant.
func (d *Door) picked(w who, v slack.View) any {
	chosen := values{v.State}.choice(inPick)
	if chosen == "" {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{inPick: "Choose one."})
	}
	kept, ok := d.kept(v.PrivateMetadata, w.user, time.Now())
	if !ok {
		view := textView(dialogTitle, forgotten)
		return slack.NewUpdateViewSubmissionResponse(&view)
	}
	answer, external := submitted(dialogTitle, "One moment …")
	s := &screen{door: d, who: w, external: external, view: v.ID, title: dialogTitle}
	return d.work(answer, inPick, s, func(ctx context.Context) {
		actor, user, err := d.actor(ctx, w, policy.Request)
		if err != nil {
			s.say(ctx, plainError(err))
			return
		}
		p, err := d.people.personByID(ctx, chosen)
		if err != nil {
			s.say(ctx, plainError(err))
			return
		}
		d.showForm(ctx, s, actor, p, kept.Fields, user.TZ)
	})
}

// work answers a submit, and works on it after that; where there is no room, the
// input says so. If the job breaks its screen says so.
func (d *Door) work(answer any, block string, s *screen, job func(context.Context)) any {
	ok := d.queue.add(func(ctx context.Context) {
		defer s.rescue(ctx)
		job(ctx)
	})
	if !ok {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{block: errBusy.Error()})
	}
	return answer
}
