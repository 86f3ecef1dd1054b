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
// which period. It names nobody who was looked for.
type access struct {
	What  string        `json:"what"`
	Roles []signin.Role `json:"roles"`
	Entry *int64        `json:"entry,omitempty"`
	// Shown is how many cases a list showed.
	Shown   *int   `json:"shown,omitempty"`
	From    string `json:"from,omitempty"`
	To      string `json:"to,omitempty"`
	Partner string `json:"partner,omitempty"`
	Only    string `json:"only,omitempty"`
	Seed    string `json:"seed,omitempty"`
	// Person is true where one person was looked for by address.
	Person bool `json:"person,omitempty"`
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
	err = p.Record.Append(ctx, []record.Event{{
		ID: "access/" + uuid.NewString(), Kind: record.Access, At: p.Now().UTC(), Case: runID,
		People: map[record.Role]record.Person{record.Actor: u.Person}, Facts: facts,
	}})
	if err != nil {
		return fmt.Errorf("record that somebody looked: %w", err)
	}
	return nil
}

// sawList puts a look at a list of people into the record.
func (p *pages) sawList(ctx context.Context, what string, shown int, q query) error {
	return p.saw(ctx, "", access{
		What: what, Shown: &shown, From: q.FromText, To: q.ToText, Partner: q.Partner, Only: q.Only, Seed: q.Seed, Person: q.Who != "",
	})
}
