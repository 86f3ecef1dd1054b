package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"lastday/offboarding"
	"lastday/record/casefile"
	"lastday/record/setup"
	"lastday/record/store"
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
			made := struct {
				Folder    string `json:"folder"`
				PublicKey string `json:"public_key"`
			}{dir, public}
			return g.print(made, func(w io.Writer) {
				fmt.Fprintf(w, "names.key, signing.key and public.key are in %s; keep copies of the first two apart\n\nfor the configuration:\nrecord:\n"+
					"  public_key: %s\n  names_key: file:%s/names.key\n  signing_key: file:%s/signing.key\n", dir, public, dir, dir)
			})
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "`folder` for the keys")
	c.Flags().StringVar(&origin, "origin", "", "the log's `name`, which stands in every checkpoint")
	return c
}

func recordForgetCommand(g *globals) *cobra.Command {
	var yes, early bool
	c := &cobra.Command{
		Use:   "forget EMAIL|PSEUDONYM",
		Short: "Erase a person's names from the record; the facts and proofs stay",
		Long: `Forget destroys the key under which the person's name, addresses, accounts and
all other details lie, and the details themselves. The facts of their cases stay,
under a pseudonym, and every proof stays valid. It cannot be undone. Whoever has no
address in the record, such as somebody who gave a name on the command line, is
erased by the pseudonym that stands in the entries.

Bundles that were exported before, backups, and Temporal's histories still hold
the names. So may other people's cases: where a system was read back beside
something known to be there, that can be this person's account or device.`,
		Example: `  starter record forget jane.doe@example.com
  starter record forget p-uykxpm3og4j3p2duhgyqiirfezydpuzt`,
		Args: args(1, 1),
		RunE: func(cmd *cobra.Command, a []string) error {
			identity := ""
			if !pseudonym.MatchString(a[0]) {
				who, err := offboarding.ParseSubject(a[0])
				if err != nil {
					return usageError{err}
				}
				identity = who.Plain()
			}
			by := casefile.Person(g.actor())
			if by.IsZero() {
				return usagef("forget needs your name: --by NAME")
			}
			if !yes {
				if err := sure(cmd.InOrStdin(), g.out, a[0]); err != nil {
					return err
				}
			}
			l, err := g.ledger(cmd.Context())
			if err != nil {
				return err
			}
			defer l.Close()
			if identity == "" {
				if identity, err = behind(cmd.Context(), l, a[0]); err != nil {
					return err
				}
			}
			done, err := l.Erase(cmd.Context(), identity, by, early)
			if errors.Is(err, store.ErrRetained) {
				return fmt.Errorf("%w (--before-retention, for an erasure that the law demands)", err)
			}
			if err != nil {
				return err
			}
			return g.print(done, func(w io.Writer) { show.Forgotten(w, a[0], done) })
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "do not ask whether it is meant")
	c.Flags().BoolVar(&early, "before-retention", false, "also if a case ended less than the retention ago, for an erasure that the law demands")
	return c
}

// pseudonym is how the record calls people (record.Pseudonym).
var pseudonym = regexp.MustCompile(`^p-[a-z2-7]{32}$`)

// behind is who a pseudonym stands for.
func behind(ctx context.Context, l *setup.Ledger, pseudonym string) (identity string, err error) {
	people, err := l.People(ctx, []string{pseudonym})
	if err != nil {
		return "", err
	}
	p, known := people[pseudonym]
	if !known {
		return "", fmt.Errorf("the record knows nobody behind %s: they were erased, or it is of another record", pseudonym)
	}
	return p.Identity, nil
}

// sure asks for the address once more.
func sure(in io.Reader, out io.Writer, who string) error {
	if f, ok := in.(*os.File); ok {
		if i, err := f.Stat(); err != nil || i.Mode()&os.ModeCharDevice == 0 {
			return usagef("forget asks whether it is meant, and there is no terminal: give --yes")
		}
	}
	fmt.Fprintf(out, "This erases %s from the record and cannot be undone. Type that once more: ", who)
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(line) != who {
		return errors.New("that is not the same; nothing was erased")
	}
	return nil
}
