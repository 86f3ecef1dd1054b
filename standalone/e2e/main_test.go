package e2e

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"testing"
	"time"
)

// processVar makes the test binary one of the processes that the tests kill.
const processVar = "LASTDAY_E2E_PROCESS"

// processes are what the test binary can be instead of a test run.
var processes = map[string]func() error{
	"worker":     runWorker,
	"standalone": runStandalone,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(processVar); name != "" {
		if err := processes[name](); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	// The kill tests mostly wait for Temporal's timeouts, whatever the machine.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = flag.Set("test.parallel", "10")
	}
	os.Exit(m.Run())
}

// dieWithParent ends this process when the one that started it is gone.
func dieWithParent() {
	_, _ = io.Copy(io.Discard, os.Stdin)
	os.Exit(3)
}

// patience is far more than any condition here takes.
const patience = 60 * time.Second

// eventually asks until ok, and fails with what was asked for.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within %s: %s", patience, what)
		case <-tick.C:
		}
	}
}
