package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/offboarding"
	"lastday/policy"
)

func TestAMistakeIsNamedWithItsKeyItsRuleAndItsColumn(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*policy.Config)
		want   string
	}{
		"an unknown variable":           {may(policy.Request, "actr.guest"), "policy.may.request, column 1: undeclared reference to 'actr'"},
		"an unknown field":              {may(policy.See, "departure.kindd == 'dismissal'"), "policy.may.see, column 10: undefined field 'kindd'"},
		"on its line":                   {may(policy.See, "actor.guest ||\n  departure.bluk"), "policy.may.see, line 2, column 12: undefined field 'bluk'"},
		"bad syntax":                    {may(policy.See, "actor.guest &&"), "policy.may.see, column 15: Syntax error"},
		"in for a group":                {may(policy.See, "actor.in('hr')"), "policy.may.see, column 7: in stands between a value and a list; for groups say actor.memberOf('NAME')"},
		"not a bool":                    {may(policy.See, "actor.email"), "policy.may.see, column 1: it is of type string, where true or false"},
		"a dyn":                         {may(policy.See, "dyn(true)"), "it is of type dyn"},
		"empty":                         {may(policy.See, " "), "policy.may.see: it is empty"},
		"too long":                      {may(policy.See, strings.Repeat("true || ", 600)+"true"), "policy.may.see"},
		"too deep":                      {may(policy.See, strings.Repeat("!(", 200)+"true"+strings.Repeat(")", 200)), "policy.may.see"},
		"an unknown action":             {may("delete", "true"), "policy.may.delete is no action"},
		"an unknown group":              {may(policy.See, "true || actor.memberOf('hrr')"), "policy.may.see, column 24: memberOf takes a name of policy.groups"},
		"a group that is no word":       {may(policy.See, "actor.memberOf(actor.name)"), "memberOf takes a name"},
		"a plan in a request":           {may(policy.Request, "plan.admin"), "policy.may.request, column 1: plan is not known here"},
		"a person in a freeze":          {may(policy.Freeze, "departure.bulk"), "policy.may.freeze, column 1: departure is not known here"},
		"a plan in a release":           {may(policy.Release, "plan.admin"), "plan is not known here"},
		"a refusal's rule":              {refuse("late", "departure.nope"), "policy.refuse[0] (late).when, column 10"},
		"an approval's rule":            {approve(func(a *policy.Approval) { a.When = "nope" }), "policy.approvals[0] (agree).when, column 1"},
		"an action in approvals":        {approve(func(a *policy.Approval) { a.When = "action == 'request'" }), "action is not known here"},
		"a kind there is not":           {refuse("r", "departure.kind == 'dismisal'"), `column 19: "dismisal" is no kind`},
		"kinds in a list":               {refuse("r", "departure.kind in ['dismissal', 'sacking']"), `"sacking" is no kind`},
		"a door there is not":           {refuse("r", "'cli' != actor.door"), `"cli" is no door`},
		"an action there is not":        {refuse("r", "action in ['requests']"), `"requests" is no action`},
		"a class without system":        {refuse("r", "'admin-roles' in plan.classes"), `"admin-roles" is no class of a system`},
		"an account's form":             {refuse("r", "'42' in plan.accounts"), `"42" is no account`},
		"a group's name for its source": {refuse("r", "'hr' in actor.groups"), `"hr" is no group of a door`},
		"an address in capitals":        {refuse("r", "departure.subject == 'Jane@example.com'"), "is no work e-mail in small letters"},
		"of the requester too":          {refuse("r", "departure.requested_by.email == 'Jane@example.com'"), "is no work e-mail in small letters"},
		"two without an address":        {may(policy.Cancel, "actor.email == departure.requested_by.email"), "say actor.same(departure.requested_by)"},
		"two actors compared":           {may(policy.Cancel, "actor != departure.requested_by"), "say actor.same(departure.requested_by)"},
		"a thing that is made":          {may(policy.Cancel, "policy.Actor{email: 'a@example.com'}.memberOf('hr')"), "nothing can be made in an expression"},
		"a name taken over":             {may(policy.Cancel, "[1].exists(plan, plan == 1)"), "plan has a meaning already"},
		"a bad regular expression":      {may(policy.Cancel, "actor.name.matches('(')"), "policy.may.cancel, column"},
		"a bad duration":                {may(policy.Cancel, "duration('soon') > duration('1h')"), "policy.may.cancel, column"},
		"no may":                        {func(c *policy.Config) { c.May = nil }, "policy.may is empty"},
		"a group's name":                {group("H R", "a@example.com"), `policy.groups."H R": name the group`},
		"an empty group":                {group("x"), "policy.groups.x has 0 members"},
		"a stranger":                    {group("x", "U0123"), `policy.groups.x: "U0123" is nobody`},
		"a Slack person":                {group("x", "slack:U0123"), `"slack:U0123" is nobody`},
		"a rule's name":                 {refuse("Last Owner", "true"), "policy.refuse[0].rule is"},
		"a built-in's name":             {refuse("guest", "true"), "there is another rule of that name"},
		"a name twice":                  {refuse("agree", "true"), `policy.approvals[0].rule is "agree", and there is another`},
		"approvals of nobody":           {approve(func(a *policy.Approval) { a.From = "x" }), "policy.approvals[0] (agree).from"},
		"too many people":               {approve(func(a *policy.Approval) { a.Count = 21 }), "(agree).count is 21"},
		"fewer people than asked":       {approve(func(a *policy.Approval) { a.From, a.Count = "few", 3 }), "the group few has 2 people, and 3 of them must agree"},
		"a minute at least":             {approve(func(a *policy.Approval) { a.Within = 1 }), "(agree).within"},
		"an unknown end":                {approve(func(a *policy.Approval) { a.Expired = "allow" }), "(agree).expired"},
		"a long sentence":               {approve(func(a *policy.Approval) { a.Say = strings.Repeat("x", 501) }), "approvals[0].say is longer"},
		"a brake without limit":         {brake(policy.Brake{PerHour: -1}), "policy.brake.per_hour is -1"},
		"more than all":                 {brake(policy.Brake{Percent: 101}), "policy.brake.percent is 101"},
		"less than nobody":              {brake(policy.Brake{Directory: -1}), "policy.brake.directory is -1"},
		"one who releases":              {brake(policy.Brake{Release: policy.Quorum{Count: 1}}), "policy.brake.release.count is 1"},
		"one of a group":                {brake(policy.Brake{Release: policy.Quorum{From: "hr", Count: 1}}), "policy.brake.release.count is 1"},
		"releasers there are not":       {brake(policy.Brake{Release: policy.Quorum{From: "x"}}), "policy.brake.release.from is"},
	} {
		t.Run(name, func(t *testing.T) {
			conf := house()
			conf.Groups["few"] = []string{"a@example.com", "B@example.com", "b@example.com"}
			conf.Refuse, conf.Approvals = nil, []policy.Approval{{Rule: "agree", When: "departure.bulk", From: "hr"}}
			c.change(&conf)
			conf.Defaults()
			require.ErrorContains(t, conf.Validate(), c.want)
			p, err := policy.New(conf)
			require.Nil(t, p)
			require.Error(t, err)
		})
	}
}

