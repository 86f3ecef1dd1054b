package departures

import (
	"cmp"
	"context"
	"slices"

	"lastday/offboarding"
)

// Planned is what a case would do for one line.
type Planned struct {
	Line      int                   `json:"line"`
	Departure offboarding.Departure `json:"departure"`
	// Case is what was found; its state is Refused for a protected person and
	// NothingFound for somebody nobody knows.
	Case offboarding.Case `json:"case,omitzero"`
	// Failed says why nothing is known.
	Failed string `json:"failed,omitempty"`
}

// Plan looks up what a case would do for everybody in the file, so many at a
// time, and calls each, one at a time. It changes nothing.
func (f *File) Plan(ctx context.Context, desk Desk, parallel int, each func(Planned)) error {
	return spread(ctx, 0, f.Rows(ctx), parallel, func(ctx context.Context, row Row) Planned {
		p := Planned{Line: row.Line, Departure: row.Departure}
		var err error
		if p.Case, err = desk.Plan(ctx, row.Departure.Subject); err != nil {
			p.Case, p.Failed = offboarding.Case{}, err.Error()
		}
		return p
	}, func(p Planned) bool {
		each(p)
		return true
	})
}

// Sum adds plans up. Its zero value is empty.
type Sum struct {
	People  int `json:"people"`
	Unknown int `json:"unknown,omitempty"` // no system knows them
	Refused int `json:"refused,omitempty"` // protected, or by the policy
	Failed  int `json:"failed,omitempty"`  // nothing could be looked up
	// NeedPerson have a system that could not be read, a class on which a person
	// decides, or a departure that people must agree to.
	NeedPerson int `json:"need_person,omitempty"`
	// Classes are sorted by system and class.
	Classes []ClassSum `json:"classes"`
}

// ClassSum is one class of one system, over all people.
type ClassSum struct {
	System offboarding.System `json:"system"`
	Class  offboarding.Class  `json:"class"`
	People int                `json:"people"` // who hold such a grant
	Remove int                `json:"remove,omitempty"`
	Ask    int                `json:"ask,omitempty"`
	Report int                `json:"report,omitempty"`
}

// Add takes in one person's plan.
func (s *Sum) Add(p Planned) {
	s.People++
	switch {
	case p.Failed != "":
		s.Failed++
		return
	case p.Case.State == offboarding.Refused || p.Case.Ruling.Refused != "":
		s.Refused++
		return
	case p.Case.State == offboarding.NothingFound:
		s.Unknown++
		return
	}
	asks := len(p.Case.Ruling.Approvals) > 0
	for _, system := range p.Case.Systems {
		asks = asks || len(system.Needs) > 0
		var seen []offboarding.Class
		for _, g := range system.Grants {
			c := s.class(system.System, g.Class)
			if !slices.Contains(seen, g.Class) {
				seen = append(seen, g.Class)
				c.People++
			}
			switch g.Removal {
			case offboarding.Ask:
				asks = true
				c.Ask++
			case offboarding.Report:
				c.Report++
			case offboarding.Remove:
				c.Remove++
			default: // empty means Remove
				c.Remove++
			}
		}
	}
	if asks {
		s.NeedPerson++
	}
}

// class finds the line of a class, or makes room for it in order.
func (s *Sum) class(system offboarding.System, class offboarding.Class) *ClassSum {
	want := ClassSum{System: system, Class: class}
	i, found := slices.BinarySearchFunc(s.Classes, want, func(a, b ClassSum) int {
		return cmp.Or(cmp.Compare(a.System, b.System), cmp.Compare(a.Class, b.Class))
	})
	if !found {
		s.Classes = slices.Insert(s.Classes, i, want)
	}
	return &s.Classes[i]
}
