// Package house opens the whole program in one process: the Temporal server,
// the worker, and a client to them.
package house

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"lastday/activities/transport"
	"lastday/codec"
	"lastday/config"
	"lastday/logs"
	"lastday/metrics"
	"lastday/record/setup"
	"lastday/standalone/backup"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	"lastday/starter/doors"
	"lastday/starter/local"
	"lastday/starter/serve"
	"lastday/traces"
	"lastday/worker/run"
)

// Namespace is where the single process keeps its cases.
const Namespace = "default"

// closeWithin is how long requests under way may take at the end.
const closeWithin = 10 * time.Second

// House is the running process.
type House struct {
	Server *temporal.Server
	Client client.Client
	Cases  *cases.Client
	// Record is what auditors check, Pages the address under which they see it.
	Record *setup.Ledger
	Pages  string
	// Doors are the front doors that the configuration has, and the record's pages.
	Doors *serve.Server
	// Metrics is the operator's listener; nil where the configuration has none.
	Metrics *metrics.Server
	stops   []func()
}

// Options beside the configuration.
type Options struct {
	// StockDispatch leaves Temporal's own dispatch settings, for a comparison.
	StockDispatch bool
	// SlackPage is told to whoever looks for this process.
	SlackPage string
}

// Open starts everything. What it started is stopped again if a part fails.
func Open(ctx context.Context, f config.File, o Options) (h *House, err error) {
	h = &House{}
	begun := h // a return of nil changes h before what is deferred runs
	defer func() {
		if err != nil {
			begun.Close()
		}
	}()
	log, counts := logs.New(os.Stderr, f.Logs, slog.LevelWarn), metrics.New(f.Names())
	sealed, err := codec.Open(f.Encryption)
	if err != nil {
		return nil, err
	}
	restored, err := backup.StateOf(f.Standalone.DataDir)
	if err != nil {
		return nil, err
	}
	h.Server, err = Temporal(ctx, f, o, log)
	if err != nil {
		return nil, err
	}
	h.later(h.Server.Stop)
	options := client.Options{
		HostPort: h.Server.FrontendAddr(), Namespace: Namespace, Logger: sdklog.NewStructuredLogger(log),
		MetricsHandler: counts.Temporal(),
	}
	sealed.Apply(&options)
	traced, err := traces.Open(ctx, f.Traces, "lastday", log)
	if err != nil {
		return nil, err
	}
	h.later(traced.Stop)
	traced.Apply(&options)
	if h.Client, err = client.DialContext(ctx, options); err != nil {
		return nil, fmt.Errorf("connect to the embedded temporal: %w", err)
	}
	h.later(h.Client.Close)
	if err := sealed.Agree(ctx, h.Client.WorkflowService(), Namespace); err != nil {
		return nil, err
	}
	h.Cases = cases.New(h.Client, Namespace, cases.Sealed(sealed))
	if err := h.shut(ctx, f.Standalone.DataDir, restored); err != nil {
		return nil, err
	}
	if err := h.keepRecord(ctx, f, log); err != nil {
		return nil, err
	}
	if h.Doors, err = doors.Open(f, h.Cases, h.Record, log); err != nil {
		return nil, err
	}
	if err := h.Doors.Start(transport.WithWatch(ctx, counts.Saw)); err != nil {
		return nil, err
	}
	h.later(func() { h.Doors.Stop(closeWithin) })
	h.Pages = f.Record.Pages
	if h.Pages == "" {
		h.Pages = "http://" + h.Doors.Addr()
	}
	stop, err := run.Start(h.Client, f, run.Options{Workflows: true, Record: h.Record, Pages: h.Pages, Metrics: counts, Restored: restored.Of})
	if err != nil {
		return nil, err
	}
	h.later(stop)
	h.Metrics, err = metrics.Process{
		Config: f.Metrics, Metrics: counts, Temporal: h.Client, Namespace: Namespace, Systems: f.Names(), Record: h.Record,
		Checks: map[string]metrics.Check{"pollers": counts.Polling(f.Names(), true), "doors": h.Doors.Health}, Log: log,
	}.Show(ctx)
	if err != nil {
		return nil, err
	}
	h.later(h.Metrics.Stop)
	forget, err := local.Write(local.Info{
		Temporal: h.Server.FrontendAddr(), Namespace: Namespace, UI: h.Server.UIURL(), Slack: o.SlackPage,
		Data: absolute(f.Standalone.DataDir),
	})
	if err != nil {
		return nil, err
	}
	h.later(forget)
	return h, nil
}

// shut turns the kill switch on before anything runs on data that was restored:
// what people have said since the backup is lost, and a departure that was called
// off would go ahead.
func (h *House) shut(ctx context.Context, dir string, restored backup.State) error {
	if !restored.Fresh {
		return nil
	}
	if err := h.Cases.Shut(ctx, "FROZEN after a restore: what was said and done after "+restored.Of.Format(time.RFC3339)+" is lost here"); err != nil {
		return fmt.Errorf("begin after a restore: %w", err)
	}
	return backup.Begun(dir)
}

// absolute is the path for a process that runs elsewhere.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}

// keepRecord opens the record, the one of the data folder where the configuration
// has none, and begins to sign it.
func (h *House) keepRecord(ctx context.Context, f config.File, log *slog.Logger) error {
	conf := f.Record
	if !conf.Kept() {
		var err error
		if conf, err = setup.Embedded(f.Standalone.DataDir); err != nil {
			return err
		}
	}
	l, stop, err := run.Keep(ctx, f, conf, log)
	if err != nil {
		return err
	}
	h.Record = l
	h.later(stop)
	return nil
}

func (h *House) later(f func()) { h.stops = append(h.stops, f) }

// Close stops the parts, last started first.
func (h *House) Close() {
	for len(h.stops) > 0 {
		last := len(h.stops) - 1
		h.stops[last]()
		h.stops = h.stops[:last]
	}
}
