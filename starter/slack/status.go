package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"lastday/offboarding"
	"lastday/policy"
	"lastday/starter/cases"
)

// maxListed is how many cases a list or the home looks at.
const maxListed = 200

// status tells one person how a case stands.
func (d *Door) status(ctx context.Context, w who, m mention, response string) {
	s := &screen{door: d, who: w, response: response}
	actor, _, err := d.people.actor(ctx, w)
	if err != nil {
		s.say(ctx, plainError(err))
		return
	}
	fitting, err := d.find(ctx, m)
	switch {
	case err != nil:
		s.say(ctx, plainError(err))
		return
	case len(fitting) == 0:
		s.say(ctx, fmt.Sprintf("Nobody here is called %q. Give the work e-mail.", m.name))
		return
	case len(fitting) > 1:
		s.say(ctx, whichOf(fitting))
		return
	}
	c, err := d.opt.Desk.Get(ctx, fitting[0].Subject)
	// Who may not see a case is not told either that there is none.
	if errors.Is(err, cases.ErrNoCase) {
		c, err = offboarding.Case{Departure: offboarding.Departure{Subject: fitting[0].Subject}}, nil
	}
	if err != nil {
		s.say(ctx, plainError(err))
		return
	}
	if no := d.refused(seeing(actor, c)); no != "" {
		s.say(ctx, no)
		return
	}
	if c.ID == "" {
		s.say(ctx, fmt.Sprintf("There is no case of %s.", fitting[0].label()))
		return
	}
	s.say(ctx, caseText(c))
}

func whichOf(fitting []person) string {
	out := []string{"More than one person has that name. Type one of these:"}
	for _, p := range fitting {
		out = append(out, fmt.Sprintf("/offboard status %s – %s", p.Subject, p.Name))
	}
	return strings.Join(out, "\n")
}

// seeing asks whether the actor may see the case.
func seeing(by offboarding.Actor, c offboarding.Case) policy.Question {
	q := policy.Question{Action: policy.See, Actor: by, Departure: c.Departure}
	if len(c.Systems) > 0 {
		facts := offboarding.FactsOf(c.Systems)
		q.Plan = &facts
	}
	return q
}

// may is refused without a trace: a list leaves out what somebody may not see.
func (d *Door) may(q policy.Question) bool { return d.opt.Policy.Rule(q).Refused == "" }

// caseText is a case as its message shows it, as text.
func caseText(c offboarding.Case) string {
	n := offboarding.NoticeOf(c)
	out := append([]string{n.Headline}, n.Facts...)
	for _, l := range n.Lines {
		out = append(out, line(fmt.Sprintf("%s: %s", l.System, l.Text), 800))
	}
	for _, r := range n.Remains {
		out = append(out, line("remains: "+r, 800))
	}
	if n.Footer != "" {
		out = append(out, n.Footer)
	}
	return strings.Join(shorten(out, 80), "\n")
}

// list tells one person all cases that they may see.
func (d *Door) list(ctx context.Context, w who, response string) {
	s := &screen{door: d, who: w, response: response}
	actor, _, err := d.people.actor(ctx, w)
	if err != nil {
		s.say(ctx, plainError(err))
		return
	}
	// Whoever may see nothing at all is told which rule says so.
	if no := d.never(policy.Question{Action: policy.See, Actor: actor}); no != "" {
		s.say(ctx, no)
		return
	}
	all, err := d.visible(ctx, actor)
	switch {
	case err != nil:
		s.say(ctx, plainError(err))
		return
	case len(all) == 0:
		s.say(ctx, "There is no case that you may see.")
		return
	}
	lines := make([]string, 0, len(all))
	for _, c := range all {
		lines = append(lines, "• "+caseLine(c))
	}
	s.say(ctx, strings.Join(shorten(lines, 100), "\n"))
}

// caseLine is a case in one line.
func caseLine(c offboarding.Case) string {
	text := offboarding.Headline(c)
	if c.Movable() && !c.Due.IsZero() {
		text += ", due " + offboarding.In(c.Due, c.Departure.Zone)
	}
	return line(text, 250)
}

// visible are the newest cases that the actor may see, newest first. Each is
// read as it is now: what a list of Temporal's says may lag.
func (d *Door) visible(ctx context.Context, by offboarding.Actor) ([]offboarding.Case, error) {
	all, err := d.opt.Desk.List(ctx, maxListed)
	if err != nil {
		return nil, err
	}
	found := make([]*offboarding.Case, len(all))
	read := make(chan int)
	go func() {
		defer close(read)
		for i := range all {
			select {
			case read <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	errs := make([]error, readers)
	wait := newGroup(readers, func(n int) {
		for i := range read {
			if _, err := offboarding.CaseSubject(all[i].CaseID); err != nil {
				continue
			}
			c, err := d.opt.Desk.Get(ctx, all[i].Subject)
			if err != nil {
				errs[n] = err
				continue
			}
			if c.ID == all[i].CaseID && d.may(seeing(by, c)) {
				found[i] = &c
			}
		}
	})
	wait()
	var out []offboarding.Case
	for _, c := range found {
		if c != nil {
			out = append(out, *c)
		}
	}
	if err := errors.Join(errs...); err != nil && len(out) == 0 {
		return nil, err
	}
	return out, nil
}
