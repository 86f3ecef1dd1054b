package traces

import (
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

// Whoever adds something to a span must put it on the list, or it stays.
func TestWhatIsNotOnTheListStays(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	p := sdktrace.NewTracerProvider(sdktrace.WithSyncer(&wall{next: kept, log: slog.New(slog.DiscardHandler)}))
	state, err := trace.ParseTraceState("who=canary")
	require.NoError(t, err)
	before := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}, TraceFlags: trace.FlagsSampled, TraceState: state})
	ctx := trace.ContextWithRemoteSpanContext(t.Context(), before)
	_, s := p.Tracer("lastday").Start(ctx, "QueryWorkflow:canary.person@example.com", trace.WithLinks(trace.Link{SpanContext: before, Attributes: []attribute.KeyValue{attribute.String("canary", "canary")}}))
	s.SetAttributes(attribute.String("temporalWorkflowID", "offboard:canary"), CaseKey.String("0a1b2c3d"), SystemKey.String("canary.person@example.com"), AttemptKey.Int(2))
	s.AddEvent("canary")
	s.SetStatus(codes.Error, "canary")
	s.End()
	got := kept.GetSpans()
	require.Len(t, got, 1)
	require.Equal(t, leftOut, got[0].Name)
	require.Equal(t, []attribute.KeyValue{CaseKey.String("0a1b2c3d"), SystemKey.String(leftOut), AttemptKey.Int(2)}, got[0].Attributes)
	require.Empty(t, got[0].Events)
	require.Empty(t, got[0].Links)
	require.Equal(t, sdktrace.Status{Code: codes.Error}, got[0].Status)
	require.Empty(t, got[0].SpanContext.TraceState().String())
	require.Empty(t, got[0].Parent.TraceState().String())
	require.Equal(t, before.TraceID(), got[0].SpanContext.TraceID())
}
