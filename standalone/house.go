package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"lastday/config"
	"lastday/secret"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	"lastday/starter/local"
	"lastday/worker/run"
)

// namespace is where the single process keeps its cases.
const namespace = "default"

// house is the running process: server, worker, and a client to them.
type house struct {
	server *temporal.Server
	client client.Client
	cases  *cases.Client
	stops  []func()
}

// options beside the configuration.
type options struct {
	stockDispatch bool
	slackPage     string // told to whoever looks for this process
}

// open starts everything. What it started is stopped again if a part fails.
func open(ctx context.Context, f config.File, o options) (h *house, err error) {
	h = &house{}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	log := slog.New(secret.Handler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})))
	h.server, err = temporal.Start(ctx, temporal.Options{
		DataDir: f.Standalone.DataDir, FrontendAddr: f.Standalone.Frontend, UIAddr: f.Standalone.UI,
		Namespace: namespace, Retention: f.Standalone.Retention,
		SearchAttributes: cases.SearchAttributes(), StockDispatch: o.stockDispatch,
		Log: log, LogLevel: slog.LevelError,
	})
	if err != nil {
		return nil, err
	}
	h.later(h.server.Stop)
	h.client, err = client.DialContext(ctx, client.Options{
		HostPort: h.server.FrontendAddr(), Namespace: namespace, Logger: sdklog.NewStructuredLogger(log),
	})
	if err != nil {
		return nil, fmt.Errorf("connect to the embedded temporal: %w", err)
	}
	h.later(h.client.Close)
	h.cases = cases.New(h.client, namespace)
	stop, err := run.Start(h.client, f, run.Options{Workflows: true})
	if err != nil {
		return nil, err
	}
	h.later(stop)
	forget, err := local.Write(local.Info{
		Temporal: h.server.FrontendAddr(), Namespace: namespace, UI: h.server.UIURL(), Slack: o.slackPage,
	})
	if err != nil {
		return nil, err
	}
	h.later(forget)
	return h, nil
}

func (h *house) later(f func()) { h.stops = append(h.stops, f) }

// close stops the parts, last started first.
func (h *house) close() {
	for len(h.stops) > 0 {
		last := len(h.stops) - 1
		h.stops[last]()
		h.stops = h.stops[:last]
	}
}
