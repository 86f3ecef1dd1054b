package command

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/show"
	"lastday/starter/when"
)

// steer runs something on the person's case and shows how it then stands.
func (g *globals) steer(cmd *cobra.Command, email string, do func(context.Context, *cases.Client, offboarding.Subject) (offboarding.Case, error)) error {
	who, err := offboarding.ParseSubject(email)
	if err != nil {
		return usageError{err}
	}
	client, done, err := g.connect(cmd)
	if err != nil {
		return err
	}
	defer done()
	c, err := do(cmd.Context(), client, who)
	if err != nil {
		return err
	}
	return g.print(c, func(w io.Writer) { show.Case(w, c) })
}

func cancelCommand(g *globals) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:     "cancel EMAIL",
		Short:   "Stop a case; what was cut stays cut",
		Example: `  starter cancel jane.doe@example.com --reason "she stays"`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			if strings.TrimSpace(reason) == "" {
				return usagef("cancel needs --reason TEXT")
			}
			return g.steer(cmd, a[0], func(ctx context.Context, c *cases.Client, who offboarding.Subject) (offboarding.Case, error) {
				return c.Cancel(ctx, who, reason, g.actor())
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return c
}

func rescheduleCommand(g *globals) *cobra.Command {
	var at string
	c := &cobra.Command{
		Use:     "reschedule EMAIL",
		Short:   "Move a case that has not begun to another time",
		Example: `  starter reschedule jane.doe@example.com --at "2027-01-15 17:00 Europe/Berlin"`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			if at == "" {
				return usagef("reschedule needs --at TIME")
			}
			due, zone, err := when.Parse(at, time.Now(), time.Local) //nolint:gosmopolitan // the user's own zone is meant
			if err != nil {
				return usageError{fmt.Errorf("--at: %w", err)}
			}
			if due.IsZero() {
				return usagef("--at now: to let a waiting case begin at once say starter expedite %s", a[0])
			}
			return g.steer(cmd, a[0], func(ctx context.Context, c *cases.Client, who offboarding.Subject) (offboarding.Case, error) {
				return c.Reschedule(ctx, who, due, zone, g.actor())
			})
		},
	}
	c.Flags().StringVar(&at, "at", "", `the new time, such as "2027-01-15 17:00 Europe/Berlin"`)
	return c
}

func expediteCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "expedite EMAIL",
		Short:   "Let a waiting case begin at once",
		Example: `  starter expedite jane.doe@example.com`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			return g.steer(cmd, a[0], func(ctx context.Context, c *cases.Client, who offboarding.Subject) (offboarding.Case, error) {
				return c.Expedite(ctx, who, g.actor())
			})
		},
	}
}

func decideCommand(g *globals) *cobra.Command {
	var reason, until string
	c := &cobra.Command{
		Use:   "decide EMAIL SYSTEM[/CLASS] retry|attest|waive",
		Short: "Answer what a case waits for",
		Long: `Decide answers what a case waits for:

  retry   try again; for a class that is set to ask, remove it
  attest  you have looked, and say under your name that the access is gone
  waive   you accept under your name that it stays, until a date`,
		Example: `  starter decide jane.doe@example.com github/deploy-keys retry --reason "not used by CI, checked with platform"
  starter decide jane.doe@example.com slack attest --reason "deactivated by hand, seen in the admin page"
  starter decide jane.doe@example.com okta/api-tokens waive --reason "rotates on Friday" --until 2026-12-04`,
		Args: args(3, 3),
		RunE: func(cmd *cobra.Command, a []string) error {
			d := offboarding.Decision{Verb: offboarding.Verb(a[2]), Reason: reason, By: g.actor()}
			var err error
			if d.System, d.Class, err = offboarding.ParseTarget(a[1]); err != nil {
				return usageError{err}
			}
			if until != "" {
				if d.Until, err = when.Until(until, time.Now(), time.Local); err != nil { //nolint:gosmopolitan // the user's own zone is meant
					return usageError{fmt.Errorf("--until: %w", err)}
				}
			}
			if err := d.Check(time.Now()); err != nil {
				return usageError{err}
			}
			return g.steer(cmd, a[0], func(ctx context.Context, c *cases.Client, who offboarding.Subject) (offboarding.Case, error) {
				return c.Decide(ctx, who, d)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the record")
	c.Flags().StringVar(&until, "until", "", "the last day of a waiver, such as 2026-12-04")
	return c
}
