package workflows_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/record/casefile"
	"lastday/record/recordtest"
	"lastday/workflows"
)

// house is a company of scripted systems around one case in the SDK's test
// environment, with its skipping clock. The systems keep real state behind the
// real activity wrapper; only the vendor is scripted.
type house struct {
	t        *testing.T
	env      *testsuite.TestWorkflowEnvironment
	settings workflows.Settings
	guard    activities.ProtectedList
	rule     func(workflows.Inquiry) offboarding.Ruling
	brake    func(workflows.Admission) workflows.Admitted
	recorder workflows.Recorder // nil: no record is kept

	mu      sync.Mutex
	systems []*scripted
	log     []call // in the order in which they came
	notices []offboarding.Notice
	tellErr func(try int) error
	told    int
	doubted int // how many messages may not have been the first
	begin   time.Time
	must    []*outcome // updates that have to be taken
	waiting int        // what is still to come
	timers  *timers
}

// call is one activity that was called.
type call struct {
	name string // "okta.Find"
	args string // "sessions 1-sessions, groups 1-groups"
	at   time.Duration
}

// monday is when every case begins.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func newHouse(t *testing.T) *house {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	measured := &timers{took: map[string][]time.Duration{}}
	suite.SetMetricsHandler(measured)
	h := &house{t: t, env: suite.NewTestWorkflowEnvironment(), timers: measured}
	h.settings = workflows.Settings{Deadline: time.Hour, Patience: 10 * time.Second, Tell: true}
	h.env.SetTestTimeout(20 * time.Second)
	h.env.SetStartTime(monday)
	h.env.SetWorkflowRunTimeout(10 * 365 * 24 * time.Hour)
	h.env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&endlessRetries{}}})
	h.begin = h.env.Now()
	return h
}

// system adds a scripted system on first use.
func (h *house) system(name offboarding.System) *scripted {
	for _, s := range h.systems {
		if s.name == name {
			return s
		}
	}
	s := &scripted{
		h: h, name: name, account: true,
		fail: map[activities.Verb]func(int) error{}, hook: map[activities.Verb]func(int){}, tries: map[activities.Verb]int{},
		classes: []offboarding.Class{"sessions", "groups", "membership", "deploy-keys"},
	}
	h.systems = append(h.systems, s)
	h.settings.Systems = append(h.settings.Systems, workflows.SystemSettings{Name: name})
	return s
}

func (h *house) start(d offboarding.Departure) {
	for _, s := range h.systems {
		activities.Register(h.env, s, h.guard, func(context.Context) error { return nil })
	}
	activities.RegisterMessenger(h.env, h)
	workflows.Register(h.env, counsel{h}, h.recorder)
	h.env.ExecuteWorkflow(workflows.OffboardType, d)
}

// counsel answers for the house.
type counsel struct{ h *house }

func (c counsel) Settings(offboarding.Subject) (workflows.Settings, error) { return c.h.settings, nil }

func (c counsel) Rule(q workflows.Inquiry) offboarding.Ruling {
	if c.h.rule == nil {
		return offboarding.Ruling{}
	}
	return c.h.rule(q)
}

func (c counsel) Admit(_ context.Context, a workflows.Admission) (workflows.Admitted, error) {
	if c.h.brake == nil {
		return workflows.Admitted{}, nil
	}
	return c.h.brake(a), nil
}

func (h *house) offboard(d offboarding.Departure) offboarding.Case {
	h.t.Helper()
	h.start(d)
	require.True(h.t, h.env.IsWorkflowCompleted())
	require.NoError(h.t, h.env.GetWorkflowError())
	var c offboarding.Case
	require.NoError(h.t, h.env.GetWorkflowResult(&c))
	require.Zero(h.t, h.waiting, "the case ended (%s) before all that should have happened in it", c.State)
	for _, o := range h.must {
		require.NoError(h.t, o.rejected)
		require.True(h.t, o.done)
	}
	recordable(h.t, c)
	return c
}

// recordable requires that the record of a case that has ended says what the case
// says, contradicts itself nowhere, and still does when its people are erased.
func recordable(t *testing.T, c offboarding.Case) {
	t.Helper()
	l := recordtest.New()
	require.NoError(t, l.Append(t.Context(), casefile.Events(c)))
	entries, err := l.Case(t.Context(), c.RunID)
	require.NoError(t, err)
	got, err := casefile.Rebuild(entries, nil)
	require.NoError(t, err)
	require.Equal(t, c.State, got.State)
	for i, s := range c.Systems {
		require.Equal(t, s.Verified(), got.Systems[i].Verified(), "%s in the case and in the record", s.System)
		require.Equal(t, s.Settled(), got.Systems[i].Settled(), "%s in the case and in the record", s.System)
	}
	for range 2 {
		wrong, err := casefile.Check(entries)
		require.NoError(t, err)
		require.Empty(t, wrong, "state %s: %s", c.State, c.Outcome)
		for i := range entries {
			entries[i].Opened = nil
		}
	}
}

