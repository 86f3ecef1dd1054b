package policy

import (
	"fmt"
	"slices"
	"strings"

	"lastday/offboarding"
)

// RuleBrakeRelease refuses whoever is not of brake.release.from.
const RuleBrakeRelease = "brake.release"

// Who says in words who has to agree: "2 people of security (the Okta group
// Security or ann@example.com)".
func (p *Policy) Who(r offboarding.Requirement) string {
	people := fmt.Sprintf("%d people", r.Count)
	if r.Count == 1 {
		people = "1 person"
	}
	if r.From == "" {
		return people
	}
	return fmt.Sprintf("%s of %s (%s)", people, r.From, list(shown(r.Members)))
}

// shown is at most five members in words.
func shown(members []string) []string {
	const most = 5
	out := make([]string, 0, most+1)
	for i, m := range members {
		if i == most {
			return append(out, fmt.Sprintf("%d more", len(members)-most))
		}
		if id, ok := strings.CutPrefix(m, "slack:"); ok {
			m = "the Slack group " + id
		} else if name, ok := strings.CutPrefix(m, "okta:"); ok {
			m = "the Okta group " + name
		}
		out = append(out, m)
	}
	return out
}

// Brake is the brake's part of the policy; zero where nothing is bounded,
// because there is no policy.
func (p *Policy) Brake() Brake { return p.brake }

// Release is who has to agree before the cases that the brake holds go on. From
// and Members are empty where whoever may release counts.
func (p *Policy) Release() offboarding.Requirement {
	q := p.brake.Release
	return offboarding.Requirement{Rule: RuleBrakeRelease, From: q.From, Members: slices.Clone(p.groups[q.From]), Count: max(q.Count, 2)}
}

// Groups are the doors' own groups that the policy speaks of, slack:ID and
// okta:NAME, sorted: all that a door needs to look up of an actor.
func (p *Policy) Groups() []string { return slices.Clone(p.sources) }

func (p *Policy) gatherSources() []string {
	var out []string
	for _, members := range p.groups {
		for _, m := range members {
			if isSource(m) {
				out = append(out, m)
			}
		}
	}
	for _, x := range p.expressions() {
		out = append(out, x.sources...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *Policy) expressions() []*expression {
	var out []*expression
	for _, x := range p.may {
		out = append(out, x)
	}
	for _, r := range p.refuse {
		out = append(out, r.when)
	}
	for _, a := range p.approvals {
		out = append(out, a.when)
	}
	return out
}

// belongs reports whether somebody whom the door vouches for is of the group.
func (p *Policy) belongs(a offboarding.Actor, group string) bool {
	return vouched(a.Door) && a.InAny(p.groups[group])
}

// insteadOf says whose members an expression speaks for.
func insteadOf(x *expression) string {
	if len(x.groups) == 0 {
		return ""
	}
	return "; ask somebody of " + list(x.groups)
}

// unvouched explains to the command line why a name is not enough.
func unvouched(a offboarding.Actor) string {
	if vouched(a.Door) {
		return ""
	}
	return fmt.Sprintf("; the command line vouches for no name, so nobody there is in a group: a policy that trusts it all the same says actor.door == '%s'", a.Door)
}
