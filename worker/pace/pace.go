// Package pace has a worker begin no more steps of a system than the vendor's rate
// limits leave calls for. It knows of the limits what the vendor's answers to this
// worker's own calls say, and nothing of the steps but how many calls they make.
//
// It holds back steps that have not begun, and never a call: a step that waits stays
// with Temporal's server, where an urgent one overtakes it, and costs nothing, while
// one that is cut in its middle makes its calls twice. Several workers of a system
// share only the vendor's answers; each takes its share of what they say is left, so
// together they slow down as it shrinks.
package pace

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/worker"

	"lastday/activities/transport"
)

const (
	// longest is how long a worker waits for its next step on what the answers say,
	// however little is left: they may be wrong, and the step's own then say so.
	longest = 15 * time.Second
	// look is how often it is seen whether an answer has changed that.
	look = 50 * time.Millisecond
)

// Pace gives out a worker's slots. It is the worker's slot supplier for activities
// and is told by Watching of the calls that steps make. Safe for concurrent use.
type Pace struct {
	slots chan struct{}
	now   func() time.Time

	mu      sync.Mutex
	limits  map[name]*limit
	running int
	began   time.Time // when the last slot was given out
}

// New has a worker run at most so many steps at once.
func New(slots int) *Pace {
	return &Pace{slots: make(chan struct{}, slots), now: time.Now, limits: map[name]*limit{}}
}

// ReserveSlot implements worker.SlotSupplier: it waits until a step may begin.
func (p *Pace) ReserveSlot(ctx context.Context, _ worker.SlotReservationInfo) (*worker.SlotPermit, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		wait := p.take()
		if wait <= 0 {
			return &worker.SlotPermit{}, nil
		}
		again := time.NewTimer(min(wait, look))
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			<-p.slots
			return nil, ctx.Err()
		}
	}
}

// TryReserveSlot implements worker.SlotSupplier.
func (p *Pace) TryReserveSlot(worker.SlotReservationInfo) *worker.SlotPermit {
	select {
	case p.slots <- struct{}{}:
	default:
		return nil
	}
	if p.take() > 0 {
		<-p.slots
		return nil
	}
	return &worker.SlotPermit{}
}

// MarkSlotUsed implements worker.SlotSupplier.
func (p *Pace) MarkSlotUsed(worker.SlotMarkUsedInfo) {}

// ReleaseSlot implements worker.SlotSupplier.
func (p *Pace) ReleaseSlot(worker.SlotReleaseInfo) { <-p.slots }

// MaxSlots implements worker.SlotSupplier.
func (p *Pace) MaxSlots() int { return cap(p.slots) }

// take notes that a step begins, or says after how long one may.
func (p *Pace) take() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	wait := p.wait(now)
	if wait <= 0 {
		p.began = now
	}
	return wait
}

// wait is the time until the next step may begin, by the limit that leaves least.
func (p *Pace) wait(now time.Time) time.Duration {
	var longestWait time.Duration
	for n, l := range p.limits {
		if l.stale(now) {
			delete(p.limits, n)
			continue
		}
		gap := max(l.refusedGap(now), p.gap(n, l, now))
		longestWait = max(longestWait, p.began.Add(min(gap, longest)).Sub(now))
	}
	return longestWait
}

// gap is the time between two steps that spreads what a limit leaves over what is
// left of its window; zero while most of it is there.
func (p *Pace) gap(n name, l *limit, now time.Time) time.Duration {
	if l.of == 0 {
		return 0
	}
	left, rest := l.left, l.until.Sub(now)
	if rest <= 0 { // the next window, of which nothing was heard yet
		left, rest = l.of, longest
	}
	cost, made := 0.0, 0
	for other, o := range p.limits {
		// Two credentials may count against one limit. That they do is not said, but
		// then it ends for both in one moment.
		if other == n || (other.op == n.op && o.sameWindow(l.of, l.until)) {
			cost, made = cost+o.cost, made+o.made
		}
	}
	free := float64(left) - max(0, float64(p.running)*cost-float64(made))
	switch {
	case free > unspread*float64(l.of):
		return 0
	case free < cost:
		return longest
	}
	return time.Duration(cost * float64(rest) / free)
}

// step is one that runs, with the calls it has made.
type step struct {
	pace  *Pace
	calls map[name]int
}

func (p *Pace) begin() *step {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running++
	return &step{pace: p, calls: map[name]int{}}
}

func (s *step) end() {
	p := s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running--
	for n, l := range p.limits {
		l.made -= s.calls[n]
		l.costs(s.calls[n])
	}
}

// saw takes note of a call and of what its answer says.
func (s *step) saw(c transport.Call) {
	p := s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	now, n := p.now(), nameOf(c)
	l := p.limits[n]
	if l == nil {
		if !c.Limited && !spreads(c.Budget, now) {
			return
		}
		l = &limit{}
		p.limits[n] = l
	}
	s.calls[n]++
	l.made++
	l.saw(c, now)
}

// Watching tells the pace of the steps of a worker, for worker.Options.Interceptors.
func (p *Pace) Watching() interceptor.WorkerInterceptor { return &watching{pace: p} }

type watching struct {
	interceptor.WorkerInterceptorBase
	pace *Pace
}

// InterceptActivity implements interceptor.WorkerInterceptor.
func (w *watching) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	in := &inbound{pace: w.pace}
	in.Next = next
	return in
}

type inbound struct {
	interceptor.ActivityInboundInterceptorBase
	pace *Pace
}

// ExecuteActivity implements interceptor.ActivityInboundInterceptor.
func (i *inbound) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	s := i.pace.begin()
	defer s.end()
	return i.Next.ExecuteActivity(transport.WithWatch(ctx, s.saw), in)
}
