package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
)

// use takes in the settings: a lane for each configured system.
func (c *offboardCase) use(s Settings) {
	c.settings = s
	c.Deadline = c.Due.Add(s.Deadline)
	c.linkTo(s.Pages)
	for _, sys := range s.Systems {
		c.lanes = append(c.lanes, &lane{
			SystemCase: offboarding.SystemCase{System: sys.Name, Stage: offboarding.Finding},
			c:          c, deadline: c.Deadline,
		})
	}
	for i, sys := range s.Systems {
		for _, l := range c.lanes {
			if l.System == sys.LoginFrom && !l.waitsFor(c.lanes[i]) {
				c.lanes[i].from = l
			}
		}
	}
}

// linkTo notes where the case is in the record, if that is known.
func (c *offboardCase) linkTo(pages string) {
	if pages != "" {
		c.Record = pages + "/record/cases/" + c.RunID
	}
}

// waitsFor reports whether the lane is, or gets its login from, the other one:
// two that wait for each other would wait for ever.
func (l *lane) waitsFor(other *lane) bool {
	return l == other || (l.from != nil && l.from.waitsFor(other))
}

func (c *offboardCase) systems() []offboarding.SystemCase {
	out := make([]offboarding.SystemCase, 0, len(c.lanes))
	for _, l := range c.lanes {
		out = append(out, l.SystemCase)
	}
	return out
}

// view is the case as anyone may see it now.
func (c *offboardCase) view() offboarding.Case {
	out := c.Case
	out.Systems = c.systems()
	if !c.over && c.stuck() {
		out.State = offboarding.NeedsDecision
	}
	return out
}

// stuck reports whether all that can go on without a person has: every lane is
// settled or waits for one.
func (c *offboardCase) stuck() bool {
	waits := false
	for _, l := range c.lanes {
		if l.Stage == offboarding.Confirming {
			continue
		}
		if !l.waits {
			return false
		}
		waits = true
	}
	return waits
}

// person is who to look for, with the logins other systems have told.
func (c *offboardCase) person() offboarding.Person {
	p := offboarding.Person{Email: c.Departure.Subject}
	for _, l := range c.lanes {
		//workflowcheck:ignore from a map into a map: in any order the same
		for system, login := range l.Account.Logins {
			if p.Logins == nil {
				p.Logins = map[offboarding.System]string{}
			}
			p.Logins[system] = login
		}
		for _, address := range l.Account.Emails {
			if other := strings.ToLower(address); other != string(p.Email) {
				p.Emails = append(p.Emails, other)
			}
		}
	}
	slices.Sort(p.Emails)
	p.Emails = slices.Compact(p.Emails)
	return p
}

func (c *offboardCase) who() string { return string(c.Departure.Subject) }

func (c *offboardCase) stopped() bool { return c.work.Err() != nil }

// enter notes the step the case is in.
func (c *offboardCase) enter(s offboarding.State) {
	if c.stopped() {
		return
	}
	c.State = s
	c.publish()
	if notable(s) {
		c.scribe.note(c)
	}
}

// notable are the steps at which the record learns how a case stands: before the
// first cut, after live use was stopped, and before every wait. The rest of it
// comes with the next of them, and with the end.
func notable(s offboarding.State) bool {
	switch s {
	case offboarding.AwaitingApproval, offboarding.Waiting, offboarding.Paused, offboarding.Containing, offboarding.Revoking:
		return true
	case offboarding.Finding, offboarding.Observing, offboarding.NeedsDecision, offboarding.Confirming,
		offboarding.Verified, offboarding.Closed, offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused:
	}
	return false
}

// publish shows the case's state where IT admins read it: the search attributes
// when the state changes, and the current details.
func (c *offboardCase) publish() {
	now := c.view()
	workflow.SetCurrentDetails(c.root, offboarding.Story(now)) //workflowcheck:ignore pure; it prints into a buffer
	state := attributeState(now.State)
	if state == c.shown && (state != string(offboarding.Waiting) || c.Deadline.Equal(c.shownDeadline)) {
		return
	}
	c.shown, c.shownDeadline = state, c.Deadline
	// The only error is an attribute of the wrong type, which these are not.
	_ = workflow.UpsertTypedSearchAttributes(c.root, StateKey.ValueSet(state), DeadlineKey.ValueSet(c.Deadline))
}

// needsPerson shows that a lane waits for a person, once for each question.
func (c *offboardCase) needsPerson() {
	c.publish()
	c.scribe.note(c)
	c.teller.tell(c)
}

// spokeOf reports whether one of the decisions from number n on is about the system.
func (c *offboardCase) spokeOf(s offboarding.System, n int) bool {
	return slices.ContainsFunc(c.Decisions[n:], func(d offboarding.Decision) bool { return d.System == s })
}

