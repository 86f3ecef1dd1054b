package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

	"lastday/offboarding"
	"lastday/sandbox/people"
	"lastday/starter/cases"
)

var (
	hr = offboarding.Named(offboarding.DoorCommand, "hr@example.com")
	it = offboarding.Named(offboarding.DoorCommand, "it@example.com")
)

// leaver is one of the people, and what became of their case.
type leaver struct {
	people.Person
	subject offboarding.Subject
	plot    *plot

	mu      sync.Mutex
	id, run string           // of the case, once it is known
	end     offboarding.Case // as Temporal has its result
	over    bool
	failed  error    // the case ended otherwise than a case ends
	atEnd   []string // what they truly held when its end was seen
	asked   map[string]int
}

// state is the case's id, and whether it is over.
func (l *leaver) state() (id string, over bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.id, l.over
}

// drive takes everybody through, some at once, and returns when all cases are
// over or ctx has ended.
func (s *site) drive(ctx context.Context) {
	slots := make(chan struct{}, s.orders.atOnce)
	var all sync.WaitGroup
	defer all.Wait()
	for _, l := range s.leavers {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		all.Go(func() {
			defer func() { <-slots }()
			s.take(ctx, l)
		})
	}
}

// take starts one case and waits for its end.
func (s *site) take(ctx context.Context, l *leaver) {
	if l.plot != nil {
		l.plot.set(s.vendors)
		defer l.plot.lift(s.vendors)
	}
	if !s.begin(ctx, l) {
		return
	}
	s.await(ctx, l)
}

// begin asks for the departure until it is known that the case runs. The same
// request is sent each time.
func (s *site) begin(ctx context.Context, l *leaver) bool {
	r := s.dice.roll("departure", l.Email)
	d := offboarding.Departure{
		Subject: l.subject, Partner: l.Partner, Reason: "contract end", RequestedBy: hr, RequestedAt: time.Now().UTC(),
		RequestID: fmt.Sprintf("campaign-%d-%d", s.orders.seed, l.Index), Urgent: r.IntN(5) == 0,
	}
	for ctx.Err() == nil {
		started, err := s.cases.Offboard(ctx, d, false)
		if errors.Is(err, offboarding.ErrEnded) {
			// It was started by a request whose answer was lost, and is over already.
			var c offboarding.Case
			if c, err = s.cases.Get(ctx, l.subject); err == nil {
				started = cases.Started{CaseID: c.ID, RunID: c.RunID}
			}
		}
		if started.RunID != "" {
			l.mu.Lock()
			l.id, l.run = started.CaseID, started.RunID
			l.mu.Unlock()
			return true
		}
		_ = pause(ctx, 200*time.Millisecond)
	}
	return false
}

// await waits for the case's result, however often the server goes down.
func (s *site) await(ctx context.Context, l *leaver) {
	for ctx.Err() == nil {
		var end offboarding.Case
		err := s.temporal.GetWorkflow(ctx, l.id, l.run).Get(ctx, &end)
		var failed *temporal.WorkflowExecutionError
		var gone *serviceerror.NotFound
		switch {
		case err == nil:
			held := s.firm.Holds(l.Email)
			l.mu.Lock()
			l.end, l.over, l.atEnd = end, true, held
			l.mu.Unlock()
			return
		case errors.As(err, &failed), errors.As(err, &gone):
			l.mu.Lock()
			l.failed = err
			l.mu.Unlock()
			return
		}
		_ = pause(ctx, 200*time.Millisecond)
	}
}

// finish cancels what is still open once nothing goes wrong any more, and gives
// it the time to end.
func (s *site) finish(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	defer cancel()
	var all sync.WaitGroup
	for _, l := range s.leavers {
		id, over := l.state()
		if id == "" || over || l.failed != nil {
			continue
		}
		all.Go(func() {
			s.cancel(ctx, l, "still open at the end of the campaign")
			s.await(ctx, l)
		})
	}
	all.Wait()
}

// cancel stops the case as soon as somebody takes the word in.
func (s *site) cancel(ctx context.Context, l *leaver, why string) {
	for ctx.Err() == nil {
		_, err := s.cases.Cancel(ctx, l.subject, why, it)
		var no *offboarding.Denied
		if err == nil || errors.As(err, &no) || errors.Is(err, offboarding.ErrEnded) {
			return
		}
		_ = pause(ctx, 300*time.Millisecond)
	}
}
