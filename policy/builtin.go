package policy

import (
	"fmt"
	"slices"

	"lastday/offboarding"
)

// The rules that no file can lift.
const (
	RuleUnknownAction = "unknown-action" // no word of Actions
	RuleNobody        = "nobody"         // no name, or no known door
	RuleBot           = "bot"            // a program; a webhook may request, cancel and reschedule
	RuleGuest         = "guest"
	RuleForeign       = "foreign-workspace"
	RuleNoAddress     = "no-address" // somebody who could be the leaver, or one of those who must agree
	RuleOwnCase       = "own-case"   // the leaver; they may still see it, where may.see says so
	RuleNoPolicy      = "no-policy"  // any door but the command line, without a policy
)

func builtins() []string {
	return []string{RuleUnknownAction, RuleNobody, RuleBot, RuleGuest, RuleForeign, RuleNoAddress, RuleOwnCase, RuleNoPolicy}
}

// BuiltIn reports whether no file can lift the rule: it holds whatever else
// becomes known of a departure.
func BuiltIn(rule string) bool { return slices.Contains(builtins(), rule) }

// builtin asks the built-in rules; the zero Ruling refuses nothing.
func (p *Policy) builtin(q Question) offboarding.Ruling {
	a := q.Actor
	switch {
	case !q.Action.known():
		return refused(RuleUnknownAction, fmt.Sprintf("%s is no action: the actions are %s", quoted(string(q.Action)), list(words(Actions()))))
	case a.IsZero():
		return refused(RuleNobody, "whoever asks has to be named")
	case !slices.Contains(doors(), string(a.Door)):
		return refused(RuleNobody, "nobody says through which door they came in")
	case a.Bot && a.Door != offboarding.DoorHook:
		return refused(RuleBot, "a program does nothing here; a person has to")
	case a.Door == offboarding.DoorHook && !q.Action.forPrograms():
		return refused(RuleBot, "a program may request, cancel and reschedule where the policy lets it; for anything else a person has to come")
	case a.Guest:
		return refused(RuleGuest, "guests do nothing here; a member of the company has to")
	case a.Foreign:
		return refused(RuleForeign, "members of other workspaces do nothing here; a member of the company has to")
	case p.open && a.Door != offboarding.DoorCommand:
		return refused(RuleNoPolicy, "there is no policy, so only the command line may do anything: write the section policy of lastday.yaml, see docs/policy.md")
	}
	return onOwnCase(q)
}

// onOwnCase refuses the person who leaves, and somebody of whom it cannot be
// told that they are another person.
func onOwnCase(q Question) offboarding.Ruling {
	if q.Action == See || q.Action.general() {
		return offboarding.Ruling{}
	}
	a, d := q.Actor, q.Departure
	switch {
	case a.Is(d.Subject), q.Plan != nil && a.IsAnyOf(q.Plan.Addresses),
		a.ID != "" && q.Plan != nil && slices.Contains(q.Plan.Accounts, fmt.Sprintf("%s:%s", a.Door, a.ID)):
		return refused(RuleOwnCase, "the person who leaves does nothing in their own case; somebody else has to")
	case a.Door == offboarding.DoorSlack && a.Email == "":
		return refused(RuleNoAddress, "your e-mail address is not known, so you could be the person who leaves: add it to your Slack profile")
	}
	return offboarding.Ruling{}
}

// unaddressed refuses a request that people must agree to, by somebody of whom
// only a name is known: nobody could be told to be another person than they.
func unaddressed(a offboarding.Actor, needed []offboarding.Requirement) offboarding.Ruling {
	if len(needed) == 0 || a.Email != "" || a.Bot || a.Door == offboarding.DoorHook {
		return offboarding.Ruling{}
	}
	return refused(RuleNoAddress, "somebody else than you has to agree to it: say under which work e-mail you ask: --by EMAIL")
}

func refused(rule, why string) offboarding.Ruling {
	return offboarding.Ruling{Refused: rule, Why: why}
}
