package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"lastday/record"
)

const (
	// together bounds the events of many callers in one transaction.
	together = 512
	// patience bounds one transaction with its waiting for other processes.
	patience = 30 * time.Second
)

// RefusedError is record.RefusedError.
type RefusedError = record.RefusedError

func refuse(event, format string, args ...any) error {
	return &RefusedError{Event: event, Why: fmt.Sprintf(format, args...)}
}

// request is one caller's events, and where the answer goes.
type request struct {
	ctx    context.Context
	events []record.Event
	answer chan error
}

// Append puts all the events into the log, or none. It returns nil when they are
// on disk. An event whose id is in the log already adds nothing; it is a
// RefusedError if what is there has another kind, case, system or other facts.
// After any other error the events may be in the log or not: hand them in again.
func (s *Store) Append(ctx context.Context, events []record.Event) error {
	for _, ev := range events {
		if err := check(ev); err != nil {
			return err
		}
	}
	if len(events) == 0 {
		return nil
	}
	r := &request{ctx, events, make(chan error, 1)}
	select {
	case s.waiting <- r:
	case <-ctx.Done():
		return fmt.Errorf("append events: %w", ctx.Err())
	case <-s.closing:
		return fmt.Errorf("append events: %w", ErrClosed)
	}
	select {
	case err := <-r.answer:
		return err
	case <-ctx.Done():
		return fmt.Errorf("append events: %w", ctx.Err())
	}
}

// commitAll writes what waits, as long as the store is open.
func (s *Store) commitAll() {
	defer s.done.Done()
	for {
		select {
		case r := <-s.waiting:
			s.commit(s.gather(r))
		case <-s.closing:
			return
		}
	}
}

// gather takes whoever waits at this moment along, without waiting for anybody.
func (s *Store) gather(first *request) []*request {
	all, events := []*request{first}, len(first.events)
	for events < together {
		select {
		case r := <-s.waiting:
			all, events = append(all, r), events+len(r.events)
		default:
			return all
		}
	}
	return all
}

// commit writes the requests in one transaction and answers each.
func (s *Store) commit(all []*request) {
	open := all[:0:0]
	for _, r := range all {
		if err := r.ctx.Err(); err != nil {
			r.answer <- fmt.Errorf("append events: %w", err)
			continue
		}
		open = append(open, r)
	}
	if len(open) == 0 {
		return
	}
	answers, err := s.transact(open)
	if err != nil && len(open) > 1 && s.engine.refused(err) {
		// Something in one of them is not to the database's taste.
		for _, r := range open {
			s.commit([]*request{r})
		}
		return
	}
	for i, r := range open {
		switch {
		case err != nil:
			r.answer <- err
		default:
			r.answer <- answers[i]
		}
	}
}

// transact gives one answer for each request, or one error for all.
func (s *Store) transact(all []*request) ([]error, error) {
	// Not a caller's context: one who gives up must not fail the others.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answers := make([]error, len(all))
	var after *edge
	err := s.engine.write(ctx, func(r runner) error {
		var events []record.Event
		for _, req := range all {
			events = append(events, req.events...)
		}
		l, err := s.load(ctx, r, events)
		if err != nil {
			return err
		}
		for i, req := range all {
			answers[i] = l.addAll(req.events)
		}
		after, err = l.flush(ctx, r)
		return err
	})
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("the database did not answer within %s: %w", patience, err)
		}
		return nil, fmt.Errorf("append events: %w", err)
	}
	s.edge.Store(after)
	return answers, nil
}
