package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/policy"
)

func TestTheBuiltInRulesHoldWhateverTheFileSays(t *testing.T) {
	p := build(t, policy.Config{May: everything("true")})
	with := func(a offboarding.Actor, change func(*offboarding.Actor)) offboarding.Actor {
		change(&a)
		return a
	}
	noSee := slicesWithout(policy.Actions(), policy.See)
	personal := slicesWithout(noSee, policy.Release, policy.Freeze, policy.Unfreeze)
	for name, c := range map[string]struct {
		who  offboarding.Actor
		do   []policy.Action
		plan *offboarding.Facts
		rule string
	}{
		"nobody":                      {offboarding.Actor{}, policy.Actions(), nil, policy.RuleNobody},
		"a door without a person":     {offboarding.Actor{Door: offboarding.DoorSlack, Groups: []string{"okta:Security"}}, policy.Actions(), nil, policy.RuleNobody},
		"a person without a door":     {with(mo, func(a *offboarding.Actor) { a.Door = "" }), policy.Actions(), nil, policy.RuleNobody},
		"an unknown door":             {with(mo, func(a *offboarding.Actor) { a.Door = "window" }), policy.Actions(), nil, policy.RuleNobody},
		"a guest":                     {with(mo, func(a *offboarding.Actor) { a.Guest = true }), policy.Actions(), nil, policy.RuleGuest},
		"a bot in Slack":              {with(mo, func(a *offboarding.Actor) { a.Bot = true }), policy.Actions(), nil, policy.RuleBot},
		"a bot at the command line":   {with(console, func(a *offboarding.Actor) { a.Bot = true }), policy.Actions(), nil, policy.RuleBot},
		"another workspace":           {with(mo, func(a *offboarding.Actor) { a.Foreign = true }), policy.Actions(), nil, policy.RuleForeign},
		"a guest that a hook brings":  {with(personio, func(a *offboarding.Actor) { a.Guest = true }), []policy.Action{policy.Request}, nil, policy.RuleGuest},
		"a hook, beyond its part":     {personio, slicesWithout(policy.Actions(), policy.Request, policy.Cancel, policy.Reschedule), nil, policy.RuleBot},
		"the leaver":                  {jane, personal, nil, policy.RuleOwnCase},
		"the leaver with a +tag":      {with(jane, func(a *offboarding.Actor) { a.Email = "Jane.Doe+x@example.com" }), personal, nil, policy.RuleOwnCase},
		"the leaver, from the keys":   {with(jane, func(a *offboarding.Actor) { a.Door = offboarding.DoorCommand }), personal, nil, policy.RuleOwnCase},
		"the leaver's own account":    {with(jane, func(a *offboarding.Actor) { a.Email = "jd@example.com" }), personal, &offboarding.Facts{Accounts: []string{"slack:U4"}}, policy.RuleOwnCase},
		"the leaver under an alias":   {with(mo, func(a *offboarding.Actor) { a.Email = "J.Miller+x@example.com" }), personal, &offboarding.Facts{Addresses: []string{"j.miller@example.com"}}, policy.RuleOwnCase},
		"an alias at the keyboard":    {offboarding.Named(offboarding.DoorCommand, "j.miller@example.com"), personal, &offboarding.Facts{Addresses: []string{"j.miller@example.com"}}, policy.RuleOwnCase},
		"somebody without an address": {with(mo, func(a *offboarding.Actor) { a.Email = "" }), personal, nil, policy.RuleNoAddress},
		"an action there is not":      {mo, []policy.Action{"", "delete", "Request"}, nil, policy.RuleUnknownAction},
	} {
		for _, do := range c.do {
			t.Run(name+"/"+string(do), func(t *testing.T) {
				r := ask(p, c.who, do, leaving(nil), c.plan)
				require.Equal(t, c.rule, r.Refused)
				require.True(t, policy.BuiltIn(r.Refused))
				require.NotEmpty(t, r.Why)
				require.Empty(t, r.Approvals)
				require.False(t, r.Emergency)
			})
		}
	}
}

func TestWhomTheBuiltInRulesLeaveToTheFile(t *testing.T) {
	p := build(t, policy.Config{May: everything("true")})
	for name, c := range map[string]struct {
		who offboarding.Actor
		do  []policy.Action
	}{
		"a member":                {mo, policy.Actions()},
		"the command line":        {console, policy.Actions()},
		"a file":                  {offboarding.Actor{Door: offboarding.DoorFile, Name: "x"}, policy.Actions()},
		"a hook":                  {personio, []policy.Action{policy.Request, policy.Cancel, policy.Reschedule}},
		"a hook that says bot":    {offboarding.Actor{Door: offboarding.DoorHook, ID: "p", Bot: true}, []policy.Action{policy.Request}},
		"the leaver, who looks":   {jane, []policy.Action{policy.See}},
		"the leaver, in no case":  {jane, []policy.Action{policy.Freeze, policy.Unfreeze, policy.Release}},
		"a namesake elsewhere":    {offboarding.Actor{Door: offboarding.DoorSlack, ID: "U9", Email: "jane.doe@example.org"}, policy.Actions()},
		"no address, but no case": {offboarding.Actor{Door: offboarding.DoorSlack, ID: "U9"}, []policy.Action{policy.See, policy.Freeze}},
	} {
		for _, do := range c.do {
			t.Run(name+"/"+string(do), func(t *testing.T) {
				d := leaving(nil)
				if do == policy.Release || do == policy.Freeze || do == policy.Unfreeze {
					d = offboarding.Departure{}
				}
				require.Empty(t, ask(p, c.who, do, d, &offboarding.Facts{Accounts: []string{"slack:U4"}}).Refused)
			})
		}
	}
}

