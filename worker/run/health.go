package run

import (
	"context"
	"errors"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"lastday/activities"
	"lastday/config"
	"lastday/workflows"
)

// AtWork asks Temporal whether some worker polls each queue that a worker with
// these options has; the error names those without one.
func AtWork(ctx context.Context, c client.Client, f config.File, o Options) error {
	var errs []error
	ask := func(queue string, kind enumspb.TaskQueueType) {
		got, err := c.DescribeTaskQueue(ctx, queue, kind)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("ask for the workers of %s: %w", queue, err))
		case len(got.GetPollers()) == 0:
			errs = append(errs, fmt.Errorf("no worker polls %s", queue))
		}
	}
	for _, s := range Systems(f, o) {
		ask(activities.TaskQueue(s), enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	}
	if o.Workflows {
		ask(workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
	}
	return errors.Join(errs...)
}
