package cases

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"lastday/workflows"
)

// Rollout is which build of the workers runs cases.
type Rollout struct {
	Deployment string `json:"deployment"`
	// Current runs the cases; empty: workers without a deployment do.
	Current string `json:"current,omitempty"`
	// Ramping runs Percent of them.
	Ramping string  `json:"ramping,omitempty"`
	Percent float32 `json:"percent,omitempty"`
	Builds  []Build `json:"builds"`
	// Others is how many pollers of workers without a deployment there are.
	Others int `json:"workers_without_deployment"`
}

// Build is one that has had a worker, newest first.
type Build struct {
	ID    string    `json:"id"`
	Since time.Time `json:"since"`
	// Workers is how many of its pollers asked for work in the last minutes.
	Workers int `json:"workers"`
}

// polledWithin is how long ago a worker that is alive has asked for work: it asks
// at least once a minute.
const polledWithin = 90 * time.Second

// Rollout tells which builds of a deployment there are, and which runs cases.
func (c *Client) Rollout(ctx context.Context, deployment string) (Rollout, error) {
	r, _, err := c.rollout(ctx, deployment)
	return r, err
}

func (c *Client) rollout(ctx context.Context, deployment string) (Rollout, []byte, error) {
	d, err := c.temporal.WorkerDeploymentClient().GetHandle(deployment).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if _, none := errors.AsType[*serviceerror.NotFound](err); none {
		return Rollout{}, nil, fmt.Errorf("no worker of the deployment %s has asked for cases yet: start one whose configuration has worker.deployment", deployment)
	}
	if err != nil {
		return Rollout{}, nil, fmt.Errorf("ask for the builds of %s: %w", deployment, explain(err))
	}
	out := Rollout{Deployment: deployment, Percent: d.Info.RoutingConfig.RampingVersionPercentage}
	if v := d.Info.RoutingConfig.CurrentVersion; v != nil {
		out.Current = v.BuildID
	}
	if v := d.Info.RoutingConfig.RampingVersion; v != nil {
		out.Ramping = v.BuildID
	}
	queue, err := c.temporal.DescribeTaskQueue(ctx, workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	if err != nil {
		return Rollout{}, nil, fmt.Errorf("ask for the workers of %s: %w", deployment, explain(err))
	}
	workers := map[string]int{}
	for _, p := range queue.GetPollers() {
		o := p.GetDeploymentOptions()
		switch {
		case time.Since(p.GetLastAccessTime().AsTime()) >= polledWithin:
		case o.GetBuildId() == "":
			out.Others++
		case o.GetDeploymentName() == deployment:
			workers[o.GetBuildId()]++
		}
	}
	for _, v := range d.Info.VersionSummaries {
		out.Builds = append(out.Builds, Build{ID: v.Version.BuildID, Since: v.CreateTime, Workers: workers[v.Version.BuildID]})
	}
	slices.SortFunc(out.Builds, func(a, b Build) int { return b.Since.Compare(a.Since) })
	return out, d.ConflictToken, nil
}

// RollTo has a build run all cases from their next step on, open ones too, or with
// less than 100 so many percent of them. The empty build is that of the workers
// without a deployment. A build without a living worker is refused, since cases
// would stand still.
func (c *Client) RollTo(ctx context.Context, deployment, build string, percent float32) (Rollout, error) {
	now, token, err := c.rollout(ctx, deployment)
	if err != nil {
		return now, err
	}
	if err := now.alive(build); err != nil {
		return now, err
	}
	h := c.temporal.WorkerDeploymentClient().GetHandle(deployment)
	if percent < 100 {
		_, err = h.SetRampingVersion(ctx, client.WorkerDeploymentSetRampingVersionOptions{BuildID: build, Percentage: percent, ConflictToken: token})
	} else {
		_, err = h.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: build, ConflictToken: token})
	}
	if err != nil {
		return now, fmt.Errorf("roll out %s: %w", build, explain(err))
	}
	return c.Rollout(ctx, deployment)
}

// alive is nil if a build has a worker; the empty one, if any has no deployment.
func (r Rollout) alive(build string) error {
	switch {
	case build == "" && r.Others == 0:
		return errors.New("no worker without worker.deployment is running: start one first, or cases would stand still")
	case build == "":
		return nil
	}
	var known []string
	for _, b := range r.Builds {
		if b.ID == build && b.Workers > 0 {
			return nil
		}
		if b.ID == build {
			return fmt.Errorf("no worker of build %s is running: start one first, or cases would stand still", build)
		}
		known = append(known, b.ID)
	}
	return fmt.Errorf("no worker of build %s has been seen; known are: %s", build, strings.Join(known, ", "))
}
