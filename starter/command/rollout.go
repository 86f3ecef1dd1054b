package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/starter/cases"
	"lastday/starter/show"
)

func rolloutCommand(g *globals) *cobra.Command {
	var percent float32
	var none bool
	c := &cobra.Command{
		Use:   "rollout [BUILD]",
		Short: "Show or choose the build of the workers that runs cases",
		Long: `Rollout lists the builds of the workers of worker.deployment in the
configuration, and with BUILD has that one run the cases: all of them, open ones
too, from their next step on. To go back is the same with the build before,
whose workers must still run, or run again.`,
		Example: `  starter rollout -c lastday.yaml
  starter rollout -c lastday.yaml 3f0c2a91b7de --percent 10
  starter rollout -c lastday.yaml 3f0c2a91b7de
  starter rollout -c lastday.yaml --none`,
		Args: args(0, 1),
		RunE: func(cmd *cobra.Command, given []string) error {
			deployment, err := g.deployment()
			if err != nil {
				return err
			}
			switch {
			case none && (len(given) > 0 || cmd.Flags().Changed("percent")):
				return usagef("--none takes neither a build nor --percent")
			case cmd.Flags().Changed("percent") && (len(given) == 0 || !(percent >= 0 && percent <= 100)):
				return usagef("--percent takes a build, and a number from 0 to 100")
			}
			client, done, err := g.connect(cmd)
			if err != nil {
				return err
			}
			defer done()
			var now cases.Rollout
			switch {
			case none:
				now, err = client.RollTo(cmd.Context(), deployment, "", 100)
			case len(given) == 1:
				now, err = client.RollTo(cmd.Context(), deployment, given[0], percent)
			default:
				now, err = client.Rollout(cmd.Context(), deployment)
			}
			if err != nil {
				return err
			}
			return g.print(now, func(w io.Writer) { show.Rollout(w, now) })
		},
	}
	c.Flags().Float32Var(&percent, "percent", 100, "have the build run only so much of the cases, to begin with")
	c.Flags().BoolVar(&none, "none", false, "have workers without worker.deployment run the cases")
	return c
}

// deployment is the name of the configuration.
func (g *globals) deployment() (string, error) {
	if g.configPath == "" {
		return "", usagef("rollout needs the workers' configuration: -c FILE")
	}
	f, err := config.Load(g.configPath)
	if err != nil {
		return "", err
	}
	if !f.Worker.Versioned() {
		return "", fmt.Errorf("%s has no worker.deployment: every worker runs cases, and there is nothing to choose", g.configPath)
	}
	return f.Worker.Deployment, nil
}
