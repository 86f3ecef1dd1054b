package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
)

// KindRefused is the type of the error with which the policy refuses.
const KindRefused = offboarding.DeniedByPolicy

// maxRefusals bounds how many refusals a case keeps: whoever may reach a door
// could else fill its history.
const maxRefusals = 200

// ruled reports whether the policy has to be asked about what the actor does.
// Without one the command line may do everything, and no other door anything.
func (c *offboardCase) ruled(by offboarding.Actor) bool {
	return c.settings.Policy || by.Door != offboarding.DoorCommand
}

// consult asks the policy about the request itself, before any system is asked.
func (c *offboardCase) consult() {
	if !c.ruled(c.Departure.RequestedBy) || c.stopped() {
		return
	}
	ruling, err := rule(c.work, Inquiry{Action: ActionRequest, Actor: c.Departure.RequestedBy, Departure: c.Departure})
	if err == nil {
		c.adopt(ruling)
	}
}

// consultOnPlan asks again about the case as it is now: the person's accounts
// and the time.
func (c *offboardCase) consultOnPlan() {
	if !c.mayGoOn() {
		return
	}
	if !c.ruled(c.Departure.RequestedBy) {
		c.Plan = c.hash()
		return
	}
	if ruling, err := c.ruleOnPlan(c.work); err == nil {
		c.adopt(ruling)
	}
}

// adopt takes a ruling in; one that refuses ends the case.
func (c *offboardCase) adopt(r offboarding.Ruling) {
	c.Ruling = r
	if r.Refused != "" {
		_ = c.refuse(workflow.Now(c.root), c.Departure.RequestedBy, ActionRequest, r)
	}
}

func (c *offboardCase) hash() string { return offboarding.PlanHash(c.Departure, c.systems()) }

// ruleOnPlan asks until the answer is about the case as it is: what is found or
// moved while the policy is asked makes another plan. One asks at a time, so
// that no older answer takes the place of a newer one. A plan that was agreed to
// and has become another has to be agreed to anew. A refusal is the answer, and
// leaves the plan that was ruled on before as it was.
func (c *offboardCase) ruleOnPlan(ctx workflow.Context) (offboarding.Ruling, error) {
	if err := c.asking.Lock(ctx); err != nil {
		return offboarding.Ruling{}, err
	}
	defer c.asking.Unlock()
	for {
		hash := c.hash()
		if hash == c.Plan {
			return c.Ruling, nil
		}
		facts := offboarding.FactsOf(c.systems())
		ruling := c.onOwnCase(c.Departure.RequestedBy)
		if ruling.Refused == "" {
			var err error
			ruling, err = rule(ctx, Inquiry{Action: ActionRequest, Actor: c.Departure.RequestedBy, Departure: c.Departure, Plan: &facts})
			if err != nil {
				return offboarding.Ruling{}, err
			}
		}
		switch {
		case c.hash() != hash:
		case ruling.Refused != "":
			return ruling, nil
		default:
			c.Ruling, c.Plan = ruling, hash
			c.asked, c.reminded = workflow.Now(c.root), nil
			return ruling, nil
		}
	}
}

// onOwnCase refuses the person who leaves, under any address that a system
// knows as theirs.
func (c *offboardCase) onOwnCase(by offboarding.Actor) offboarding.Ruling {
	leaver := slices.ContainsFunc(c.person().Addresses(), func(address string) bool { return by.Is(offboarding.Subject(address)) })
	if !leaver {
		return offboarding.Ruling{}
	}
	return offboarding.Ruling{Refused: "own-case", Why: "the person who leaves does not decide on their own case; somebody else has to"}
}

// allowed asks whether the actor may do this to the case. A refusal is kept,
// with the rule that refused, and is the caller's error.
func (c *offboardCase) allowed(ctx workflow.Context, do Action, by offboarding.Actor) error {
	r := c.onOwnCase(by)
	if r.Refused == "" && c.ruled(by) {
		facts := offboarding.FactsOf(c.systems())
		var err error
		if r, err = rule(ctx, Inquiry{Action: do, Actor: by, Departure: c.Departure, Plan: &facts}); err != nil {
			return err
		}
	}
	if r.Refused == "" {
		return nil
	}
	return c.refuse(workflow.Now(ctx), by, do, r)
}

// refuse keeps a refusal and gives it as an error.
func (c *offboardCase) refuse(now time.Time, by offboarding.Actor, do Action, r offboarding.Ruling) error {
	refusal, err := refusal(now, by, do, r)
	c.Refusals = keep(c.Refusals, refusal)
	c.scribe.note(c) // before newer ones push it out
	return err
}

// refusal is what a ruling that refuses leaves behind, and its error.
func refusal(now time.Time, by offboarding.Actor, do Action, r offboarding.Ruling) (offboarding.Refusal, error) {
	return offboarding.Refusal{By: by, Action: string(do), Rule: r.Refused, Why: r.Why, At: now.UTC()},
		temporal.NewNonRetryableApplicationError("refused by the rule "+r.Refused+": "+r.Why, KindRefused, nil)
}

// keep adds a refusal; of too many the oldest go. No two are of one instant, which
// tells them apart in the record.
func keep(all []offboarding.Refusal, r offboarding.Refusal) []offboarding.Refusal {
	if r.Rule == "" {
		return all
	}
	if n := len(all); n > 0 && !r.At.After(all[n-1].At) {
		r.At = all[n-1].At.Add(time.Microsecond)
	}
	all = append(all, r)
	return all[max(0, len(all)-maxRefusals):]
}

// refusedBy asks the policy about an action that concerns no single case.
func refusedBy(ctx workflow.Context, do Action, by offboarding.Actor) (offboarding.Refusal, error) {
	// The brake and the kill switch outlive a cancellation of their runs.
	asking, _ := workflow.NewDisconnectedContext(ctx)
	r, err := rule(asking, Inquiry{Action: do, Actor: by})
	if err != nil || r.Refused == "" {
		return offboarding.Refusal{}, err
	}
	return refusal(workflow.Now(ctx), by, do, r)
}
