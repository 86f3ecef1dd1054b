package cases

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
	"lastday/workflows"
)

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

// tries is how often a request is made anew because the case that it came to was
// refused on account of somebody else.
const tries = 3

// Offboard starts the person's case or joins the one that is running, whatever
// its number. A person whose case has ended is refused (offboarding.ErrEnded)
// unless again is set, which opens a new case with a new id; so does a request
// after one that a rule refused, or that joined one while it was refused.
// Calling it many times at once makes one case.
func (c *Client) Offboard(ctx context.Context, d offboarding.Departure, again bool) (Started, error) {
	if d.RequestedBy.IsZero() {
		return Started{}, errors.New("a departure needs the name of the person who asks for it")
	}
	if d.RequestID == "" {
		d.RequestID = uuid.NewString()
	}
	if d.RequestedAt.IsZero() {
		d.RequestedAt = time.Now().UTC()
	}
	least := 1
	for range tries {
		n, err := c.next(ctx, d.Subject, again, least)
		if err != nil {
			return Started{}, fmt.Errorf("start case: %w", err)
		}
		out, err := c.startOrJoin(ctx, d, numbered(d.Subject, n))
		switch {
		case errors.Is(err, offboarding.ErrEnded) && c.refusedByRule(ctx, d.Subject):
		case err == nil && out.Joined && c.fell(ctx, out, d.RequestedBy):
			least = n + 1
		default:
			return out, err
		}
		again = true
	}
	return Started{}, &offboarding.Denied{
		Why: fmt.Sprintf("others ask for %s at the same time, and a rule refuses them; nothing was started, ask again", d.Subject),
	}
}

// startOrJoin starts the case of the id, or joins it if it runs.
func (c *Client) startOrJoin(ctx context.Context, d offboarding.Departure, id string) (Started, error) {
	run, err := c.temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                       c.workflowID(id),
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		TypedSearchAttributes:    workflows.StartAttributes(c.shown(d)),
		// A case that has ended is an error here, not a run to be joined.
		WorkflowExecutionErrorWhenAlreadyStarted: true,

		WorkflowTaskTimeout: taskTimeout,
		StaticSummary:       summary(d),
		StaticDetails:       details(d),
		Priority:            c.priority(d),
	}, workflows.OffboardType, d)
	if err != nil {
		return Started{}, startError(d.Subject, err)
	}
	out := Started{CaseID: id, RunID: run.GetRunID()}
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
	return err == nil && refused(last)
}

func refused(c offboarding.Case) bool {
	return c.State == offboarding.Refused && c.Ruling.Refused != ""
}

// fellWait is how long somebody who joins another's case waits to see whether a
// rule refuses that one; fellTick how often they look.
const (
	fellWait = 2 * time.Second
	fellTick = 100 * time.Millisecond
)

// fell reports whether the case that was joined came to nothing because of who
// asked for it, somebody else. It waits for that while the case still looks for
// the person's accounts, and not at all where the same person asked for both.
// Where no worker says how the case stands, it did not fall.
func (c *Client) fell(ctx context.Context, joined Started, by offboarding.Actor) bool {
	if asker := joined.Departure.RequestedBy; asker.Door == by.Door && asker.String() == by.String() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, fellWait)
	defer cancel()
	tick := time.NewTicker(fellTick)
	defer tick.Stop()
	for {
		now, over, err := c.byID(ctx, joined.CaseID)
		if err == nil && (over || now.State != offboarding.Finding) {
			return refused(now)
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// startedWith reads from the server, without a worker's help, what a case was
// started with.
func (c *Client) startedWith(ctx context.Context, id, run string) (offboarding.Departure, error) {
	history, err := c.temporal.WorkflowService().GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace:       c.namespace,
		Execution:       &commonpb.WorkflowExecution{WorkflowId: c.workflowID(id), RunId: run},
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
	if err := c.codec.Converter().FromPayloads(input, &d); err != nil {
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

// priority puts urgent cases before others on every queue, and gives each partner
// company a fair share of it. The company's name is not in the key, which may
// have 64 bytes, and which Temporal keeps in the clear.
func (c *Client) priority(d offboarding.Departure) temporal.Priority {
	p := temporal.Priority{PriorityKey: 3}
	if d.Urgent {
		p.PriorityKey = 1
	}
	if d.Partner != "" {
		hash := sha256.Sum256([]byte(c.shown(d).Partner))
		p.FairnessKey = hex.EncodeToString(hash[:16])
	}
	return p
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
	return fmt.Errorf("start case: %w", unsure(err))
}