// sumUp takes the case's own instants from its systems'.
func (c *offboardCase) sumUp() {
	at := func(f func(offboarding.SystemCase) time.Time) time.Time { return offboarding.Latest(c.systems(), f) }
	c.ContainedAt = at(func(s offboarding.SystemCase) time.Time { return s.ContainedAt })
	c.RevokedAt = at(func(s offboarding.SystemCase) time.Time { return s.RevokedAt })
	c.ProvenAt = at(func(s offboarding.SystemCase) time.Time { return s.ProvenAt })
}

// waitForDue waits for the case's time; it reports whether there was a wait. It
// comes back early when the plan was moved and has to be agreed to anew.
func (c *offboardCase) waitForDue() bool {
	waited := false
	for !c.stopped() {
		left := c.Due.Sub(workflow.Now(c.root))
		if left <= 0 {
			return waited
		}
		waited = true
		c.enter(offboarding.Waiting)
		c.teller.tell(c)
		due := c.Due
		_, _ = workflow.AwaitWithOptions(c.work, workflow.AwaitOptions{
			Timeout:      left,
			TimerOptions: workflow.TimerOptions{Summary: "until " + offboarding.In(due, c.Departure.Zone)},
		}, func() bool { return !c.Due.Equal(due) })
		if len(c.Ruling.Approvals) > 0 && c.hash() != c.Plan {
			return waited
		}
	}
	return waited
}

// mayGoOn reports whether anything speaks for writing: nobody cancelled, no
// rule refused, no one is protected, and somebody was found.
func (c *offboardCase) mayGoOn() bool {
	return !c.stopped() && c.Ruling.Refused == "" && c.protection() == "" && len(c.lanes) > 0 && !offboarding.FoundNowhere(c.systems())
}

func (c *offboardCase) protection() string {
	if c.settings.Protected != "" {
		return c.settings.Protected
	}
	return offboarding.Protection(c.systems())
}

// refused is the answer to a step that would write to a protected person.
func (c *offboardCase) refused() error {
	return temporal.NewNonRetryableApplicationError(c.protection()+"; nothing more is cut", activities.KindProtected, nil)
}

// haltWrites ends what is under way when a late system says that the person is
// protected.
func (c *offboardCase) haltWrites() {
	for _, l := range c.lanes {
		if l.halt != nil {
			l.halt()
		}
	}
}

// endEarly ends a case in which nothing more is written: lanes that fell behind
// stop as well.
func (c *offboardCase) endEarly() (offboarding.Case, error) {
	if c.protection() == "" && c.stopped() {
		return c.endCancelled()
	}
	c.stop()
	state, why := c.whyEarly()
	return c.end(state, why+"; "+offboarding.ChangedText(c.systems()))
}

func (c *offboardCase) whyEarly() (offboarding.State, string) {
	names := offboarding.Names(c.systems())
	switch reason, r := c.protection(), c.Ruling; {
	case reason != "":
		return offboarding.Refused, reason
	case r.Refused != "":
		return offboarding.Refused, fmt.Sprintf("refused by the rule %s: %s", r.Refused, r.Why)
	case len(c.lanes) == 0:
		return offboarding.NothingFound, "no system is configured, so nobody was looked for"
	case c.met:
		return offboarding.NothingFound, fmt.Sprintf("%s was found when this was asked for, and none of %s knows them any more", c.who(), names)
	}
	return offboarding.NothingFound, fmt.Sprintf("none of %s knows %s: check the spelling", names, c.who())
}

// endCancelled says what was cut before the case was stopped. Nothing is given
// back by itself.
func (c *offboardCase) endCancelled() (offboarding.Case, error) {
	c.laggards.Wait(c.root)
	why := c.cancelled
	if why == "" {
		why = "cancelled in Temporal"
	}
	out, err := c.end(offboarding.Cancelled, why+"; "+offboarding.CutText(c.systems()))
	if c.cancelled == "" && err == nil {
		return out, workflow.ErrCanceled
	}
	return out, err
}

// end concludes the case, tells it for the last time, and returns it.
func (c *offboardCase) end(s offboarding.State, outcome string) (offboarding.Case, error) {
	c.over = true
	c.sumUp()
	c.State, c.Outcome, c.EndedAt = s, outcome, workflow.Now(c.root).UTC()
	for _, l := range c.lanes {
		l.Needs = nil
	}
	c.publish()
	c.teller.last(c)
	c.publish() // with what came of telling it
	// Whoever is still being answered may be refused, which belongs into the record.
	// After the end nobody's word is taken any more.
	if err := workflow.Await(c.root, func() bool { return workflow.AllHandlersFinished(c.root) }); err != nil {
		return c.view(), err
	}
	c.scribe.last(c)
	return c.view(), nil
}
