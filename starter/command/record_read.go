package command

import (
	"crypto/rand"
	"io"

	"github.com/spf13/cobra"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/sample"
	"lastday/starter/show"
)

func recordListCommand(g *globals) *cobra.Command {
	var p period
	c := &cobra.Command{
		Use:   "list",
		Short: "List the cases of a period",
		Example: `  starter record list
  starter record list --from 2026-01-01 --to 2026-04-01 --partner Acme --late
  starter record list -o json`,
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := p.filter()
			if err != nil {
				return err
			}
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			all, err := l.Cases(cmd.Context(), f)
			if err != nil {
				return err
			}
			if err := g.looked(cmd.Context(), l, "", p.look("list of cases", all)); err != nil {
				return err
			}
			return g.print(all, func(w io.Writer) { show.Summaries(w, all) })
		},
	}
	p.flags(c)
	return c
}

func recordShowCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "show EMAIL",
		Short: "Show a person's cases, entry by entry",
		Long: `Show rebuilds each of the person's cases from the entries of the log and prints
them. That somebody looked is put into the record before anything is shown.`,
		Example: `  starter record show jane.doe@example.com`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			found, err := g.casesOf(cmd.Context(), l, a[0])
			if err != nil {
				return err
			}
			var all []casefile.Case
			for _, s := range found {
				if err := g.looked(cmd.Context(), l, s.Case, look{What: "the case, entry by entry"}); err != nil {
					return err
				}
				c, err := read(cmd.Context(), l, s.Case)
				if err != nil {
					return err
				}
				all = append(all, c)
			}
			return g.print(all, func(w io.Writer) {
				for _, c := range all {
					show.Recorded(w, c)
				}
			})
		},
	}
}

func recordSampleCommand(g *globals) *cobra.Command {
	var p period
	var n int
	var seed string
	c := &cobra.Command{
		Use:   "sample [--seed SEED]",
		Short: "Draw a random sample that anybody can draw again",
		Long: `Sample draws cases of a period at random. The same seed over the same cases
gives the same sample, on any machine: the SHA-256 of "lastday sample v1 SEED
RUN-ID" puts the cases in order, and the first n are the sample. The auditor
chooses the seed, since whoever chooses it could try until a sample suits them.
Without --seed one is drawn and printed, which nobody chose.`,
		Example: `  starter record sample --n 25 --seed 4711 --from 2026-01-01 --to 2027-01-01`,
		Args:    args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f, err := p.filter()
			if err != nil {
				return err
			}
			if seed == "" {
				seed = rand.Text()
			}
			if err := sample.Check(n, seed); err != nil {
				return usageError{err}
			}
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			all, err := l.Cases(cmd.Context(), f)
			if err != nil {
				return err
			}
			drawn, err := draw(all, n, seed)
			if err != nil {
				return err
			}
			seen := p.look("sample of cases", drawn.Cases)
			seen.Seed = seed
			if err := g.looked(cmd.Context(), l, "", seen); err != nil {
				return err
			}
			return g.print(drawn, func(w io.Writer) { show.Sample(w, drawn) })
		},
	}
	p.flags(c)
	c.Flags().IntVar(&n, "n", 25, "how many cases")
	c.Flags().StringVar(&seed, "seed", "", "any word or number that the auditor chooses (default: a random one)")
	return c
}

func draw(all []record.Summary, n int, seed string) (show.Drawn, error) {
	byID, ids := map[string]record.Summary{}, make([]string, 0, len(all))
	for _, s := range all {
		byID[s.Case] = s
		ids = append(ids, s.Case)
	}
	picked, err := sample.Draw(ids, n, seed)
	if err != nil {
		return show.Drawn{}, err
	}
	out := show.Drawn{Seed: seed, Of: len(all), Population: sample.Population(ids), Cases: []record.Summary{}}
	for _, p := range picked {
		out.Cases = append(out.Cases, byID[p.Case])
	}
	return out, nil
}
