package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"lastday/offboarding"
)

// Question is one question to the policy.
type Question struct {
	Action Action
	// Actor is who asks. The approvals that a departure needs are those of
	// whoever requested it: ask Request with that actor, whenever its time or
	// its plan has changed.
	Actor     offboarding.Actor
	Departure offboarding.Departure // zero for Release, Freeze, Unfreeze
	// Plan is absent before the person's accounts are found. Rules that speak of
	// it are then left for later: ask again once it is there.
	Plan *offboarding.Facts
}

// Policy answers questions. It does not change, and may be asked from many
// goroutines.
type Policy struct {
	open      bool
	groups    map[string][]string
	may       map[Action]*expression
	refuse    []refusal
	approvals []approval // by rule
	brake     Brake
	sources   []string
	examples  []Example
}

type refusal struct {
	rule, say string
	when      *expression
}

type approval struct {
	when *expression
	need offboarding.Requirement
}

// New compiles a policy, with Defaults for what is left out. Its error names
// each mistake with its key, its rule and its column.
func New(c Config) (*Policy, error) {
	c.Approvals = slices.Clone(c.Approvals)
	c.Defaults()
	if errs := c.checkShape(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	p := &Policy{open: c.Open(), groups: map[string][]string{}, may: map[Action]*expression{}, brake: c.Brake, examples: c.Examples}
	for name, members := range c.Groups {
		p.groups[name] = normal(members)
	}
	compiler, err := newCompiler(p.groups)
	if err != nil {
		return nil, err
	}
	p.compile(compiler, c)
	if errs := append(compiler.errs, p.checkExamples()...); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	p.sources = p.gatherSources()
	return p, nil
}

const (
	noPlanYet = "a request is asked about before the accounts are found; say it in refuse or approvals"
	noPerson  = "this concerns no single person"
	noAction  = "approvals are what a request needs, whatever happens to it later"
)

func (p *Policy) compile(c *compiler, file Config) {
	for _, a := range Actions() {
		text, ok := file.May[a]
		if !ok {
			continue
		}
		without := map[string]string{}
		switch {
		case a == Request:
			without["plan"] = noPlanYet
		case a.general():
			without["plan"], without["departure"] = noPerson, noPerson
		}
		p.may[a] = c.compile(fmt.Sprintf("policy.may.%s", a), text, without)
	}
	for i, r := range file.Refuse {
		when := c.compile(fmt.Sprintf("policy.refuse[%d] (%s).when", i, r.Rule), r.When, nil)
		p.refuse = append(p.refuse, refusal{rule: r.Rule, say: r.Say, when: when})
	}
	for i, a := range file.Approvals {
		when := c.compile(fmt.Sprintf("policy.approvals[%d] (%s).when", i, a.Rule), a.When, map[string]string{"action": noAction})
		p.approvals = append(p.approvals, approval{when: when, need: offboarding.Requirement{
			Rule: a.Rule, Why: a.Say, From: a.From, Members: p.groups[a.From], Count: a.Count, Within: a.Within, Expired: a.Expired,
		}})
	}
	slices.SortFunc(p.approvals, func(a, b approval) int { return strings.Compare(a.need.Rule, b.need.Rule) })
}

// Open reports whether there is no policy: the command line may do everything,
// and no other door anything.
func (p *Policy) Open() bool { return p.open }

// Rule answers. Only a Request has approvals and may be an emergency; of any
// other action the answer is whether it is refused, by which rule, and why.
func (p *Policy) Rule(q Question) offboarding.Ruling {
	if r := p.refusal(q); r.Refused != "" || q.Action != Request || p.open {
		return r
	}
	var r offboarding.Ruling
	vars := variablesOf(q)
	for _, a := range p.approvals {
		if a.when.speaks["plan"] && q.Plan == nil {
			continue
		}
		needed, err := a.when.holds(vars)
		if err != nil {
			return failed(a.need.Rule, err)
		}
		if needed {
			need := a.need
			need.Members = slices.Clone(need.Members)
			r.Approvals = append(r.Approvals, need)
		}
	}
	if no := unaddressed(q.Actor, r.Approvals); no.Refused != "" {
		return no
	}
	if q.Departure.Urgent {
		q.Action = Emergency
		no := p.refusal(q)
		r.Emergency = no.Refused == ""
		if !r.Emergency {
			r.Why = fmt.Sprintf("it is urgent, but the rule %s does not let access be cut before it is approved: %s", no.Refused, no.Why)
		}
	}
	return r
}

// refusal asks all that can refuse, in the order of the package's
// documentation.
func (p *Policy) refusal(q Question) offboarding.Ruling {
	if r := p.builtin(q); r.Refused != "" || p.open {
		return r
	}
	vars := variablesOf(q)
	if r := p.mayNot(q, vars); r.Refused != "" {
		return r
	}
	if from := p.brake.Release.From; q.Action == Release && from != "" && !p.belongs(q.Actor, from) {
		return refused(RuleBrakeRelease, p.Who(p.Release())+" release what the brake holds"+unvouched(q.Actor))
	}
	for _, r := range p.refuse {
		if !r.concerns(q) {
			continue
		}
		holds, err := r.when.holds(vars)
		if err != nil {
			return failed(r.rule, err)
		}
		if holds {
			return refused(r.rule, orWords(r.say, "the company's policy rules it out"))
		}
	}
	return offboarding.Ruling{}
}

// mayNot asks the expression of the action.
func (p *Policy) mayNot(q Question, vars map[string]any) offboarding.Ruling {
	rule := "may." + string(q.Action)
	x := p.may[q.Action]
	switch {
	case x == nil:
		return refused(rule, fmt.Sprintf("the policy allows %s to nobody", q.Action))
	case x.speaks["plan"] && q.Plan == nil:
		return refused(rule, "it depends on the person's accounts, which are not found yet: try again in a moment")
	}
	yes, err := x.holds(vars)
	if err != nil {
		return failed(rule, err)
	}
	if !yes {
		return refused(rule, fmt.Sprintf("the policy does not allow %s to %s%s%s", q.Action, q.Actor, insteadOf(x), unvouched(q.Actor)))
	}
	return offboarding.Ruling{}
}

// concerns reports whether the rule is asked about the question. A rule that
// does not speak of the action leaves looking and stopping alone.
func (r refusal) concerns(q Question) bool {
	x := r.when
	switch {
	case x.speaks["plan"] && q.Plan == nil:
		return false
	case q.Action.general() && (x.speaks["plan"] || x.speaks["departure"]):
		return false
	}
	return !q.Action.harmless() || x.speaks["action"]
}

func variablesOf(q Question) map[string]any {
	vars := map[string]any{
		"action": string(q.Action), "actor": seen(q.Actor), "departure": seenDeparture(q.Departure),
	}
	if q.Plan != nil {
		vars["plan"] = seenPlan(*q.Plan)
	}
	return vars
}

func failed(rule string, err error) offboarding.Ruling {
	return refused(rule, "the rule could not be evaluated, so it refuses: "+err.Error()+"; whoever writes the policy has to mend it")
}

func orWords(s, fallback string) string {
	if strings.TrimSpace(s) == "" {
		return fallback
	}
	return s
}
