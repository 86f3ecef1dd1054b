package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/setup"
)

// look is what the record says of a look at it. It stands in the log in the clear
// and for ever, so nothing is in it that somebody can write freely.
type look struct {
	What string           `json:"what"`
	Door offboarding.Door `json:"door"`
	// Shown is how many cases a list showed.
	Shown *int   `json:"shown,omitempty"`
	From  string `json:"from,omitempty"`
	To    string `json:"to,omitempty"` // the first day that does not count
	State string `json:"state,omitempty"`
	Late  bool   `json:"late,omitempty"`
	// Partner is one that the cases shown have, and so the record.
	Partner string `json:"partner,omitempty"`
	// Person is true where one person was looked for by address.
	Person bool `json:"person,omitempty"`
	// Seed is sealed with whoever looked.
	Seed string `json:"-"`
}

// list is a look at a list of cases.
func (p *period) look(what string, all []record.Summary) look {
	n := len(all)
	l := look{What: what, Shown: &n, From: p.from, To: p.to, State: p.state, Late: p.late}
	if n > 0 {
		l.Partner = p.partner
	}
	return l
}

// looked puts into the record that somebody looked. Without it nothing is shown.
func (g *globals) looked(ctx context.Context, l *setup.Ledger, caseID string, what look) error {
	who := casefile.Person(g.actor())
	if who.IsZero() {
		return errors.New("looking at the record needs your name: --by NAME")
	}
	what.Door = offboarding.DoorCommand
	facts, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("put into the record that you looked: %w", err)
	}
	e := record.Event{
		ID: "access/" + uuid.NewString(), Kind: record.Access, At: time.Now(), Case: caseID,
		People: map[record.Role]record.Person{record.Actor: who}, Facts: facts,
	}
	if what.Seed != "" {
		e.Owner = record.Actor
		if e.Details, err = json.Marshal(map[string]string{"seed": what.Seed}); err != nil {
			return fmt.Errorf("put into the record that you looked: %w", err)
		}
	}
	if err := l.Append(ctx, []record.Event{e}); err != nil {
		return fmt.Errorf("put into the record that you looked: %w; nothing is shown without it", err)
	}
	return nil
}
