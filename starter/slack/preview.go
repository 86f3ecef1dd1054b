package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"lastday/offboarding"
	"lastday/policy"
	"lastday/starter/cases"
)

const (
	inConfirm = "confirm"
	yes       = "yes"
	// actionBack leads from the plan back to the form.
	actionBack = "lastday.back"
)

// formSubmitted takes in the form and shows the plan. It starts nothing.
func (d *Door) formSubmitted(w who, v slack.View) any {
	f := fieldsOf(values{v.State})
	if wrong := f.check(); len(wrong) > 0 {
		return slack.NewErrorsViewSubmissionResponse(wrong)
	}
	answer, external := submitted(dialogTitle, "Looking up what they have in every system. This takes a few seconds …")
	s := &screen{door: d, who: w, external: external, view: v.ID, title: dialogTitle}
	return d.work(answer, inWhen, s, func(ctx context.Context) { d.preview(ctx, s, w, f) })
}

// preview looks up the plan and asks for a confirmation that names the person.
func (d *Door) preview(ctx context.Context, s *screen, w who, f fields) {
	actor, user, err := d.actor(ctx, w, policy.Request)
	if err != nil {
		s.say(ctx, notDone(err))
		return
	}
	dr := draft{User: w.user, Fields: f}
	// again leads back to the form, with what stood in it.
	again := func(text string) {
		text += "\n\nNothing was started."
		s.showOr(ctx, d.backView(dr, text), text)
	}
	if dr.Person, dr.Departure, err = d.departure(ctx, actor, f, user.TZ); err != nil {
		again(plainError(err))
		return
	}
	q := policy.Question{Action: policy.Request, Actor: actor, Departure: dr.Departure}
	if no := d.refused(q); no != "" {
		s.say(ctx, no)
		return
	}
	old, err := d.opt.Desk.Get(ctx, dr.Departure.Subject)
	switch {
	case errors.Is(err, cases.ErrNoCase):
	case err != nil:
		again(plainError(err))
		return
	case !old.State.Ended() && !d.may(seeing(actor, old)):
		s.say(ctx, unseenText)
		return
	case !old.State.Ended():
		s.say(ctx, fmt.Sprintf("%s has a case already: %s. It was asked for by %s. Nothing was started; see its message in the channel, or /offboard status %s.",
			dr.Person.label(), offboarding.Headline(old), old.Departure.RequestedBy, dr.Departure.Subject))
		return
	default:
		dr.Again, dr.After, dr.Told = true, old.ID, d.may(seeing(actor, old))
	}
	plan, err := d.opt.Desk.Plan(ctx, dr.Departure.Subject)
	if err != nil {
		again(plainError(err))
		return
	}
	facts := offboarding.FactsOf(plan.Systems)
	q.Plan = &facts
	if no := d.refused(q); no != "" {
		s.say(ctx, no)
		return
	}
	if plan.State.Ended() { // a protected person, or nobody that any system knows
		again(plan.Outcome)
		return
	}
	dr.Planned = true
	s.show(ctx, d.planView(dr, plan, d.opt.Policy.Rule(q), old))
}

// departure makes a departure of the form: people are looked up, times read,
// and all of it checked as for every door.
func (d *Door) departure(ctx context.Context, actor offboarding.Actor, f fields, zone string) (person, offboarding.Departure, error) {
	fail := func(err error) (person, offboarding.Departure, error) {
		return person{}, offboarding.Departure{}, err
	}
	m := mention{userID: f.User}
	if f.User == "" {
		email, err := offboarding.ParseSubject(f.Email)
		if err != nil {
			return fail(err)
		}
		m.email = email
	}
	found, err := d.find(ctx, m)
	if err != nil {
		return fail(err)
	}
	now := time.Now()
	out := offboarding.Departure{
		Subject: found[0].Subject, Urgent: f.Urgent, Reason: f.Reason, Partner: f.Partner, Note: f.Note,
		RequestedBy: actor, RequestedAt: now.UTC(),
	}
	if out.Kind, err = offboarding.ParseKind(f.Kind); err != nil {
		return fail(err)
	}
	if out.At, out.Zone, err = f.due(found[0], zone, now); err != nil {
		return fail(err)
	}
	if out.At.IsZero() {
		out.Zone = orElse(found[0].Zone, zone)
	}
	if f.Successor != "" {
		heir, err := d.people.personByID(ctx, f.Successor)
		if err != nil {
			return fail(fmt.Errorf("who takes over: %w", err))
		}
		out.Successor = heir.Subject
	}
	if _, err := offboarding.LoadZone(out.Zone); err != nil {
		out.Zone = ""
	}
	out = out.Tidy()
	return found[0], out, out.Check(now)
}

