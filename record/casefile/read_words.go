package casefile

import (
	"fmt"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

func (r *reader) request(p piece) (string, error) {
	var v asked
	if err := p.into(&v); err != nil {
		return "", err
	}
	subject := r.c.Departure.Subject
	if v.Address.Plain() == subject.Plain() {
		subject, r.c.ID = v.Address, v.ID // as they were written
	}
	r.c.Departure = v.Departure
	r.c.Departure.Subject = subject
	r.c.Departure.RequestedBy = r.actor(p, v.By)
	if s := p.entry.People[record.Successor]; s != "" {
		r.c.Departure.Successor = offboarding.Subject(r.people[s].Email)
	}
	r.c.Words = v.Words
	when := "at once"
	if !v.At.IsZero() {
		when = utc(v.At)
	}
	text := "asked for access to end " + when
	if v.Urgent {
		text += ", urgently"
	}
	return joined(text, string(v.Kind), v.Reason, partnerText(v.Partner)), nil
}

// utc is a time in a line: the same on every machine, whatever zones it knows.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

func partnerText(s string) string {
	if s == "" {
		return ""
	}
	return "partner " + s
}

func (r *reader) ruling(p piece) (string, error) {
	var v ruled
	if err := p.into(&v); err != nil {
		return "", err
	}
	out := offboarding.Ruling{Refused: v.Refused, Why: v.Why, Emergency: v.Emergency}
	var parts []string
	for _, a := range v.Approvals {
		out.Approvals = append(out.Approvals, offboarding.Requirement{
			Rule: a.Rule, From: a.From, Members: a.Groups, Count: a.Count, Within: a.Within, Expired: a.Expired,
		})
		parts = append(parts, fmt.Sprintf("%d of %s must agree (%s)", a.Count, a.From, a.Rule))
	}
	r.c.Ruling = out
	if v.Refused != "" {
		return joined("refused by the rule "+v.Refused, v.Why), nil
	}
	if v.Emergency {
		parts = append(parts, "emergency: access is cut first")
	}
	return strings.Join(parts, "; "), nil
}

func (r *reader) approval(p piece) (string, error) {
	var v struct {
		offboarding.Approval
		By by  `json:"by"`
		N  int `json:"n"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	v.Approval.By = r.actor(p, v.By)
	r.c.Approvals = put(r.c.Approvals, v.N, v.Approval)
	text := "agreed to plan " + v.Plan
	if v.Reject {
		text = "rejected plan " + v.Plan
	}
	return joined(text, v.Reason), nil
}

// order reads a word on the case as a whole.
func (r *reader) order(p piece) (string, error) {
	var v struct {
		offboarding.Order
		By by  `json:"by"`
		N  int `json:"n"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	v.Order.By = r.actor(p, v.By)
	r.c.Orders = put(r.c.Orders, v.N, v.Order)
	text := v.Do + " the case"
	if !v.To.IsZero() {
		text += " to " + utc(v.To)
	}
	return joined(text, v.Reason), nil
}

func (r *reader) decision(p piece) (string, error) {
	if p.entry.System == "" {
		return r.order(p)
	}
	var v struct {
		offboarding.Decision
		By by  `json:"by"`
		N  int `json:"n"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	v.Decision.By = r.actor(p, v.By)
	r.c.Decisions = put(r.c.Decisions, v.N, v.Decision)
	target := string(v.System)
	if v.Class != "" {
		target += "/" + string(v.Class)
	}
	text := fmt.Sprintf("%s %s", v.Verb, target)
	if !v.Until.IsZero() {
		text += " until " + v.Until.UTC().Format("2006-01-02")
	}
	return joined(text, v.Reason), nil
}

func (r *reader) refusal(p piece) (string, error) {
	var v struct {
		offboarding.Refusal
		By by `json:"by"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	v.Refusal.By = r.actor(p, v.By)
	r.c.Refusals = append(r.c.Refusals, v.Refusal)
	return joined(fmt.Sprintf("%s refused by the rule %s", v.Action, v.Rule), v.Why), nil
}

func (r *reader) progress(p piece) (string, error) {
	var v struct {
		record.Standing
		Outcome  string             `json:"outcome,omitempty"`
		Held     string             `json:"held,omitempty"`
		Needs    []offboarding.Need `json:"needs,omitempty"`
		Revision int                `json:"revision,omitempty"`
		Moment   int                `json:"moment,omitempty"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	s, c := v.Standing, &r.c
	c.Standing = s
	c.State, c.StartedAt, c.Due, c.Deadline, c.Plan = offboarding.State(s.State), s.StartedAt, s.Due, s.Deadline, s.Plan
	c.ContainedAt, c.RevokedAt, c.ProvenAt, c.EndedAt = s.ContainedAt, s.RevokedAt, s.ProvenAt, s.EndedAt
	c.Outcome, c.Held, c.Revision, c.Moment = v.Outcome, v.Held, v.Revision, v.Moment
	for i := range c.Systems {
		c.Systems[i].Needs = nil
	}
	for _, n := range v.Needs {
		sys := r.system(string(n.System))
		sys.Needs = append(sys.Needs, n)
	}
	if p.entry.Kind == record.Confirmation {
		return joined("ended: "+s.State, v.Outcome), nil
	}
	return joined("the case is "+s.State, v.Held), nil
}

// other reads what changes nothing in the case.
func (r *reader) other(p piece) (string, error) {
	var v struct {
		What string `json:"what"`
		Why  string `json:"why"`
	}
	if err := p.into(&v); err != nil {
		return "", err
	}
	switch p.entry.Kind {
	case record.Access:
		return joined("looked at: "+v.What, v.Why), nil
	case record.Forgotten:
		return "the names were erased", nil
	default:
		return joined(v.What, v.Why), nil
	}
}

// put sets the n-th of the list; an older entry for the same place is replaced.
func put[T any](list []T, n int, v T) []T {
	if n >= 0 && n < len(list) {
		list[n] = v
		return list
	}
	return append(list, v)
}