func may(a policy.Action, text string) func(*policy.Config) {
	return func(c *policy.Config) { c.May[a] = text }
}

func refuse(rule, when string) func(*policy.Config) {
	return func(c *policy.Config) { c.Refuse = []policy.Refuse{{Rule: rule, When: when}} }
}

func approve(change func(*policy.Approval)) func(*policy.Config) {
	return func(c *policy.Config) { change(&c.Approvals[0]) }
}

func group(name string, members ...string) func(*policy.Config) {
	return func(c *policy.Config) { c.Groups[name] = members }
}

func brake(b policy.Brake) func(*policy.Config) { return func(c *policy.Config) { c.Brake = b } }

func TestAllMistakesAreNamedAtOnceAndInOneOrder(t *testing.T) {
	c := house()
	c.May[policy.See], c.May[policy.Request], c.May[policy.Cancel] = "a", "b", "c"
	c.Refuse[0].When = "d"
	_, err := policy.New(c)
	require.Error(t, err)
	for range 20 {
		_, again := policy.New(c)
		require.EqualError(t, again, err.Error())
	}
	require.Len(t, strings.Split(err.Error(), "\n"), 4)
	require.True(t, strings.HasPrefix(err.Error(), "policy.may.request"))
}

func TestAPolicyReadFromAFile(t *testing.T) {
	var c policy.Config
	require.NoError(t, yaml.Unmarshal([]byte(`
groups: {hr: [hanna.hr@example.com, heike@example.com]}
may: {request: "true", see: true}
refuse:
  - rule: no-dismissals
    when: |
      departure.kind == 'dismissal'
      && departure.partner == ''
approvals: [{rule: two, when: departure.bulk, from: hr, count: 2, within: 90m, expired: cancel, say: look}]
brake: {per_hour: 7, release: {from: hr, count: 2}}
`), &c))
	c.Defaults()
	require.NoError(t, c.Validate())
	p := build(t, c)
	require.Equal(t, 7, p.Brake().PerHour)
	require.Equal(t, 5, p.Brake().Percent)
	d := leaving(func(d *offboarding.Departure) { d.Kind = offboarding.Dismissal })
	require.Equal(t, "no-dismissals", ask(p, mo, policy.Request, d, nil).Refused)
	d = leaving(func(d *offboarding.Departure) { d.Bulk = true })
	require.Equal(t, offboarding.ExpiryCancel, ask(p, mo, policy.Request, d, nil).Approvals[0].Expired)
}

func TestDefaultsDoNotReachIntoTheCallersFile(t *testing.T) {
	c := house()
	build(t, c)
	require.Zero(t, c.Approvals[0].Count)
	require.Zero(t, c.Brake.PerHour)
}
