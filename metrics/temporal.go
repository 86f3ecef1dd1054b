package metrics

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"

	"lastday/offboarding"
	"lastday/workflows"
)

// bridge turns what Temporal's SDK counts, and what the cases count through it,
// into Prometheus metrics.
type bridge struct {
	registry *prometheus.Registry

	mu       sync.Mutex
	counters map[string]*prometheus.CounterVec
	gauges   map[string]*prometheus.GaugeVec
	timers   map[string]*prometheus.HistogramVec
	pollers  map[string]pollers // by queue and kind
	clock    func() time.Time
}

// pollers are how many calls for tasks wait for an answer now, and since when
// that is so.
type pollers struct {
	n     float64
	since time.Time
}

// failedTasks counts workflow tasks that came to nothing: a panic, or a history
// that the code does not fit.
const failedTasks = "temporal_workflow_task_execution_failed"

func newBridge(r *prometheus.Registry, systems []offboarding.System) *bridge {
	b := &bridge{
		registry: r, counters: map[string]*prometheus.CounterVec{}, gauges: map[string]*prometheus.GaugeVec{},
		timers: map[string]*prometheus.HistogramVec{}, pollers: map[string]pollers{}, clock: time.Now,
	}
	for _, kind := range workflowTypes() {
		for _, why := range []string{"WorkflowError", "NonDeterminismError"} {
			b.handler(map[string]string{"task_queue": workflows.TaskQueue, "workflow_type": kind, "failure_reason": why}).Counter(failedTasks).Inc(0)
		}
	}
	for _, s := range systems {
		for _, urgent := range []string{"true", "false"} {
			h := b.handler(map[string]string{"system": string(s), "urgent": urgent})
			h.Timer(workflows.ContainedTimer)
			h.Timer(workflows.ProvenTimer)
		}
	}
	return b
}

func workflowTypes() []string {
	return []string{
		workflows.OffboardType, workflows.PlanType, workflows.BrakeType, workflows.FreezeType,
		workflows.HeardType, workflows.RefusedType, workflows.MinutesType,
	}
}

func (b *bridge) handler(tags map[string]string) client.MetricsHandler {
	return handler{bridge: b, tags: tags}
}

// polling reports whether this process asks a queue for tasks of a kind, or did a
// moment ago: one that has its hands full does not ask for more.
func (b *bridge) polling(queue, kind string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, ok := b.pollers[queue+" "+kind]
	return ok && (p.n > 0 || b.clock().Sub(p.since) < pollerAge)
}

// Kinds of pollers, as the SDK names them.
const (
	workflowPoller = "workflow_task"
	activityPoller = "activity_task"
)

type handler struct {
	bridge *bridge
	tags   map[string]string
}

// WithTags implements client.MetricsHandler.
func (h handler) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(h.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	return handler{bridge: h.bridge, tags: all}
}

// Counter implements client.MetricsHandler.
func (h handler) Counter(name string) client.MetricsCounter {
	v := vec(h.bridge, h.bridge.counters, name, func(labels []string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name + "_total", Help: help(name)}, labels)
	})
	c := v.WithLabelValues(h.values(name)...)
	return counter(func(n int64) { c.Add(float64(max(n, 0))) })
}

// Gauge implements client.MetricsHandler.
func (h handler) Gauge(name string) client.MetricsGauge {
	v := vec(h.bridge, h.bridge.gauges, name, func(labels []string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help(name)}, labels)
	})
	g := v.WithLabelValues(h.values(name)...)
	if name != "temporal_num_pollers" {
		return gauge(g.Set)
	}
	key := h.tags["task_queue"] + " " + h.tags["poller_type"]
	return gauge(func(n float64) {
		g.Set(n)
		h.bridge.mu.Lock()
		h.bridge.pollers[key] = pollers{n: n, since: h.bridge.clock()}
		h.bridge.mu.Unlock()
	})
}

// Timer implements client.MetricsHandler.
func (h handler) Timer(name string) client.MetricsTimer {
	v := vec(h.bridge, h.bridge.timers, name, func(labels []string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name + "_seconds", Help: help(name), Buckets: buckets(name)}, labels)
	})
	t := v.WithLabelValues(h.values(name)...)
	return timer(func(d time.Duration) { t.Observe(d.Seconds()) })
}

// vec finds the metric of a name, or makes and registers it.
func vec[V prometheus.Collector](b *bridge, all map[string]V, name string, build func(labels []string) V) V {
	b.mu.Lock()
	defer b.mu.Unlock()
	v, ok := all[name]
	if !ok {
		v = build(labelsOf(name))
		b.registry.MustRegister(v)
		all[name] = v
	}
	return v
}

// labelsOf are the labels of a metric: of the SDK's tags those that tell
// something about it. Others are dropped.
func labelsOf(name string) []string {
	name = strings.TrimPrefix(name, "temporal_")
	has := func(prefixes ...string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	}
	switch {
	case has("lastday_"):
		return []string{"system", "urgent"}
	case has("request", "long_request"):
		return []string{"operation", "status_code"}
	case has("num_pollers", "poller_start"):
		return []string{"task_queue", "poller_type"}
	case has("workflow_task"):
		return []string{"task_queue", "workflow_type", "failure_reason"}
	case has("workflow_active", "sticky"):
		return nil
	case has("workflow"):
		return []string{"workflow_type"}
	case has("activity", "local_activity", "unregistered_activity"):
		return []string{"task_queue", "activity_type"}
	}
	return []string{"task_queue", "worker_type"}
}

// values are the labels' values. What is not of the kind that the code itself
// gives out becomes "other": a queue, a workflow or an activity has the name
// that somebody else chose.
func (h handler) values(name string) []string {
	labels := labelsOf(name)
	out := make([]string, 0, len(labels))
	for _, l := range labels {
		v := h.tags[l]
		if v != "" && !allowed(l, v) {
			v = "other"
		}
		out = append(out, v)
	}
	return out
}

var (
	queueName    = regexp.MustCompile(`^(` + workflows.TaskQueue + `|lastday-[a-z0-9]{1,20})$`)
	activityName = regexp.MustCompile(`^[a-z0-9]{1,20}\.[A-Z][A-Za-z]{1,20}$`)
	word         = regexp.MustCompile(`^[A-Za-z0-9_]{1,60}$`)
)

func allowed(label, value string) bool {
	switch label {
	case "task_queue":
		return queueName.MatchString(value)
	case "activity_type":
		return activityName.MatchString(value)
	case "workflow_type":
		return slices.Contains(workflowTypes(), value)
	}
	return word.MatchString(value)
}

func help(name string) string {
	switch name {
	case workflows.ContainedTimer:
		return "Time from when access was due to end until live use was stopped in the system; again if it was read back as live."
	case workflows.ProvenTimer:
		return "Time from when access was due to end until the system was shown to hold nothing of the person any more."
	}
	return "Of Temporal's SDK: see its metrics reference."
}

func buckets(name string) []float64 {
	if strings.HasPrefix(name, "lastday_") {
		// An hour and four are what auditors ask for, a day what companies promise.
		return []float64{1, 2, 5, 10, 30, 60, 300, 900, 3600, 4 * 3600, 24 * 3600, 7 * 24 * 3600}
	}
	return []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
}

type (
	counter func(int64)
	gauge   func(float64)
	timer   func(time.Duration)
)

func (f counter) Inc(n int64)          { f(n) }
func (f gauge) Update(v float64)       { f(v) }
func (f timer) Record(d time.Duration) { f(d) }
