package temporal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const (
	startLimit = 30 * time.Second      // used when the caller's context has no deadline
	probeLimit = 2 * time.Second       // one question
	probePause = 10 * time.Millisecond // between two questions
)

// waitUntilServing asks for a workflow that does not exist. Only "not found"
// shows that the frontend listens, the namespace is known and the history
// service owns its shard.
func waitUntilServing(ctx context.Context, addr, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	conn, err := grpc.NewClient(addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("reach temporal at %s: %w", addr, err)
	}
	defer conn.Close()

	pause := time.NewTicker(probePause)
	defer pause.Stop()
	for {
		err := probe(ctx, workflowservice.NewWorkflowServiceClient(conn), namespace)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for temporal at %s: %w: the last answer was: %w", addr, context.Cause(ctx), err)
		case <-pause.C:
		}
	}
}

func probe(ctx context.Context, client workflowservice.WorkflowServiceClient, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, probeLimit)
	defer cancel()
	_, err := client.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: namespace,
		Execution: &common.WorkflowExecution{WorkflowId: "is the server up"},
	}, grpc.WaitForReady(true))
	var notFound *serviceerror.NotFound
	if errors.As(serviceerror.FromStatus(status.Convert(err)), &notFound) {
		return nil
	}
	return err
}
