package offboarding

import (
	"fmt"
	"slices"
)

// Plan is what a case does in one system: a pure function of what was found
// and decided.
type Plan struct {
	Contain bool
	Revoke  []Grant // to be ended by the revoke step
	Ask     []Class // a person decides before these are touched
	Blind   []Coverage
}

// MakePlan plans one system. A system without the person has nothing to do; an
// account with no grant left and no class out of sight is only observed.
func MakePlan(s SystemCase, decisions []Decision) Plan {
	var p Plan
	if !s.Account.Found {
		return p
	}
	for _, c := range s.Coverage {
		if c.Sight == Blind {
			p.Blind = append(p.Blind, c)
		}
	}
	for _, g := range s.Grants {
		switch {
		case MayRemove(s.System, g, decisions):
			if g.Closes == StepRevoke {
				p.Revoke = append(p.Revoke, g)
			}
		case g.Removal == Ask && !slices.Contains(p.Ask, g.Class) && !decided(s.System, g.Class, decisions):
			p.Ask = append(p.Ask, g.Class)
		}
	}
	p.Contain = len(s.Grants) > 0 || len(p.Blind) > 0
	return p
}

// decided reports whether the newest word on a class that asks is an answer. A
// retry of the whole system is none: it asks again.
func decided(s System, c Class, decisions []Decision) bool {
	d, accepted := lastWord(s, c, decisions)
	return accepted || d.Class == c
}

// Protection gives the first reason why the person must not be cut, from what
// the systems say of their accounts; empty if there is none.
func Protection(systems []SystemCase) string {
	for _, s := range systems {
		if s.Account.Protected != "" {
			return fmt.Sprintf("%s: %s", s.System, s.Account.Protected)
		}
	}
	return ""
}

// FoundNowhere reports whether every system answered and none knows the person.
func FoundNowhere(systems []SystemCase) bool {
	return len(systems) > 0 && !slices.ContainsFunc(systems, func(s SystemCase) bool {
		return s.FoundAt.IsZero() || s.Account.Found
	})
}

// Conclude says how a case ends whose systems are all settled, and in one
// sentence why.
func Conclude(systems []SystemCase) (State, string) {
	count := map[Proof]int{}
	verified := len(systems) > 0
	for _, s := range systems {
		verified = verified && s.Verified()
		for _, v := range s.Verdicts {
			count[v.Proof]++
		}
	}
	seen := count[Observed] + count[Logged]
	if verified {
		outcome := fmt.Sprintf("all access that can be revoked is shown to be gone: %d classes in %d systems", seen, len(systems))
		if n := len((Case{Systems: systems}).Residuals()); n > 0 {
			outcome += fmt.Sprintf("; %d things that nobody can revoke are listed", n)
		}
		return Verified, outcome
	}
	outcome := fmt.Sprintf("%d classes shown to be gone; not shown: %d attested, %d waived, %d left by the configuration",
		seen, count[Attested], count[Waived], count[ReportedProof])
	if open := count[ProofNone] + count[Acknowledged]; open > 0 {
		outcome += fmt.Sprintf(", %d open", open)
	}
	return Closed, outcome
}
