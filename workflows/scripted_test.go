package workflows_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// scripted is one system: it truly holds grants until told otherwise.
type scripted struct {
	h       *house
	name    offboarding.System
	account bool
	fail    map[activities.Verb]func(try int) error
	hook    map[activities.Verb]func(try int) // runs before the verb does its work
	tries   map[activities.Verb]int
	classes []offboarding.Class // that are read back
	grants  []offboarding.Grant
	shield  string              // Account.Protected
	blind   []offboarding.Class // out of sight
	lies    bool                // revoke answers well and changes nothing
	logins  map[offboarding.System]string
	asked   []offboarding.Person
	id      string   // of the account; default id-SYSTEM
	emails  []string // Account.Emails
	knownAs string   // the only address under which the person is found
	// needsLogin: nobody is found without a login that another system tells.
	needsLogin bool
	noControl  bool  // nothing known to be there is seen by the same call
	breaks     error // what Revoke ends with, after it has done its work
}

func (s *scripted) holds(classes ...offboarding.Class) *scripted {
	for _, c := range classes {
		closes := offboarding.StepRevoke
		if c == offboarding.Login {
			closes = offboarding.StepContain
		}
		s.grants = append(s.grants, offboarding.Grant{Class: c, ID: "1-" + string(c), Label: string(c) + " one", Closes: closes})
		if !slices.Contains(s.classes, c) {
			s.classes = append(s.classes, c)
		}
	}
	return s
}

// asks sets a class to ask.
func (s *scripted) asks(class offboarding.Class, r offboarding.Removal) *scripted {
	for i := range s.grants {
		if s.grants[i].Class == class {
			s.grants[i].Removal = r
		}
	}
	return s
}

// loses takes a class away as somebody does by hand.
func (s *scripted) loses(class offboarding.Class) {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	s.grants = slices.DeleteFunc(s.grants, func(g offboarding.Grant) bool { return g.Class == class })
}

// down makes a verb fail with kind until the case's clock reaches d from its start.
func (s *scripted) down(kind transport.Kind, d time.Duration, verbs ...activities.Verb) *scripted {
	start := s.h.begin
	for _, v := range verbs {
		s.fail[v] = func(int) error {
			if s.h.env.Now().Sub(start) < d {
				return &transport.Error{Kind: kind, System: s.name, Op: "call", Detail: "scripted"}
			}
			return nil
		}
	}
	return s
}

func (s *scripted) left() []offboarding.Grant {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	return slices.Clone(s.grants)
}

func (s *scripted) enter(v activities.Verb, args string) error {
	s.h.mu.Lock()
	s.h.log = append(s.h.log, call{activities.Name(s.name, v), args, s.h.env.Now().Sub(s.h.begin)})
	s.tries[v]++
	try := s.tries[v]
	s.h.mu.Unlock()
	if f := s.hook[v]; f != nil {
		f(try)
	}
	if f := s.fail[v]; f != nil {
		return f(try)
	}
	return nil
}

func (s *scripted) System() offboarding.System { return s.name }

func (s *scripted) Find(_ context.Context, p offboarding.Person) (offboarding.Account, error) {
	if err := s.enter(activities.Find, string(p.Email)+" "+p.Logins[s.name]); err != nil {
		return offboarding.Account{}, err
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	s.asked = append(s.asked, p)
	stranger := s.knownAs != "" && !slices.Contains(p.Emails, s.knownAs)
	if !s.account || stranger || (s.needsLogin && p.Logins[s.name] == "") {
		nobody := offboarding.Account{System: s.name, Evidence: "asked for the e-mail; saw ada.admin"}
		if s.noControl {
			nobody.Evidence = ""
		}
		return nobody, nil
	}
	id := s.id
	if id == "" {
		id = "id-" + string(s.name)
	}
	return offboarding.Account{
		System: s.name, Found: true, ID: id, Login: "jane", Protected: s.shield, Logins: s.logins, Emails: s.emails,
	}, nil
}

func (s *scripted) Inventory(context.Context, offboarding.Account) (offboarding.Inventory, error) {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	inv := offboarding.Inventory{Grants: slices.Clone(s.grants)}
	var present []offboarding.Class
	for _, g := range s.grants {
		if !slices.Contains(present, g.Class) {
			present = append(present, g.Class)
			inv.Coverage = append(inv.Coverage, offboarding.Coverage{Class: g.Class, Sight: offboarding.Present})
		}
	}
	for _, c := range s.blind {
		inv.Coverage = append(inv.Coverage, offboarding.Coverage{Class: c, Sight: offboarding.Blind, Reason: "the token lacks a scope"})
	}
	return inv, nil
}

func (s *scripted) Contain(_ context.Context, a offboarding.Account, j *activities.Journal) error {
	if err := s.enter(activities.Contain, a.ID); err != nil {
		return err
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	if !s.lies {
		s.grants = slices.DeleteFunc(s.grants, func(g offboarding.Grant) bool { return g.Closes == offboarding.StepContain })
	}
	j.Done(offboarding.Action{Do: "suspend", Class: offboarding.Login, At: s.h.env.Now(), Answer: "200"})
	return nil
}

// listed names grants, for the trace.
func listed(grants []offboarding.Grant) string {
	out := make([]string, 0, len(grants))
	for _, g := range grants {
		out = append(out, string(g.Class)+" "+g.ID)
	}
	return strings.Join(out, ", ")
}

func (s *scripted) Revoke(_ context.Context, _ offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	if err := s.enter(activities.Revoke, listed(grants)); err != nil {
		return err
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	for _, g := range grants {
		if !s.lies {
			s.grants = slices.DeleteFunc(s.grants, func(have offboarding.Grant) bool { return have.ID == g.ID })
		}
		j.Done(offboarding.Action{Do: "remove " + g.Label, Class: g.Class, ID: g.ID, At: s.h.env.Now(), Answer: "204"})
	}
	return s.breaks
}

func (s *scripted) Observe(_ context.Context, a offboarding.Account) (offboarding.Readback, error) {
	if err := s.enter(activities.Observe, a.ID); err != nil {
		return offboarding.Readback{}, err
	}
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	var out offboarding.Readback
	see := func(c offboarding.Class) {
		o := offboarding.Observation{Class: c, Sight: offboarding.Absent, At: s.h.env.Now(), Control: "ada.admin"}
		for _, g := range s.grants {
			if g.Class == c {
				o.Sight, o.Present = offboarding.Present, append(o.Present, g)
			}
		}
		if s.noControl {
			o.Control = ""
		}
		if slices.Contains(s.blind, c) {
			o.Sight, o.Control, o.Reason = offboarding.Blind, "", "the token lacks a scope"
		}
		out.Observations = append(out.Observations, o)
	}
	for _, c := range s.classes {
		see(c)
	}
	for _, c := range s.blind {
		if !slices.ContainsFunc(out.Observations, func(o offboarding.Observation) bool { return o.Class == c }) {
			see(c)
		}
	}
	return out, nil
}

func (s *scripted) Check(context.Context) ([]activities.Finding, error) {
	return nil, errors.New("not part of a case")
}
