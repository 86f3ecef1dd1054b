package policy_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/offboarding"
	"lastday/policy"
)

// FuzzPolicyFile: whatever stands in the section, it is refused with the place
// of its mistake, or it is a policy that no guest, bot, foreigner or leaver
// gets past, and that answers the same question the same way.
func FuzzPolicyFile(f *testing.F) {
	for _, seed := range seeds(f) {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		var c policy.Config
		dec := yaml.NewDecoder(bytes.NewReader(file))
		dec.KnownFields(true)
		if err := dec.Decode(&c); err != nil {
			return
		}
		c.Defaults()
		p, err := policy.New(c)
		if err != nil {
			for line := range strings.SplitSeq(err.Error(), "\n") {
				require.NotEmpty(t, strings.TrimSpace(line), "%q", err)
			}
			require.True(t, strings.HasPrefix(err.Error(), "policy."), "%q", err)
			_, again := policy.New(c)
			require.EqualError(t, again, err.Error())
			return
		}
		require.True(t, slices.IsSorted(p.Groups()))
		tried := p.Try()
		require.Equal(t, tried, p.Try())
		for _, do := range policy.Actions() {
			checkAnswers(t, p, do)
		}
	})
}

func checkAnswers(t *testing.T, p *policy.Policy, do policy.Action) {
	plan := &offboarding.Facts{
		Systems: []offboarding.System{"okta"}, Classes: []string{"okta/admin-roles"}, Grants: 3, Admin: true, Accounts: []string{"slack:U4"},
	}
	d := leaving(func(d *offboarding.Departure) { d.Urgent, d.Bulk, d.Kind = true, true, offboarding.Dismissal })
	guest, bot, foreign := hanna, hanna, hanna
	guest.Guest, bot.Bot, foreign.Foreign = true, true, true
	for _, who := range []offboarding.Actor{{}, guest, bot, foreign} {
		require.NotEmpty(t, ask(p, who, do, d, plan).Refused)
	}
	if do != policy.See && do != policy.Release && do != policy.Freeze && do != policy.Unfreeze {
		require.NotEmpty(t, ask(p, jane, do, d, plan).Refused)
	}
	for _, who := range []offboarding.Actor{hanna, sam, mo, console, personio} {
		for _, facts := range []*offboarding.Facts{nil, plan} {
			r := ask(p, who, do, d, facts)
			require.Equal(t, r, ask(p, who, do, d, facts))
			if r.Refused != "" {
				require.NotEmpty(t, r.Why)
				require.Empty(t, r.Approvals)
				require.False(t, r.Emergency)
			}
			for _, a := range r.Approvals {
				require.GreaterOrEqual(t, a.Count, 1)
				require.NotEmpty(t, a.Members)
				require.Contains(t, p.Who(a), a.From)
			}
		}
	}
}

// seeds are good files and nasty ones; the example file's section is one.
func seeds(f *testing.F) []string {
	example, err := os.ReadFile("../lastday.example.yaml")
	require.NoError(f, err)
	var file struct {
		Policy yaml.Node `yaml:"policy"`
	}
	require.NoError(f, yaml.Unmarshal(example, &file))
	section, err := yaml.Marshal(&file.Policy)
	require.NoError(f, err)
	may := func(expression string) string { return "may: {request: " + expression + "}\n" }
	return []string{
		string(section), "", "{}", "may: {}", "may:\n", "groups: {hr: []}", "brake: {per_hour: 1}", "brake: {release: {count: 2, from: hr}}",
		may("true"), may(`"!actor.bot"`), may("!actor.bot"), may("1/0 > 0"), may(`"actor.groups[9] == 'okta:x'"`),
		may(`"[1,2,3].all(a, [1,2,3].all(b, [1,2,3].exists(c, a == b || b == c)))"`), may(`"dyn(actor).nope"`), may(`"actor.name.matches('(a+)+$')"`),
		may(`"policy.Actor{email: 'x'}.memberOf('hr')"`), may(`"has(actor.email) && has(departure.at)"`), may(`"departure.at.getHours('Nowhere/At') > 3"`),
		may(`"departure.at + duration('999999999h') > departure.at"`), may(`"actor == actor"`), may(`"type(actor) == type(departure)"`),
		may("\"\u202eactor.memberOf('hr')\""), may(`"actor.memberOf('hr'"`), may(`"'\\ud800' == actor.name"`), may(`"{'a': actor}['b'].memberOf('hr')"`),
		"groups: {hr: [a@example.com]}\nmay: {see: actor.memberOf('hr')}\nrefuse: [{rule: r, when: plan.grants / (plan.grants - 3) > 1}]\n",
		"groups: {hr: [slack:S0HR00001, okta:X]}\nmay: {request: true}\napprovals: [{rule: a, when: plan.admin, from: hr, count: 2, within: 1h, expired: cancel}]\n",
		"may: {request: true}\nexamples: [{name: a, action: request, actor: {door: slack, id: U1}, plan: {}, expect: {allowed: true}}]\n",
		"may: &a {request: true}\nrefuse: [*a]\n", "examples: [null]", "approvals: [null]\nmay: {request: true}", "may: {request: true}\nrefuse: [{rule: guest, when: true}]",
	}
}

// FuzzExpression is FuzzPolicyFile past the file's form: any text as the
// expression of every key.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{
		"true", "actor.memberOf('hr')", "!actor.same(departure.requested_by)", "plan.classes.exists(c, c.startsWith('okta/'))", "1/0 > 0",
		"actor.groups[9] == 'okta:x'", "departure.at.getHours('Nowhere/At') > 3", "departure.at - departure.requested_at < duration('24h')",
		"[1, 2, 3].all(a, [1, 2, 3].map(b, b * a).exists(c, c == a))", "actor.name.matches('(a+)+$')", "has(plan.accounts)", "dyn(actor).x",
		"policy.Actor{email: 'x'}.memberOf('hr')", "departure.kind in ['dismissal'] ? plan.admin : action == 'request'", "{'a': actor}['b'].bot",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := house()
		c.May = everything(text)
		c.Refuse = append(c.Refuse, policy.Refuse{Rule: "fuzzed", When: text})
		if p, err := policy.New(c); err == nil {
			for _, do := range policy.Actions() {
				checkAnswers(t, p, do)
			}
		}
		c.May = everything("true")
		c.Approvals = []policy.Approval{{Rule: "fuzzed-too", When: text, From: "hr"}}
		if p, err := policy.New(c); err == nil {
			checkAnswers(t, p, policy.Request)
		}
	})
}
