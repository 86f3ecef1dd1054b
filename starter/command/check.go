package command

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lastday/activities"
	"lastday/config"
	"lastday/offboarding"
	"lastday/secret"
	"lastday/starter/cases"
)

// systemCheck is what a check found of one system.
type systemCheck struct {
	System   offboarding.System   `json:"system"`
	Findings []activities.Finding `json:"findings"`
}

func checkCommand(g *globals) *cobra.Command {
	var systems []string
	c := &cobra.Command{
		Use:   "check -c FILE",
		Short: "Check the configuration and reach each vendor with its credential",
		Long: `Check reads the configuration, reaches every configured vendor with each of its
credentials, and names missing and surplus permissions, and the Okta groups that
the policy names and Okta does not have. It changes nothing. A machine that holds
the credentials of some systems only checks those.`,
		Example: `  starter check -c lastday.yaml
  starter check -c lastday.yaml --systems okta,github`,
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.configPath == "" {
				return usagef("check needs the configuration: -c FILE")
			}
			f, err := config.Load(g.configPath)
			if err != nil {
				return err
			}
			names, err := chosen(f, systems)
			if err != nil {
				return err
			}
			results, bad := checkAll(cmd.Context(), f, names)
			if err := g.print(results, func(w io.Writer) { checkText(w, results) }); err != nil {
				return err
			}
			if bad > 0 {
				return fmt.Errorf("%d findings would stop a departure", bad)
			}
			return nil
		},
	}
	c.Flags().StringSliceVar(&systems, "systems", nil, "check these systems only (default: all that are configured)")
	return c
}

// chosen are the systems to check: those asked for, which must be configured.
func chosen(f config.File, asked []string) ([]offboarding.System, error) {
	if len(asked) == 0 {
		return f.Names(), nil
	}
	out := make([]offboarding.System, 0, len(asked))
	for _, name := range asked {
		system := offboarding.System(strings.TrimSpace(name))
		if !slices.Contains(f.Names(), system) {
			return nil, usagef("--systems: %q is not configured; configured are %v", name, f.Names())
		}
		out = append(out, system)
	}
	return out, nil
}

func checkAll(ctx context.Context, f config.File, names []offboarding.System) ([]systemCheck, int) {
	var out []systemCheck
	for _, name := range names {
		out = append(out, systemCheck{System: name, Findings: checkOne(ctx, f, name)})
	}
	if f.Encryption.On() {
		out = append(out, systemCheck{System: "encryption", Findings: checkKeyset(f)})
	}
	if findings := checkGroups(ctx, f, names); len(findings) > 0 {
		out = append(out, systemCheck{System: "policy", Findings: findings})
	}
	bad := 0
	for _, r := range out {
		for _, x := range r.Findings {
			if x.Level == activities.Bad {
				bad++
			}
		}
	}
	return out, bad
}

func checkOne(ctx context.Context, f config.File, name offboarding.System) []activities.Finding {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	connector, err := f.Connector(name)
	if err != nil {
		return []activities.Finding{{Level: activities.Bad, What: err.Error()}}
	}
	findings, err := connector.Check(ctx)
	if err != nil {
		findings = append(findings, activities.Finding{Level: activities.Bad, What: err.Error()})
	}
	if len(findings) == 0 {
		findings = []activities.Finding{{Level: activities.OK, What: "reached"}}
	}
	for i, x := range findings {
		findings[i].What, findings[i].Do = secret.Scrub(x.What), secret.Scrub(x.Do)
	}
	return findings
}

func checkText(w io.Writer, results []systemCheck) {
	for _, r := range results {
		for _, x := range r.Findings {
			fmt.Fprintf(w, "%-8s %-10s %s\n", x.Level, r.System, x.What)
			if x.Do != "" {
				fmt.Fprintf(w, "%20s→ %s\n", "", x.Do)
			}
		}
	}
}

func setupCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "setup",
		Short:   "Register the search attributes on a Temporal cluster, once",
		Long:    `Setup registers Lastday's search attributes in the namespace. The standalone process does so itself. Running it again changes nothing.`,
		Example: `  TEMPORAL_ADDRESS=temporal:7233 starter setup`,
		Args:    args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			client, done, err := g.connect(cmd)
			if err != nil {
				return err
			}
			defer done()
			added, err := client.Setup(cmd.Context())
			if err != nil {
				return err
			}
			return g.print(map[string]any{"added": added}, func(w io.Writer) {
				fmt.Fprintf(w, "search attributes: %d added, %d in all\n", len(added), len(cases.SearchAttributes()))
			})
		},
	}
}
