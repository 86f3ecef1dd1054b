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

// agreeFirst is agree before anything is cut; in an emergency nothing waits.
func (c *offboardCase) agreeFirst() bool { return !c.Ruling.Emergency && c.agree() }

// agreeAfter is agree after an emergency's containment: until then nothing is
// revoked.
func (c *offboardCase) agreeAfter() {
	if c.Ruling.Emergency {
		c.agree()
	}
	c.agreed = true
}

// agree waits until everybody has agreed whom the policy asks for, or the case
// is stopped. It reports whether there was a wait.
func (c *offboardCase) agree() bool {
	waited := false
	for !c.stopped() {
		missing := c.missing()
		if len(missing) == 0 {
			return waited
		}
		waited = true
		c.enter(offboarding.AwaitingApproval)
		c.teller.tell(c)
		if late := c.awaitAnswer(missing); late != nil {
			c.tooLate(*late)
		}
		if c.hash() != c.Plan {
			c.consultOnPlan() // moved, or a system has answered late
		}
		if c.Ruling.Refused != "" {
			return waited
		}
	}
	return waited
}

// missing lists what the case still waits for.
func (c *offboardCase) missing() []offboarding.Requirement {
	return offboarding.Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure)
}

// awaitAnswer waits for the next change, or for the first requirement that runs
// out, which it gives back.
func (c *offboardCase) awaitAnswer(missing []offboarding.Requirement) *offboarding.Requirement {
	first := slices.MinFunc(missing, func(a, b offboarding.Requirement) int {
		return c.runsOut(a).Compare(c.runsOut(b))
	})
	plan, given := c.hash(), len(c.Approvals)
	changed, err := workflow.AwaitWithOptions(c.work, workflow.AwaitOptions{
		Timeout:      max(c.runsOut(first).Sub(workflow.Now(c.root)), 0),
		TimerOptions: workflow.TimerOptions{Summary: fmt.Sprintf("%d of %s to agree (%s)", first.Count, first.From, first.Rule)},
	}, func() bool { return c.hash() != plan || len(c.Approvals) != given })
	if err != nil || changed {
		return nil
	}
	return &first
}

// Reminders come after the requirement's own time, then ever more seldom: each
// is a handful of events, and a history has room for 50,000.
const (
	minReminder = time.Hour
	maxReminder = 24 * time.Hour
)

// runsOut is when a requirement is not waited for any longer, or the next
// reminder is due.
func (c *offboardCase) runsOut(r offboarding.Requirement) time.Time {
	at, wait := c.asked.Add(r.Within), minReminder
	for range c.reminded[r.Rule] {
		at, wait = at.Add(max(wait, min(r.Within, maxReminder))), min(2*wait, maxReminder)
	}
	return at
}

func (c *offboardCase) tooLate(r offboarding.Requirement) {
	if r.Expired == offboarding.ExpiryRemind {
		if c.reminded == nil {
			c.reminded = map[string]int{}
		}
		c.reminded[r.Rule]++
		return
	}
	c.cancelled = fmt.Sprintf("not agreed to within %s: the rule %s wants %d more of %s", r.Within, r.Rule, r.Count, r.From)
	c.stop()
}

func (c *offboardCase) mayApprove(_ workflow.Context, a offboarding.Approval) error {
	switch {
	case c.over || c.stopped():
		return fmt.Errorf("the case is over (%s); nothing is left to agree to", c.State)
	case a.By.IsZero():
		return errors.New("an approval needs the name of the person who gives it")
	case a.Plan == "":
		return errors.New("an approval needs the plan it is given to; see starter status " + c.who())
	case a.Reject && strings.TrimSpace(a.Reason) == "":
		return errors.New("a rejection needs a reason")
	case len(a.Reason) > 2000:
		return errors.New("the reason is longer than 2,000 characters")
	}
	return nil
}

// approve takes a yes or a no. Whatever speaks against it is kept as a refusal.
func (c *offboardCase) approve(ctx workflow.Context, a offboarding.Approval) (offboarding.Case, error) {
	if err := c.allowed(ctx, ActionApprove, a.By); err != nil {
		return c.view(), err
	}
	// Asking took time: the case may have gone on.
	if err := c.mayApprove(ctx, a); err != nil {
		return c.view(), err
	}
	if r := c.against(a); r.Refused != "" {
		return c.view(), c.refuse(workflow.Now(ctx), a.By, ActionApprove, r)
	}
	a.At = workflow.Now(ctx).UTC()
	c.Approvals = append(c.Approvals, a)
	if a.Reject {
		c.cancelled = fmt.Sprintf("rejected by %s: %s", a.By, a.Reason)
		c.stop()
	}
	return c.view(), nil
}

// against says what speaks against an approval, by the rules that no file can
// lift.
func (c *offboardCase) against(a offboarding.Approval) offboarding.Ruling {
	no := func(rule, why string) offboarding.Ruling { return offboarding.Ruling{Refused: rule, Why: why} }
	missing := c.missing()
	switch {
	case a.By.Same(c.Departure.RequestedBy):
		return no("own-request", "whoever asked for it cannot agree to it; somebody else has to")
	case len(missing) == 0:
		return no("nothing-to-approve", "the case waits for nobody's approval")
	case a.Plan != c.hash():
		return no("plan-changed", "the plan is not the one you looked at; look at it as it is now")
	case slices.ContainsFunc(c.Approvals, func(b offboarding.Approval) bool { return b.Plan == a.Plan && b.By.Same(a.By) }):
		return no("once-each", "you have answered already; somebody else has to agree")
	case !slices.ContainsFunc(missing, func(r offboarding.Requirement) bool { return a.By.InAny(r.Members) }):
		return no("not-an-approver", "the case waits for "+wanted(missing))
	}
	return offboarding.Ruling{}
}

// wanted says who has to agree yet.
func wanted(missing []offboarding.Requirement) string {
	parts := make([]string, 0, len(missing))
	for _, r := range missing {
		parts = append(parts, fmt.Sprintf("%d of %s (%s)", r.Count, r.From, r.Rule))
	}
	return strings.Join(parts, " and ")
}
