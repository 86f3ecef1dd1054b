package command

import (
	"io"

	"github.com/spf13/cobra"

	"lastday/starter/show"
)

func refusalsCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "refusals",
		Short: "List what was refused at the doors: who, when, by which rule",
		Long: `Refusals lists the newest requests that a door refused before they came to a
case. What was refused within a case stands with the case: starter status EMAIL.`,
		Example: `  starter refusals
  starter refusals -o json`,
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, done, err := g.connect(cmd)
			if err != nil {
				return err
			}
			defer done()
			all, err := client.Refusals(cmd.Context(), 200)
			if err != nil {
				return err
			}
			return g.print(all, func(w io.Writer) { show.Refusals(w, all) })
		},
	}
}
