package alerts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/timestamp"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/stretchr/testify/require"
)

// interval is how often alerts.yaml wants Prometheus to scrape and evaluate.
const interval = 15 * time.Second

// prometheus scrapes addresses over HTTP and evaluates the rules with the real
// engine, at times of its own, so that hours pass in no time. It does what
// Prometheus does with for, keep_firing_for, and targets that do not answer.
type prometheus struct {
	t       testing.TB
	now     time.Time
	targets map[string]string // instance to address
	rules   []rulefmt.Rule
	engine  *promql.Engine
	series  map[string]*series
	alerts  map[string]*alert // by rule and labels
}

type series struct {
	labels  labels.Labels
	target  string
	samples []chunks.Sample
	seen    bool
}

type alert struct {
	rule         rulefmt.Rule
	since, until time.Time // true since; last true
	firing       bool
}

const rulesFile = "../../docs/monitoring/alerts.yaml"

func rules(t testing.TB) []rulefmt.Rule {
	t.Helper()
	b, err := os.ReadFile(rulesFile)
	require.NoError(t, err)
	groups, errs := rulefmt.Parse(b, false)
	require.Empty(t, errs)
	var out []rulefmt.Rule
	for _, g := range groups.Groups {
		out = append(out, g.Rules...)
	}
	return out
}

func newPrometheus(t testing.TB, now time.Time) *prometheus {
	t.Helper()
	return &prometheus{
		t: t, now: now, targets: map[string]string{}, rules: rules(t), series: map[string]*series{}, alerts: map[string]*alert{},
		engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1e7, Timeout: time.Minute, LookbackDelta: 5 * time.Minute}),
	}
}

// scrape reads every target once.
func (p *prometheus) scrape() {
	for _, s := range p.series {
		s.seen = false
	}
	for instance, address := range p.targets {
		up := 1.0
		all, err := read(p.t.Context(), "http://"+address+"/metrics")
		if err != nil {
			up = 0
		}
		for _, sample := range all {
			metric := maps.Clone(sample.Metric)
			metric["instance"], metric["job"] = model.LabelValue(instance), "lastday"
			p.add(instance, metric, float64(sample.Value))
		}
		p.add(instance, model.Metric{"__name__": "up", "instance": model.LabelValue(instance), "job": "lastday"}, up)
	}
	for _, s := range p.series {
		if last := len(s.samples) - 1; !s.seen && !value.IsStaleNaN(s.samples[last].F()) {
			s.samples = append(s.samples, point{timestamp.FromTime(p.now), math.Float64frombits(value.StaleNaN)})
		}
	}
}

func (p *prometheus) add(target string, m model.Metric, v float64) {
	b := labels.NewScratchBuilder(len(m))
	for k, l := range m {
		if l != "" { // as Prometheus drops them
			b.Add(string(k), string(l))
		}
	}
	b.Sort()
	ls := b.Labels()
	key := ls.String()
	s := p.series[key]
	if s == nil {
		s = &series{labels: ls, target: target}
		p.series[key] = s
	}
	s.seen = true
	s.samples = append(s.samples, point{timestamp.FromTime(p.now), v})
}

// names are the metrics that were ever seen.
func (p *prometheus) names() map[string]bool {
	out := map[string]bool{}
	for _, s := range p.series {
		out[s.labels.Get("__name__")] = true
	}
	return out
}

// evaluate evaluates every rule once.
func (p *prometheus) evaluate() {
	for _, r := range p.rules {
		holds := map[string]bool{}
		for _, s := range p.query(r.Expr) {
			holds[r.Alert+" "+s.Metric.String()] = true
		}
		for key := range holds {
			if p.alerts[key] == nil {
				p.alerts[key] = &alert{rule: r, since: p.now}
			}
		}
		for key, a := range p.alerts {
			switch {
			case a.rule.Alert != r.Alert:
			case holds[key]:
				a.until = p.now
				a.firing = a.firing || p.now.Sub(a.since) >= time.Duration(r.For)
			case !a.firing || p.now.Sub(a.until) >= time.Duration(r.KeepFiringFor):
				delete(p.alerts, key)
			}
		}
	}
}

func (p *prometheus) query(expr string) promql.Vector {
	q, err := p.engine.NewInstantQuery(p.t.Context(), p, nil, expr, p.now)
	require.NoError(p.t, err, expr)
	defer q.Close()
	v, err := q.Exec(p.t.Context()).Vector()
	require.NoError(p.t, err, expr)
	return slices.Clone(v)
}

// firing lists the alerts that fire.
func (p *prometheus) firing() []string {
	var out []string
	for _, a := range p.alerts {
		if a.firing {
			out = append(out, a.rule.Alert)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Querier implements storage.Queryable over what was scraped.
func (p *prometheus) Querier(mint, maxt int64) (storage.Querier, error) {
	return &storage.MockQuerier{SelectMockFunction: func(_ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
		set := &found{SeriesSet: storage.EmptySeriesSet(), at: -1}
		for _, s := range p.series {
			if slices.ContainsFunc(ms, func(m *labels.Matcher) bool { return !m.Matches(s.labels.Get(m.Name)) }) {
				continue
			}
			var in []chunks.Sample
			for _, x := range s.samples {
				if x.T() >= mint && x.T() <= maxt {
					in = append(in, x)
				}
			}
			if len(in) > 0 {
				set.all = append(set.all, storage.NewListSeries(s.labels, in))
			}
		}
		slices.SortFunc(set.all, func(a, b storage.Series) int { return labels.Compare(a.Labels(), b.Labels()) })
		return set
	}}, nil
}

type found struct {
	storage.SeriesSet
	all []storage.Series
	at  int
}

func (f *found) Next() bool         { f.at++; return f.at < len(f.all) }
func (f *found) At() storage.Series { return f.all[f.at] }
func (f *found) Err() error         { return nil }

type point struct {
	t int64
	v float64
}

func (x point) T() int64               { return x.t }
func (x point) F() float64             { return x.v }
func (point) Type() chunkenc.ValueType { return chunkenc.ValFloat }
func (x point) Copy() chunks.Sample    { return x }

func (point) H() *histogram.Histogram       { return nil }
func (point) FH() *histogram.FloatHistogram { return nil }

// read reads a page of metrics as samples.
func read(ctx context.Context, url string) (model.Vector, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("scrape: %w", err)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		return nil, fmt.Errorf("scrape: %w", err)
	}
	defer resp.Body.Close()
	from := expfmt.SampleDecoder{
		Dec: expfmt.NewDecoder(resp.Body, expfmt.ResponseFormat(resp.Header)), Opts: &expfmt.DecodeOptions{},
	}
	var all model.Vector
	for {
		var some model.Vector
		switch err := from.Decode(&some); {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("scrape: %w", err)
		}
		all = append(all, some...)
	}
}
