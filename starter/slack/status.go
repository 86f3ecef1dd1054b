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

// status tells one person how a case stands.
func (d *Door) status(ctx context.Context, s *screen, m mention) {
	actor, _, err := d.actor(ctx, s.who, policy.See)
	if err != nil {
		s.say(ctx, plainError(err))
		return
	}
	// Nobody is looked up for whoever may see nothing at all.
	if no := d.never(policy.Question{Action: policy.See, Actor: actor}); no != "" {
		s.say(ctx, no)
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
	read, cancel := context.WithTimeout(ctx, readFor)
	defer cancel()
	c, err := d.opt.Desk.Get(read, fitting[0].Subject)
	// Who may not see a case is not told either that there is none.
	if errors.Is(err, cases.ErrNoCase) {
		c, err = offboarding.Case{Departure: offboarding.Departure{Subject: fitting[0].Subject}}, nil
	}
	if err != nil {
		s.say(ctx, slowError(err))
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
func (d *Door) list(ctx context.Context, s *screen) {
	actor, _, err := d.actor(ctx, s.who, policy.See)
	if err != nil {
		s.say(ctx, plainError(err))
		return
	}
	// Whoever may see nothing at all is told which rule says so.
	if no := d.never(policy.Question{Action: policy.See, Actor: actor}); no != "" {
		s.say(ctx, no)
		return
	}
	seen, err := d.visible(ctx, actor)
	if err != nil {
		s.say(ctx, slowError(err))
		return
	}
	lines := make([]string, 0, len(seen.cases))
	for _, c := range seen.cases {
		lines = append(lines, "• "+caseLine(c))
	}
	lines = shorten(lines, 100)
	if gap := seen.gap(); gap != "" {
		lines = append([]string{gap}, lines...)
	} else if len(lines) == 0 {
		lines = []string{"There is no case that you may see."}
	}
	s.say(ctx, strings.Join(lines, "\n"))
}

// caseLine is a case in one line.
func caseLine(c offboarding.Case) string {
	text := offboarding.Headline(c)
	if c.Movable() && !c.Due.IsZero() {
		text += ", due " + offboarding.In(c.Due, c.Departure.Zone)
	}
	return line(text, 250)
}
