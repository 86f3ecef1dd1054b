package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/standalone/backup"
)

func backupCommand() *cobra.Command {
	var path, to string
	c := &cobra.Command{
		Use:   "backup -c FILE --to DIR",
		Short: "Copy what the process keeps, while it runs",
		Long: `Backup copies Temporal's database and the record, as far as they are in SQLite,
as of one moment, with the copy of the last checkpoint and the record's own
anchors; the process may run, and is not held up. DIR is made, or must be empty.

No secret key is in a backup: who finds it could read every name in the record, and
sign a forged one. Keep copies of the keys apart. Nor is the configuration in it.
The names of cases that are open are, unless encryption is configured.`,
		Example: `  standalone backup -c lastday.yaml --to /mnt/backup/lastday-$(date +%F)`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" || to == "" {
				return errors.New("backup needs the configuration and a folder: -c FILE --to DIR")
			}
			f, err := config.Load(path)
			if err != nil {
				return err
			}
			m, err := backup.Make(cmd.Context(), f, to)
			if err != nil {
				return err
			}
			var size int64
			for _, part := range m.Files {
				size += part.Size
			}
			fmt.Printf("%s holds all of %s: %d files, %d MB\n", to, m.MadeAt.Format(time.RFC3339), len(m.Files), size>>20)
			fmt.Println(keysApart(f))
			return nil
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file")
	c.Flags().StringVar(&to, "to", "", "`folder` for the backup")
	return c
}

// keysApart says which keys a restore will ask for.
func keysApart(f config.File) string {
	out := "not in it: the keys and files that the configuration names"
	if !f.Record.Kept() {
		out = fmt.Sprintf("not in it: names.key and signing.key of %s/record, without which the record cannot be read; keep a copy of them and public.key in a safe",
			f.Standalone.DataDir)
	}
	if f.Encryption.Keyset.IsSet() {
		out += "; nor encryption.keyset, without which no open case goes on"
	}
	return out
}

func restoreCommand() *cobra.Command {
	var path, from, keys string
	c := &cobra.Command{
		Use:   "restore -c FILE --from DIR [--keys DIR]",
		Short: "Put a backup back into an empty data directory",
		Long: `Restore checks a backup and puts it where the configuration keeps these things.
The data directory must be empty or missing, and there must be no record: nothing is
ever put over data that is there. --keys is the folder with your copy of names.key,
signing.key and public.key, where the record is that of the data directory.

What was said and done after the backup is lost. So the process begins frozen: it
reads and writes to no system until two people have said: starter unfreeze. And the
record is not signed until somebody has compared it with its anchors: starter record
resume. docs/operations.md, "Backup and restore", says what to look at before.`,
		Example: `  standalone restore -c lastday.yaml --from /mnt/backup/lastday-2026-11-22 --keys /mnt/safe/lastday`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" || from == "" {
				return errors.New("restore needs the configuration and a backup: -c FILE --from DIR")
			}
			f, err := config.Load(path)
			if err != nil {
				return err
			}
			m, err := backup.Restore(cmd.Context(), f, from, keys)
			if err != nil {
				return err
			}
			fmt.Printf("restored: all of %s\n"+
				"next: standalone up -c %s, which begins frozen\n"+
				"then: look through starter status, cancel what was called off since; two people: starter unfreeze --reason TEXT\n"+
				"and:  compare the record with its anchors; starter record resume -c %s\n", m.MadeAt.Format(time.RFC3339), path, path)
			return nil
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file")
	c.Flags().StringVar(&from, "from", "", "`folder` of the backup")
	c.Flags().StringVar(&keys, "keys", "", "`folder` with copies of the record's keys")
	return c
}
