package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lastday/offboarding"
	"lastday/starter/departures"
	"lastday/starter/when"
)

// lookFor is how long an import that has started everybody looks what their
// cases came to.
const lookFor = time.Minute

// importer is one call of import.
type importer struct {
	g       *globals
	options departures.Options
	columns []string
	zone    string

	skipBad, dryRun bool
	parallel        int
	lookFor         time.Duration
	// connect is asked only for a file in which nothing is in the way.
	connect func(context.Context) (departures.Desk, func(), error)
}

func importCommand(g *globals) *cobra.Command {
	i := &importer{g: g, lookFor: lookFor, connect: func(ctx context.Context) (departures.Desk, func(), error) {
		client, _, done, err := g.reach(ctx)
		return client, done, err
	}}
	return i.command()
}

func (i *importer) command() *cobra.Command {
	c := &cobra.Command{
		Use:   "import FILE.csv",
		Short: "Offboard everybody in a CSV file; - reads standard input",
		Long: `Import reads a CSV file: its first line names the columns, then comes one line
for each person. It looks at all lines first, says all that is wrong, and starts
nobody unless every line is good. Importing the same file again starts nobody
twice: cases that run are joined, and people whose case has ended are listed.

The columns, with other names they go by; case and spaces do not matter:
` + columnsHelp() + `
Only email and last day are needed. A last day is 2026-12-31 (its end),
"2026-12-31 17:00", "2026-12-31 17:00 Europe/Berlin", or now.

Exit status: 0 all are good, 1 some are bad or failed, 2 usage, 3 some need a person.`,
		Example: `  starter import departures.csv --dry-run
  starter import departures.csv
  starter import export.csv --zone Europe/Berlin --column "Austritt=last day" --column "Cost centre="
  starter import partner.csv --at now --skip-bad`,
		Args: args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error { return i.run(cmd.Context(), a[0], cmd.InOrStdin()) },
	}
	f := c.Flags()
	f.BoolVar(&i.skipBad, "skip-bad", false, "leave bad lines out and start the others")
	f.BoolVar(&i.dryRun, "dry-run", false, "show what would be done for each person; starts and changes nothing")
	f.StringArrayVar(&i.columns, "column", nil, `"THEIRS=OURS": take the column THEIRS for one of those above; "THEIRS=": leave it out`)
	f.BoolVar(&i.options.IgnoreUnknown, "ignore-columns", false, "leave out every column that is not known")
	f.StringVar(&i.zone, "zone", "", "the time zone of lines that name none (default: this machine's)")
	f.StringVar(&i.options.At, "at", "", `when access ends for lines without a last day, such as now or "2026-12-31 17:00"`)
	f.IntVar(&i.parallel, "parallel", 8, "how many are started at a time, 1 to 64")
	return c
}

func columnsHelp() string {
	var b strings.Builder
	for _, names := range departures.Columns() {
		fmt.Fprintf(&b, "  %-10s %s\n", names[0], strings.Join(names[1:], ", "))
	}
	return b.String()
}

// prepare reads the flags.
func (i *importer) prepare() error {
	o := &i.options
	o.Now, o.Zone = time.Now(), time.Local //nolint:gosmopolitan // the user's own zone is meant
	o.By = i.g.actor()
	o.By.Door = offboarding.DoorFile
	if i.parallel < 1 || i.parallel > 64 {
		return usagef("--parallel %d: give between 1 and 64", i.parallel)
	}
	if i.zone != "" {
		loc, err := offboarding.LoadZone(i.zone)
		if err != nil {
			return usageError{fmt.Errorf("--zone: %w", err)}
		}
		o.Zone = loc
	}
	if o.At != "" {
		if _, _, err := when.Parse(o.At, o.Now, o.Zone); err != nil {
			return usageError{fmt.Errorf("--at: %w", err)}
		}
	}
	o.Columns = map[string]string{}
	for _, c := range i.columns {
		theirs, ours, ok := strings.Cut(c, "=")
		if !ok || strings.TrimSpace(theirs) == "" {
			return usagef("--column %q: write it as --column \"THEIRS=OURS\"", c)
		}
		o.Columns[theirs] = ours
	}
	return nil
}

