package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	enumspb "go.temporal.io/api/enums/v1"

	"lastday/workflows"
)

// idle is how long a worker has had nothing to do when its memory is read.
const idle = 10 * time.Second

// workerSize is the worker's stripped binary, and its memory beside a server
// that has no work for it.
func workerSize(ctx context.Context, b *bench) ([]row, error) {
	binary, err := os.Stat(b.bin.worker)
	if err != nil {
		return nil, fmt.Errorf("look at the worker: %w", err)
	}
	f, err := b.found(ctx, 1)
	if err != nil {
		return nil, err
	}
	defer f.stop()
	u, err := b.up(ctx, f)
	if err != nil {
		return nil, err
	}
	defer u.stop()
	w, err := spawn(ctx, []string{"TEMPORAL_ADDRESS=" + u.address}, b.bin.worker, "-c", f.config)
	if err != nil {
		return nil, err
	}
	defer w.stop()
	if err := u.polledBy(ctx, w); err != nil {
		return nil, err
	}
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(idle):
	}
	memory, err := residentMB(w.pid())
	if err != nil {
		return nil, err
	}
	return []row{
		atMostMB("worker: stripped binary", float64(binary.Size())/(1<<20), 45, ""),
		atMostMB("worker: memory idle", memory, 64, fmt.Sprintf("resident, all systems, %s after its start", idle)),
	}, nil
}

// polledBy waits until the worker polls for cases.
func (u *up) polledBy(ctx context.Context, w *process) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	identity := fmt.Sprintf("%d@", w.pid())
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		got, err := u.temporal.DescribeTaskQueue(ctx, workflows.TaskQueue, enumspb.TASK_QUEUE_TYPE_WORKFLOW)
		if err != nil {
			return fmt.Errorf("wait for the worker: %w", err)
		}
		for _, p := range got.GetPollers() {
			if strings.HasPrefix(p.GetIdentity(), identity) {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the worker: %w: %s", ctx.Err(), w.errors.String())
		case <-tick.C:
		}
	}
}
