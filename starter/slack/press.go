package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	door "lastday/activities/slack"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/starter/cases"
)

// interaction takes in a press or a submit. What it gives back is the answer of
// the first three seconds.
func (d *Door) interaction(c slack.InteractionCallback) any {
	w := actorOf(c)
	switch c.Type {
	case slack.InteractionTypeBlockActions:
		return d.pressed(w, c)
	case slack.InteractionTypeViewSubmission:
		switch c.View.CallbackID {
		case callPick:
			return d.picked(w, c.View)
		case callForm:
			return d.formSubmitted(w, c.View)
		case callStart:
			return d.confirmed(w, c.View)
		case callAct:
			return d.actSubmitted(w, c.View)
		}
	default: // of a kind that the app has not asked for
	}
	return nil
}

// actorOf is who acts. Where the app is installed to a whole organisation Slack
// leaves the team out, and names that of the user only.
func actorOf(c slack.InteractionCallback) who {
	return who{user: c.User.ID, team: orElse(c.Team.ID, c.User.TeamID), enterprise: c.Enterprise.ID}
}

// pressed takes in a button of a message, of the home, or of a dialog.
func (d *Door) pressed(w who, c slack.InteractionCallback) any {
	for _, a := range c.ActionCallback.BlockActions {
		if a == nil {
			continue
		}
		value := a.Value
		var job func(context.Context)
		switch {
		case strings.HasPrefix(a.ActionID, door.ButtonPrefix):
			job = func(ctx context.Context) { d.press(ctx, w, value, c.TriggerID, c.ResponseURL) }
		case a.ActionID == actionBack:
			job = func(ctx context.Context) { d.back(ctx, w, c.View.ID, c.View.PrivateMetadata) }
		case a.ActionID == actionRefresh:
			if !d.looks.add(w.user, homeLook, func(ctx context.Context) { d.home(ctx, w, c.TriggerID) }) {
				d.tooBusy(w, c.TriggerID, c.ResponseURL)
			}
			return nil
		case a.ActionID == actionOpen:
			job = func(ctx context.Context) { d.offboard(ctx, w, order{}, c.TriggerID, "") }
		default:
			continue
		}
		if !d.queue.add(job) {
			d.tooBusy(w, c.TriggerID, c.ResponseURL)
		}
		return nil // a press is one action
	}
	return nil
}

// tooBusy tells it beside the queue, which has no room: in a line, or, for a
// press on the home, in a dialog.
func (d *Door) tooBusy(w who, trigger, response string) {
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), openWithin)
		defer cancel()
		(&screen{door: d, who: w, trigger: trigger, response: response, title: "Lastday"}).say(ctx, errBusy.Error())
	}()
}

// press answers a button of a case: with a dialog for what it needs to know, or,
// where it needs nothing, by doing it. Anybody in the channel can press.
func (d *Door) press(ctx context.Context, w who, token, trigger, response string) {
	p, caseID, err := offboarding.ParseToken(token)
	s := d.opening(ctx, w, trigger, response, titleOf(p.Do))
	s.about, _ = offboarding.CaseSubject(caseID)
	defer s.rescue(ctx)
	if err != nil {
		s.say(ctx, err.Error())
		return
	}
	resolve := d.actor
	if p.Do == offboarding.ActExpedite { // it is done at once
		resolve = d.actorNow
	}
	actor, user, err := resolve(ctx, w, actions[p.Do])
	if err != nil {
		s.say(ctx, notDone(err))
		return
	}
	c, err := d.caseNow(ctx, p, caseID)
	if err == nil {
		err = d.mayAct(p, actor, c)
	}
	switch {
	case err != nil:
		s.say(ctx, plainError(err))
	case p.Do == offboarding.ActExpedite:
		d.do(ctx, s, actor, c, p, change{id: "press " + trigger})
	default:
		s.show(ctx, actView(p, c, user.TZ))
	}
}

