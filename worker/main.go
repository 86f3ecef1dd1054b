// Command worker runs the cases and the systems it is given, against any
// Temporal cluster. The process that holds one system's credential need not
// hold another's.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"go.temporal.io/sdk/client"

	"lastday/codec"
	"lastday/config"
	"lastday/logs"
	"lastday/metrics"
	"lastday/offboarding"
	"lastday/record/setup"
	"lastday/secret"
	"lastday/starter/cases"
	"lastday/traces"
	"lastday/worker/run"
)

const help = `Worker runs offboarding cases and the systems it is given.

Usage: worker -c FILE [--systems okta,github] [--workflows=false] [--metrics HOST:PORT]

It finds Temporal by the file's temporal section, or by Temporal's own
environment variables and profiles (TEMPORAL_ADDRESS, TEMPORAL_PROFILE). Only
the credentials of the systems it runs are read.

Examples:
  worker -c lastday.yaml                                      everything
  worker -c lastday.yaml --systems okta,github                cases, Okta and GitHub
  worker -c lastday.yaml --systems wireguard --workflows=false   on a gateway

`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	code := work(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code)
}

func work(ctx context.Context, args []string, errs io.Writer) int {
	flags := flag.NewFlagSet("worker", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.Usage = func() { fmt.Fprint(errs, help); flags.PrintDefaults() }
	path := flags.String("c", "", "configuration `file`")
	systems := flags.String("systems", "", "comma-separated `names` of the systems that run here (default: all that are configured)")
	withCases := flags.Bool("workflows", true, "run the cases themselves here too")
	show := flags.String("metrics", "", "show /metrics, /healthz and /readyz at `host:port` instead of at metrics.listen of the file")
	build := flags.String("build", "", "`id` of this build in rollouts (default: the commit it was built from); used with worker.deployment of the file")
	health := flags.Bool("health", false, "ask whether such a worker is at work, and exit with 0 if it is")
	switch err := flags.Parse(args); {
	case err == flag.ErrHelp: //nolint:errorlint // Parse returns it bare
		return 0
	case err != nil:
		return 2
	case *path == "" || flags.NArg() > 0:
		flags.Usage()
		return 2
	}
	what := run.Options{Workflows: *withCases, Systems: names(*systems), Build: *build}
	do := serve
	if *health {
		do = atWork
	}
	if err := do(ctx, from{path: *path, metrics: *show}, what, errs); err != nil {
		fmt.Fprintln(errs, "worker: "+secret.Scrub(err.Error()))
		return 1
	}
	return 0
}

// names splits the list; nil means all that are configured.
func names(list string) []offboarding.System {
	if list == "" {
		return nil
	}
	var out []offboarding.System
	for name := range strings.SplitSeq(list, ",") {
		out = append(out, offboarding.System(strings.TrimSpace(name)))
	}
	return out
}

// from is where the settings come from.
type from struct{ path, metrics string }

func (s from) load() (config.File, error) {
	f, err := config.Load(s.path)
	if err != nil || s.metrics == "" {
		return f, err
	}
	f.Metrics.Listen = s.metrics
	f.Metrics.Defaults()
	if err := f.Metrics.Validate(); err != nil {
		return f, fmt.Errorf("--metrics: %w", err)
	}
	return f, nil
}

func serve(ctx context.Context, settings from, o run.Options, errs io.Writer) error {
	f, err := settings.load()
	if err != nil {
		return err
	}
	if o.Workflows && f.Worker.Versioned() {
		if o.Build, err = run.BuildID(o.Build); err != nil {
			return err
		}
	}
	o.Metrics = metrics.New(f.Names())
	traced, err := traces.Open(ctx, f.Traces, "lastday-worker", logs.New(errs, f.Logs, slog.LevelInfo))
	if err != nil {
		return err
	}
	defer traced.Stop()
	c, namespace, log, err := connect(f, errs, cases.Measured(o.Metrics.Temporal()), cases.Traced(traced))
	if err != nil {
		return err
	}
	defer c.Close()
	var kept *setup.Ledger
	if o.Workflows && f.Record.Kept() {
		l, end, err := run.Keep(ctx, f, f.Record, log)
		if err != nil {
			return err
		}
		defer end()
		kept, o.Record, o.Pages = l, l, f.Record.Pages
	} else if o.Workflows {
		log.Warn("no record is kept: what cases do cannot be shown to an auditor; configure the section record")
	}
	o.Log = log
	stop, err := run.Start(c, f, o)
	if err != nil {
		return err
	}
	shown, err := metrics.Process{
		Config: f.Metrics, Metrics: o.Metrics, Temporal: c, Namespace: namespace, Systems: f.Names(), Record: kept,
		Checks: map[string]metrics.Check{"pollers": o.Metrics.Polling(run.Systems(f, o), o.Workflows)}, Log: log,
	}.Show(ctx)
	if err != nil {
		stop()
		return err
	}
	defer shown.Stop()
	log.Info("working", "workflows", o.Workflows, "systems", run.Systems(f, o), "record", o.Record != nil, "metrics", shown.Addr())
	<-ctx.Done()
	log.Info("stopping: running steps may finish, or are handed back", "within", run.StopsWithin)
	shown.Drain()
	stop()
	return nil
}

// atWork asks Temporal whether a worker polls every queue that such a worker has.
func atWork(ctx context.Context, settings from, o run.Options, errs io.Writer) error {
	f, err := settings.load()
	if err != nil {
		return err
	}
	c, _, _, err := connect(f, errs)
	if err != nil {
		return err
	}
	defer c.Close()
	return run.AtWork(ctx, c, f, o)
}

func connect(f config.File, errs io.Writer, extra ...cases.Option) (client.Client, string, *slog.Logger, error) {
	log := logs.New(errs, f.Logs, slog.LevelInfo)
	k, err := codec.Open(f.Encryption)
	if err != nil {
		return nil, "", nil, err
	}
	c, namespace, err := cases.Dial(f.Temporal, log, append(extra, cases.Sealed(k))...)
	return c, namespace, log, err
}
