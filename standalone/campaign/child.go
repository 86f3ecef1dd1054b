package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"lastday/config"
	"lastday/record/setup"
	"lastday/secret"
	"lastday/standalone/herd"
	"lastday/standalone/house"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	workers "lastday/worker/run"
)

// childVar tells a child process what it needs.
const childVar = "LASTDAY_CAMPAIGN_CHILD"

// child is what a child process is told.
type child struct {
	Address  string // of Temporal's frontend
	Config   string
	Data     string // the folder of the server's data and the record
	Deadline time.Duration
}

func told() (child, error) {
	var c child
	if err := json.Unmarshal([]byte(os.Getenv(childVar)), &c); err != nil {
		return c, fmt.Errorf("read what the campaign says: %w", err)
	}
	return c, nil
}

// runServer is the Temporal server alone, as a process.
func runServer() error {
	go herd.DieWithParent()
	c, err := told()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	s, err := temporal.Start(ctx, temporal.Options{
		DataDir: c.Data, FrontendAddr: c.Address, Namespace: house.Namespace, Retention: 24 * time.Hour,
		SearchAttributes: cases.SearchAttributes(),
	})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	<-ctx.Done()
	s.Stop()
	return nil
}

// runWorker is what command worker does, as a process: cases, all systems, and
// the record, which it signs as well.
func runWorker() error {
	go herd.DieWithParent()
	c, err := told()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	f, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	f.Case.Deadline = c.Deadline
	log := slog.New(secret.Handler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	t, err := dial(ctx, c.Address, log)
	if err != nil {
		return err
	}
	conf, err := setup.Embedded(c.Data)
	if err != nil {
		return err
	}
	ledger, end, err := workers.Keep(ctx, f, conf, log)
	if err != nil {
		return err
	}
	defer end()
	halt, err := workers.Start(t, f, workers.Options{Workflows: true, Record: ledger})
	if err != nil {
		return err
	}
	defer halt()
	fmt.Println("ready")
	<-ctx.Done()
	return nil
}

// dial connects as soon as the server answers: it may just have been killed.
func dial(ctx context.Context, address string, log *slog.Logger) (client.Client, error) {
	for {
		c, err := client.DialContext(ctx, client.Options{HostPort: address, Namespace: house.Namespace, Logger: sdklog.NewStructuredLogger(log)})
		if err == nil || ctx.Err() != nil {
			return c, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

// pause waits, unless ctx ends first.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
