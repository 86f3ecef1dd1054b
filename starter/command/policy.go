package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/policy"
)

func policyCommand(g *globals) *cobra.Command {
	c := &cobra.Command{
		Use:   "policy",
		Short: "Test who may do what",
		Args:  args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			return usagef("policy takes its arguments as: starter policy test FILE")
		},
	}
	c.AddCommand(policyTestCommand(g))
	return c
}

// policyTest is what -o json prints.
type policyTest struct {
	Examples []policy.Result `json:"examples"`
	Failed   int             `json:"failed"`
}

func policyTestCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "test FILE",
		Short: "Run the examples of a configuration's policy",
		Long: `Test checks the configuration, asks its policy every question under
policy.examples, and compares the answers with what is expected. It reaches
nothing and changes nothing. Exit status: 0 all as expected, 1 not.`,
		Example: `  starter policy test lastday.yaml`,
		Args:    args(1, 1),
		RunE: func(_ *cobra.Command, a []string) error {
			test, err := testPolicy(a[0])
			if err != nil {
				return err
			}
			if err := g.print(test, func(w io.Writer) { policyTestText(w, test) }); err != nil {
				return err
			}
			if test.Failed > 0 {
				return fmt.Errorf("%d of %d examples got another answer than expected", test.Failed, len(test.Examples))
			}
			return nil
		},
	}
}

func testPolicy(path string) (policyTest, error) {
	f, err := config.Load(path)
	if err != nil {
		return policyTest{}, err
	}
	p, err := policy.New(f.Policy)
	if err != nil {
		return policyTest{}, fmt.Errorf("%s: %w", path, err)
	}
	test := policyTest{Examples: p.Try()}
	if len(test.Examples) == 0 {
		return policyTest{}, fmt.Errorf("%s has no examples, so nothing was tested: write some under policy.examples, see docs/policy.md", path)
	}
	for _, r := range test.Examples {
		if !r.Pass {
			test.Failed++
		}
	}
	return test, nil
}

func policyTestText(w io.Writer, t policyTest) {
	for _, r := range t.Examples {
		if r.Pass {
			fmt.Fprintf(w, "ok    %s: %s\n", r.Name, r.Got)
			continue
		}
		fmt.Fprintf(w, "FAIL  %s\n      expected: %s\n      got:      %s\n", r.Name, r.Want, r.Got)
		if r.Why != "" {
			fmt.Fprintf(w, "      because:  %s\n", r.Why)
		}
	}
	fmt.Fprintf(w, "%d examples, %d failed\n", len(t.Examples), t.Failed)
}