func (i *importer) run(ctx context.Context, path string, stdin io.Reader) error {
	if err := i.prepare(); err != nil {
		return err
	}
	f, err := departures.Open(ctx, path, stdin)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // all of it was read
	say := i.reporter()
	sum, err := i.carryOut(ctx, f, say)
	sum.File, sum.DryRun = path, i.dryRun
	return errors.Join(err, say.close(sum))
}

// carryOut checks the file, and goes on if it may.
func (i *importer) carryOut(ctx context.Context, f *departures.File, say reporter) (ImportSummary, error) {
	var sum ImportSummary
	var err error
	if sum.Summary, err = f.Check(ctx, i.options, say.problem); err != nil {
		return sum, err
	}
	if len(sum.Ignored) > 0 {
		say.ignored(sum.Ignored)
	}
	switch {
	case sum.Lines == 0:
		return sum, errors.New("the file names nobody: below the header comes one line for each person")
	case sum.Bad > 0 && !i.skipBad:
		return sum, fmt.Errorf("%d of %d lines are bad; nothing was started: correct them, or leave them out with --skip-bad", sum.Bad, sum.Lines)
	case sum.People == 0:
		return sum, fmt.Errorf("all %d lines are bad; nothing was started", sum.Lines)
	}
	desk, done, err := i.connect(ctx)
	if err != nil {
		return sum, err
	}
	defer done()
	if i.dryRun {
		return i.plan(ctx, f, desk, say, sum)
	}
	return i.start(ctx, f, desk, say, sum)
}

func (i *importer) plan(ctx context.Context, f *departures.File, desk departures.Desk, say reporter, sum ImportSummary) (ImportSummary, error) {
	sum.Plan = &departures.Sum{Classes: []departures.ClassSum{}}
	say.begin("looking up", sum.People)
	err := f.Plan(ctx, desk, i.parallel, func(p departures.Planned) {
		sum.Plan.Add(p)
		say.planned(p)
	})
	if err != nil {
		return sum, fmt.Errorf("stopped after %d of %d people, nothing was changed: %w", sum.Plan.People, sum.People, because(err))
	}
	p := sum.Plan
	return sum, verdict(sum.Bad, p.Failed, p.Refused+p.Unknown, p.NeedPerson)
}

func (i *importer) start(ctx context.Context, f *departures.File, desk departures.Desk, say reporter, sum ImportSummary) (ImportSummary, error) {
	say.begin("starting", sum.People)
	err := f.Start(ctx, desk, i.parallel, func(r departures.Result) {
		sum.count(r)
		say.result(r)
	})
	sum.NotLooked = sum.Started + sum.Joined
	if err != nil {
		return sum, fmt.Errorf("stopped after %d of %d people; what was started goes on, and importing the file again starts the others: %w",
			sum.asked(), sum.People, because(err))
	}
	look, cancel := context.WithTimeout(ctx, i.lookFor)
	defer cancel()
	say.begin("looking what came of it", sum.NotLooked)
	err = f.Look(look, desk, i.parallel, func(r departures.Result) {
		sum.countLooked(r)
		say.looked(r)
	})
	if err != nil {
		return sum, fmt.Errorf("all were asked for; stopped looking what came of it: %w", because(err))
	}
	return sum, verdict(sum.Bad, sum.Failed, sum.Refused+sum.NotFound, sum.Waits+sum.NotLooked)
}

// because says in a user's words that the user stopped it.
func because(err error) error {
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted")
	}
	return err
}

// verdict is how an import ends for a script.
func verdict(bad, failed, refused, needPerson int) error {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{bad, "lines were bad and left out"}, {failed, "people failed"}, {refused, "people were refused or are known to no system"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(parts) > 0 {
		return errors.New(strings.Join(parts, ", "))
	}
	if needPerson > 0 {
		return needsPerson{fmt.Errorf("%d people's cases need a person", needPerson)}
	}
	return nil
}
