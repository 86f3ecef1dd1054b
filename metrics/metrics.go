// Package metrics shows how Lastday is doing: Prometheus metrics, and whether the
// process is alive and ready. It owns the metrics' names. No label of any metric
// holds what a person, a request or a vendor said: the values are those of lists
// in the code and of the configuration.
package metrics

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// Metrics is all that one process shows. Safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	bridge   *bridge
	vendors  *vendors
	steps    *steps
}

// New makes the metrics of a process, those of Go and of the process itself
// included. Systems are those whose steps and calls are counted from 0 on: an
// alert sees the first of a series only if the series was there before.
func New(systems []offboarding.System) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	m.bridge = newBridge(m.registry, systems)
	m.vendors = newVendors(m.registry)
	m.steps = newSteps(m.registry, systems)
	return m
}

// Temporal takes what Temporal's SDK counts, for client.Options.MetricsHandler.
// The names are those of Temporal's own dashboards for Go: counters end with
// _total, timers with _seconds.
func (m *Metrics) Temporal() client.MetricsHandler { return m.bridge.handler(nil) }

// Saw counts a vendor call; it is a transport.Watch.
func (m *Metrics) Saw(c transport.Call) { m.vendors.saw(c) }

// Steps counts and logs the steps that do not come through, and has their vendor
// calls counted, for worker.Options.Interceptors.
func (m *Metrics) Steps() interceptor.WorkerInterceptor { return &stepInterceptor{m: m} }

// Handler answers with the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}

// Gatherer gives the metrics to whoever reads them in this process.
func (m *Metrics) Gatherer() prometheus.Gatherer { return m.registry }
