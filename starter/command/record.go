package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/setup"
	"lastday/starter/local"
)

func recordCommand(g *globals) *cobra.Command {
	c := &cobra.Command{
		Use:   "record",
		Short: "Read, export and check the record that auditors rely on",
		Long: `Record is the auditor's side: what happened to every leaver's access, in a log
that shows whether anybody changed it afterwards.

It opens the database of the section record of the configuration (-c), or where
nothing is said, the one that the standalone process on this machine keeps.
Looking at a person's case is itself put into the record.`,
		Example: `  starter record list --from 2026-01-01 --to 2026-04-01 --late
  starter record show jane.doe@example.com
  starter record export jane.doe@example.com -f case.zip
  starter record verify case.zip --key "$(cat public.key)"
  starter record sample --n 25 --seed 4711 --from 2026-01-01 --to 2027-01-01`,
		RunE: func(*cobra.Command, []string) error {
			return usagef("record needs a command: list, show, export, sample, verify, status, resume, forget or keys")
		},
	}
	c.AddCommand(recordListCommand(g), recordShowCommand(g), recordExportCommand(g), recordSampleCommand(g),
		recordVerifyCommand(g), recordStatusCommand(g), recordResumeCommand(g), recordForgetCommand(g), recordKeysCommand(g))
	return c
}

// ledger opens the record that the configuration has, or the standalone
// process's.
func (g *globals) ledger(ctx context.Context) (*setup.Ledger, error) {
	c, err := g.recordConfig()
	if err != nil {
		return nil, err
	}
	return setup.Open(ctx, c)
}

func (g *globals) recordConfig() (setup.Config, error) {
	if g.configPath != "" {
		f, err := config.Load(g.configPath)
		if err != nil {
			return setup.Config{}, err
		}
		if f.Record.Kept() {
			return f.Record, nil
		}
		return setup.Embedded(f.Standalone.DataDir)
	}
	if i, ok := local.Read(); ok && i.Data != "" {
		return setup.Embedded(i.Data)
	}
	return setup.Config{}, errors.New("which record? Give the configuration: -c FILE, or start the standalone process")
}

// looked puts into the record that somebody looked at a case. Without it nothing
// is shown.
func (g *globals) looked(ctx context.Context, l *setup.Ledger, caseID, what string) error {
	who := casefile.Person(g.actor())
	if who.IsZero() {
		return errors.New("looking at a case needs your name: --by NAME")
	}
	facts, err := json.Marshal(map[string]string{"what": what, "door": string(offboarding.DoorCommand)})
	if err != nil {
		return fmt.Errorf("put into the record that you looked: %w", err)
	}
	e := record.Event{
		ID: "access/" + uuid.NewString(), Kind: record.Access, At: time.Now(), Case: caseID,
		People: map[record.Role]record.Person{record.Actor: who}, Facts: facts,
	}
	if err := l.Append(ctx, []record.Event{e}); err != nil {
		return fmt.Errorf("put into the record that you looked: %w; nothing is shown without it", err)
	}
	return nil
}

// period are the flags that choose cases.
type period struct {
	from, to, partner, state string
	late                     bool
}

func (p *period) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.from, "from", "", "cases that were due on this day or later, as 2026-01-31")
	c.Flags().StringVar(&p.to, "to", "", "cases that were due before this day")
	c.Flags().StringVar(&p.partner, "partner", "", "cases of this partner company")
	c.Flags().StringVar(&p.state, "state", "", "cases in this state, such as verified, closed or cancelled")
	c.Flags().BoolVar(&p.late, "late", false, "cases that were not contained or proven by their deadline")
}

func (p *period) filter() (record.Filter, error) {
	f := record.Filter{Partner: p.partner, State: p.state, Late: p.late}
	for name, day := range map[string]struct {
		text string
		to   *time.Time
	}{"--from": {p.from, &f.From}, "--to": {p.to, &f.To}} {
		if day.text == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, day.text)
		if err != nil {
			return record.Filter{}, usagef("%s %q is no day: give one as 2026-01-31 (UTC)", name, day.text)
		}
		*day.to = t
	}
	if !f.From.IsZero() && !f.To.IsZero() && !f.From.Before(f.To) {
		return record.Filter{}, usagef("--from %s is not before --to %s", p.from, p.to)
	}
	return f, nil
}

// casesOf finds a person's cases, newest first.
func casesOf(ctx context.Context, l *setup.Ledger, email string) ([]record.Summary, error) {
	s, err := offboarding.ParseSubject(email)
	if err != nil {
		return nil, usageError{err}
	}
	all, err := l.Cases(ctx, record.Filter{Identity: s.Plain()})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the record has no case of %s: it may be of another address, or erased; see starter record list", s)
	}
	return all, nil
}

// read rebuilds a case from its entries.
func read(ctx context.Context, l *setup.Ledger, id string) (casefile.Case, error) {
	entries, err := l.Case(ctx, id)
	if err != nil {
		return casefile.Case{}, err
	}
	seen := map[string]bool{}
	var pseudonyms []string
	for _, e := range entries {
		for _, p := range e.Entry.People {
			if !seen[p] {
				seen[p] = true
				pseudonyms = append(pseudonyms, p)
			}
		}
	}
	people, err := l.People(ctx, pseudonyms)
	if err != nil {
		return casefile.Case{}, err
	}
	return casefile.Rebuild(entries, people)
}
