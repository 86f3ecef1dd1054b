package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/show"
)

func approveCommand(g *globals) *cobra.Command {
	var plan string
	c := &cobra.Command{
		Use:   "approve EMAIL --plan HASH",
		Short: "Agree to a case's plan",
		Long: `Approve agrees under your name to the plan as you have seen it; starter status
shows it with its hash. An approval counts for that plan only: another account,
another kind of access or another time is another plan. Neither the person who
asked for the case nor the one who leaves can agree to it.`,
		Example: `  starter status jane.doe@example.com
  starter approve jane.doe@example.com --plan 3f9c2a7d11e04b58 --by tara.security@example.com`,
		Args: args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			if plan == "" {
				return usagef("approve needs --plan HASH, the plan you have looked at: starter status %s", a[0])
			}
			return g.answer(cmd, a[0], offboarding.Approval{By: g.actor(), Plan: plan})
		},
	}
	c.Flags().StringVar(&plan, "plan", "", "the hash of the plan you have looked at")
	return c
}

func rejectCommand(g *globals) *cobra.Command {
	var plan, reason string
	c := &cobra.Command{
		Use:     "reject EMAIL --plan HASH --reason TEXT",
		Short:   "Say no to a case's plan; the case ends",
		Example: `  starter reject jane.doe@example.com --plan 3f9c2a7d11e04b58 --reason "another Jane is meant"`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			if plan == "" || strings.TrimSpace(reason) == "" {
				return usagef("reject needs --plan HASH and --reason TEXT")
			}
			return g.answer(cmd, a[0], offboarding.Approval{By: g.actor(), Plan: plan, Reject: true, Reason: reason})
		},
	}
	c.Flags().StringVar(&plan, "plan", "", "the hash of the plan you have looked at")
	c.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return c
}

func (g *globals) answer(cmd *cobra.Command, email string, a offboarding.Approval) error {
	return g.steer(cmd, email, func(ctx context.Context, c *cases.Client, who offboarding.Subject) (offboarding.Case, error) {
		return c.Approve(ctx, who, a)
	})
}

func releaseCommand(g *globals) *cobra.Command {
	return g.guardCommand(&cobra.Command{
		Use:   "release --reason TEXT",
		Short: "Let the departures go on that the brake holds (two people)",
		Long: `Release lets all departures go on that the brake holds now. It takes two
different people, and does not raise the limits: the next one too many is held
again.`,
		Example: `  starter release --reason "the partner's contract ended, the list is right" --by sven.security@example.com`,
	}, func(ctx context.Context, c *cases.Client, reason string) error {
		got, err := c.Release(ctx, g.actor(), reason)
		if err != nil {
			return err
		}
		return g.print(got, func(w io.Writer) {
			if got.Missing > 0 {
				fmt.Fprintf(w, "noted; %d more must say so before anything goes on\n", got.Missing)
				return
			}
			fmt.Fprintf(w, "released %d departures\n", got.Cases)
		})
	})
}

func freezeCommand(g *globals) *cobra.Command {
	return g.guardCommand(&cobra.Command{
		Use:   "freeze --reason TEXT",
		Short: "The kill switch: from now on no system is written to",
		Long: `Freeze stops every write to every system, in all cases, at once; each write
asks for it first, and where that cannot be answered nothing is written either.
Cases wait, and go on after two people have said: starter unfreeze.`,
		Example: `  starter freeze --reason "a wrong list was imported"`,
	}, func(ctx context.Context, c *cases.Client, reason string) error {
		frozen, err := c.Freeze(ctx, g.actor(), reason)
		if err != nil {
			return err
		}
		return g.print(frozen, func(w io.Writer) {
			fmt.Fprintln(w, "frozen: no system is written to until two people say: starter unfreeze --reason TEXT")
			if len(frozen.Orders) == 0 {
				fmt.Fprintln(w, "no worker has answered yet; should the policy refuse you, the freeze ends then")
			}
		})
	})
}

func unfreezeCommand(g *globals) *cobra.Command {
	return g.guardCommand(&cobra.Command{
		Use:     "unfreeze --reason TEXT",
		Short:   "Let Lastday write again (two people)",
		Example: `  starter unfreeze --reason "the list is corrected" --by tara.security@example.com`,
	}, func(ctx context.Context, c *cases.Client, reason string) error {
		got, err := c.Unfreeze(ctx, g.actor(), reason)
		if err != nil {
			return err
		}
		return g.print(got, func(w io.Writer) {
			if n := got.Missing(); n > 0 {
				fmt.Fprintf(w, "noted; %d more must say so before anything goes on\n", n)
				return
			}
			fmt.Fprintln(w, "Lastday writes again")
		})
	})
}

// guardCommand completes a command that speaks to the brake or the kill switch.
func (g *globals) guardCommand(c *cobra.Command, do func(context.Context, *cases.Client, string) error) *cobra.Command {
	var reason string
	c.Args = args(0, 0)
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if strings.TrimSpace(reason) == "" {
			return usagef("%s needs --reason TEXT", c.Name())
		}
		client, done, err := g.connect(cmd)
		if err != nil {
			return err
		}
		defer done()
		return do(cmd.Context(), client, reason)
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return c
}

// guards is how the brake and the kill switch stand, above a list of cases.
func guards(ctx context.Context, w io.Writer, client *cases.Client) error {
	frozen, err := client.Frozen(ctx)
	if err != nil {
		return err
	}
	brake, err := client.Brake(ctx)
	if err != nil {
		return err
	}
	show.Guards(w, frozen, brake)
	return nil
}
