// Package alerts tries each alert rule of docs/monitoring by causing what it is
// about, with Prometheus' own engine over what the metrics really show.
package alerts
