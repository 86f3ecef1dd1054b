package show

import (
	"fmt"
	"io"

	"lastday/offboarding"
)

// approvals prints who has agreed, who has to, and what was refused.
func approvals(w io.Writer, c offboarding.Case) {
	for _, a := range c.Approvals {
		word := "agreed"
		if a.Reject {
			word = "said no"
		}
		void := ""
		if a.Plan != c.Plan {
			void = " (to an earlier plan: counts no more)"
		}
		fmt.Fprintf(w, "%s %s at %s%s\n", clean(a.By.String()), word, stamp(a.At, c.Departure.Zone), void)
	}
	if !c.State.Ended() {
		for _, r := range offboarding.Missing(c.Ruling.Approvals, c.Approvals, c.Plan, c.Departure) {
			fmt.Fprintf(w, "waits for %d of %s: %s %s\n", r.Count, clean(r.From), clean(r.Rule), clean(r.Why))
			fmt.Fprintf(w, "  starter approve %s --plan %s\n", c.Departure.Subject, c.Plan)
		}
		if c.Held != "" {
			fmt.Fprintf(w, "held by the brake: %s\n  starter release --reason TEXT\n", clean(c.Held))
		}
	}
	for _, r := range c.Refusals {
		fmt.Fprintf(w, "refused to %s: %s, by the rule %s: %s\n", clean(r.By.String()), clean(r.Action), clean(r.Rule), clean(r.Why))
	}
}
