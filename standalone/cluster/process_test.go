package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"lastday/config"
	"lastday/logs"
	"lastday/offboarding"
	"lastday/standalone/herd"
	"lastday/standalone/house"
	"lastday/standalone/temporal"
	"lastday/starter/cases"
	"lastday/starter/command"
	"lastday/worker/run"
)

// ordersVar makes the test binary one of the cluster's processes.
const ordersVar = "LASTDAY_CLUSTER_ORDERS"

// orders are what a process is told.
type orders struct {
	Role     string // server, worker, doors or importer
	Address  string // of Temporal's frontend
	Database string
	Config   string
	Systems  []offboarding.System
	Cases    bool // a worker runs the cases as well, and keeps the record
	File     string
}

func TestMain(m *testing.M) {
	if os.Getenv(ordersVar) != "" {
		fmt.Fprintln(os.Stderr, be())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// env is how a process gets its orders.
func (o orders) env() []string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return []string{ordersVar + "=" + string(b), "TEMPORAL_ADDRESS=" + o.Address, "TEMPORAL_NAMESPACE=" + house.Namespace}
}

// be is one of the cluster's processes, until it is killed.
func be() error {
	go herd.DieWithParent()
	var o orders
	if err := json.Unmarshal([]byte(os.Getenv(ordersVar)), &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	ctx := context.Background()
	switch o.Role {
	case "server":
		return o.serve(ctx)
	case "worker":
		return o.work(ctx)
	case "doors":
		return fmt.Errorf("starter serve ended: %d", command.Run(ctx, []string{"serve", "-c", o.Config}, os.Stdout, os.Stderr))
	case "importer":
		return o.bringIn(ctx)
	}
	return errors.New("no such role")
}

// serve is the Temporal server. PostgreSQL may just have been killed: then the
// process that is started next will find it.
func (o orders) serve(ctx context.Context) error {
	s, err := temporal.Start(ctx, temporal.Options{
		Database: o.Database, FrontendAddr: o.Address, Namespace: house.Namespace, Retention: 24 * time.Hour,
		SearchAttributes: cases.SearchAttributes(), Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), LogLevel: slog.LevelError,
	})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	return <-s.Lost()
}

// work is what command worker does.
func (o orders) work(ctx context.Context) error {
	f, err := config.Load(o.Config)
	if err != nil {
		return err
	}
	log := logs.New(os.Stderr, f.Logs, slog.LevelError)
	c, _, err := cases.Dial(f.Temporal, log)
	if err != nil {
		return err
	}
	what := run.Options{Workflows: o.Cases, Systems: o.Systems}
	if o.Cases {
		l, _, err := run.Keep(ctx, f, f.Record, log)
		if err != nil {
			return err
		}
		what.Record = l
	}
	if _, err := run.Start(c, f, what); err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// bringIn imports a file as often as it takes until all of it is in.
func (o orders) bringIn(ctx context.Context) error {
	fmt.Println("ready")
	for {
		var said bytes.Buffer
		switch code := command.Run(ctx, []string{"import", o.File}, &said, &said); code {
		case command.ExitDone:
			fmt.Println("done")
			select {}
		default:
			fmt.Fprintf(os.Stderr, "import: %d\n%s\n", code, &said)
		}
	}
}
