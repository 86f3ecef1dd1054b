package temporal_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"lastday/standalone/temporal"
)

// childDir is the environment variable that makes the test binary a server, on
// the data directory it names.
const childDir = "LASTDAY_TEMPORAL_TEST_DIR"

const napping = 2 * time.Second

func TestKilledServerGoesOnWhereItWas(t *testing.T) {
	o := options(t.TempDir())
	run := killDuringTimer(t, o.DataDir)

	c := dial(t, start(t, o))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	before, err := c.DescribeWorkflowExecution(ctx, "napper", run)
	if err != nil {
		t.Fatalf("find the workflow after the kill: %v", err)
	}
	if got := before.GetWorkflowExecutionInfo().GetStatus(); got != enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		t.Fatalf("workflow is %s after the kill, want running", got)
	}
	work(t, c, queue)
	var result string
	if err := c.GetWorkflow(ctx, "napper", run).Get(ctx, &result); err != nil || result != "woke up" {
		t.Fatalf("workflow ended with %q, %v", result, err)
	}
	if got := timers(t, c, run); got != 1 {
		t.Errorf("the timer was started %d times, want once", got)
	}
}

func TestKilledServerLeavesTheDataDirectoryFree(t *testing.T) {
	o := options(t.TempDir())
	for range 2 {
		killDuringTimer(t, o.DataDir)
	}
	start(t, o)
}

// killDuringTimer runs a server in a process of its own until a workflow waits
// on a timer, kills it without warning, and returns that workflow's run id.
func killDuringTimer(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // "signal: killed"
	if readErr != nil {
		t.Fatalf("read the server's run id: %v", readErr)
	}
	return strings.TrimSpace(line)
}

// runChild prints the run id once its timer runs, and then waits for its end.
func runChild(dir string) {
	ctx := context.Background()
	check := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "child:", err)
			os.Exit(1)
		}
	}
	s, err := temporal.Start(ctx, options(dir))
	check(err)
	c, err := connect(s.FrontendAddr())
	check(err)
	check(newWorker(c, queue).Start())
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "napper", TaskQueue: queue,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, "Wait", napping)
	check(err)
	history := c.GetWorkflowHistory(ctx, "napper", run.GetRunID(), true, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for {
		event, err := history.Next()
		check(err)
		if event.GetEventType() == enums.EVENT_TYPE_TIMER_STARTED {
			break
		}
	}
	fmt.Println(run.GetRunID())
	select {}
}

func timers(t *testing.T, c client.Client, run string) (n int) {
	t.Helper()
	history := c.GetWorkflowHistory(t.Context(), "napper", run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		if err != nil {
			t.Fatal(err)
		}
		if event.GetEventType() == enums.EVENT_TYPE_TIMER_STARTED {
			n++
		}
	}
	return n
}
