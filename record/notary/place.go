package notary

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"lastday/record"
	"lastday/record/anchor"
)

const (
	// overdue is how long an anchor may lag behind before it is an alarm.
	overdue = time.Hour
	// putTimeout bounds one attempt to anchor.
	putTimeout               = 2 * time.Minute
	minBackoff, maxBackoff   = time.Second, 5 * time.Minute
	readEvery, readAgain     = time.Hour, 30 * time.Second
	readTimeout, readAtStart = time.Minute, 10 * time.Second
)

// place is an anchor and how far it has come.
type place struct {
	anchor anchor.Anchor
	reader anchor.Reader // nil if it cannot be read back
	every  time.Duration

	mu sync.Mutex // guards what follows

	busy    bool
	size    int64     // of the newest checkpoint that is there, with its receipt kept
	at      time.Time // when it was put there
	behind  time.Time // since when a newer one waits; zero if none does
	next    time.Time // not before
	tries   int
	err     error
	pending *record.Anchored // put there; the receipt is not kept yet

	reading  bool
	latest   string // what was read back
	read     bool
	readErr  error
	nextRead time.Time
}

func newPlace(a anchor.Anchor) *place {
	p := &place{anchor: a}
	p.reader, _ = a.(anchor.Reader)
	if paced, ok := a.(anchor.Paced); ok {
		p.every = paced.Every()
	}
	return p
}

// Age is how old what an anchor holds is.
type Age struct {
	Name, Kind string
	Size       int64     // of the newest checkpoint put there by this process; 0: none yet
	At         time.Time // when that was
	// Behind is since when a newer checkpoint waits; zero if none does. Err is why,
	// if it was tried.
	Behind time.Time
	Err    error
}

// Ages gives the age of every anchor, in the order of the configuration.
func (n *Notary) Ages() []Age {
	out := make([]Age, 0, len(n.places))
	for _, p := range n.places {
		p.mu.Lock()
		out = append(out, Age{Name: p.anchor.Name(), Kind: p.anchor.Kind(), Size: p.size, At: p.at, Behind: p.behind, Err: p.err})
		p.mu.Unlock()
	}
	return out
}

// late says that the anchor has lagged behind for too long.
func (p *place) late(now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.behind.IsZero() || now.Sub(p.behind) < overdue+p.every {
		return nil
	}
	err := p.err
	if err == nil {
		err = errors.New("it gives no answer")
	}
	return fmt.Errorf("anchor %s has taken no checkpoint since %s: %w", p.anchor.Name(), p.behind.UTC().Format(time.RFC3339), err)
}

// offer makes a checkpoint the one that the anchors are to have.
func (n *Notary) offer(c checkpoint) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c.note != "" {
		n.newest = c
	}
}

// send starts what is due, and tells of anchors that lag behind.
func (n *Notary) send(ctx context.Context) {
	now := n.o.Clock()
	n.mu.Lock()
	newest := n.newest
	n.mu.Unlock()
	for _, p := range n.places {
		if p.begin(now, newest) {
			n.running.Go(func() { n.put(ctx, p, newest) })
		}
		name := "anchor " + p.anchor.Name()
		if err := p.late(now); err != nil {
			n.alarm(ctx, name, err)
		} else {
			n.calm(name)
		}
	}
}

// begin reports whether the place is to be given a checkpoint now.
func (p *place) begin(now time.Time, newest checkpoint) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if newest.tree.N <= p.size {
		p.behind = time.Time{}
		return false
	}
	if p.behind.IsZero() || now.Before(p.behind) {
		p.behind = now
	}
	if p.next.Sub(now) > max(p.every, maxBackoff) { // the clock was set back
		p.next = now
	}
	if p.busy || now.Before(p.next) {
		return false
	}
	p.busy = true
	return true
}

// put brings a checkpoint to the place and keeps the receipt.
func (n *Notary) put(ctx context.Context, p *place, c checkpoint) {
	ctx, cancel := context.WithTimeout(ctx, putTimeout)
	defer cancel()
	p.mu.Lock()
	pending := p.pending
	p.mu.Unlock()
	err := error(nil)
	if pending == nil {
		var got record.Anchored
		if got, err = p.anchor.Put(ctx, c.note); err == nil {
			pending = &got
		}
	}
	// What is there is there, whether or not the receipt can be kept now.
	size := c.tree.N
	if pending != nil {
		if err = n.o.Log.AddAnchor(ctx, *pending); err == nil {
			size, err = n.sizeOf(pending.Checkpoint)
		}
	}
	n.settle(ctx, p, pending, size, err)
}

func (n *Notary) sizeOf(text string) (int64, error) {
	c, err := n.open(text)
	return c.tree.N, err
}

// settle keeps what became of an attempt.
func (n *Notary) settle(ctx context.Context, p *place, pending *record.Anchored, size int64, err error) {
	now, name := n.o.Clock(), p.anchor.Name()
	var fork *anchor.Fork
	switch {
	case errors.As(err, &fork):
		n.mu.Lock()
		n.found = stopf(Forked, "%v", fork)
		n.mu.Unlock()
	case errors.Is(err, anchor.ErrOccupied):
		n.alarm(ctx, "occupied "+name, err)
	case err == nil:
		n.calm("occupied " + name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy = false
	if err != nil {
		if p.err == nil {
			n.o.Logger.Warn("a checkpoint could not be anchored; it is tried again", "anchor", name, "error", err)
		}
		p.err, p.pending = err, pending
		p.next = now.Add(backoff(p.tries))
		p.tries++
		return
	}
	if p.err != nil {
		n.o.Logger.Info("checkpoints are anchored again", "anchor", name)
	}
	p.err, p.pending, p.tries = nil, nil, 0
	p.size, p.at, p.next, p.behind = size, now, now.Add(p.every), time.Time{}
}

// backoff doubles from a second to five minutes, spread by a fifth.
func backoff(tries int) time.Duration {
	d := min(minBackoff<<min(tries, 20), maxBackoff)
	return d - time.Duration(rand.Int64N(int64(d)/5))
}

// remember takes the pause between two messages over from before the start. The
// database is believed no further: a false receipt there keeps no checkpoint
// from an anchor.
func (n *Notary) remember(ctx context.Context) {
	if len(n.places) == 0 || n.signed.N == 0 {
		return
	}
	receipts, err := n.o.Log.Anchors(ctx, n.signed.N)
	if err != nil {
		n.o.Logger.Warn("receipts cannot be read", "error", err)
		return
	}
	now := n.o.Clock()
	for _, r := range receipts {
		for _, p := range n.places {
			if p.anchor.Name() == r.Anchor && !r.At.After(now) {
				p.mu.Lock()
				p.next = r.At.Add(p.every)
				p.mu.Unlock()
			}
		}
	}
}
