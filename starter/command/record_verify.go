package command

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"lastday/record/bundle"
	"lastday/record/verify"
)

func recordVerifyCommand(g *globals) *cobra.Command {
	var given verify.Given
	c := &cobra.Command{
		Use:   "verify FILE|DIR --key KEY",
		Short: "Check a bundle or an exported log, without a network",
		Long: `Verify checks what export wrote, with nothing but the public key: it needs no
database, no network and no trust in us. It says what it could check and what it
could not. The small program lastday-verify does the same, but for making the
reports report.html and report.pdf again to compare them.

Exit status: 0 intact, 1 tampered with, 3 cannot be said.`,
		Example: `  starter record verify case.zip --key "$(cat public.key)"
  starter record verify ./log --key "$(cat public.key)" --checkpoint from-slack.txt`,
		Args: args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			o, err := given.Options()
			if err != nil {
				return usageError{err}
			}
			o.Papers = bundle.Remake
			report, err := verify.Path(cmd.Context(), a[0], o)
			if err != nil {
				return usageError{err}
			}
			if g.json() {
				b, err := report.JSON()
				if err != nil {
					return err
				}
				_, _ = g.out.Write(b)
			} else {
				fmt.Fprint(g.out, report.Text())
			}
			switch report.Verdict() {
			case verify.Intact:
				return nil
			case verify.CannotSay:
				return needsPerson{errors.New("it cannot be said whether it was tampered with: see above")}
			case verify.Tampered:
			}
			return errors.New("it was tampered with: see above")
		},
	}
	c.Flags().StringArrayVarP(&given.Keys, "key", "k", nil, "the log's public `key`, or a file that holds it")
	c.Flags().StringArrayVar(&given.Witnesses, "witness", nil, "public `key` of a witness that must have signed too")
	c.Flags().StringArrayVar(&given.Checkpoints, "checkpoint", nil, "`file` with a checkpoint that you got elsewhere")
	return c
}
