package main

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/secret"
	"lastday/standalone/house"
)

func upCommand() *cobra.Command {
	var path, db string
	c := &cobra.Command{
		Use:   "up -c FILE",
		Short: "Run Lastday against real vendors",
		Long: `Up runs everything but the vendors in this process, until it is told to stop.

Temporal keeps its data in SQLite, in the configured folder; or in PostgreSQL 12
or later, with --db or standalone.database. There it makes and upgrades two
databases of its own, NAME and NAME_visibility, and refuses what is not its own.
The password does not belong into --db, where everybody on the machine sees it:
give PGPASSWORD, a password file (~/.pgpass) or standalone.password.`,
		Example: `  standalone up -c lastday.yaml
  PGPASSWORD=… standalone up -c lastday.yaml --db postgres://temporal@db.example.com:5432/temporal`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if path == "" {
				return errors.New("up needs the configuration: -c FILE (see lastday.example.yaml)")
			}
			f, err := config.Load(path)
			if err != nil {
				return err
			}
			if err := given(db, &f.Standalone); err != nil {
				return err
			}
			h, err := house.Open(cmd.Context(), f, house.Options{})
			if err != nil {
				return err
			}
			defer h.Close()
			fmt.Printf("serving %v\ntemporal   %s\ntemporal ui %s\nstop with Ctrl-C; cases go on at the next start\n",
				f.Names(), h.Server.FrontendAddr(), h.Server.UIURL())
			fmt.Printf("record     %s/record\n", h.Pages)
			if f.Serve.Slack != nil || len(f.Hooks.Sources) > 0 {
				fmt.Printf("doors      http://%s\n", h.Doors.Addr())
			}
			if at := h.Metrics.Addr(); at != "" {
				fmt.Printf("metrics    http://%s/metrics\n", at)
			}
			select {
			case <-cmd.Context().Done():
			case err = <-h.Server.Lost():
			}
			h.Metrics.Drain()
			fmt.Println("stopping: running steps may finish")
			return err
		},
	}
	c.Flags().StringVarP(&path, "config", "c", "", "configuration file")
	databaseFlag(c, &db)
	return c
}

func databaseFlag(c *cobra.Command, db *string) {
	c.Flags().StringVar(db, "db", "", "keep Temporal's data in PostgreSQL, at `postgres://USER@HOST:PORT/NAME`, instead of standalone.database or SQLite")
}

// given takes an address from the command line, if there is one. A password in it
// comes before the configured one, and is never shown again, not in an error either.
func given(db string, s *config.Standalone) error {
	if db == "" {
		return nil
	}
	u, err := url.Parse(db)
	if err != nil {
		return errors.New("--db cannot be read as an address: give postgres://USER@HOST:PORT/NAME")
	}
	if password, has := secret.InURL(u); has {
		secret.Remember(password)
		s.Password = secret.Ref{}
	}
	s.Database = db
	return nil
}
