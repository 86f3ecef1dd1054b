package command

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/show"
)

func offboardCommand(g *globals) *cobra.Command {
	var r request
	var wait, again bool
	c := &cobra.Command{
		Use:   "offboard EMAIL",
		Short: "Take a person's access away, now or at a time",
		Long: `Offboard starts the person's case. If one is running, the request joins it and
says so; its time and reason stay as they are.`,
		Example: `  starter offboard jane.doe@example.com --wait
  starter offboard jane.doe@example.com --at "2026-12-31 17:00 Europe/Berlin" --reason "contract end" --partner Northwind
  starter offboard jane.doe@example.com --at "friday 17:00" --kind resignation --successor joe.roe@example.com
  starter offboard jane.doe@example.com --urgent --reason "breach at the partner" --partner Northwind`,
		Args: args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			d, err := r.departure(a[0], g.actor(), time.Now())
			if err != nil {
				return err
			}
			client, done, err := g.connect(cmd)
			if err != nil {
				return err
			}
			defer done()
			started, err := client.Offboard(cmd.Context(), d, again)
			if err != nil {
				return err
			}
			if wait {
				return g.wait(cmd, client, started)
			}
			return g.print(started, func(w io.Writer) { startedText(w, started) })
		},
	}
	r.flags(c.Flags())
	c.Flags().BoolVar(&wait, "wait", false, "show the progress until the case has ended or needs a person")
	c.Flags().BoolVar(&again, "again", false, "open a new case for somebody whose earlier case has ended (a rehire who leaves again)")
	return c
}

func startedText(w io.Writer, s cases.Started) {
	d := s.Departure
	due := "at once"
	if !d.At.IsZero() {
		due = offboarding.In(d.At, d.Zone)
	}
	if s.Joined {
		fmt.Fprintf(w, "joined the running case of %s; it stays as it was asked for by %s, due %s\n", d.Subject, d.RequestedBy, due)
		fmt.Fprintf(w, "as long as it waits its time can be changed: starter reschedule %s --at TIME, or starter expedite %s\n", d.Subject, d.Subject)
		return
	}
	fmt.Fprintf(w, "started %s, due %s; see starter status %s\n", s.CaseID, due, d.Subject)
}

// wait shows the case until it has ended or waits for a person.
func (g *globals) wait(cmd *cobra.Command, client *cases.Client, started cases.Started) error {
	progress := func(offboarding.Case) {}
	if !g.json() {
		if started.Joined {
			startedText(g.out, started)
		}
		progress = show.NewProgress(g.out).Show
	}
	end, err := client.Watch(cmd.Context(), started.CaseID, progress)
	if err != nil {
		return err
	}
	if err := g.print(end, func(w io.Writer) { show.Case(w, end) }); err != nil {
		return err
	}
	return Verdict(end)
}

// Verdict is how a case ends for a script that waits for it: nil for verified
// and closed ones.
func Verdict(c offboarding.Case) error {
	switch c.State {
	case offboarding.Verified, offboarding.Closed:
		return nil
	case offboarding.NeedsDecision:
		return needsPerson{fmt.Errorf("%s: %d decisions are waited for", offboarding.Headline(c), len(c.Needs()))}
	case offboarding.AwaitingApproval, offboarding.Paused:
		return needsPerson{errors.New(offboarding.Headline(c))}
	case offboarding.Finding, offboarding.Waiting, offboarding.Containing, offboarding.Revoking, offboarding.Observing,
		offboarding.Confirming, offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused:
	}
	return fmt.Errorf("%s: %s", offboarding.Headline(c), c.Outcome)
}

func planCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "plan EMAIL",
		Short:   "List every grant and what offboarding would do; changes nothing",
		Example: `  starter plan jane.doe@example.com`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			who, err := offboarding.ParseSubject(a[0])
			if err != nil {
				return usageError{err}
			}
			client, done, err := g.connect(cmd)
			if err != nil {
				return err
			}
			defer done()
			c, err := client.Plan(cmd.Context(), who)
			if err != nil {
				return err
			}
			return g.print(c, func(w io.Writer) { show.Plan(w, c) })
		},
	}
}

func statusCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "status [EMAIL]",
		Short: "Show one person's case, or all cases",
		Example: `  starter status
  starter status jane.doe@example.com -o json`,
		Args: args(0, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			var who offboarding.Subject
			if len(a) == 1 {
				var err error
				if who, err = offboarding.ParseSubject(a[0]); err != nil {
					return usageError{err}
				}
			}
			client, done, err := g.connect(cmd)
			if err != nil {
				return err
			}
			defer done()
			if who == "" {
				all, err := client.List(cmd.Context(), 1000)
				if err != nil {
					return err
				}
				if !g.json() {
					if err := guards(cmd.Context(), g.out, client); err != nil {
						return err
					}
				}
				return g.print(all, func(w io.Writer) { show.List(w, all) })
			}
			c, err := client.Get(cmd.Context(), who)
			if errors.Is(err, cases.ErrNoCase) {
				return fmt.Errorf("%w; start one: starter offboard %s", err, who)
			}
			if err != nil {
				return err
			}
			if err := g.print(c, func(w io.Writer) { show.Case(w, c) }); err != nil {
				return err
			}
			if c.State.Asks() {
				return Verdict(c)
			}
			return nil
		},
	}
}
