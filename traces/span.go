package traces

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
)

// start opens a span of Temporal's interceptor.
func start(ctx context.Context, t trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
	_, s := t.Start(ctx, name, options...)
	return &span{Span: s}
}

// span keeps people's names and the words of errors out of what Temporal's
// interceptor says. One goroutine at a time uses it, as the interceptor does.
type span struct {
	trace.Span
	fine bool // what ended it is no failure
}

// SetAttributes implements trace.Span. The interceptor's ids of workflows name
// people, and those of updates a request; a case has its tag, as in the logs.
func (s *span) SetAttributes(all ...attribute.KeyValue) {
	for _, a := range all {
		switch a.Key {
		case "temporalWorkflowID":
			a = CaseKey.String(offboarding.CaseTag(a.Value.AsString()))
		case "temporalRunID":
			a = RunKey.String(a.Value.AsString())
		}
		if listed(a.Key) {
			s.Span.SetAttributes(a)
		}
	}
}

// RecordError implements trace.Span: it keeps the kind of the error.
func (s *span) RecordError(err error, _ ...trace.EventOption) {
	if s.fine = harmless(err); !s.fine {
		s.Span.SetAttributes(ErrorKey.String(kind(err)))
	}
}

// SetStatus implements trace.Span without the words.
func (s *span) SetStatus(code codes.Code, _ string) {
	if !s.fine {
		s.Span.SetStatus(code, "")
	}
}

// harmless reports what is no failure: a case that goes on in a new run, a step
// that is cancelled, or handed back by a worker that stops.
func harmless(err error) bool {
	var anew *workflow.ContinueAsNewError
	var cancelled *temporal.CanceledError
	var app *temporal.ApplicationError
	return err == nil || errors.As(err, &anew) || errors.As(err, &cancelled) || errors.Is(err, context.Canceled) ||
		errors.As(err, &app) && app.Type() == activities.KindHandedBack
}

func kind(err error) string {
	var app *temporal.ApplicationError
	if errors.As(err, &app) && app.Type() != "" {
		return app.Type()
	}
	return strings.TrimPrefix(fmt.Sprintf("%T", err), "*")
}
