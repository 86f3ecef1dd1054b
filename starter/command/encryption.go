package command

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"lastday/activities"
	"lastday/codec"
	"lastday/config"
)

func encryptionCommand(g *globals) *cobra.Command {
	c := &cobra.Command{
		Use:   "encryption",
		Short: "Make and rotate the keyset that Temporal's payloads are encrypted under",
		Long: `Encryption keeps the file that encryption.keyset of the configuration names.

To rotate: add a key, give the file to every process and restart it, then use the
key, and give the file and restart once more. A process reads the file when it
starts. The old keys stay in it as long as anything is to be read that was
encrypted under them: for Temporal's retention after the last such case ended.`,
		Example: `  starter encryption keys --dir /etc/lastday
  starter encryption add /etc/lastday/encryption.key
  starter encryption use /etc/lastday/encryption.key 2718281828
  starter encryption list /etc/lastday/encryption.key`,
		RunE: func(*cobra.Command, []string) error {
			return usagef("encryption needs a command: keys, add, use, drop or list")
		},
	}
	c.AddCommand(encryptionKeysCommand(g), encryptionListCommand(g), encryptionAddCommand(g),
		encryptionChangeCommand(g, "use", "Encrypt under this key from now on", codec.Use),
		encryptionChangeCommand(g, "drop", "Take a key out: what was encrypted under it can never be read again", codec.Drop))
	return c
}

func encryptionKeysCommand(g *globals) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:   "keys --dir DIR",
		Short: "Make a new keyset",
		Long: `Keys writes encryption.key, readable by this user only. Every process needs it;
keep a copy apart from Temporal's database and its backups. Without it nobody can
read what was encrypted, nor find a case whose id is hidden.`,
		Example: `  starter encryption keys --dir /etc/lastday`,
		Args:    args(0, 0),
		RunE: func(*cobra.Command, []string) error {
			if dir == "" {
				return usagef("keys needs --dir DIR")
			}
			path, err := codec.MakeFile(dir)
			if err != nil {
				return err
			}
			if abs, err := filepath.Abs(path); err == nil {
				path = abs
			}
			fmt.Fprintf(g.out, "the keyset is in %s; keep a copy of it apart\n\nfor the configuration of every process:\nencryption:\n  keyset: file:%s\n", path, path)
			return nil
		},
	}
	c.Flags().StringVar(&dir, "dir", "", "`folder` for the keyset")
	return c
}

func encryptionListCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "list FILE",
		Short: "Name the keys, and the one that encrypts",
		Args:  args(1, 1),
		RunE:  func(_ *cobra.Command, a []string) error { return g.printKeys(a[0]) },
	}
}

func encryptionAddCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "add FILE",
		Short: "Add a new key, which only decrypts until it is used",
		Args:  args(1, 1),
		RunE: func(_ *cobra.Command, a []string) error {
			err := codec.ChangeFile(a[0], func(b []byte) ([]byte, error) {
				changed, _, err := codec.Add(b)
				return changed, err
			})
			if err != nil {
				return err
			}
			return g.printKeys(a[0])
		},
	}
}

func encryptionChangeCommand(g *globals, name, short string, change func([]byte, string) ([]byte, error)) *cobra.Command {
	return &cobra.Command{
		Use:   name + " FILE ID",
		Short: short,
		Args:  args(2, 2),
		RunE: func(_ *cobra.Command, a []string) error {
			if err := codec.ChangeFile(a[0], func(b []byte) ([]byte, error) { return change(b, a[1]) }); err != nil {
				return err
			}
			return g.printKeys(a[0])
		},
	}
}

// checkKeyset opens the keyset that is configured.
func checkKeyset(f config.File) []activities.Finding {
	k, err := codec.Open(f.Encryption)
	if err != nil {
		return []activities.Finding{{Level: activities.Bad, What: err.Error()}}
	}
	return []activities.Finding{{Level: activities.OK, What: "payloads are encrypted under the key " + k.Primary()}}
}

func (g *globals) printKeys(path string) error {
	b, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return fmt.Errorf("read keyset: %w", err)
	}
	keys, err := codec.List(b)
	if err != nil {
		return err
	}
	return g.print(keys, func(w io.Writer) {
		for _, k := range keys {
			does := "decrypts"
			if k.Primary {
				does = "encrypts and decrypts"
			}
			fmt.Fprintf(w, "%-10s  %s\n", k.ID, does)
		}
	})
}
