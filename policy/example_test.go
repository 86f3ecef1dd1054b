package policy_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"lastday/policy"
)

func TestExamplesAreAskedAndCompared(t *testing.T) {
	hr := policy.Actor{Door: "slack", ID: "U1", Email: "hanna.hr@example.com"}
	bulk := policy.Departure{Subject: "jane.doe@example.com", Kind: "dismissal", Bulk: true, Urgent: true}
	admin := &policy.Plan{Systems: []string{"okta"}, Classes: []string{"okta/admin-roles"}, Admin: true}
	for name, c := range map[string]struct {
		example policy.Example
		pass    bool
		got     string
	}{
		"allowed":          {policy.Example{Action: policy.See, Actor: hr, Expect: policy.Expect{Allowed: true}}, true, "allowed"},
		"refused":          {policy.Example{Action: policy.See, Actor: policy.Actor{Door: "slack", ID: "U7"}, Expect: policy.Expect{Refused: "may.see"}}, true, "refused by may.see"},
		"by another rule":  {policy.Example{Action: policy.See, Expect: policy.Expect{Refused: "may.see"}}, false, "refused by nobody"},
		"not refused":      {policy.Example{Action: policy.See, Actor: hr, Expect: policy.Expect{Refused: "guest"}}, false, "allowed"},
		"approvals":        {policy.Example{Action: policy.Request, Actor: hr, Departure: bulk, Plan: admin, Expect: policy.Expect{Approvals: map[string]int{"z-bulk": 1, "admin": 2}, Emergency: true}}, true, "allowed with approvals: 2 by admin, 1 by z-bulk, cut first"},
		"approvals unsaid": {policy.Example{Action: policy.Request, Actor: hr, Departure: bulk, Expect: policy.Expect{Allowed: true, Emergency: true}}, false, "allowed with approvals: 1 by z-bulk, cut first"},
		"another number":   {policy.Example{Action: policy.Request, Actor: hr, Departure: bulk, Expect: policy.Expect{Approvals: map[string]int{"z-bulk": 2}, Emergency: true}}, false, "allowed with approvals: 1 by z-bulk, cut first"},
	} {
		t.Run(name, func(t *testing.T) {
			conf := house()
			c.example.Name = name
			conf.Examples = []policy.Example{c.example}
			results := build(t, conf).Try()
			require.Len(t, results, 1)
			require.Equal(t, name, results[0].Name)
			require.Equal(t, c.got, results[0].Got)
			require.Equal(t, c.pass, results[0].Pass)
		})
	}
}

func TestAnExampleThatCouldShowNothingIsAMistake(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*policy.Example)
		want   string
	}{
		"without a name":      {func(e *policy.Example) { e.Name = " " }, ".name: give each"},
		"an action":           {func(e *policy.Example) { e.Action = "look" }, `.action is "look"`},
		"a door":              {func(e *policy.Example) { e.Actor.Door = "web" }, `.actor.door is "web"`},
		"a group's name":      {func(e *policy.Example) { e.Actor.Groups = []string{"hr"} }, `.actor.groups: "hr" is no group of a door`},
		"an address":          {func(e *policy.Example) { e.Actor.Email = "Hanna@Example.com" }, ".actor.email"},
		"the leaver":          {func(e *policy.Example) { e.Departure.Subject = "jane" }, ".departure.subject"},
		"a kind":              {func(e *policy.Example) { e.Departure.Kind = "sacked" }, `.departure.kind is "sacked"`},
		"who asked":           {func(e *policy.Example) { e.Departure.RequestedBy.Door = "x" }, ".departure.requested_by.door"},
		"nothing expected":    {func(e *policy.Example) { e.Expect = policy.Expect{} }, ".expect is empty"},
		"both":                {func(e *policy.Example) { e.Expect.Refused = "guest" }, "neither allowed nor"},
		"a rule there is not": {func(e *policy.Example) { e.Expect = policy.Expect{Refused: "last-ownr"} }, `there is no rule "last-ownr"`},
		"an approval's rule":  {func(e *policy.Example) { e.Expect = policy.Expect{Approvals: map[string]int{"x": 1}} }, `there is no rule "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			conf := house()
			e := policy.Example{Name: "e", Action: policy.See, Expect: policy.Expect{Allowed: true}}
			c.change(&e)
			conf.Examples = []policy.Example{e}
			_, err := policy.New(conf)
			require.ErrorContains(t, err, "policy.examples[0]")
			require.ErrorContains(t, err, c.want)
		})
	}
	conf := house()
	e := policy.Example{Name: "e", Action: policy.See, Expect: policy.Expect{Allowed: true}}
	conf.Examples = []policy.Example{e, e}
	_, err := policy.New(conf)
	require.ErrorContains(t, err, "policy.examples[1] (e).name", "a name twice")
}

func TestTheAnnotatedExampleOfThePaperPasses(t *testing.T) {
	paper, err := os.ReadFile("../docs/policy.md")
	require.NoError(t, err)
	block := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindSubmatch(paper)
	require.NotNil(t, block)
	dec := yaml.NewDecoder(strings.NewReader(string(block[1])))
	dec.KnownFields(true)
	var file struct {
		Policy policy.Config `yaml:"policy"`
	}
	require.NoError(t, dec.Decode(&file))
	results := build(t, file.Policy).Try()
	require.NotEmpty(t, results)
	for _, r := range results {
		require.True(t, r.Pass, "%+v", r)
	}
}
