// Package traces shows where a case's time goes: OpenTelemetry spans from the
// command through the workflow and its steps to each call of a vendor. It owns the
// names of spans and attributes, and what may stand in them: a case is a tag, and
// no text that a person, a request or a vendor's answer holds leaves the process.
package traces

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
)

// flushWithin is how long the last spans may take to leave when the process ends.
const flushWithin = 2 * time.Second

// Traces are what one process sends. A nil *Traces sends nothing, and each method
// may be called on it. Safe for concurrent use.
type Traces struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
	temporal interceptor.Interceptor
}

// Open sets up the traces of a process: service is its name where OTEL_SERVICE_NAME
// gives none. It is nil where traces are off, and calls nobody: a collector that
// does not answer is told to the log, and holds up nothing. Whoever opened them
// stops them.
func Open(ctx context.Context, c Config, service string, log *slog.Logger) (*Traces, error) {
	if !c.Enabled {
		return nil, nil //nolint:nilnil // no traces is a choice, not an error
	}
	to, err := exporter(ctx)
	if err != nil || to == nil {
		return nil, err
	}
	// No detector of the machine or the command line: both may name people.
	who, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", service)), resource.WithFromEnv())
	if err != nil {
		return nil, fmt.Errorf("read OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	t := &Traces{provider: sdktrace.NewTracerProvider(sdktrace.WithResource(who), sdktrace.WithBatcher(&wall{next: to, log: log}))}
	t.tracer = t.provider.Tracer("lastday")
	spans, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{
		Tracer: t.tracer, SpanStarter: start, TextMapPropagator: propagation.TraceContext{}, DisableBaggage: true,
		DisableQueryTracing: true, // whoever waits for a case asks it several times a second
		// What stands in a header must not keep a case from going on.
		AllowInvalidParentSpans: true,
	})
	if err != nil {
		return nil, fmt.Errorf("set up temporal's traces: %w", err)
	}
	t.temporal = &steps{Interceptor: spans, tracer: t.tracer}
	return t, nil
}

// Apply has a client's calls traced, and the workflows and activities of the
// workers that are made of it.
func (t *Traces) Apply(o *client.Options) {
	if t != nil {
		o.Interceptors = append(o.Interceptors, t.temporal)
	}
}

// Replays is Apply for a replayer.
func (t *Traces) Replays() []interceptor.WorkerInterceptor {
	if t == nil {
		return nil
	}
	return []interceptor.WorkerInterceptor{t.temporal}
}

// Begin opens a span that holds all that is done with the context, until end is
// called. The name is one of the code's.
func (t *Traces) Begin(ctx context.Context, name string) (_ context.Context, end func()) {
	if t == nil {
		return ctx, func() {}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, func() { span.End() }
}

// Stop sends what is left, if that is possible soon. Calling it twice is safe.
func (t *Traces) Stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), flushWithin)
	defer cancel()
	_ = t.provider.Shutdown(ctx) // the wall has logged what did not leave
}
