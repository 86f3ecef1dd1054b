package cases_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	deploymentpb "go.temporal.io/api/deployment/v1"
	enumspb "go.temporal.io/api/enums/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/types/known/timestamppb"

	"lastday/starter/cases"
)

// handle and its client stand for what the tests ask of nothing else.
type (
	handle      struct{ client.WorkerDeploymentHandle }
	deployments struct {
		client.WorkerDeploymentClient
		of *deployed
	}
)

func (d deployments) GetHandle(string) client.WorkerDeploymentHandle { return d.of }

// deployed is a Temporal with two builds, of which the second has no worker left.
type deployed struct {
	client.Client
	handle

	chose []string
	gone  bool // the workers without a deployment
}

func (d *deployed) WorkerDeploymentClient() client.WorkerDeploymentClient { return deployments{of: d} }

func version(build string) worker.WorkerDeploymentVersion {
	return worker.WorkerDeploymentVersion{DeploymentName: "lastday", BuildID: build}
}

func (d *deployed) Describe(context.Context, client.WorkerDeploymentDescribeOptions) (client.WorkerDeploymentDescribeResponse, error) {
	var out client.WorkerDeploymentDescribeResponse
	out.ConflictToken = []byte("seen")
	one := version("one")
	out.Info.RoutingConfig.CurrentVersion = &one
	for n, build := range []string{"one", "two"} {
		out.Info.VersionSummaries = append(out.Info.VersionSummaries, client.WorkerDeploymentVersionSummary{
			Version: version(build), CreateTime: time.Unix(int64(n), 0),
		})
	}
	return out, nil
}

func (d *deployed) DescribeTaskQueue(context.Context, string, enumspb.TaskQueueType) (*workflowservice.DescribeTaskQueueResponse, error) {
	poller := func(build string, ago time.Duration) *taskqueuepb.PollerInfo {
		return &taskqueuepb.PollerInfo{
			LastAccessTime:    timestamppb.New(time.Now().Add(-ago)),
			DeploymentOptions: &deploymentpb.WorkerDeploymentOptions{DeploymentName: "lastday", BuildId: build},
		}
	}
	pollers := []*taskqueuepb.PollerInfo{poller("one", time.Minute), poller("two", 2*time.Minute)}
	if !d.gone {
		pollers = append(pollers, &taskqueuepb.PollerInfo{LastAccessTime: timestamppb.Now()})
	}
	return &workflowservice.DescribeTaskQueueResponse{Pollers: pollers}, nil
}

func (d *deployed) SetCurrentVersion(_ context.Context, o client.WorkerDeploymentSetCurrentVersionOptions) (client.WorkerDeploymentSetCurrentVersionResponse, error) {
	d.chose = append(d.chose, "all "+o.BuildID+" "+string(o.ConflictToken))
	return client.WorkerDeploymentSetCurrentVersionResponse{}, nil
}

func (d *deployed) SetRampingVersion(_ context.Context, o client.WorkerDeploymentSetRampingVersionOptions) (client.WorkerDeploymentSetRampingVersionResponse, error) {
	d.chose = append(d.chose, fmt.Sprint(o.Percentage, " ", o.BuildID, " ", string(o.ConflictToken)))
	return client.WorkerDeploymentSetRampingVersionResponse{}, nil
}

func TestABuildWithoutALivingWorkerIsNotRolledOut(t *testing.T) {
	d := &deployed{}
	c := cases.New(d, "lastday")
	r, err := c.Rollout(t.Context(), "lastday")
	require.NoError(t, err)
	require.Equal(t, "one", r.Current)
	require.Equal(t, "two", r.Builds[0].ID, "newest first")
	require.Equal(t, []int{0, 1}, []int{r.Builds[0].Workers, r.Builds[1].Workers})

	_, err = c.RollTo(t.Context(), "lastday", "two", 100)
	require.ErrorContains(t, err, "no worker of build two is running")
	_, err = c.RollTo(t.Context(), "lastday", "three", 100)
	require.ErrorContains(t, err, "no worker of build three has been seen; known are: two, one")
	d.gone = true
	_, err = c.RollTo(t.Context(), "lastday", "", 100)
	require.ErrorContains(t, err, "no worker without worker.deployment is running")
	require.Empty(t, d.chose)
	d.gone = false

	_, err = c.RollTo(t.Context(), "lastday", "one", 10)
	require.NoError(t, err)
	_, err = c.RollTo(t.Context(), "lastday", "one", 100)
	require.NoError(t, err)
	_, err = c.RollTo(t.Context(), "lastday", "", 100)
	require.NoError(t, err)
	require.Equal(t, []string{"10 one seen", "all one seen", "all  seen"}, d.chose, "only as long as nobody else has chosen meanwhile")
}
