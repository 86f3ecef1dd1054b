package pages

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"lastday/record"
	"lastday/starter/pages/signin"
)

// access is what the record says of a look at it: which page, as which role, at
// which period. It stands in the log in the clear and for ever, so nothing is in
// it that a visitor can write freely: that could be somebody's name.
type access struct {
	What  string        `json:"what"`
	Roles []signin.Role `json:"roles"`
	Entry *int64        `json:"entry,omitempty"`
	// Shown is how many cases a list showed.
	Shown *int   `json:"shown,omitempty"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"`
	State string `json:"state,omitempty"`
	Late  bool   `json:"late,omitempty"`
	// Partner is one that the cases shown have, and so the record; of another that
	// was looked for nothing is kept.
	Partner string `json:"partner,omitempty"`
	Only    string `json:"only,omitempty"`
	// Person is true where one person was looked for by address.
	Person bool `json:"person,omitempty"`
	// Seed is sealed with whoever looked.
	Seed string `json:"-"`
}

// saw puts a look into the record, before anything is shown. What cannot be
// recorded is not shown.
func (p *pages) saw(ctx context.Context, runID string, a access) error {
	u, ok := signin.UserOf(ctx)
	if !ok {
		return fmt.Errorf("record that somebody looked: nobody is signed in")
	}
	a.Roles = u.Roles
	facts, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("record that somebody looked: %w", err)
	}
	e := record.Event{
		ID: "access/" + uuid.NewString(), Kind: record.Access, At: p.Now().UTC(), Case: runID,
		People: map[record.Role]record.Person{record.Actor: u.Person}, Facts: facts,
	}
	if a.Seed != "" {
		e.Owner = record.Actor
		if e.Details, err = json.Marshal(map[string]string{"seed": a.Seed}); err != nil {
			return fmt.Errorf("record that somebody looked: %w", err)
		}
	}
	if err := p.Record.Append(ctx, []record.Event{e}); err != nil {
		return fmt.Errorf("record that somebody looked: %w", err)
	}
	return nil
}

// sawList puts a look at a list of people into the record.
func (p *pages) sawList(ctx context.Context, what string, shown int, q query) error {
	a := access{
		What: what, Shown: &shown, From: q.FromText, To: q.ToText, State: q.State, Late: q.Late, Only: q.Only, Seed: q.Seed, Person: q.Person != "",
	}
	if shown > 0 {
		a.Partner = q.Partner
	}
	return p.saw(ctx, "", a)
}
