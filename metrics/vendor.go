package metrics

import (
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"lastday/activities/transport"
)

// vendors counts the calls to vendors and keeps what they say is left of their
// rate limits.
type vendors struct {
	calls *prometheus.CounterVec
	took  *prometheus.HistogramVec
	clock func() time.Time

	mu      sync.Mutex
	budgets map[bucket]transport.Budget
}

// bucket is one rate limit: the vendor's own name for it, or else the operation.
type bucket struct{ system, name string }

var (
	budgetLeft = prometheus.NewDesc("lastday_vendor_budget_remaining",
		"Calls that the vendor's rate limit still allows, as it last said itself; all of them once its window is over.", []string{"system", "bucket"}, nil)
	budgetOf = prometheus.NewDesc("lastday_vendor_budget_limit",
		"Calls that the vendor's rate limit allows in one window.", []string{"system", "bucket"}, nil)
)

func newVendors(r *prometheus.Registry) *vendors {
	v := &vendors{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lastday_vendor_calls_total",
			Help: "Calls sent to vendors, by operation and what was answered: 2xx, 3xx, 4xx, 401, limited, 5xx or none.",
		}, []string{"system", "operation", "status"}),
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lastday_vendor_call_seconds", Help: "Time until a vendor's whole answer was read.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25},
		}, []string{"system", "operation"}),
		clock: time.Now, budgets: map[bucket]transport.Budget{},
	}
	r.MustRegister(v.calls, v.took, v)
	return v
}

func (v *vendors) saw(c transport.Call) {
	system := string(c.System)
	v.calls.WithLabelValues(system, c.Op, status(c)).Inc()
	v.took.WithLabelValues(system, c.Op).Observe(c.Took.Seconds())
	if c.Budget.Of == 0 {
		return
	}
	name := c.Budget.Bucket
	if name == "" {
		name = c.Op
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.budgets[bucket{system, name}] = c.Budget
}

// status is the class of an answer; a refused credential and a rate limit are
// classes of their own, which need somebody or pass by themselves.
func status(c transport.Call) string {
	switch {
	case c.Status == 0:
		return "none"
	case c.Limited:
		return "limited"
	case c.Status == 401:
		return "401"
	}
	return strconv.Itoa(c.Status/100) + "xx"
}

// Describe implements prometheus.Collector.
func (v *vendors) Describe(to chan<- *prometheus.Desc) { to <- budgetLeft; to <- budgetOf }

// Collect implements prometheus.Collector.
func (v *vendors) Collect(to chan<- prometheus.Metric) {
	now := v.clock()
	v.mu.Lock()
	defer v.mu.Unlock()
	for b, k := range v.budgets {
		left := k.Left
		if !k.Until.IsZero() && now.After(k.Until) {
			left = k.Of
		}
		to <- prometheus.MustNewConstMetric(budgetLeft, prometheus.GaugeValue, float64(left), b.system, b.name)
		to <- prometheus.MustNewConstMetric(budgetOf, prometheus.GaugeValue, float64(k.Of), b.system, b.name)
	}
}