// caseNow reads the case that a button is of, and refuses what it does not take
// any more.
func (d *Door) caseNow(ctx context.Context, p offboarding.Possible, caseID string) (offboarding.Case, error) {
	subject, err := offboarding.CaseSubject(caseID)
	if err != nil {
		return offboarding.Case{}, err
	}
	c, err := d.opt.Desk.Get(ctx, subject)
	switch {
	case errors.Is(err, cases.ErrNoCase):
		return c, fmt.Errorf("there is no case of %s any more; nothing was done", subject)
	case err != nil:
		return c, fmt.Errorf("%w. Nothing was changed", err)
	case c.ID != caseID:
		return c, fmt.Errorf("this message is of an earlier case of %s; the newer one has its own. Nothing was done", subject)
	case !takes(c, p):
		return c, fmt.Errorf("it is too late for that: %s. Nothing more was done", offboarding.Headline(c))
	}
	return c, nil
}

// takes reports whether the case takes the act now.
func takes(c offboarding.Case, p offboarding.Possible) bool {
	possible := offboarding.PossibleActs(c)
	if slices.Contains(possible, p) {
		return true
	}
	// Where there are many needs the message has one button for all of them.
	return verbOf(string(p.Do)) != "" && slices.ContainsFunc(c.Needs(), func(n offboarding.Need) bool { return n.Target() == p.Target })
}

// actions are what the policy calls the acts.
var actions = map[offboarding.Act]policy.Action{
	offboarding.ActApprove: policy.Approve, offboarding.ActReject: policy.Approve, offboarding.ActRelease: policy.Release,
	offboarding.ActExpedite: policy.Expedite, offboarding.ActReschedule: policy.Reschedule, offboarding.ActCancel: policy.Cancel,
	offboarding.ActRetry: policy.Decide, offboarding.ActAttest: policy.Decide, offboarding.ActWaive: policy.Decide,
	offboarding.ActDecide: policy.Decide,
}

// mayAct refuses, in words that name the rule, what the case's workflow would
// refuse too: better before somebody has written a reason than after.
func (d *Door) mayAct(p offboarding.Possible, by offboarding.Actor, c offboarding.Case) error {
	facts := offboarding.FactsOf(c.Systems)
	q := policy.Question{Action: actions[p.Do], Actor: by, Departure: c.Departure, Plan: &facts}
	if q.Action == policy.Release {
		q.Departure, q.Plan = offboarding.Departure{}, nil
	}
	if no := d.refused(q); no != "" {
		return errors.New(no)
	}
	if p.Do != offboarding.ActApprove && p.Do != offboarding.ActReject {
		return nil
	}
	if rule, why := notAnApprover(by, c); rule != "" {
		no := d.refuse(c.Departure.Subject, offboarding.Refusal{By: by, Action: string(p.Do), Rule: rule, Why: why})
		return errors.New(no)
	}
	return nil
}

// notAnApprover says why somebody's word would not count.
func notAnApprover(by offboarding.Actor, c offboarding.Case) (rule, why string) {
	missing := offboarding.Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure)
	switch {
	case by.Is(c.Departure.Subject):
		return "own-case", "the person who leaves does not decide on their own case"
	case by.Same(c.Departure.RequestedBy):
		return "own-request", "whoever asked for it cannot agree to it; somebody else has to"
	case slices.ContainsFunc(c.Approvals, func(a offboarding.Approval) bool { return a.Plan == c.Plan && a.By.Same(by) }):
		return "once-each", "you have answered already; somebody else has to agree"
	case !slices.ContainsFunc(missing, func(r offboarding.Requirement) bool { return by.InAny(r.Members) }):
		wants := make([]string, 0, len(missing))
		for _, r := range missing {
			wants = append(wants, r.Text())
		}
		return "not-an-approver", "the case waits for " + strings.Join(wants, " and ")
	}
	return "", ""
}
