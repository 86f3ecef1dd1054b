package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path"
	"sync"
	"syscall"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"lastday/codec"
	"lastday/config"
	"lastday/logs"
	"lastday/metrics"
	"lastday/secret"
	"lastday/traces"
	"lastday/worker/run"
)

// moment is a point of a step at which the worker's process dies.
type moment string

const (
	before   moment = "before"   // it has the task, and has done nothing
	noted    moment = "noted"    // its first action is made, and Temporal knows so from a heartbeat
	done     moment = "done"     // all is made, and the answer is not sent
	answered moment = "answered" // Temporal has the answer
	// These two are the vendor's side, where the test itself kills the worker.
	calling moment = "calling" // the call has left, and the vendor has not got it
	applied moment = "applied" // the vendor has done it, and the worker does not know
)

// workflowTask is the step's name of a workflow task.
const workflowTask = "workflow task"

// death says at which step, in its nth run, the worker kills itself.
type death struct {
	Step   string
	Moment moment
	Nth    int
}

// orders are what a worker process is started with.
type orders struct {
	Address, Namespace, Config string
	Death                      death
	Debug                      bool // log everything the SDK says
	Discreet                   bool // log as command worker does, without names
}

const ordersVar = "LASTDAY_E2E_ORDERS"

// report is one line on a worker's standard output.
type report struct {
	At       time.Time
	What     string // "ready", "task" or "dies"
	Step     string
	Workflow string
	Attempt  int32
	Metrics  string // where they are shown, of one that is ready
}

// runWorker is a worker's process: what command worker does, and a death at the
// ordered moment.
func runWorker() error {
	go dieWithParent()
	var o orders
	if err := json.Unmarshal([]byte(os.Getenv(ordersVar)), &o); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	f, err := config.Load(o.Config)
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if o.Debug {
		level = slog.LevelDebug
	}
	log := slog.New(secret.Handler(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})))
	if o.Discreet {
		log = logs.New(os.Stderr, f.Logs, level)
	}
	doomed := &mortal{death: o.Death, steps: map[string]string{}, runs: map[string]int{}}
	options := client.Options{
		HostPort: o.Address, Namespace: o.Namespace, Logger: sdklog.NewStructuredLogger(log),
		ConnectionOptions: client.ConnectionOptions{DialOptions: []grpc.DialOption{grpc.WithChainUnaryInterceptor(doomed.intercept)}},
	}
	sealed, err := codec.Open(f.Encryption)
	if err != nil {
		return err
	}
	sealed.Apply(&options)
	traced, err := traces.Open(context.Background(), f.Traces, "lastday-worker", log)
	if err != nil {
		return err
	}
	traced.Apply(&options)
	counts := metrics.New(f.Names())
	options.MetricsHandler = counts.Temporal()
	c, err := client.Dial(options)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	if _, err := run.Start(c, f, run.Options{Workflows: true, Metrics: counts}); err != nil {
		return err
	}
	shown, err := metrics.Process{Config: f.Metrics, Metrics: counts, Temporal: c, Namespace: o.Namespace, Systems: f.Names(), Log: log}.Show(context.Background())
	if err != nil {
		return err
	}
	say(report{What: "ready", Metrics: shown.Addr()})
	select {}
}

// mortal watches what the SDK says to Temporal, and kills the process with
// SIGKILL at the ordered moment.
type mortal struct {
	death death

	mu    sync.Mutex
	steps map[string]string // by task token
	runs  map[string]int    // by step
}

func (m *mortal) intercept(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	switch r := req.(type) {
	case *workflowservice.RespondActivityTaskCompletedRequest:
		m.at(m.step(r.GetTaskToken()), done)
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		m.at(m.step(r.GetTaskToken()), done)
	}
	if err := next(ctx, method, req, reply, cc, opts...); err != nil {
		return err
	}
	switch r := req.(type) {
	case *workflowservice.RespondActivityTaskCompletedRequest:
		m.at(m.step(r.GetTaskToken()), answered)
	case *workflowservice.RecordActivityTaskHeartbeatRequest:
		if r.GetDetails() != nil {
			m.at(m.step(r.GetTaskToken()), noted)
		}
	case *workflowservice.RespondWorkflowTaskCompletedRequest:
		m.at(m.step(r.GetTaskToken()), answered)
		if t := reply.(*workflowservice.RespondWorkflowTaskCompletedResponse).GetWorkflowTask(); t != nil {
			m.begins(workflowTask, t.GetTaskToken(), t.GetWorkflowExecution().GetWorkflowId(), t.GetAttempt())
		}
	case *workflowservice.PollActivityTaskQueueRequest:
		if t := reply.(*workflowservice.PollActivityTaskQueueResponse); len(t.GetTaskToken()) > 0 {
			m.begins(t.GetActivityType().GetName(), t.GetTaskToken(), t.GetWorkflowExecution().GetWorkflowId(), t.GetAttempt())
		}
	case *workflowservice.PollWorkflowTaskQueueRequest:
		// A query alone is no step of the case.
		if t := reply.(*workflowservice.PollWorkflowTaskQueueResponse); len(t.GetTaskToken()) > 0 && t.GetQuery() == nil {
			m.begins(workflowTask, t.GetTaskToken(), t.GetWorkflowExecution().GetWorkflowId(), t.GetAttempt())
		}
	}
	return nil
}

func (m *mortal) begins(step string, token []byte, workflow string, attempt int32) {
	m.mu.Lock()
	m.steps[string(token)] = step
	m.runs[step]++
	m.mu.Unlock()
	say(report{What: "task", Step: step, Workflow: workflow, Attempt: attempt})
	m.at(step, before)
}

func (m *mortal) step(token []byte) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.steps[string(token)]
}

func (m *mortal) at(step string, now moment) {
	m.mu.Lock()
	nth := m.runs[step]
	m.mu.Unlock()
	if m.death.Step != step || m.death.Moment != now || max(m.death.Nth, 1) != nth {
		return
	}
	say(report{What: "dies", Step: step})
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

var saying sync.Mutex

func say(r report) {
	r.At = time.Now()
	b, err := json.Marshal(r)
	if err != nil {
		panic(fmt.Sprintf("%s: %v", path.Base(os.Args[0]), err))
	}
	saying.Lock()
	defer saying.Unlock()
	_, _ = os.Stdout.Write(append(b, '\n'))
}