// planView shows what would happen, and asks.
func (d *Door) planView(dr draft, plan offboarding.Case, r offboarding.Ruling, old offboarding.Case) slack.ModalViewRequest {
	dep := dr.Departure
	blocks := []slack.Block{header("Check before you start"), section(strings.Join(summary(dr), "\n"))}
	if dr.Told {
		blocks = append(blocks, section("There was a case before: "+offboarding.Headline(old)+". This opens a new one."))
	}
	blocks = append(blocks, slack.NewDividerBlock(), section("What will be taken away:\n"+strings.Join(shorten(planLines(plan), 30), "\n")))
	if asks := askLines(plan); len(asks) > 0 {
		blocks = append(blocks, section("What will need a person:\n"+strings.Join(shorten(asks, 20), "\n")))
	}
	blocks = append(blocks, section(d.approvalText(r)))
	back := slack.NewButtonBlockElement(actionBack, "back", plain("Change something"))
	sure := option(yes, "Yes, take away the access of "+string(dep.Subject))
	sure.Description = plain(line(dr.Person.label()+", "+dueText(dep), 75))
	blocks = append(
		blocks, slack.NewActionBlock("back", back),
		input(inConfirm, "Is this the right person?", "", false, slack.NewCheckboxGroupsBlockElement(inputAction, sure)),
	)
	v := modal(dialogTitle, blocks)
	v.CallbackID, v.PrivateMetadata, v.Submit = callStart, d.keep(dr, time.Now()), plain("Start offboarding")
	return v
}

// summary is the request in words, one line each.
func summary(dr draft) []string {
	dep := dr.Departure
	out := []string{"Who: " + dr.Person.label(), "When: " + dueText(dep), "Why: " + kindNames[dep.Kind]}
	if dep.Reason != "" {
		out[2] += " – " + dep.Reason
	}
	if dep.Urgent {
		out = append(out, "Urgent: before all others")
	}
	if dep.Partner != "" {
		out = append(out, "Partner company: "+dep.Partner)
	}
	if dep.Successor != "" {
		out = append(out, "Taken over by: "+string(dep.Successor))
	}
	if dep.Note != "" {
		out = append(out, "Note: "+dep.Note)
	}
	for i := range out {
		out[i] = line(out[i], 600)
	}
	return out
}

func dueText(d offboarding.Departure) string {
	if d.At.IsZero() {
		return "at once"
	}
	return offboarding.In(d.At, d.Zone)
}

// planLines says what was found, a line a system.
func planLines(c offboarding.Case) []string {
	out := make([]string, 0, len(c.Systems))
	for _, s := range c.Systems {
		text := "• " + string(s.System) + ": " + offboarding.FoundText(s)
		if s.Account.Found && s.Account.Login != "" {
			text += " (" + s.Account.Login + ")"
		}
		out = append(out, line(text, 300))
	}
	return out
}

// askLines says what a person will be asked.
func askLines(c offboarding.Case) []string {
	var out []string
	for _, s := range c.Systems {
		p := offboarding.MakePlan(s, nil)
		for _, class := range p.Ask {
			out = append(out, fmt.Sprintf("• %s/%s: whether they may be removed", s.System, class))
		}
		for _, b := range p.Blind {
			out = append(out, line(fmt.Sprintf("• %s/%s cannot be looked at: %s", s.System, b.Class, b.Reason), 200))
		}
		for _, n := range s.Needs {
			out = append(out, line("• "+n.Target()+": "+n.What, 200))
		}
	}
	return out
}

// approvalText says who must agree before access is cut.
func (d *Door) approvalText(r offboarding.Ruling) string {
	if len(r.Approvals) == 0 {
		return "Nobody else has to agree."
	}
	out := []string{"Who must agree before access is cut:"}
	if r.Emergency {
		out[0] = "Access is stopped at once. Who must agree before anything final is done:"
	}
	for _, a := range r.Approvals {
		text := "• " + d.opt.Policy.Who(a) + " – rule " + a.Rule
		if a.Why != "" {
			text += ": " + a.Why
		}
		out = append(out, line(text, 300))
	}
	if r.Why != "" {
		out = append(out, line(r.Why, 300))
	}
	return strings.Join(shorten(out, 12), "\n")
}

// backView says what is wrong, with a way back to the form.
func (d *Door) backView(dr draft, text string) slack.ModalViewRequest {
	v := textView(dialogTitle, text)
	back := slack.NewButtonBlockElement(actionBack, "back", plain("Back to the form"))
	v.Blocks.BlockSet = append(v.Blocks.BlockSet, slack.NewActionBlock("back", back))
	v.PrivateMetadata = d.keep(draft{User: dr.User, Fields: dr.Fields}, time.Now())
	return v
}

// back shows the form again, with what stood in it.
func (d *Door) back(ctx context.Context, w who, viewID, metadata string) {
	s := &screen{door: d, who: w, view: viewID, title: dialogTitle}
	defer s.rescue(ctx)
	dr, ok := d.kept(metadata, w.user, time.Now())
	switch {
	case !ok:
		s.say(ctx, forgotten)
	case dr.spent:
		s.say(ctx, confirmedText(dr.Departure.Subject))
	default:
		s.show(ctx, formView(dr.Fields, ""))
	}
}

const forgotten = "This dialog is too old, or Lastday was set up anew since, and does nothing now. If you had confirmed it, look at /offboard status; if not, type /offboard again."
