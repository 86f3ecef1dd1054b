package run

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"lastday/config"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/workflows"
)

// counsel answers cases from the configuration.
type counsel struct {
	temporal client.Client
	file     config.File
	policy   *policy.Policy
	recorded bool
	pages    string
}

// newCounsel compiles the policy; its error names each mistake.
func newCounsel(c client.Client, f config.File) (*counsel, error) {
	p, err := policy.New(f.Policy)
	if err != nil {
		return nil, fmt.Errorf("read policy: %w", err)
	}
	return &counsel{temporal: c, file: f, policy: p}, nil
}

// Settings implements workflows.Counsel.
func (c *counsel) Settings(who offboarding.Subject) (workflows.Settings, error) {
	return workflows.Settings{
		Policy:    !c.policy.Open(),
		Brake:     c.limits(),
		Systems:   c.file.CaseSystems(),
		Deadline:  c.file.Case.Deadline,
		Patience:  c.file.Case.Patience,
		Tell:      c.file.Tells(),
		Recorded:  c.recorded,
		Pages:     c.pages,
		Protected: c.file.Protected.Protects(who, offboarding.Account{}),
	}, nil
}

func (c *counsel) limits() workflows.Limits {
	b := c.policy.Brake()
	return workflows.Limits{PerHour: b.PerHour, PerDay: b.PerDay(), Releasers: b.Release.Count}
}

// Rule implements workflows.Counsel.
func (c *counsel) Rule(q workflows.Inquiry) offboarding.Ruling {
	return c.policy.Rule(policy.Question{
		Action: policy.Action(q.Action), Actor: q.Actor, Departure: q.Departure, Plan: q.Plan,
	})
}

// Admit implements workflows.Counsel. The brake is started by whoever asks it
// first.
func (c *counsel) Admit(ctx context.Context, a workflows.Admission) (workflows.Admitted, error) {
	a.Limits, a.Recorded = c.limits(), c.recorded
	start := c.temporal.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID:                       workflows.BrakeID,
		TaskQueue:                workflows.TaskQueue,
		WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		StaticSummary:            "The brake: how many departures may begin",
	}, workflows.BrakeType, workflows.BrakeState{})
	h, err := c.temporal.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: start,
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID:   fmt.Sprintf("%s/%d", a.RunID, a.Asked),
			UpdateName: workflows.AdmitUpdate, Args: []any{a}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err != nil {
		return workflows.Admitted{}, fmt.Errorf("ask the brake: %w", err)
	}
	var out workflows.Admitted
	if err := h.Get(ctx, &out); err != nil {
		return workflows.Admitted{}, fmt.Errorf("ask the brake: %w", err)
	}
	return out, nil
}
