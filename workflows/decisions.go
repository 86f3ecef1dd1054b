package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// CancelRequest stops a case. What was cut stays cut.
type CancelRequest struct {
	Reason string            `json:"reason"`
	By     offboarding.Actor `json:"by"`
	// Word is set when an HR system takes a departure back.
	Word offboarding.Word `json:"word,omitzero"`
}

// RescheduleRequest moves a case that has not begun.
type RescheduleRequest struct {
	At   time.Time         `json:"at"`
	Zone string            `json:"zone,omitempty"`
	By   offboarding.Actor `json:"by"`
	// Word is set when an HR system tells a last day, which may have passed.
	Word offboarding.Word `json:"word,omitzero"`
}

// ExpediteRequest lets a waiting case begin at once.
type ExpediteRequest struct {
	By offboarding.Actor `json:"by"`
}

// setup answers the case query and takes decisions. A validator refuses before
// anything is written to history.
func (c *offboardCase) setup(ctx workflow.Context) error {
	return errors.Join(
		workflow.SetQueryHandlerWithOptions(ctx, CaseQuery, func() (offboarding.Case, error) { return c.answer(ctx), nil },
			workflow.QueryHandlerOptions{Description: "the case as it stands now"}),
		workflow.SetUpdateHandlerWithOptions(ctx, DecideUpdate, c.decide, workflow.UpdateHandlerOptions{
			Validator: c.mayDecide, Description: "a person's word on what the case waits for",
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, CancelUpdate, c.cancel, workflow.UpdateHandlerOptions{
			Validator: c.mayCancel, Description: "stop the case; what was cut stays cut",
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, RescheduleUpdate, c.reschedule, workflow.UpdateHandlerOptions{
			Validator: c.mayReschedule, Description: "another time for a case that has not begun",
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, ApproveUpdate, c.approve, workflow.UpdateHandlerOptions{
			Validator: c.mayApprove, Description: "a person's yes or no to the plan",
		}),
		workflow.SetUpdateHandlerWithOptions(ctx, ExpediteUpdate, c.expedite, workflow.UpdateHandlerOptions{
			Validator: c.mayExpedite, Description: "begin a waiting case at once",
		}),
	)
}

// answer is the case as it stands, with the moment that it is of.
func (c *offboardCase) answer(ctx workflow.Context) offboarding.Case {
	out := c.view()
	out.Moment = workflow.GetInfo(ctx).GetCurrentHistoryLength()
	return out
}

func (c *offboardCase) mayDecide(ctx workflow.Context, d offboarding.Decision) error {
	if c.over || c.stopped() {
		return fmt.Errorf("the case is over (%s); nothing is left to decide", c.State)
	}
	if err := d.Check(workflow.Now(ctx)); err != nil {
		return err
	}
	i := slices.IndexFunc(c.lanes, func(l *lane) bool { return l.System == d.System })
	if i < 0 {
		return fmt.Errorf("the case has no system %q; it has %s", d.System, offboarding.Names(c.systems()))
	}
	return c.lanes[i].mayDecide(d)
}

// mayDecide refuses a word on a class the system does not have, or on one that
// needs none. To try again may be said at any time; to accept what is open, or
// to accept it otherwise, only once it was asked.
func (l *lane) mayDecide(d offboarding.Decision) error {
	if l.Stage == offboarding.Confirming {
		return fmt.Errorf("%s is settled (%s); nothing is left to decide", l.System, offboarding.ProofText(l.SystemCase))
	}
	asked := slices.ContainsFunc(l.Needs, func(n offboarding.Need) bool {
		return d.Class == "" || n.Class == "" || n.Class == d.Class
	})
	if d.Class == "" {
		if d.Verb != offboarding.Retry && !asked {
			return fmt.Errorf("%s waits for no decision; see starter status %s", l.System, l.c.who())
		}
		return nil
	}
	for _, v := range l.Verdicts {
		if v.Class != d.Class {
			continue
		}
		accepted := v.Proof == offboarding.Attested || v.Proof == offboarding.Waived
		switch {
		case v.Verified():
			return fmt.Errorf("%s/%s is shown to be gone already (%s); nothing is left to decide", l.System, d.Class, v.Proof)
		case d.Verb != offboarding.Retry && !asked && !accepted:
			return fmt.Errorf("%s/%s waits for no decision yet; see starter status %s", l.System, d.Class, l.c.who())
		}
		return nil
	}
	names := make([]string, 0, len(l.Verdicts))
	for _, v := range l.Verdicts {
		names = append(names, string(v.Class))
	}
	return fmt.Errorf("%s has no class %q in this case; it has: %s", l.System, d.Class, strings.Join(names, ", "))
}

func (c *offboardCase) decide(ctx workflow.Context, d offboarding.Decision) (offboarding.Case, error) {
	if err := c.allowed(ctx, ActionDecide, d.By); err != nil {
		return c.view(), err
	}
	if err := c.mayDecide(ctx, d); err != nil {
		return c.view(), err // the case went on while the policy was asked
	}
	d.At = workflow.Now(ctx).UTC()
	for _, l := range c.lanes {
		if l.System == d.System {
			c.Decisions = append(c.Decisions, l.meant(d)...)
			l.judge()
			asks := l.plan().Ask
			l.Needs = slices.DeleteFunc(l.Needs, func(n offboarding.Need) bool {
				return n.Class == d.Class || (d.Class == "" && !slices.Contains(asks, n.Class))
			})
		}
	}
	return c.view(), nil
}

// meant spells out what a word on a whole system is about: to accept what is
// open accepts what was asked, not what nobody knows of yet.
func (l *lane) meant(d offboarding.Decision) []offboarding.Decision {
	if d.Class != "" || d.Verb == offboarding.Retry {
		return []offboarding.Decision{d}
	}
	var out []offboarding.Decision
	for _, n := range l.Needs {
		d.Class = n.Class
		out = append(out, d)
	}
	return out
}

func (c *offboardCase) mayCancel(_ workflow.Context, r CancelRequest) error {
	if err := c.mayTakeBack(r.Word); err != nil {
		return err
	}
	if c.over || c.stopped() {
		return fmt.Errorf("the case is over (%s); there is nothing to cancel", c.State)
	}
	if strings.TrimSpace(r.Reason) == "" || r.By.IsZero() {
		return errors.New("cancelling needs a reason and the name of the person: --reason TEXT")
	}
	return nil
}

func (c *offboardCase) cancel(ctx workflow.Context, r CancelRequest) (offboarding.Case, error) {
	if err := c.allowed(ctx, ActionCancel, r.By); err != nil {
		return c.view(), err
	}
	if err := c.mayCancel(ctx, r); err != nil {
		return c.view(), err
	}
	if !r.Word.IsZero() {
		c.Hear(r.Word)
	}
	c.ordered(offboarding.Order{Do: string(ActionCancel), By: r.By, Reason: r.Reason})
	c.cancelled = fmt.Sprintf("cancelled by %s: %s", r.By, r.Reason)
	c.stop()
	return c.view(), nil
}

func (c *offboardCase) mayReschedule(ctx workflow.Context, r RescheduleRequest) error {
	if err := c.mayHear(r.Word); err != nil {
		return err
	}
	if err := c.notBegun("moved"); err != nil {
		return err
	}
	if r.At.IsZero() || (!r.Word.IsZero() && !r.At.Equal(r.Word.At)) {
		return errors.New("no time to move the case to")
	}
	if r.Word.IsZero() && !r.At.After(workflow.Now(ctx)) {
		return fmt.Errorf("%s has passed; give a time ahead, or expedite to begin at once", r.At.Format(time.RFC3339))
	}
	return nil
}

func (c *offboardCase) reschedule(ctx workflow.Context, r RescheduleRequest) (offboarding.Case, error) {
	if err := c.allowed(ctx, ActionReschedule, r.By); err != nil {
		return c.view(), err
	}
	if err := c.mayReschedule(ctx, r); err != nil {
		return c.view(), err
	}
	if !r.Word.IsZero() && !c.Hear(r.Word) {
		return c.view(), nil
	}
	c.Departure.Zone = r.Zone
	c.ordered(offboarding.Order{Do: string(ActionReschedule), By: r.By, To: r.At.UTC()})
	c.moveTo(r.At.UTC())
	return c.view(), nil
}

func (c *offboardCase) mayExpedite(workflow.Context, ExpediteRequest) error {
	return c.notBegun("expedited")
}

// expedite answers when the case has begun, or says what it still waits for.
func (c *offboardCase) expedite(ctx workflow.Context, r ExpediteRequest) (offboarding.Case, error) {
	if err := c.allowed(ctx, ActionExpedite, r.By); err != nil {
		return c.view(), err
	}
	if err := c.mayExpedite(ctx, r); err != nil {
		return c.view(), err
	}
	now := workflow.Now(ctx).UTC()
	c.ordered(offboarding.Order{Do: string(ActionExpedite), By: r.By, To: now})
	c.moveTo(now)
	err := workflow.Await(ctx, func() bool {
		return c.begun || c.over || c.stopped() || c.State == offboarding.AwaitingApproval || c.State == offboarding.Paused
	})
	return c.view(), err
}

// ordered takes down what somebody said of the case as a whole.
func (c *offboardCase) ordered(o offboarding.Order) {
	o.At = workflow.Now(c.root).UTC()
	c.Orders = append(c.Orders, o)
}

// notBegun refuses once the first system may have been touched.
func (c *offboardCase) notBegun(what string) error {
	if c.over || c.stopped() {
		return fmt.Errorf("the case is over (%s); it cannot be %s", c.State, what)
	}
	if c.begun {
		return fmt.Errorf("the case has begun (%s); it cannot be %s, only cancelled", c.State, what)
	}
	return nil
}

// moveTo gives the case another time. That is another plan: who agreed to the
// earlier one is asked again.
func (c *offboardCase) moveTo(due time.Time) {
	c.Due, c.Departure.At, c.Departure.MovedAt = due, due, workflow.Now(c.root).UTC()
	c.Deadline = due.Add(c.settings.Deadline)
	for _, l := range c.lanes {
		l.deadline = c.Deadline
	}
}
