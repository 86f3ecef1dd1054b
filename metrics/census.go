package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/workflows"
)

const (
	// every is how often Temporal is asked, however often the metrics are read.
	every = 15 * time.Second
	// lookTimeout bounds one round of questions.
	lookTimeout = 10 * time.Second
)

// Census asks Temporal how the cases stand, and keeps the answers for whoever
// reads the metrics. Several processes may: each shows the same.
type Census struct {
	temporal  client.Client
	namespace string
	queues    []queue
	log       *slog.Logger
	clock     func() time.Time
	waiting   waiting

	cases   *prometheus.GaugeVec
	overdue prometheus.Gauge
	frozen  prometheus.Gauge
	held    prometheus.Gauge
	oldest  *prometheus.GaugeVec
	pollers *prometheus.GaugeVec
	up      prometheus.Gauge
	at      prometheus.Gauge

	mu   sync.Mutex
	seen time.Time // when Temporal last answered
	err  error
}

// queue is a task queue that some worker must poll.
type queue struct {
	name string
	kind enumspb.TaskQueueType
}

// CensusOptions are what a census is made of.
type CensusOptions struct {
	// Temporal and Namespace are where the cases are.
	Temporal  client.Client
	Namespace string
	// Systems are those that the configuration has, wherever they run.
	Systems []offboarding.System
	Log     *slog.Logger
	Clock   func() time.Time // default time.Now
}

// NewCensus adds the cases to the metrics; Run keeps them up to date. It asks
// nothing yet.
func (m *Metrics) NewCensus(o CensusOptions) *Census {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	c := &Census{temporal: o.Temporal, namespace: o.Namespace, log: o.Log, clock: o.Clock, waiting: waiting{known: map[string]*waiter{}}}
	c.queues = append(c.queues, queue{workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW})
	for _, s := range o.Systems {
		c.queues = append(c.queues, queue{activities.TaskQueue(s), enumspb.TASK_QUEUE_TYPE_ACTIVITY})
	}
	one := func(name, text string) prometheus.Gauge {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: text})
		m.registry.MustRegister(g)
		return g
	}
	many := func(name, text string, labels ...string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: text}, labels)
		m.registry.MustRegister(g)
		return g
	}
	c.cases = many("lastday_cases", "Cases by state: those that go on, and those that ended within Temporal's retention.", "state")
	c.overdue = one("lastday_cases_overdue", "Cases that go on after their deadline: access may still be there.")
	c.frozen = one("lastday_kill_switch_on", "1 while the kill switch is on, and nothing is written to any system.")
	c.held = one("lastday_brake_held_cases", "Cases that the brake holds until two people release them.")
	c.oldest = many("lastday_oldest_waiting_seconds", "How long the case has waited that has waited longest for people: for a decision, an approval, or the brake's release. 0: none waits.", "for")
	c.pollers = many("lastday_queue_pollers", "Workers' pollers of each task queue that Temporal has heard of within the last minute.", "task_queue")
	c.up = one("lastday_temporal_up", "1 if Temporal answered when it was last asked.")
	c.at = one("lastday_census_timestamp_seconds", "When all questions about the cases were last answered.")
	return c
}

// Run asks again and again, until the context ends.
func (c *Census) Run(ctx context.Context) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		c.Look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look asks once. What cannot be answered stays as it was; the age of the census
// tells.
func (c *Census) Look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	err := errors.Join(c.switches(ctx), c.count(ctx), c.wait(ctx), c.queued(ctx))
	now := c.clock()
	c.mu.Lock()
	changed := (err == nil) != (c.err == nil)
	c.err = err
	reached := !unreachable(err)
	if reached {
		c.seen = now
	}
	c.mu.Unlock()
	if reached {
		c.up.Set(1)
	} else {
		c.up.Set(0)
	}
	if err == nil {
		c.at.Set(float64(now.UnixMilli()) / 1000)
	}
	if changed && err != nil && ctx.Err() == nil {
		c.log.Warn("the cases cannot be counted", "error", err)
	}
}

// unreachable reports whether Temporal gave no answer at all.
func unreachable(err error) bool {
	var down *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	return errors.As(err, &down) || errors.As(err, &late) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// Reached is nil while Temporal answers: not longer ago than three rounds.
func (c *Census) Reached() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := c.clock().Sub(c.seen); c.seen.IsZero() || age > 3*every {
		return errors.New("temporal does not answer")
	}
	return nil
}

// switches reads the kill switch, which needs no worker.
func (c *Census) switches(ctx context.Context) error {
	d, err := c.temporal.DescribeWorkflowExecution(ctx, workflows.FreezeID, "")
	var none *serviceerror.NotFound
	switch {
	case errors.As(err, &none):
		c.frozen.Set(0)
	case err != nil:
		return fmt.Errorf("read the kill switch: %w", err)
	case d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING:
		c.frozen.Set(1)
	default:
		c.frozen.Set(0)
	}
	return nil
}

// States of cases as visibility knows them, which is coarser than the case.
func states() []string {
	out := []string{workflows.Running}
	for _, s := range []offboarding.State{
		offboarding.Waiting, offboarding.AwaitingApproval, offboarding.Paused, offboarding.NeedsDecision,
		offboarding.Verified, offboarding.Closed, offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused,
	} {
		out = append(out, string(s))
	}
	return out
}

const (
	aCase   = "WorkflowType = '" + workflows.OffboardType + "'"
	goingOn = aCase + " AND ExecutionStatus = 'Running'"
)

// inState is the query for the cases of a state. One that was terminated in
// Temporal keeps the state it had, and counts no more as going on.
func inState(state string) string {
	q := aCase
	if !offboarding.State(state).Ended() {
		q = goingOn
	}
	return q + " AND " + workflows.StateAttribute + " = '" + state + "'"
}

func (c *Census) count(ctx context.Context) error {
	for _, s := range states() {
		n, err := c.ask(ctx, inState(s))
		if err != nil {
			return err
		}
		c.cases.WithLabelValues(s).Set(float64(n))
		if s == string(offboarding.Paused) {
			c.held.Set(float64(n))
		}
	}
	n, err := c.ask(ctx, goingOn+" AND "+workflows.DeadlineAttribute+" < '"+c.clock().UTC().Format(time.RFC3339)+"'")
	if err != nil {
		return err
	}
	c.overdue.Set(float64(n))
	return nil
}

func (c *Census) ask(ctx context.Context, query string) (int64, error) {
	got, err := c.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: c.namespace, Query: query})
	if err != nil {
		return 0, fmt.Errorf("count cases: %w", err)
	}
	return got.GetCount(), nil
}

// pollerAge is how old a poller's last word may be. A poll that finds nothing
// ends after a minute; Temporal itself remembers pollers for five.
const pollerAge = 75 * time.Second

func (c *Census) queued(ctx context.Context) error {
	for _, q := range c.queues {
		got, err := c.temporal.DescribeTaskQueue(ctx, q.name, q.kind)
		if err != nil {
			return fmt.Errorf("ask for the workers of %s: %w", q.name, err)
		}
		n := 0
		for _, p := range got.GetPollers() {
			if c.clock().Sub(p.GetLastAccessTime().AsTime()) < pollerAge {
				n++
			}
		}
		c.pollers.WithLabelValues(q.name).Set(float64(n))
	}
	return nil
}