func TestWhoeverAsksForWhatPeopleMustAgreeToHasAnAddress(t *testing.T) {
	c := policy.Config{Groups: house().Groups, May: everything("true")}
	c.Approvals = []policy.Approval{{Rule: "admins", When: "plan.admin", From: "security"}}
	p := build(t, c)
	named := func(d offboarding.Door, by string) offboarding.Actor { return offboarding.Named(d, by) }
	for name, c := range map[string]struct {
		who  offboarding.Actor
		plan *offboarding.Facts
		rule string
	}{
		"a name, and nobody must agree":    {named(offboarding.DoorCommand, "root@build7"), plain, ""},
		"a name, before that is known":     {named(offboarding.DoorCommand, "root@build7"), nil, ""},
		"a name, and somebody must agree":  {named(offboarding.DoorCommand, "root@build7"), owner, policy.RuleNoAddress},
		"a name behind a file":             {named(offboarding.DoorFile, "root@build7"), owner, policy.RuleNoAddress},
		"an address at the keyboard":       {named(offboarding.DoorCommand, "hanna@example.com"), owner, ""},
		"an address behind a file":         {named(offboarding.DoorFile, "hanna@example.com"), owner, ""},
		"an HR system":                     {personio, owner, ""},
		"an HR system that says it is one": {offboarding.Actor{Door: offboarding.DoorHook, ID: "p", Bot: true}, owner, ""},
	} {
		for _, urgent := range []bool{false, true} {
			t.Run(fmt.Sprint(name, urgent), func(t *testing.T) {
				d := leaving(func(d *offboarding.Departure) { d.RequestedBy, d.Urgent = c.who, urgent })
				r := ask(p, c.who, policy.Request, d, c.plan)
				require.Equal(t, c.rule, r.Refused)
				if c.rule != "" {
					require.True(t, policy.BuiltIn(r.Refused))
					require.Contains(t, r.Why, "say under which work e-mail you ask: --by EMAIL")
					require.Empty(t, r.Approvals)
					require.False(t, r.Emergency)
				}
			})
		}
	}
}

// No expression can let a guest, a bot, a foreigner, nobody or the leaver act.
func TestNoExpressionLiftsABuiltInRule(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test that fails is to fail again
	const rounds = 400
	allowed := 0
	for range rounds {
		text := expressionOf(random, 4)
		c := policy.Config{Groups: house().Groups, May: map[policy.Action]string{}}
		for _, a := range policy.Actions() {
			c.May[a] = text
		}
		p := build(t, c)
		for _, do := range policy.Actions() {
			for _, who := range outsiders(random, do) {
				d := leaving(func(d *offboarding.Departure) { d.Urgent = true })
				r := ask(p, who, do, d, &offboarding.Facts{Admin: true, Accounts: []string{"slack:U4"}})
				require.NotEmpty(t, r.Refused, "%s let %+v %s", text, who, do)
				require.False(t, r.Emergency)
			}
			if ask(p, mo, do, leaving(nil), nil).Refused == "" {
				allowed++
			}
		}
	}
	require.Greater(t, allowed, rounds, "the expressions let hardly anybody do anything, so they tested nothing")
}

// outsiders are actors who may never do it.
func outsiders(random *rand.Rand, do policy.Action) []offboarding.Actor {
	base := offboarding.Actor{
		Door: offboarding.DoorSlack, ID: "U" + fmt.Sprint(random.IntN(5)), Email: "hanna.hr@example.com",
		Groups: []string{"okta:Security", "slack:S0HR00001"},
	}
	guest, bot, foreign := base, base, base
	guest.Guest, bot.Bot, foreign.Foreign = true, true, true
	out := []offboarding.Actor{{}, {Door: base.Door, Groups: base.Groups}, guest, bot, foreign}
	if do != policy.See && do != policy.Release && do != policy.Freeze && do != policy.Unfreeze {
		leaver, alias := base, base
		leaver.Email, alias.ID = "jane.doe@example.com", "U4"
		out = append(out, leaver, alias)
	}
	if do != policy.Request && do != policy.Cancel && do != policy.Reschedule {
		out = append(out, offboarding.Actor{Door: offboarding.DoorHook, ID: "x", Email: base.Email, Groups: base.Groups})
	}
	return out
}

// expressionOf makes an expression of the actor that is more often true than
// not.
func expressionOf(random *rand.Rand, depth int) string {
	atoms := []string{
		"true", "true", "actor.memberOf('hr')", "actor.memberOf('security')", "actor.guest", "actor.bot", "actor.foreign",
		"actor.door == 'slack'", "actor.id != ''", "size(actor.groups) > 0", "actor.groups[0] == 'okta:Security'",
		"actor.email.endsWith('@example.com')", "actor.groups.exists(g, g.startsWith('okta:'))", "action in ['request', 'see', 'approve']",
		"!actor.same(actor)", "actor.email.matches('.*')",
	}
	if depth == 0 {
		return atoms[random.IntN(len(atoms))]
	}
	sub := func() string { return expressionOf(random, random.IntN(depth)) }
	switch random.IntN(5) {
	case 0:
		return "!(" + sub() + ")"
	case 1:
		return "(" + sub() + " && " + sub() + ")"
	case 2:
		return "(" + sub() + " ? " + sub() + " : " + sub() + ")"
	default:
		return "(" + strings.Join([]string{sub(), sub()}, " || ") + ")"
	}
}

func slicesWithout(all []policy.Action, none ...policy.Action) []policy.Action {
	return slices.DeleteFunc(slices.Clone(all), func(a policy.Action) bool { return slices.Contains(none, a) })
}
