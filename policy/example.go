package policy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lastday/offboarding"
)

// Example is a question with the answer that its writer expects; the policy's
// own test.
type Example struct {
	Name      string    `yaml:"name"`
	Action    Action    `yaml:"action"`
	Actor     Actor     `yaml:"actor"`
	Departure Departure `yaml:"departure"`
	Plan      *Plan     `yaml:"plan"` // left out: the accounts are not found yet
	Expect    Expect    `yaml:"expect"`
}

// Expect is the whole answer: allowed, by which rule it is refused, or which
// rules want the approval of how many.
type Expect struct {
	Allowed   bool           `yaml:"allowed"`
	Refused   string         `yaml:"refused"`
	Approvals map[string]int `yaml:"approvals"`
	// Emergency: access is cut first.
	Emergency bool `yaml:"emergency"`
}

// Result is what became of one example.
type Result struct {
	Name string `json:"name"`
	Pass bool   `json:"pass"`
	Want string `json:"want"`
	Got  string `json:"got"`
	Why  string `json:"why,omitempty"` // what the refused reads
}

// Try runs the examples of the file, in its order.
func (p *Policy) Try() []Result {
	out := make([]Result, 0, len(p.examples))
	for _, e := range p.examples {
		q := Question{Action: e.Action, Actor: e.Actor.person(), Departure: e.Departure.departure()}
		if e.Plan != nil {
			q.Plan = e.Plan.facts()
		}
		ruling := p.Rule(q)
		want, got := e.Expect.String(), answer(ruling).String()
		out = append(out, Result{Name: e.Name, Pass: want == got, Want: want, Got: got, Why: ruling.Why})
	}
	return out
}

func answer(r offboarding.Ruling) Expect {
	e := Expect{Refused: r.Refused, Emergency: r.Emergency, Approvals: map[string]int{}}
	for _, a := range r.Approvals {
		e.Approvals[a.Rule] = a.Count
	}
	return e
}

// String is the answer in words; equal answers have equal words.
func (e Expect) String() string {
	if e.Refused != "" {
		return "refused by " + e.Refused
	}
	var parts []string
	for _, rule := range slices.Sorted(maps.Keys(e.Approvals)) {
		parts = append(parts, fmt.Sprintf("%d by %s", e.Approvals[rule], rule))
	}
	s := "allowed"
	if len(parts) > 0 {
		s += " with approvals: " + strings.Join(parts, ", ")
	}
	if e.Emergency {
		s += ", cut first"
	}
	return s
}

// checkExamples refuses examples that could not show what they mean to: with
// words that nothing knows, or an expectation that no answer fits.
func (p *Policy) checkExamples() []error {
	var errs []error
	names := map[string]bool{}
	for i, e := range p.examples {
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("policy.examples[%d] (%s)%s", i, key(e.Name), fmt.Sprintf(format, args...)))
		}
		if strings.TrimSpace(e.Name) == "" || len(e.Name) > 200 || names[e.Name] {
			bad(".name: give each example a name of its own, of at most 200 characters")
		}
		names[e.Name] = true
		if !e.Action.known() {
			bad(".action is %s: the actions are %s", quoted(string(e.Action)), list(words(Actions())))
		}
		e.Actor.check("actor", bad)
		e.Departure.check(bad)
		e.Expect.check(p.rules(), bad)
	}
	return errs
}

func (a Actor) check(place string, bad func(string, ...any)) {
	if a.Door != "" && !slices.Contains(doors(), a.Door) {
		bad(".%s.door is %s: the doors are %s", place, quoted(a.Door), list(doors()))
	}
	checkAddress(place+".email", a.Email, bad)
	for _, g := range a.Groups {
		if !isSource(g) {
			bad(".%s.groups: %s is no group of a door: give slack:ID or okta:NAME", place, quoted(g))
		}
	}
}

func (d Departure) check(bad func(string, ...any)) {
	checkAddress("departure.subject", d.Subject, bad)
	checkAddress("departure.successor", d.Successor, bad)
	if d.Kind != "" && !slices.Contains(offboarding.Kinds(), offboarding.Kind(d.Kind)) {
		bad(".departure.kind is %s: the kinds are %s", quoted(d.Kind), list(words(offboarding.Kinds())))
	}
	d.RequestedBy.check("departure.requested_by", bad)
}

func checkAddress(place, s string, bad func(string, ...any)) {
	if p, err := offboarding.ParseSubject(s); s != "" && (err != nil || string(p) != s) {
		bad(".%s: %s is no work e-mail in small letters", place, quoted(s))
	}
}

func (e Expect) check(rules []string, bad func(string, ...any)) {
	agreed := e.Allowed || len(e.Approvals) > 0 || e.Emergency
	switch {
	case !agreed && e.Refused == "":
		bad(".expect is empty: give allowed: true, refused: RULE or approvals: {RULE: COUNT}")
	case agreed && e.Refused != "":
		bad(".expect: what is refused is neither allowed nor approved")
	case e.Refused != "" && !slices.Contains(rules, e.Refused):
		bad(".expect.refused: there is no rule %s", quoted(e.Refused))
	}
	for _, rule := range slices.Sorted(maps.Keys(e.Approvals)) {
		if !slices.Contains(rules, rule) {
			bad(".expect.approvals: there is no rule %s", quoted(rule))
		}
	}
}

// rules are the names of all rules that there are.
func (p *Policy) rules() []string {
	out := append(builtins(), RuleBrakeRelease)
	for _, a := range Actions() {
		out = append(out, "may."+string(a))
	}
	for _, r := range p.refuse {
		out = append(out, r.rule)
	}
	for _, a := range p.approvals {
		out = append(out, a.need.Rule)
	}
	return out
}
