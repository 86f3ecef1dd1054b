package alerts

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/logs"
	"lastday/metrics"
	"lastday/metrics/metricstest"
	"lastday/offboarding"
	"lastday/record"
	"lastday/record/setup"
	"lastday/workflows"
)

var quiet = slog.New(slog.DiscardHandler)

// plant is a process of Lastday that is well: its metrics over HTTP, a real
// worker of the SDK, a real record with its notary, and a vendor behind the
// connectors' own way out.
type plant struct {
	t        *testing.T
	metrics  *metrics.Metrics
	server   *metrics.Server
	prom     *prometheus
	temporal *metricstest.Temporal
	census   *metrics.Census
	books    *metrics.Books
	ledger   *setup.Ledger
	unsign   func()
	dir      string
	frontend *frontend
	vendor   *http.Client
	base     string
	answer   atomic.Pointer[http.HandlerFunc]
	each     func() // what goes on between two scrapes
	lines    written
}

var systems = []offboarding.System{"okta"}

func newPlant(t *testing.T) *plant {
	t.Helper()
	p := &plant{t: t, metrics: metrics.New(systems), prom: newPrometheus(t, time.Now()), dir: t.TempDir(), each: func() {}}
	p.temporal = &metricstest.Temporal{
		Counts: map[string]int64{"'running'": 2}, Waiting: map[offboarding.State][]offboarding.Case{}, Polled: map[string]time.Time{},
	}
	p.census = p.metrics.NewCensus(metrics.CensusOptions{Temporal: p.temporal, Namespace: "lastday", Systems: systems, Log: quiet, Clock: p.now})
	conf, err := setup.Embedded(p.dir)
	require.NoError(t, err)
	p.ledger, err = setup.Open(t.Context(), conf)
	require.NoError(t, err)
	t.Cleanup(func() { p.ledger.Close() })
	p.unsign, err = p.ledger.Sign(setup.Signing{Log: quiet, Alarm: func(context.Context, error) {}})
	require.NoError(t, err)
	t.Cleanup(func() { p.unsign() })
	p.append("begun")
	p.books = p.metrics.NewBooks(p.ledger, quiet, p.now)
	p.server, err = p.metrics.Serve(t.Context(), metrics.Config{Listen: "127.0.0.1:0"}, nil, quiet)
	require.NoError(t, err)
	t.Cleanup(p.server.Stop)
	p.prom.targets["worker-1"] = p.server.Addr()
	p.startVendor()
	p.startWorker()
	return p
}

func (p *plant) now() time.Time { return p.prom.now }

func (p *plant) anchors() string { return filepath.Join(p.dir, "record", "anchors") }

// append puts an entry into the record, and waits until it is signed for.
func (p *plant) append(id string) {
	p.t.Helper()
	p.write(id)
	require.Eventually(p.t, func() bool {
		a, err := p.ledger.Age(p.t.Context())
		places, _, _ := p.ledger.Notarial()
		return err == nil && a.Unsigned.IsZero() && places[0].Behind.IsZero()
	}, 20*time.Second, 10*time.Millisecond)
}

func (p *plant) write(id string) {
	p.t.Helper()
	require.NoError(p.t, p.ledger.Append(p.t.Context(), []record.Event{{ID: id, Kind: record.Control, At: time.Now(), Facts: []byte(`{}`)}}))
}

func (p *plant) startVendor() {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*p.answer.Load())(w, r) }))
	p.t.Cleanup(s.Close)
	p.answers(func(http.ResponseWriter) {})
	c, err := transport.Client(transport.Options{System: "okta", Base: s.URL, Allow: []string{"GET /users/{id}"}, AnyBody: true})
	require.NoError(p.t, err)
	p.vendor, p.base = c, s.URL
}

// answers sets what the vendor answers.
func (p *plant) answers(f func(http.ResponseWriter)) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { f(w) })
	p.answer.Store(&h)
}

// call calls the vendor, as a step does.
func (p *plant) call(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+"/users/canary", nil)
	require.NoError(p.t, err)
	resp, err := p.vendor.Do(r)
	if err == nil {
		resp.Body.Close()
	}
	return err
}

// step runs a step of a case with a worker's interceptor; do is what it does.
func (p *plant) step(do func(context.Context) error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(discard{})
	env := suite.NewTestActivityEnvironment()
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{p.metrics.Steps()}})
	env.RegisterActivityWithOptions(do, activity.RegisterOptions{Name: activities.Name("okta", activities.Contain)})
	_, _ = env.ExecuteActivity(activities.Name("okta", activities.Contain))
}

// contact is a step that calls the vendor, and ends as the connectors do.
func (p *plant) contact() {
	p.step(func(ctx context.Context) error {
		err := p.call(ctx)
		var e *transport.Error
		if errors.As(err, &e) {
			return temporal.NewApplicationErrorWithOptions("canary", string(e.Kind), temporal.ApplicationErrorOptions{NonRetryable: e.Kind == transport.Unauthorized})
		}
		return err
	})
}

func (p *plant) startWorker() {
	p.frontend = startFrontend(p.t)
	c, err := client.Dial(client.Options{HostPort: p.frontend.address, MetricsHandler: p.metrics.Temporal(), Logger: sdklog.NewStructuredLogger(logs.New(&p.lines, logs.Config{}, slog.LevelInfo))})
	require.NoError(p.t, err)
	p.t.Cleanup(c.Close)
	cases := worker.New(c, workflows.TaskQueue, worker.Options{DisableEagerActivities: true})
	cases.RegisterWorkflowWithOptions(func(workflow.Context) error { panic("canary person is nil") }, workflow.RegisterOptions{Name: workflows.OffboardType})
	steps := worker.New(c, activities.TaskQueue("okta"), worker.Options{DisableWorkflowWorker: true, Interceptors: []interceptor.WorkerInterceptor{p.metrics.Steps()}})
	steps.RegisterActivityWithOptions(func(context.Context) error { return nil }, activity.RegisterOptions{Name: activities.Name("okta", activities.Find)})
	for _, w := range []worker.Worker{cases, steps} {
		require.NoError(p.t, w.Start())
		p.t.Cleanup(w.Stop)
	}
	require.Eventually(p.t, func() bool { return p.metrics.Polling(systems, true)() == nil }, 10*time.Second, 10*time.Millisecond)
}

// pass lets time pass, a scrape at a time, until the condition holds; it gives
// back how long that took, or fails.
func (p *plant) pass(atMost time.Duration, until func(firing []string) bool) time.Duration {
	p.t.Helper()
	began := p.prom.now
	for {
		p.each()
		for _, q := range []string{workflows.TaskQueue, activities.TaskQueue("okta")} {
			if at, ok := p.temporal.Polled[q]; ok || len(p.temporal.Polled) < 2 {
				if !at.Equal(gone) {
					p.temporal.Polled[q] = p.now()
				}
			}
		}
		p.census.Look(p.t.Context())
		p.books.Look(p.t.Context())
		p.prom.scrape()
		p.prom.evaluate()
		if until(p.prom.firing()) {
			return p.prom.now.Sub(began)
		}
		if p.prom.now.Sub(began) >= atMost {
			p.t.Fatalf("not within %s; firing are %v", atMost, p.prom.firing())
		}
		p.prom.now = p.prom.now.Add(interval)
	}
}

// gone is a poller that will not come again.
var gone = time.Unix(1, 0)

// written is a log that many write to.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

type discard struct{}

func (discard) Debug(string, ...any) {}
func (discard) Info(string, ...any)  {}
func (discard) Warn(string, ...any)  {}
func (discard) Error(string, ...any) {}
