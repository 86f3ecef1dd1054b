package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"lastday/activities/transport"
	"lastday/offboarding"
)

const (
	// maxRefusals bounds the refusals that wait for Temporal to take them in.
	maxRefusals = 1000
	// refusalCalls is how many of them are tried at once.
	refusalCalls = 8
	// keepFor is how long one is tried.
	keepFor = time.Minute
	// keepCall bounds one try.
	keepCall = 5 * time.Second
)

// keeper keeps refusals beside the queue of jobs: one that Temporal does not
// take in is tried again for a minute, and stays in the log only after that. A
// try whose answer was lost may keep it twice; better than not at all.
type keeper struct {
	keep  func(context.Context, offboarding.Subject, offboarding.Refusal) error
	log   *slog.Logger
	slots chan struct{}
	calls chan struct{}
	ctx   context.Context //nolint:containedctx // ends the work, not a call
	stop  context.CancelFunc
	busy  sync.WaitGroup

	mu     sync.Mutex
	closed bool
}

func newKeeper(most int, log *slog.Logger, keep func(context.Context, offboarding.Subject, offboarding.Refusal) error) *keeper {
	k := &keeper{keep: keep, log: log, slots: make(chan struct{}, most), calls: make(chan struct{}, refusalCalls)}
	k.ctx, k.stop = context.WithCancel(context.Background())
	return k
}

var (
	errManyRefusals = errors.New("too many refusals wait to be kept, or this is the end")
	errBroken       = errors.New("keeping it broke")
)

// add keeps a refusal, and does not wait for it.
func (k *keeper) add(who offboarding.Subject, r offboarding.Refusal) {
	k.mu.Lock()
	defer k.mu.Unlock()
	taken := false
	if !k.closed {
		select {
		case k.slots <- struct{}{}:
			taken = true
		default:
		}
	}
	if !taken {
		k.lost(who, r, errManyRefusals)
		return
	}
	k.busy.Go(func() {
		defer func() { <-k.slots }()
		if err := k.try(who, r); err != nil {
			k.lost(who, r, err)
		}
	})
}

// try tries until it is kept, or the time is over.
func (k *keeper) try(who offboarding.Subject, r offboarding.Refusal) error {
	ctx, cancel := context.WithTimeout(k.ctx, keepFor)
	defer cancel()
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := k.once(ctx, who, r)
		if err == nil || ctx.Err() != nil || errors.Is(err, errBroken) {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
	}
}

// once tries once. A panic is an error: it must not end the process.
func (k *keeper) once(ctx context.Context, who offboarding.Subject, r offboarding.Refusal) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %s", errBroken, panicText(p))
		}
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case k.calls <- struct{}{}:
	}
	defer func() { <-k.calls }()
	call, cancel := context.WithTimeout(ctx, keepCall)
	defer cancel()
	return k.keep(call, who, r)
}

func (k *keeper) lost(who offboarding.Subject, r offboarding.Refusal, err error) {
	k.log.Error("a refusal is in this log only", "id", r.By.ID, "rule", r.Rule, "action", r.Action, "at", r.At, "case", caseTag(who), "error", lostText(err))
}

func lostText(err error) string {
	if errors.Is(err, errManyRefusals) || errors.Is(err, errBroken) {
		return err.Error()
	}
	return kindOf(err)
}

// drain takes nothing more in, and tries the rest until the time is over.
func (k *keeper) drain(within time.Duration) {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	late := time.AfterFunc(within, k.stop)
	defer late.Stop()
	k.busy.Wait()
	k.stop()
}

// refuse says no in words that name the rule, and keeps it: who, when, what,
// which rule. The log has no name in it.
func (d *Door) refuse(who offboarding.Subject, r offboarding.Refusal) string {
	r.At = time.Now().UTC()
	d.opt.Log.Warn("refused", "id", r.By.ID, "rule", r.Rule, "action", r.Action, "case", caseTag(who))
	d.refusals.add(who, r)
	return refusedText(r.Rule, r.Why)
}

func refusedText(rule, why string) string {
	return fmt.Sprintf("Refused by the rule %s: %s. Nothing was done.", rule, strings.TrimRight(why, "."))
}

// caseTag stands for a case in the log, where no name or address is to be: the
// same for the same person, and empty for nobody.
func caseTag(who offboarding.Subject) string {
	if who == "" {
		return ""
	}
	return offboarding.CaseTag(who.CaseID())
}

// panicText is a panic in the log: the runtime's own words name nobody.
func panicText(p any) string {
	var broken runtime.Error
	if err, ok := p.(error); ok && errors.As(err, &broken) {
		return broken.Error()
	}
	return fmt.Sprintf("%T", p)
}

// kindOf is an error in the log: what kind it is, since its words may name
// people.
func kindOf(err error) string {
	var e *transport.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return fmt.Sprintf("%v (%s)", e.Kind, e.Op)
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, context.Canceled):
		return "canceled"
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}
