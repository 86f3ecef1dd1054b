package run

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"lastday/workflows"
)

// freshEnough is how old an answer of the kill switch may be: a freeze is felt
// by every worker after this long at the latest.
const freshEnough = 250 * time.Millisecond

// errFrozen is the answer to a write while the kill switch is on.
var errFrozen = errors.New("everything is frozen by the kill switch; it goes on after two people say: starter unfreeze --reason TEXT")

// killSwitch reads the kill switch before writes. It fails closed: where
// Temporal does not answer, nothing is written. Safe for concurrent use.
type killSwitch struct {
	temporal client.Client

	mu   sync.Mutex
	read time.Time // when the last good answer was asked for
}

// Pass is a transport.Gate.
func (k *killSwitch) Pass(ctx context.Context) error {
	// One asks, the others wait for its answer.
	k.mu.Lock()
	defer k.mu.Unlock()
	asked := time.Now()
	if asked.Sub(k.read) < freshEnough {
		return nil
	}
	frozen, err := k.frozen(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the kill switch: %w; nothing is written as long as it cannot be read", err)
	case frozen:
		return errFrozen
	}
	k.read = asked
	return nil
}

// frozen reports whether a freeze is open; only a clear answer counts.
func (k *killSwitch) frozen(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	d, err := k.temporal.DescribeWorkflowExecution(ctx, workflows.FreezeID, "")
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil
	}
	if err != nil {
		return false, err //nolint:wrapcheck // the caller says what was read
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, nil
}
