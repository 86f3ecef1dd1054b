package traces

import (
	"context"
	"log/slog"
	"regexp"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// wall is the last place before spans leave the process. What is not on the list
// stays: no events and no words of a status, which hold what errors say, no links,
// and no attribute but the listed ones.
type wall struct {
	next sdktrace.SpanExporter
	log  *slog.Logger

	mu   sync.Mutex
	lost bool
}

// Attributes of spans.
const (
	// CaseKey and RunKey are those of the log's lines: offboarding.CaseTag of the
	// workflow's id, and the run's id, which is the case in the record.
	CaseKey = attribute.Key("lastday.case")
	RunKey  = attribute.Key("lastday.run")
	// SystemKey is whose step or call it is, AttemptKey the step's attempt, from 1.
	SystemKey  = attribute.Key("lastday.system")
	AttemptKey = attribute.Key("lastday.attempt")
	// RequestKey is the vendor's own id of the call, to ask the vendor about.
	RequestKey = attribute.Key("lastday.vendor_request_id")
	// ErrorKey is the kind of an error, never its words.
	ErrorKey = attribute.Key("error.type")
	// Of a vendor's call: the method, the path without what was filled in, and the
	// answer's status.
	MethodKey   = attribute.Key("http.request.method")
	TemplateKey = attribute.Key("url.template")
	StatusKey   = attribute.Key("http.response.status_code")
)

func listed(k attribute.Key) bool {
	switch k {
	case CaseKey, RunKey, SystemKey, AttemptKey, RequestKey, ErrorKey, MethodKey, TemplateKey, StatusKey:
		return true
	}
	return false
}

// plain is what the code's own names, tags, kinds and templates are made of. An
// address is not.
var plain = regexp.MustCompile(`^[A-Za-z0-9 /{}_.:*+-]{1,150}$`)

const leftOut = "[left out]"

// ExportSpans implements sdktrace.SpanExporter. What cannot be sent is lost; the
// log is told once.
func (w *wall) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	out := make([]sdktrace.ReadOnlySpan, 0, len(spans))
	for _, s := range spans {
		out = append(out, walled{s})
	}
	err := w.next.ExportSpans(ctx, out)
	w.mu.Lock()
	changed := w.lost != (err != nil)
	w.lost = err != nil
	w.mu.Unlock()
	switch {
	case changed && err != nil:
		w.log.Warn("traces are lost: the collector does not take them", "error", err)
	case changed:
		w.log.Info("the collector takes traces again")
	}
	return nil
}

// Shutdown implements sdktrace.SpanExporter.
func (w *wall) Shutdown(ctx context.Context) error { return w.next.Shutdown(ctx) }

// walled is a span as others may see it.
type walled struct{ sdktrace.ReadOnlySpan }

func (s walled) Name() string {
	if n := s.ReadOnlySpan.Name(); plain.MatchString(n) {
		return n
	}
	return leftOut
}

func (s walled) Attributes() []attribute.KeyValue {
	var out []attribute.KeyValue
	for _, a := range s.ReadOnlySpan.Attributes() {
		if !listed(a.Key) {
			continue
		}
		if !plain.MatchString(a.Value.String()) {
			a.Value = attribute.StringValue(leftOut)
		}
		out = append(out, a)
	}
	return out
}

func (s walled) Events() []sdktrace.Event { return nil }

func (s walled) Links() []sdktrace.Link { return nil }

func (s walled) Status() sdktrace.Status { return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code} }

func (s walled) SpanContext() trace.SpanContext {
	return s.ReadOnlySpan.SpanContext().WithTraceState(trace.TraceState{})
}

func (s walled) Parent() trace.SpanContext {
	return s.ReadOnlySpan.Parent().WithTraceState(trace.TraceState{})
}
