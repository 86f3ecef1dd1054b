package temporal_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"lastday/record/store/pgtest"
	"lastday/standalone/temporal"
)

const (
	namespace = "lastday"
	queue     = "cases"
	patience  = 30 * time.Second // far more than any condition here takes
)

var attributes = map[string]enums.IndexedValueType{
	"LastdayState":    enums.INDEXED_VALUE_TYPE_KEYWORD,
	"LastdaySubject":  enums.INDEXED_VALUE_TYPE_KEYWORD,
	"LastdayPartner":  enums.INDEXED_VALUE_TYPE_KEYWORD,
	"LastdayDeadline": enums.INDEXED_VALUE_TYPE_DATETIME,
}

// TestMain lets the test binary be the process that a test kills.
func TestMain(m *testing.M) {
	if os.Getenv(childVar) != "" {
		runChild()
		return
	}
	os.Exit(m.Run())
}

func options(dir string) temporal.Options {
	return temporal.Options{
		DataDir:          dir,
		FrontendAddr:     "127.0.0.1:0",
		Namespace:        namespace,
		Retention:        24 * time.Hour,
		SearchAttributes: attributes,
	}
}

// eachStore runs a test on SQLite and on a real PostgreSQL.
func eachStore(t *testing.T, test func(t *testing.T, o temporal.Options)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, options(t.TempDir())) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, inPostgres(pgtest.Start(t).New(t))) })
}

// inPostgres are the options for a database.
func inPostgres(address string) temporal.Options {
	o := options("")
	o.Database = address
	return o
}

func start(t testing.TB, o temporal.Options) *temporal.Server {
	t.Helper()
	s, err := temporal.Start(t.Context(), o)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(s.Stop)
	return s
}

func dial(t testing.TB, s *temporal.Server) client.Client {
	t.Helper()
	c, err := connect(s.FrontendAddr())
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

func connect(addr string) (client.Client, error) {
	return client.Dial(client.Options{
		HostPort:  addr,
		Namespace: namespace,
		Logger:    log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	})
}

// work starts a worker on each queue that knows all workflows of these tests.
func work(t testing.TB, c client.Client, queues ...string) {
	t.Helper()
	for _, q := range queues {
		w := newWorker(c, q)
		if err := w.Start(); err != nil {
			t.Fatalf("start worker on %s: %v", q, err)
		}
		t.Cleanup(w.Stop)
	}
}

func newWorker(c client.Client, q string) worker.Worker {
	w := worker.New(c, q, worker.Options{})
	w.RegisterWorkflowWithOptions(wait, workflow.RegisterOptions{Name: "Wait"})
	w.RegisterWorkflowWithOptions(fanOut, workflow.RegisterOptions{Name: "FanOut"})
	w.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: "Nothing"})
	return w
}

// wait sleeps on a durable timer.
func wait(ctx workflow.Context, d time.Duration) (string, error) {
	return "woke up", workflow.Sleep(ctx, d)
}

func nothing(context.Context) error { return nil }

// eventually asks until ok, and fails with what was asked for.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", patience, what)
		case <-tick.C:
		}
	}
}
