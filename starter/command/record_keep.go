package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"lastday/offboarding"
	"lastday/record/casefile"
	"lastday/record/setup"
	"lastday/starter/show"
)

func recordKeysCommand(g *globals) *cobra.Command {
	var dir, origin string
	c := &cobra.Command{
		Use:   "keys --dir DIR --origin NAME",
		Short: "Make the keys of a new record",
		Long: `Keys writes three files: names.key, under which people's names lie encrypted;
signing.key, which signs checkpoints; and public.key, which auditors check them
with. Give auditors the public key by a way of its own, not with the bundles.
No key is ever replaced. Without names.key nobody's name can be read any more.`,
		Example: `  starter record keys --dir /etc/lastday --origin lastday.example.com/record`,
		Args:    args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if dir == "" || origin == "" {
				return usagef("keys needs --dir DIR and --origin NAME")
			}
			public, err := setup.MakeKeys(dir, origin)
			if err != nil {
				return err
			}
			fmt.Fprintf(g.out, "names.key, signing.key and public.key are in %s; keep copies of the first two apart\n\nfor the configuration:\nrecord:\n"+
				"  public_key: %s\n  names_key: file:%s/names.key\n  signing_key: file:%s/signing.key\n", dir, public, dir, dir)
			return nil
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "`folder` for the keys")
	c.Flags().StringVar(&origin, "origin", "", "the log's `name`, which stands in every checkpoint")
	return c
}

func recordForgetCommand(g *globals) *cobra.Command {
	var yes, early bool
	c := &cobra.Command{
		Use:   "forget EMAIL",
		Short: "Erase a person's names from the record; the facts and proofs stay",
		Long: `Forget destroys the key under which the person's name, addresses, accounts and
all other details lie, and the details themselves. The facts of their cases stay,
under a pseudonym, and every proof stays valid. It cannot be undone. Bundles that
were exported before, backups, and Temporal's histories still hold the names.`,
		Example: `  starter record forget jane.doe@example.com`,
		Args:    args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			who, err := offboarding.ParseSubject(a[0])
			if err != nil {
				return usageError{err}
			}
			by := casefile.Person(g.actor())
			if by.IsZero() {
				return usagef("forget needs your name: --by NAME")
			}
			if !yes {
				if err := sure(cmd.InOrStdin(), g.out, string(who)); err != nil {
					return err
				}
			}
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			done, err := l.Erase(cmd.Context(), who.Plain(), by, early)
			if err != nil {
				return err
			}
			return g.print(done, func(w io.Writer) { show.Forgotten(w, string(who), done) })
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask whether it is meant")
	c.Flags().BoolVar(&early, "before-retention", false, "also if a case ended less than the retention ago, for an erasure that the law demands")
	return c
}

// sure asks for the address once more.
func sure(in io.Reader, out io.Writer, who string) error {
	if f, ok := in.(*os.File); ok {
		if i, err := f.Stat(); err != nil || i.Mode()&os.ModeCharDevice == 0 {
			return usagef("forget asks whether it is meant, and there is no terminal: give --yes")
		}
	}
	fmt.Fprintf(out, "This erases %s from the record and cannot be undone. Type the address once more: ", who)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(line) != who {
		return errors.New("that is not the address; nothing was erased")
	}
	return nil
}
