// Package cases is what every front door uses to start, look at and steer
// cases. It speaks to Temporal and to nothing else.
package cases

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"lastday/codec"
	"lastday/offboarding"
	"lastday/workflows"
)

// Client starts and steers cases. Safe for concurrent use.
type Client struct {
	temporal  client.Client
	namespace string
	codec     *codec.Codec
}

// New uses a connection to a namespace of Temporal, which stays the caller's
// to close.
func New(c client.Client, namespace string, options ...Option) *Client {
	return &Client{temporal: c, namespace: namespace, codec: chosen(options).codec}
}

// taskTimeout is how long a case stands still when a worker dies while it
// computes the case's next step, which takes milliseconds. Temporal's default
// is 10 s; less than this and a burst on a slow disk would run into it.
const taskTimeout = 5 * time.Second

// ErrNoCase says that nobody has asked to offboard the person.
var ErrNoCase = offboarding.ErrNoCase

// endedError is offboarding.ErrEnded in words for who asked.
type endedError struct{ why string }

func (e endedError) Error() string { return e.why }

func (e endedError) Is(target error) bool { return target == offboarding.ErrEnded }

// Plan looks up what a case would do. It changes nothing.
func (c *Client) Plan(ctx context.Context, who offboarding.Subject) (offboarding.Case, error) {
	if err := c.atWork(ctx); err != nil {
		return offboarding.Case{}, fmt.Errorf("make plan: %w", err)
	}
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       c.workflowID("plan:" + string(who)),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		WorkflowExecutionTimeout: 5 * time.Minute,
		WorkflowTaskTimeout:      taskTimeout,
		StaticSummary:            "What offboarding " + string(who) + " would do (changes nothing)",
	}, workflows.PlanType, offboarding.Departure{Subject: who})
	if err != nil {
		return offboarding.Case{}, fmt.Errorf("start plan: %w", explain(err))
	}
	var out offboarding.Case
	if err := run.Get(ctx, &out); err != nil {
		return offboarding.Case{}, fmt.Errorf("make plan: %w", explain(err))
	}
	return out, nil
}

// atWork waits a moment for a worker of the workflows: one that has just begun is
// known a little later.
func (c *Client) atWork(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		queue, err := c.temporal.DescribeTaskQueue(ctx, workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		switch {
		case err != nil:
			return explain(err)
		case len(queue.GetPollers()) > 0:
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.New("no worker runs the workflows; start one: worker -c FILE, or standalone up")
		case <-tick.C:
		}
	}
}

// explain adds what to do to the errors that a stranger meets first. It is for
// questions, which change nothing.
func explain(err error) error {
	var down *serviceerror.Unavailable
	var noNamespace *serviceerror.NamespaceNotFound
	switch {
	case errors.As(err, &down):
		return fmt.Errorf("temporal does not answer; is it running, and is its address right? (%w)", err)
	case errors.As(err, &noNamespace):
		return fmt.Errorf("%w; create it, or set another with TEMPORAL_NAMESPACE", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer in time; is a worker running? (%w)", err)
	}
	return err
}

// unsure is explain for what changes something: unless it is known that nothing
// was sent, or that it was refused, nobody can say that nothing was done.
func unsure(err error) error {
	var down *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var cut *serviceerror.Canceled
	var slow *client.WorkflowUpdateServiceTimeoutOrCanceledError
	switch {
	case errors.As(err, &down) && strings.Contains(err.Error(), "while dialing"):
		return fmt.Errorf("%w; nothing was started or changed", explain(err))
	case errors.As(err, &down), errors.As(err, &late), errors.As(err, &cut), errors.As(err, &slow),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fmt.Errorf("%w (%w)", offboarding.ErrUnsure, explain(err))
	}
	return explain(err)
}
