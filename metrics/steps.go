package metrics

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// steps counts what the cases had done, and what of it did not come through.
type steps struct {
	failed *prometheus.CounterVec
}

// kinds are the errors that a step can end with.
func kinds() []transport.Kind {
	return []transport.Kind{
		transport.Unavailable, transport.Limited, transport.Invalid, transport.Unauthorized,
		transport.Identity, transport.Protected, transport.Refused,
	}
}

// retried reports whether Temporal tries again by itself after such an error.
func retried(k transport.Kind) bool {
	return k == transport.Unavailable || k == transport.Limited || k == transport.Invalid
}

func newSteps(r *prometheus.Registry, systems []offboarding.System) *steps {
	s := &steps{failed: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "lastday_step_failures_total",
		Help: "Attempts of steps that did not come through, by kind of error; retried says whether Temporal tries again by itself, or a person is asked.",
	}, []string{"system", "step", "kind", "retried"})}
	r.MustRegister(s.failed)
	for _, system := range systems {
		for _, v := range []activities.Verb{activities.Find, activities.Contain, activities.Revoke, activities.Observe} {
			s.failed.WithLabelValues(string(system), string(v), panicKind, "true")
			for _, k := range kinds() {
				s.failed.WithLabelValues(string(system), string(v), string(k), strconv.FormatBool(retried(k)))
			}
		}
	}
	return s
}

// Kinds beside a connector's own: a timeout or an error of the worker's, and a
// panic.
const (
	otherKind = "other"
	panicKind = "panic"
)

type stepInterceptor struct {
	interceptor.WorkerInterceptorBase
	m *Metrics
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (i *stepInterceptor) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	in := &stepInbound{m: i.m}
	in.Next = next
	return in
}

type stepInbound struct {
	interceptor.ActivityInboundInterceptorBase
	m *Metrics
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor. What it logs
// of an error is its kind and the last call made, and none of its words: they may
// name people, and stand in the case.
func (i *stepInbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	var last lastCall
	panicked := true // until it has returned; nobody recovers here, so that the SDK sees where it was
	defer func() {
		if panicked {
			i.count(ctx, panicKind, true)
		}
	}()
	out, err := i.Next.ExecuteActivity(transport.WithWatch(ctx, func(c transport.Call) {
		i.m.Saw(c)
		last.saw(c)
	}), in)
	panicked = false
	var cancelled *temporal.CanceledError
	if err == nil || errors.As(err, &cancelled) || errors.Is(ctx.Err(), context.Canceled) {
		return out, err
	}
	kind, again := otherKind, true
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		if app.Type() == activities.KindHandedBack {
			return out, err // nothing is wrong with it
		}
		again = !app.NonRetryable()
		for _, k := range kinds() {
			if app.Type() == string(k) {
				kind = app.Type()
			}
		}
	}
	system, step := i.count(ctx, kind, again)
	call := last.get()
	activity.GetLogger(ctx).Warn("a step did not come through", "system", system, "step", step, "kind", kind,
		"retried", again, "call", call.Op, "status", call.Status)
	return out, err
}

// count counts an attempt that did not come through, and names its step.
func (i *stepInbound) count(ctx context.Context, kind string, again bool) (system, step string) {
	name := activity.GetInfo(ctx).ActivityType.Name
	if !activityName.MatchString(name) {
		name = "other.other"
	}
	system, step, _ = strings.Cut(name, ".")
	i.m.steps.failed.WithLabelValues(system, step, kind, strconv.FormatBool(again)).Inc()
	return system, step
}

// lastCall is the newest of the calls that a step made, several at once perhaps.
type lastCall struct {
	mu   sync.Mutex
	call transport.Call
}

func (l *lastCall) saw(c transport.Call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.call = c
}

func (l *lastCall) get() transport.Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.call
}