// now asks the running case how it stands.
func (h *house) now() offboarding.Case {
	v, err := h.env.QueryWorkflow(workflows.CaseQuery)
	require.NoError(h.t, err)
	var c offboarding.Case
	require.NoError(h.t, v.Get(&c))
	return c
}

// after runs f when the case's clock has moved on by d; a case that ends before
// fails the test.
func (h *house) after(d time.Duration, f func()) {
	h.waiting++
	h.env.RegisterDelayedCallback(func() {
		h.waiting--
		f()
	}, d)
}

// update sends an update and keeps its outcome.
func (h *house) update(name string, arg any) *outcome {
	o := &outcome{}
	h.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
		OnAccept:   func() { o.accepted = true },
		OnReject:   func(err error) { o.rejected = err },
		OnComplete: func(_ any, err error) { o.done, o.rejected = err == nil, err },
	}, arg)
	return o
}

type outcome struct {
	accepted, done bool
	rejected       error
}

// decide sends a person's word on "system" or "system/class".
func (h *house) decide(verb offboarding.Verb, target string) *outcome {
	system, class, err := offboarding.ParseTarget(target)
	require.NoError(h.t, err)
	d := offboarding.Decision{Verb: verb, System: system, Class: class, Reason: "because", By: offboarding.Named(offboarding.DoorCommand, "ada@example.com")}
	if verb == offboarding.Waive {
		d.Until = monday.AddDate(1, 0, 0)
	}
	return h.update(workflows.DecideUpdate, d)
}

// mustDecide is decide for a word that has to be taken.
func (h *house) mustDecide(verb offboarding.Verb, target string) {
	h.must = append(h.must, h.decide(verb, target))
}

// calls lists what a system was asked to do, in order.
func (h *house) calls(system string) []string {
	var out []string
	for _, c := range h.trace() {
		if strings.HasPrefix(c.name, system+".") {
			out = append(out, c.name)
		}
	}
	return out
}

func (h *house) trace() []call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.log)
}

// when tells at what times an activity was called, since the case began.
func (h *house) when(name string) []time.Duration {
	var out []time.Duration
	for _, c := range h.trace() {
		if c.name == name {
			out = append(out, c.at)
		}
	}
	return out
}

// argsOf tells with what an activity was called, each time.
func (h *house) argsOf(name string) []string {
	var out []string
	for _, c := range h.trace() {
		if c.name == name {
			out = append(out, c.args)
		}
	}
	return out
}

// lastNotice is what HR was told last.
func (h *house) lastNotice() offboarding.Notice {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	require.NotEmpty(h.t, h.notices)
	return h.notices[len(h.notices)-1]
}

// first tells when an activity was called first.
func (h *house) first(name string) time.Duration {
	h.t.Helper()
	all := h.when(name)
	require.NotEmpty(h.t, all, "%s was never called", name)
	return all[0]
}

// verdict is what a case says of a class.
func verdict(t *testing.T, c offboarding.Case, system offboarding.System, class offboarding.Class) offboarding.Verdict {
	t.Helper()
	for _, v := range part(t, c, system).Verdicts {
		if v.Class == class {
			return v
		}
	}
	require.Fail(t, "no such verdict", "%s/%s", system, class)
	return offboarding.Verdict{}
}

// part is a case's part in one system.
func part(t *testing.T, c offboarding.Case, system offboarding.System) offboarding.SystemCase {
	t.Helper()
	for _, s := range c.Systems {
		if s.System == system {
			return s
		}
	}
	require.Fail(t, "no such system", "%s", system)
	return offboarding.SystemCase{}
}

// asked lists what a case waits for as "system/class".
func asked(c offboarding.Case) []string {
	out := []string{}
	for _, n := range c.Needs() {
		out = append(out, strings.TrimSuffix(string(n.System)+"/"+string(n.Class), "/"))
	}
	return out
}

// Tell implements activities.Messenger.
func (h *house) Tell(_ context.Context, m activities.Telling) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.told++
	if m.Doubt {
		h.doubted++
	}
	if h.tellErr != nil {
		if err := h.tellErr(h.told); err != nil {
			return "", err
		}
	}
	h.notices = append(h.notices, m.Notice)
	return "ref", nil
}

// endlessRetries undoes what only the test environment does: it gives up an
// activity after ten attempts, where a server goes on until the timeout.
type endlessRetries struct {
	interceptor.WorkerInterceptorBase
}

func (e *endlessRetries) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	return &endlessInbound{interceptor.WorkflowInboundInterceptorBase{Next: next}}
}

type endlessInbound struct {
	interceptor.WorkflowInboundInterceptorBase
}

func (i *endlessInbound) Init(out interceptor.WorkflowOutboundInterceptor) error {
	return i.Next.Init(&endlessOutbound{interceptor.WorkflowOutboundInterceptorBase{Next: out}})
}

type endlessOutbound struct {
	interceptor.WorkflowOutboundInterceptorBase
}

func (o *endlessOutbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	policy := *workflow.GetActivityOptions(ctx).RetryPolicy
	policy.MaximumAttempts = 1_000_000
	return o.Next.ExecuteActivity(workflow.WithRetryPolicy(ctx, policy), name, args...)
}
