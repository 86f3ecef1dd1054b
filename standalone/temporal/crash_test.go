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

	"lastday/record/store/pgtest"
	"lastday/standalone/temporal"
)

// childVar is the environment variable that makes the test binary a server,
// childDir its data directory.
const (
	childVar = "LASTDAY_TEMPORAL_TEST_CHILD"
	childDir = "LASTDAY_TEMPORAL_TEST_DIR"
)

// childDatabase makes that server keep its data in a PostgreSQL database instead.
const childDatabase = "LASTDAY_TEMPORAL_TEST_DATABASE"

// childLoad makes that server run cases as well.
const childLoad = "LASTDAY_TEMPORAL_TEST_LOAD"

const (
	napping = 2 * time.Second
	load    = 40
)

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

func TestKilledServerLosesNoCaseUnderLoad(t *testing.T) {
	eachStore(t, func(t *testing.T, o temporal.Options) {
		kill(t, o.DataDir, childLoad+"=yes", childDatabase+"="+o.Database)
		c := dial(t, start(t, o))
		work(t, c, append(systems, queue)...)
		allEnd(t, c)
	})
}

// The database is killed, and the server goes on by itself.
func TestKilledPostgreSQLLosesNoCaseUnderLoad(t *testing.T) {
	database := pgtest.Start(t)
	c := dial(t, start(t, inPostgres(database.New(t))))
	work(t, c, append(systems, queue)...)
	if err := startLoad(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		database.Kill()
		if err := database.Start(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the server takes cases again", func() bool {
			_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{ID: "again", TaskQueue: queue}, "Wait", time.Millisecond)
			return err == nil
		})
	}
	allEnd(t, c)
}

func allEnd(t *testing.T, c client.Client) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	for i := range load {
		if err := c.GetWorkflow(ctx, caseID(i), "").Get(ctx, nil); err != nil {
			t.Errorf("%s: %v", caseID(i), err)
		}
	}
}

// killDuringTimer kills a server while a workflow waits on a timer, and returns
// that workflow's run id.
func killDuringTimer(t *testing.T, dir string) string {
	t.Helper()
	return kill(t, dir)
}

// kill runs a server in a process of its own until it says a line, kills it
// without warning, and returns the line.
func kill(t *testing.T, dir string, env ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), append(env, childVar+"=yes", childDir+"="+dir)...)
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
		t.Fatalf("wait for the server's line: %v", readErr)
	}
	return strings.TrimSpace(line)
}

// runChild prints a line once the time to kill it has come.
func runChild() {
	ctx := context.Background()
	o := options(os.Getenv(childDir))
	o.Database = os.Getenv(childDatabase)
	s, err := temporal.Start(ctx, o)
	check(err)
	c, err := connect(s.FrontendAddr())
	check(err)
	for _, q := range append(systems, queue) {
		check(newWorker(c, q).Start())
	}
	if os.Getenv(childLoad) != "" {
		runLoad(ctx, c)
	} else {
		runNapper(ctx, c)
	}
	select {}
}

// runNapper prints the run id of a workflow whose timer runs.
func runNapper(ctx context.Context, c client.Client) {
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
}

// runLoad prints a line when cases are at work.
func runLoad(ctx context.Context, c client.Client) {
	check(startLoad(ctx, c))
	fmt.Println("now")
}

// startLoad starts cases, and returns when the first has ended and the rest are
// at work.
func startLoad(ctx context.Context, c client.Client) error {
	var first client.WorkflowRun
	for i := range load {
		run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: caseID(i), TaskQueue: queue}, "FanOut")
		if err != nil {
			return err
		}
		if i == 0 {
			first = run
		}
	}
	return first.Get(ctx, nil)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

func caseID(i int) string { return fmt.Sprintf("case-%d", i) }

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
