// Package cases is what every front door uses to start, look at and steer
// cases. It speaks to Temporal and to nothing else.
package cases

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
	"lastday/workflows"
)

// Client starts and steers cases. Safe for concurrent use.
type Client struct {
	temporal  client.Client
	namespace string
}

// New uses a connection to a namespace of Temporal, which stays the caller's
// to close.
func New(c client.Client, namespace string) *Client {
	return &Client{temporal: c, namespace: namespace}
}

// Started says which case a request led to.
type Started struct {
	CaseID string `json:"case_id"`
	RunID  string `json:"run_id"`
	// Joined is true if the person's case was running already: the request
	// changed nothing, and its time and reason were not taken over.
	Joined bool `json:"joined"`
	// Departure is what the case was started with, by this request or by the
	// one that it joined.
	Departure offboarding.Departure `json:"departure"`
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

// Offboard starts the person's case or joins the one that is running. A person
// whose case has ended is refused unless again is set, which opens a new case
// with a new id; so does a request after one that a rule refused. Calling it many times at once makes one case.
func (c *Client) Offboard(ctx context.Context, d offboarding.Departure, again bool) (Started, error) {
	if d.RequestedBy.IsZero() {
		return Started{}, errors.New("a departure needs the name of the person who asks for it")
	}
	id := d.Subject.CaseID()
	if again {
		next, err := c.nextID(ctx, d.Subject)
		if err != nil {
			return Started{}, err
		}
		id = next
	}
	if d.RequestID == "" {
		d.RequestID = uuid.NewString()
	}
	if d.RequestedAt.IsZero() {
		d.RequestedAt = time.Now().UTC()
	}
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       id,
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    workflows.StartAttributes(d),
		// A case that has ended is an error here, not a run to be joined.
		WorkflowExecutionErrorWhenAlreadyStarted: true,

		WorkflowTaskTimeout: taskTimeout,
		StaticSummary:       summary(d),
		StaticDetails:       details(d),
		Priority:            priority(d),
	}, workflows.OffboardType, d)
	if err != nil {
		err = startError(d.Subject, err)
		if !again && errors.Is(err, offboarding.ErrEnded) && c.refusedByRule(ctx, d.Subject) {
			return c.Offboard(ctx, d, true)
		}
		return Started{}, err
	}
	out := Started{CaseID: run.GetID(), RunID: run.GetRunID()}
	if out.Departure, err = c.startedWith(ctx, out.CaseID, out.RunID); err != nil {
		return out, fmt.Errorf("the case %s runs, but what it was started with cannot be read: %w", out.CaseID, err)
	}
	out.Joined = out.Departure.RequestID != d.RequestID
	return out, nil
}

// refusedByRule reports whether the person's newest case came to nothing
// because of who asked for it: that keeps nobody else from asking.
func (c *Client) refusedByRule(ctx context.Context, who offboarding.Subject) bool {
	last, err := c.Get(ctx, who)
	return err == nil && last.State == offboarding.Refused && last.Ruling.Refused != ""
}

// startedWith reads from the server, without a worker's help, what a case was
// started with.
func (c *Client) startedWith(ctx context.Context, id, run string) (offboarding.Departure, error) {
	history, err := c.temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace:       c.namespace,
		Execution:       &commonpb.WorkflowExecution{WorkflowId: id, RunId: run},
		MaximumPageSize: 1,
	})
	if err != nil {
		return offboarding.Departure{}, explain(err)
	}
	events := history.GetHistory().GetEvents()
	if len(events) == 0 {
		return offboarding.Departure{}, errors.New("its history is empty")
	}
	var d offboarding.Departure
	input := events[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := converter.GetDefaultDataConverter().FromPayloads(input, &d); err != nil {
		return offboarding.Departure{}, fmt.Errorf("read departure: %w", err)
	}
	return d, nil
}

func summary(d offboarding.Departure) string {
	s := "Offboard " + string(d.Subject)
	if d.Partner != "" {
		s += " (" + d.Partner + ")"
	}
	if d.Urgent {
		s = "URGENT: " + s
	}
	return offboarding.Shorten(s, 180)
}

func details(d offboarding.Departure) string {
	s := fmt.Sprintf("- asked by: %s, %s\n", orDash(d.RequestedBy.String()), offboarding.In(d.RequestedAt, d.Zone))
	if d.At.IsZero() {
		s += "- due: at once\n"
	} else {
		s += "- due: " + offboarding.In(d.At, d.Zone) + "\n"
	}
	return s + "- reason: " + orDash(d.Reason) + "\n- partner: " + orDash(d.Partner) + "\n"
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return offboarding.PlainText(s)
}

// priority puts urgent cases before others on every queue.
func priority(d offboarding.Departure) temporal.Priority {
	if d.Urgent {
		return temporal.Priority{PriorityKey: 1}
	}
	return temporal.Priority{}
}

func startError(who offboarding.Subject, err error) error {
	var started *serviceerror.WorkflowExecutionAlreadyStarted
	if errors.As(err, &started) {
		return endedError{fmt.Sprintf("%s has a case that has ended; see starter status %s, or open a new one with --again", who, who)}
	}
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) {
		return fmt.Errorf("start case: %w; if it speaks of a search attribute, register them once: starter setup", err)
	}
	return fmt.Errorf("start case: %w", explain(err))
}

// Plan looks up what a case would do. It changes nothing.
func (c *Client) Plan(ctx context.Context, who offboarding.Subject) (offboarding.Case, error) {
	queue, err := c.temporal.DescribeTaskQueue(ctx, workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return offboarding.Case{}, fmt.Errorf("make plan: %w", explain(err))
	}
	if len(queue.GetPollers()) == 0 {
		return offboarding.Case{}, errors.New("make plan: no worker runs the workflows; start one: worker -c FILE, or standalone up")
	}
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       "plan:" + string(who),
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

// explain adds what to do to the errors that a stranger meets first.
func explain(err error) error {
	var down *serviceerror.Unavailable
	var noNamespace *serviceerror.NamespaceNotFound
	switch {
	case errors.As(err, &down):
		return fmt.Errorf("temporal does not answer; nothing was started; is it running, and is its address right? (%w)", err)
	case errors.As(err, &noNamespace):
		return fmt.Errorf("%w; create it, or set another with TEMPORAL_NAMESPACE", err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer in time; is a worker running? (%w)", err)
	}
	return err
}
