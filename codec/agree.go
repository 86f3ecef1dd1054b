package codec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/google/uuid"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// MarkID is the workflow that says of a namespace that it is encrypted, and how.
// The first process with a keyset starts it; it does nothing and does not end.
// Whoever turns encryption off terminates it.
const MarkID = "lastday:encryption"

// mark is what it holds, under the key for names, which is never rotated.
type mark struct {
	Opaque bool `json:"opaque"`
}

// Agree sees to it that this process treats the namespace as every other does: a
// process without a keyset, with another one, or with another setting of opaque
// is refused, for it would write in clear text, read nothing, or open a second
// case of one person. A namespace that is not marked yet is marked by the first
// process with a keyset. It is called once after connecting; again does no harm.
func (c *Codec) Agree(ctx context.Context, t workflowservice.WorkflowServiceClient, namespace string) error {
	there, err := marked(ctx, t, namespace)
	switch {
	case err != nil:
		return fmt.Errorf("ask whether the namespace is encrypted: %w", err)
	case !there && c == nil:
		return nil
	case there && c == nil:
		return fmt.Errorf("the namespace %s is encrypted, and no keyset is configured here: give the configuration with its section encryption (-c FILE)", namespace)
	case !there:
		if err := c.mark(ctx, t, namespace); err != nil {
			return fmt.Errorf("mark the namespace as encrypted: %w", err)
		}
	}
	return c.compare(ctx, t, namespace)
}

func marked(ctx context.Context, t workflowservice.WorkflowServiceClient, namespace string) (bool, error) {
	d, err := t.DescribeWorkflowExecution(ctx, &workflowservice.DescribeWorkflowExecutionRequest{
		Namespace: namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: MarkID},
	})
	var none *serviceerror.NotFound
	if errors.As(err, &none) {
		return false, nil
	}
	return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, err
}

func (c *Codec) mark(ctx context.Context, t workflowservice.WorkflowServiceClient, namespace string) error {
	text, err := json.Marshal(mark{Opaque: c.opaque})
	if err != nil {
		return err
	}
	box, err := c.names.EncryptDeterministically(text, []byte(MarkID))
	if err != nil {
		return err
	}
	input, err := converter.GetDefaultDataConverter().ToPayloads(box)
	if err != nil {
		return err
	}
	summary, err := converter.GetDefaultDataConverter().ToPayload("payloads here are encrypted; terminated by whoever turns that off")
	if err != nil {
		return err
	}
	_, err = t.StartWorkflowExecution(ctx, &workflowservice.StartWorkflowExecutionRequest{
		Namespace: namespace, RequestId: uuid.NewString(), WorkflowId: MarkID,
		WorkflowType: &commonpb.WorkflowType{Name: "Encryption"},
		// Nobody works on it.
		TaskQueue:                &taskqueuepb.TaskQueue{Name: MarkID},
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		Input:                    input,
		UserMetadata:             &sdk.UserMetadata{Summary: summary},
	})
	return err
}

func (c *Codec) compare(ctx context.Context, t workflowservice.WorkflowServiceClient, namespace string) error {
	history, err := t.GetWorkflowExecutionHistory(ctx, &workflowservice.GetWorkflowExecutionHistoryRequest{
		Namespace: namespace, Execution: &commonpb.WorkflowExecution{WorkflowId: MarkID}, MaximumPageSize: 1,
	})
	if err != nil {
		return fmt.Errorf("read how the namespace is encrypted: %w", err)
	}
	events := history.GetHistory().GetEvents()
	if len(events) == 0 {
		return errors.New("read how the namespace is encrypted: the history is empty")
	}
	var box []byte
	var m mark
	err = converter.GetDefaultDataConverter().FromPayloads(events[0].GetWorkflowExecutionStartedEventAttributes().GetInput(), &box)
	if err != nil {
		return fmt.Errorf("read how the namespace is encrypted: %w", err)
	}
	text, err := c.names.DecryptDeterministically(box, []byte(MarkID))
	if err != nil || json.Unmarshal(text, &m) != nil {
		return fmt.Errorf("the namespace %s is encrypted under another keyset than encryption.keyset: configure the one that the other processes have", namespace)
	}
	if m.Opaque != c.opaque {
		return fmt.Errorf("encryption.opaque is %t here and %t for the namespace %s: set the same everywhere; to change it, close all cases and terminate the workflow %s", c.opaque, m.Opaque, namespace, MarkID)
	}
	return nil
}

// Interceptor is Agree for a client that connects when it is first used: before
// its first call the two must agree, and until they do every call fails.
func (c *Codec) Interceptor(namespace string) grpc.UnaryClientInterceptor {
	var mu sync.Mutex
	agreed := false
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, next grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		ours := strings.Contains(method, "workflowservice") && !strings.HasSuffix(method, "/GetSystemInfo")
		if !ours || ctx.Value(agreeing{}) != nil {
			return next(ctx, method, req, reply, cc, opts...)
		}
		mu.Lock()
		if !agreed {
			if err := c.Agree(context.WithValue(ctx, agreeing{}, true), workflowservice.NewWorkflowServiceClient(cc), namespace); err != nil {
				mu.Unlock()
				return asStatus(err)
			}
			agreed = true
		}
		mu.Unlock()
		return next(ctx, method, req, reply, cc, opts...)
	}
}

// agreeing marks the calls of Agree itself.
type agreeing struct{}

// asStatus is an error as the SDK takes it from a call: what Temporal said stays
// what it is, and a refusal is not tried again.
func asStatus(err error) error {
	var said serviceerror.ServiceError
	switch {
	case errors.As(err, &said):
		return said.Status().Err()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return status.Error(codes.FailedPrecondition, err.Error())
}
