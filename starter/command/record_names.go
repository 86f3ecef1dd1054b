package command

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lastday/record/names"
	"lastday/record/setup"
)

func recordNamesCommand(g *globals) *cobra.Command {
	c := &cobra.Command{
		Use:   "names",
		Short: "Replace the key under which people's names lie",
		Long: `Names replaces the names key, in three steps. Until the last one, backups and
PostgreSQL's own log still open with the old key; afterwards with no key.

1. rotate: writes FILE.new, which has a new key and the old one. Put a copy into
   the safe, give it to every process that uses the record, and start them again.
   As soon as one of them has written, those with the old key alone write no more.
2. reseal: seals all names anew under the new key.
3. retire: writes FILE.new without the old key. Give it to every process again.
   When they have started with it, destroy the old files and their copies: no
   process starts with it while anything is sealed under the old key.`,
		Example: `  starter record names rotate /etc/lastday/names.key
  starter record names reseal -c lastday.yaml
  starter record names retire /etc/lastday/names.key`,
		RunE: func(*cobra.Command, []string) error { return usagef("names needs a command: rotate, reseal or retire") },
	}
	c.AddCommand(
		keysetCommand(g, "rotate FILE", "Add a new key, which seals from now on", names.Rotate),
		&cobra.Command{
			Use: "reseal", Short: "Seal all names anew under the newest key", Args: args(0, 0),
			RunE: func(cmd *cobra.Command, _ []string) error {
				l, err := g.ledger(cmd.Context())
				if err != nil {
					return err
				}
				defer l.Close()
				if err := l.Reseal(cmd.Context()); err != nil {
					return err
				}
				fmt.Fprintln(g.out, "all names are sealed under the newest key")
				return nil
			},
		},
		keysetCommand(g, "retire FILE", "Leave out all keys but the newest; reseal first", names.Retire),
	)
	return c
}

// keysetCommand changes a keyset into a new file beside it.
func keysetCommand(g *globals, use, short string, change func([]byte) ([]byte, error)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: args(1, 1),
		RunE: func(_ *cobra.Command, a []string) error {
			path := filepath.Clean(a[0])
			old, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("read the names key: %w", err)
			}
			changed, err := change(old)
			if err != nil {
				return err
			}
			if err := setup.WriteKey(path+".new", changed); err != nil {
				return err
			}
			fmt.Fprintf(g.out, "%s.new is written; %s stays as it is\n", path, path)
			return nil
		},
	}
}
