package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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
  starter record export jane.doe@example.com -o case.zip
  starter record verify case.zip --key "$(cat public.key)"
  starter record sample --n 25 --seed 4711 --from 2026-01-01 --to 2027-01-01`,
		RunE: func(*cobra.Command, []string) error {
			return usagef("record needs a command: list, show, export, sample, verify, status, resume, forget, keys or names")
		},
	}
	c.AddCommand(recordListCommand(g), recordShowCommand(g), recordExportCommand(g), recordSampleCommand(g),
		recordVerifyCommand(g), recordStatusCommand(g), recordResumeCommand(g), recordForgetCommand(g), recordKeysCommand(g), recordNamesCommand(g))
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
			return f.Record, there(f.Record.Database)
		}
		return embedded(f.Standalone.DataDir)
	}
	if i, ok := local.Read(); ok && i.Data != "" {
		return embedded(i.Data)
	}
	return setup.Config{}, errors.New("which record? Give the configuration: -c FILE, or start the standalone process")
}

// embedded is the record that the standalone process keeps in its data folder.
func embedded(dir string) (setup.Config, error) {
	if err := there("sqlite:" + filepath.Join(dir, "record", "record.db")); err != nil {
		return setup.Config{}, err
	}
	return setup.Embedded(dir)
}

// there refuses a database file that is not there. Opening it would make it, and
// an empty record looks as if nobody had ever left.
func there(database string) error {
	path, ok := strings.CutPrefix(database, "sqlite:")
	if !ok {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("there is no record at %s: it begins when standalone or a worker first runs with this configuration; a path without a / at its beginning is counted from the folder you are in", path)
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
	if p.state != "" && !slices.Contains(states(), p.state) {
		return record.Filter{}, usagef("--state %q is no state of a case: give one of %s", p.state, strings.Join(states(), ", "))
	}
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

// states are all states that a case can be in.
func states() []string {
	var out []string
	for _, s := range []offboarding.State{
		offboarding.Verified, offboarding.Closed, offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused,
		offboarding.NeedsDecision, offboarding.AwaitingApproval, offboarding.Waiting, offboarding.Paused, offboarding.Finding,
		offboarding.Containing, offboarding.Revoking, offboarding.Observing, offboarding.Confirming,
	} {
		out = append(out, string(s))
	}
	return out
}

// casesOf finds a person's cases, newest first. That somebody asked for a person
// who has none is put into the record, since it says so of them.
func (g *globals) casesOf(ctx context.Context, l *setup.Ledger, email string) ([]record.Summary, error) {
	s, err := offboarding.ParseSubject(email)
	if err != nil {
		return nil, usageError{err}
	}
	all, err := l.Cases(ctx, record.Filter{Identity: s.Plain()})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		if err := g.looked(ctx, l, "", look{What: "search for a person", Shown: new(int), Person: true}); err != nil {
			return nil, err
		}
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
