package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"lastday/activities/transport"
	"lastday/codec"
	"lastday/config"
	"lastday/logs"
	"lastday/metrics"
	"lastday/record/setup"
	"lastday/starter/cases"
	"lastday/starter/doors"
	"lastday/traces"
)

// closeWithin is how long requests under way may take when the process is told
// to stop.
const closeWithin = 10 * time.Second

func serveCommand(g *globals) *cobra.Command {
	var listen, show string
	var health bool
	c := &cobra.Command{
		Use:   "serve -c FILE",
		Short: "Answer Slack, the HR system and auditors",
		Long: `Serve opens the front doors of the configuration: /offboard and the buttons in
Slack (serve.slack), the signed hook for HR systems (hooks), and the record's
pages for auditors under /record (record, serve.pages). It goes on while Temporal
is down, and then says so. GET /healthz answers 200 while all is well;
with --health it asks the process that serves already, and exits 0 or 1.`,
		Example: `  starter serve -c lastday.yaml
  starter serve -c lastday.yaml --listen 0.0.0.0:8480
  starter serve -c lastday.yaml --health`,
		Args: args(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if g.configPath == "" {
				return usagef("serve needs the configuration: -c FILE (see lastday.example.yaml)")
			}
			f, err := config.Load(g.configPath)
			if err != nil {
				return err
			}
			if listen != "" {
				f.Serve.Listen = listen
			}
			if health {
				return healthy(cmd.Context(), f.Serve.Listen)
			}
			if show != "" {
				f.Metrics.Listen = show
				f.Metrics.Defaults()
				if err := f.Metrics.Validate(); err != nil {
					return usageError{fmt.Errorf("--metrics: %w", err)}
				}
			}
			if f.Serve.Slack == nil && len(f.Hooks.Sources) == 0 && !f.Record.Kept() && f.Serve.Codec == nil {
				return errors.New("there is no door to open: configure serve.slack, hooks, record or serve.codec")
			}
			log, counts := logs.New(cmd.ErrOrStderr(), f.Logs, slog.LevelInfo), metrics.New(f.Names())
			k, err := codec.Open(f.Encryption)
			if err != nil {
				return err
			}
			traced, err := traces.Open(cmd.Context(), f.Traces, "lastday-serve", log)
			if err != nil {
				return err
			}
			defer traced.Stop()
			temporal, namespace, err := cases.Later(f.Temporal, log, cases.Sealed(k), cases.Measured(counts.Temporal()), cases.Traced(traced))
			if err != nil {
				return err
			}
			defer temporal.Close()
			var l *setup.Ledger
			if f.Record.Kept() {
				if l, err = setup.Open(cmd.Context(), f.Record); err != nil {
					return err
				}
				defer l.Close()
			}
			s, err := doors.Open(f, cases.New(temporal, namespace, cases.Sealed(k)), l, log)
			if err != nil {
				return err
			}
			if err := s.Start(transport.WithWatch(cmd.Context(), counts.Saw)); err != nil {
				return err
			}
			shown, err := metrics.Process{
				Config: f.Metrics, Metrics: counts, Temporal: temporal, Namespace: namespace, Systems: f.Names(), Record: l,
				Checks: map[string]metrics.Check{"doors": s.Health}, Log: log,
			}.Show(cmd.Context())
			if err != nil {
				s.Stop(closeWithin)
				return err
			}
			defer shown.Stop()
			fmt.Fprintf(g.out, "serving on http://%s; stop with Ctrl-C\n", s.Addr())
			<-cmd.Context().Done()
			fmt.Fprintln(g.out, "stopping: what is under way may finish")
			shown.Drain()
			s.Stop(closeWithin)
			return nil
		},
	}
	c.Flags().StringVar(&listen, "listen", "", "listen here instead of at serve.listen of the file")
	c.Flags().StringVar(&show, "metrics", "", "show /metrics, /healthz and /readyz at this HOST:PORT instead of at metrics.listen of the file")
	c.Flags().BoolVar(&health, "health", false, "ask the process that serves whether all is well")
	return c
}

// healthy asks the process that serves at the address.
func healthy(ctx context.Context, address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("read serve.listen: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/healthz", nil)
	if err != nil {
		return fmt.Errorf("ask for the health: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{}} // no proxy: it is this machine
	resp, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("nothing serves: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		what, _ := io.ReadAll(io.LimitReader(resp.Body, 2000))
		return fmt.Errorf("not well: %s", strings.TrimSpace(string(what)))
	}
	return nil
}
