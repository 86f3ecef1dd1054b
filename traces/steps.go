package traces

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"lastday/activities/transport"
)

// steps is Temporal's interceptor, with the attempt in each step's span and the
// step's calls to vendors below it.
type steps struct {
	interceptor.Interceptor
	tracer trace.Tracer
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (i *steps) InterceptActivity(ctx context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	in := &step{tracer: i.tracer}
	in.Next = next
	return i.Interceptor.InterceptActivity(ctx, in)
}

// InterceptWorkflow implements interceptor.WorkerInterceptor.
func (i *steps) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &caseRun{WorkflowInboundInterceptor: i.Interceptor.InterceptWorkflow(ctx, next), untraced: next}
}

// caseRun traces an update when it happens; the SDK's interceptor would again at
// each replay.
type caseRun struct {
	interceptor.WorkflowInboundInterceptor
	untraced interceptor.WorkflowInboundInterceptor
}

// ExecuteUpdate implements interceptor.WorkflowInboundInterceptor.
func (r *caseRun) ExecuteUpdate(ctx workflow.Context, in *interceptor.UpdateInput) (any, error) {
	if workflow.IsReplaying(ctx) {
		return r.untraced.ExecuteUpdate(ctx, in)
	}
	return r.WorkflowInboundInterceptor.ExecuteUpdate(ctx, in)
}

type step struct {
	interceptor.ActivityInboundInterceptorBase
	tracer trace.Tracer
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (s *step) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	system, _, _ := strings.Cut(info.ActivityType.Name, ".")
	attempt := int(info.Attempt)
	trace.SpanFromContext(ctx).SetAttributes(SystemKey.String(system), AttemptKey.Int(attempt))
	return s.Next.ExecuteActivity(transport.WithWatch(ctx, func(c transport.Call) { s.saw(ctx, c, attempt) }), in)
}

// saw makes the span of a call that is over. Vendors are sent no trace header:
// what Lastday does when is not theirs to know.
func (s *step) saw(ctx context.Context, c transport.Call, attempt int) {
	now := time.Now()
	method, template, _ := strings.Cut(c.Op, " ")
	_, span := s.tracer.Start(ctx, c.Op, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(now.Add(-c.Took)), trace.WithAttributes(
		SystemKey.String(string(c.System)), AttemptKey.Int(attempt), MethodKey.String(method), TemplateKey.String(template),
	))
	if c.Status != 0 {
		span.SetAttributes(StatusKey.Int(c.Status))
	}
	if c.RequestID != "" {
		span.SetAttributes(RequestKey.String(c.RequestID))
	}
	if c.Kind != "" {
		span.SetAttributes(ErrorKey.String(string(c.Kind)))
		span.SetStatus(codes.Error, "")
	}
	span.End(trace.WithTimestamp(now))
}
