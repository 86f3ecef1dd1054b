package traces

// Config is the traces section of the configuration. Where they go, how many, and
// under which name are OpenTelemetry's own environment variables to say
// (OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME …).
type Config struct {
	// Enabled has the process send traces; default false.
	Enabled bool `yaml:"enabled"`
}
