package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/logs"
	"lastday/standalone/backup"
	"lastday/standalone/house"
)

func temporalCommand() *cobra.Command {
	var path, db string
	c := &cobra.Command{
		Use:   "temporal -c FILE",
		Short: "Run the Temporal server and its UI alone",
		Long: `Temporal runs the server and its UI, for workers and starters that are processes
of their own: give them TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE=default. The
namespace and its search attributes are there from the start. It listens on
standalone.frontend, without a sign-in: keep it on loopback or a network of its own.`,
		Example: `  PGPASSWORD=… standalone temporal -c lastday.yaml --db postgres://temporal@db.example.com:5432/temporal
  TEMPORAL_ADDRESS=127.0.0.1:7233 TEMPORAL_NAMESPACE=default worker -c lastday.yaml --systems okta,github`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				return errors.New("temporal needs the configuration: -c FILE (see lastday.example.yaml)")
			}
			f, err := config.Load(path)
			if err != nil {
				return err
			}
			if err := given(db, &f.Standalone); err != nil {
				return err
			}
			if restored, err := backup.StateOf(f.Standalone.DataDir); err != nil {
				return err
			} else if restored.Fresh {
				return errors.New("the data directory was restored: start standalone up on it first, which begins frozen, and stop that when somebody has looked")
			}
			s, err := house.Temporal(cmd.Context(), f, house.Options{}, logs.New(os.Stderr, f.Logs, slog.LevelWarn))
			if err != nil {
				return err
			}
			defer s.Stop()
			fmt.Printf("temporal   %s\ntemporal ui %s\nstop with Ctrl-C; cases go on at the next start\n", s.FrontendAddr(), s.UIURL())
			select {
			case <-cmd.Context().Done():
				return nil
			case err := <-s.Lost():
				return err
			}
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file")
	databaseFlag(c, &db)
	return c
}
