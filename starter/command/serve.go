package command

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"lastday/config"
	"lastday/secret"
	"lastday/starter/cases"
	"lastday/starter/doors"
)

// closeWithin is how long requests under way may take when the process is told
// to stop.
const closeWithin = 10 * time.Second

func serveCommand(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "serve -c FILE",
		Short: "Answer Slack and the HR system",
		Long: `Serve opens the front doors of the configuration: /offboard and the buttons in
Slack (serve.slack), and the signed hook for HR systems (hooks). It goes on while
Temporal is down, and then says so. GET /healthz answers 200 while all is well.`,
		Example: `  starter serve -c lastday.yaml`,
		Args:    args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.configPath == "" {
				return usagef("serve needs the configuration: -c FILE (see lastday.example.yaml)")
			}
			f, err := config.Load(g.configPath)
			if err != nil {
				return err
			}
			if f.Serve.Slack == nil && len(f.Hooks.Sources) == 0 {
				return errors.New("there is no door to open: configure serve.slack or hooks")
			}
			log := slog.New(secret.Handler(slog.NewTextHandler(cmd.ErrOrStderr(), nil)))
			temporal, namespace, err := cases.Later(f.Temporal, log)
			if err != nil {
				return err
			}
			defer temporal.Close()
			s, err := doors.Open(f, cases.New(temporal, namespace), log)
			if err != nil {
				return err
			}
			if err := s.Start(cmd.Context()); err != nil {
				return err
			}
			fmt.Fprintf(g.out, "serving on http://%s; stop with Ctrl-C\n", s.Addr())
			<-cmd.Context().Done()
			fmt.Fprintln(g.out, "stopping: what is under way may finish")
			s.Stop(closeWithin)
			return nil
		},
	}
}
