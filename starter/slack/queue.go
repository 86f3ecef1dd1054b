package slack

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	workers = 16
	waiting = 256
	// drainFor is longer than a start may take: its end is told.
	drainFor = startWithin + 10*time.Second
	// jobLimit bounds one piece of work. A plan waits for slow vendors.
	jobLimit = 2 * time.Minute
)

// queue works on what has been acknowledged. It is bounded: what does not fit
// is refused while the person can still be told.
type queue struct {
	log  *slog.Logger
	jobs chan func(context.Context)
	ctx  context.Context //nolint:containedctx // ends the work, not a call
	stop context.CancelFunc
	busy sync.WaitGroup

	mu     sync.RWMutex
	closed bool
}

func newQueue(workers, waiting int, log *slog.Logger) *queue {
	q := &queue{log: log, jobs: make(chan func(context.Context), waiting)}
	q.ctx, q.stop = context.WithCancel(context.Background())
	for range workers {
		q.busy.Go(func() {
			for job := range q.jobs {
				q.run(job)
			}
		})
	}
	return q
}

// add takes a job in; false if there is no room or the end has come.
func (q *queue) add(job func(context.Context)) bool {
	q.mu.RLock()
	defer q.mu.RUnlock()
	if q.closed {
		return false
	}
	select {
	case q.jobs <- job:
		return true
	default:
		return false
	}
}

func (q *queue) full() bool { return len(q.jobs) == cap(q.jobs) }

// run keeps one broken request from ending the others. Whoever asked is told by
// their screen.
func (q *queue) run(job func(context.Context)) {
	ctx, cancel := context.WithTimeout(q.ctx, jobLimit)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			q.log.Error("a request from Slack could not be worked on", "panic", panicText(p))
		}
	}()
	job(ctx)
}

// drain takes nothing more in, and lets the rest finish for at most the time.
func (q *queue) drain(within time.Duration) {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.jobs)
	}
	q.mu.Unlock()
	late := time.AfterFunc(within, q.stop)
	defer late.Stop()
	q.busy.Wait()
	q.stop()
}
