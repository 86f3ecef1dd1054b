package departures

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"lastday/offboarding"
	"lastday/starter/cases"
)

// Desk is what starts cases and knows how they stand; cases.Client is one.
type Desk interface {
	Offboard(ctx context.Context, d offboarding.Departure, again bool) (cases.Started, error)
	Get(ctx context.Context, who offboarding.Subject) (offboarding.Case, error)
	Plan(ctx context.Context, who offboarding.Subject) (offboarding.Case, error)
}

// Outcome is what became of a line.
type Outcome string

const (
	Started Outcome = "started"
	// Joined: the person's case ran already, asked for by an earlier import of
	// the file or by somebody else.
	Joined Outcome = "joined"
	// AlreadyEnded: the person was offboarded before.
	AlreadyEnded Outcome = "already ended"
	Failed       Outcome = "failed" // nothing was started, or nobody can know
	// Refused by the policy or because the person is protected, and NotFound:
	// what a started case came to.
	Refused  Outcome = "refused"
	NotFound Outcome = "not found"
	// Waits: the case waits for a person.
	Waits Outcome = "waits"
)

// Result is what became of one line.
type Result struct {
	Line    int                 `json:"line"`
	Subject offboarding.Subject `json:"subject"`
	Outcome Outcome             `json:"outcome"`
	CaseID  string              `json:"case_id,omitempty"`
	State   offboarding.State   `json:"state,omitempty"` // where it was looked at
	Why     string              `json:"why,omitempty"`   // for what did not simply start
}

const (
	// grace is how long calls that are under way when somebody stops the import
	// may still take: what they started shall be known.
	grace = 5 * time.Second
	// tired is after so many failures in a row, which are not the lines' fault.
	tired = 20
)

// Start starts the case of everybody in the file, so many at a time, and calls
// each with what became of them, one at a time. A cancelled context stops it
// between two people. Somebody whose case runs or has ended is left as they
// are, so that calling it again, or for the same file another day, starts
// nothing twice.
func (f *File) Start(ctx context.Context, desk Desk, parallel int, each func(Result)) error {
	f.begun = lines{}
	// One time for all: by it a case of this import is known from earlier ones.
	asked := time.Now().UTC()
	failures := 0
	var gaveUp error // what is under way then still comes to its end, and may succeed
	err := spread(ctx, grace, f.Rows(ctx), parallel, func(ctx context.Context, row Row) Result {
		row.Departure.RequestedAt = asked
		return start(ctx, desk, row)
	}, func(r Result) bool {
		if failures++; r.Outcome != Failed {
			failures = 0
		}
		if r.Outcome == Started || r.Outcome == Joined {
			f.begun.add(r.Line)
		}
		each(r)
		if failures >= tired && gaveUp == nil {
			gaveUp = fmt.Errorf("stopped after %d failures in a row: %s", failures, r.Why)
		}
		return gaveUp == nil
	})
	if err == nil {
		err = gaveUp
	}
	return err
}

func start(ctx context.Context, desk Desk, row Row) Result {
	d := row.Departure
	out := Result{Line: row.Line, Subject: d.Subject}
	s, err := desk.Offboard(ctx, d, false)
	out.CaseID = s.CaseID
	switch {
	case errors.Is(err, offboarding.ErrEnded):
		out.Outcome, out.Why = AlreadyEnded, err.Error()
	case err != nil && s.CaseID != "":
		out.Outcome, out.Why = Started, err.Error()
	case err != nil && ctx.Err() != nil:
		out.Outcome, out.Why = Failed, "cut short; it may have started: run the import again"
	case err != nil:
		out.Outcome, out.Why = Failed, err.Error()
	case s.Joined || !s.Departure.RequestedAt.Equal(d.RequestedAt):
		out.Outcome = Joined
		if s.Departure.RequestID != d.RequestID {
			out.Why = "the case runs as it was asked for by " + orSomebody(s.Departure.RequestedBy)
		}
	default:
		out.Outcome = Started
	}
	return out
}

func orSomebody(a offboarding.Actor) string {
	if a.IsZero() {
		return "somebody"
	}
	return a.String()
}

// Look finds out what the cases that Start started or joined came to, until the context
// ends: what the policy says is known only when each system was asked. It calls
// each for those who were looked at, one at a time.
func (f *File) Look(ctx context.Context, desk Desk, parallel int, each func(Result)) error {
	err := spread(ctx, 0, f.rowsOf(ctx, f.begun), parallel, func(ctx context.Context, row Row) Result {
		return look(ctx, desk, row)
	}, func(r Result) bool {
		if r.State != "" {
			each(r)
		}
		return true
	})
	if errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	return err
}

func (f *File) rowsOf(ctx context.Context, these lines) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for row, err := range f.Rows(ctx) {
			if (err != nil || these.has(row.Line)) && !yield(row, err) {
				return
			}
		}
	}
}

// look asks until the case has found what the person has. State stays empty if
// that is not known in time.
func look(ctx context.Context, desk Desk, row Row) Result {
	who := row.Departure.Subject
	out := Result{Line: row.Line, Subject: who}
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		c, err := desk.Get(ctx, who)
		if err == nil && c.State != offboarding.Finding {
			out.CaseID, out.State = c.ID, c.State
			out.Outcome, out.Why = came(c)
			return out
		}
		select {
		case <-ctx.Done():
			return out
		case <-time.After(pause):
		}
	}
}

func came(c offboarding.Case) (Outcome, string) {
	switch c.State {
	case offboarding.Refused:
		return Refused, c.Outcome
	case offboarding.NothingFound:
		return NotFound, c.Outcome
	case offboarding.AwaitingApproval, offboarding.Paused, offboarding.NeedsDecision:
		return Waits, offboarding.Headline(c)
	case offboarding.Finding, offboarding.Waiting, offboarding.Containing, offboarding.Revoking, offboarding.Observing,
		offboarding.Confirming, offboarding.Verified, offboarding.Closed, offboarding.Cancelled:
	}
	return Started, ""
}

// spread does something for each row, so many at a time, and hands the answers
// over one at a time until one says that it is enough. When the context ends no
// row is begun any more; those under way have the grace to come to their end.
func spread[T any](ctx context.Context, grace time.Duration, rows iter.Seq2[Row, error], parallel int,
	do func(context.Context, Row) T, take func(T) bool,
) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-work.Done():
		}
	})()
	var group errgroup.Group
	group.SetLimit(parallel)
	var mu sync.Mutex
	enough := false
	done := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return enough || ctx.Err() != nil
	}
	var broken error
	for row, err := range rows {
		if done() {
			break
		}
		if err != nil {
			broken = err
			break
		}
		group.Go(func() error {
			if done() {
				return nil // waited for a place until it was too late
			}
			answer := do(work, row)
			mu.Lock()
			defer mu.Unlock()
			if !take(answer) {
				enough = true
			}
			return nil
		})
	}
	_ = group.Wait() // its functions return no error
	if broken != nil {
		return broken
	}
	return ctx.Err()
}

// lines is a set of line numbers, one bit each.
type lines map[int]uint64

func (l lines) add(n int)      { l[n/64] |= 1 << (n % 64) }
func (l lines) has(n int) bool { return l[n/64]&(1<<(n%64)) != 0 }
