package metrics

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"

	"lastday/offboarding"
	"lastday/workflows"
)

const (
	// maxWaiting bounds how many waiting cases are looked at, asked how many of
	// them are asked since when they wait, in one round.
	maxWaiting = 1000
	asked      = 20
	// askAgain is how long an answer holds: a case that still waits may wait for
	// something else.
	askAgain = 10 * time.Minute
)

// waiting remembers since when cases wait for people. Only the case itself knows;
// it is asked once, and then now and again. Only one round uses it at a time.
type waiting struct {
	known map[string]*waiter // by run
}

type waiter struct {
	since time.Time // when it was first seen waiting, until the case has told
	asked time.Time
	state string
}

// forWhat names what a state waits for.
func forWhat() map[offboarding.State]string {
	return map[offboarding.State]string{
		offboarding.NeedsDecision: "decision", offboarding.AwaitingApproval: "approval", offboarding.Paused: "release",
	}
}

// wait finds out how long the oldest of those that wait has.
func (c *Census) wait(ctx context.Context) error {
	now, still, budget := c.clock(), map[string]*waiter{}, asked
	for state, what := range forWhat() {
		list, err := c.temporal.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: c.namespace, Query: inState(string(state)), PageSize: maxWaiting,
		})
		if err != nil {
			return fmt.Errorf("list waiting cases: %w", err)
		}
		var oldest time.Duration
		for _, e := range list.GetExecutions() {
			run := e.GetExecution().GetRunId()
			w := c.waiting.known[run]
			if w == nil || w.state != string(state) {
				w = &waiter{since: now, state: string(state)}
			}
			still[run] = w
			if budget > 0 && (w.asked.IsZero() || now.Sub(w.asked) > askAgain) {
				budget--
				w.asked = now
				if since := c.since(ctx, e.GetExecution().GetWorkflowId(), run); !since.IsZero() {
					w.since = since
				}
			}
			oldest = max(oldest, now.Sub(w.since))
		}
		c.oldest.WithLabelValues(what).Set(oldest.Seconds())
	}
	c.waiting.known = still
	return nil
}

// since asks the case; the zero time if no worker answers, or it waits no more.
func (c *Census) since(ctx context.Context, id, run string) time.Time {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	v, err := c.temporal.QueryWorkflow(ctx, id, run, workflows.CaseQuery)
	var now offboarding.Case
	if err != nil || v.Get(&now) != nil {
		return time.Time{}
	}
	return waitsSince(now)
}

// waitsSince is since when a case waits for people. For an approval and for the
// brake it is since when the plan was known, or the case due: what came later.
func waitsSince(c offboarding.Case) time.Time {
	var since time.Time
	for _, n := range c.Needs() {
		if since.IsZero() || n.Since.Before(since) {
			since = n.Since
		}
	}
	switch c.State {
	case offboarding.NeedsDecision:
		return since
	case offboarding.AwaitingApproval, offboarding.Paused:
		since = time.Time{}
		for _, s := range c.Systems {
			if s.FoundAt.After(since) {
				since = s.FoundAt
			}
		}
		if c.State == offboarding.Paused && c.Due.After(since) {
			since = c.Due
		}
		return since
	default:
		return time.Time{}
	}
}
