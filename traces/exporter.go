package traces

import (
	"cmp"
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// exporter is the one that OpenTelemetry's variables ask for; nil for none. All
// others of them (endpoint, headers, certificates, time-out) the exporter reads
// itself.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
func exporter(ctx context.Context) (sdktrace.SpanExporter, error) {
	switch kind := os.Getenv("OTEL_TRACES_EXPORTER"); kind {
	case "", "otlp":
	case "none":
		return nil, nil //nolint:nilnil // none is a choice, not an error
	default:
		return nil, fmt.Errorf("OTEL_TRACES_EXPORTER %q is not known: give otlp or none", kind)
	}
	const protocol = "OTEL_EXPORTER_OTLP_PROTOCOL"
	switch p := cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv(protocol), "http/protobuf"); p {
	case "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	default:
		return nil, fmt.Errorf("%s %q is not known: give http/protobuf or grpc", protocol, p)
	}
}
