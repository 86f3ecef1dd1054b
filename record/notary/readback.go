package notary

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// readBack starts reading the anchors that are due: at the start, then hourly. It
// waits only for the first answers, and not for long.
func (n *Notary) readBack(ctx context.Context) {
	now := n.o.Clock()
	var first sync.WaitGroup
	for _, p := range n.places {
		initial, due := p.beginRead(now, false)
		if !due {
			continue
		}
		if initial {
			first.Add(1)
		}
		n.running.Go(func() {
			n.readPlace(ctx, p)
			if initial {
				first.Done()
			}
		})
	}
	waitFor(ctx, &first, readAtStart)
}

// readAll reads all of them now.
func (n *Notary) readAll(ctx context.Context) {
	var all sync.WaitGroup
	for _, p := range n.places {
		if _, due := p.beginRead(n.o.Clock(), true); due {
			all.Add(1)
			n.running.Go(func() { n.readPlace(ctx, p); all.Done() })
		}
	}
	waitFor(ctx, &all, readAtStart)
}

func waitFor(ctx context.Context, w *sync.WaitGroup, atMost time.Duration) {
	done := make(chan struct{})
	go func() { w.Wait(); close(done) }()
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// beginRead reports whether the place is to be read, and whether it never was.
func (p *place) beginRead(now time.Time, anyway bool) (initial, due bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reader == nil || p.reading {
		return false, false
	}
	waits := now.Before(p.nextRead) && p.nextRead.Sub(now) <= readEvery
	if waits && !anyway {
		return false, false
	}
	p.reading = true
	return p.nextRead.IsZero(), true
}

func (n *Notary) readPlace(ctx context.Context, p *place) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	latest, err := p.reader.Latest(ctx)
	now := n.o.Clock()
	p.mu.Lock()
	p.reading = false
	if p.readErr = err; err != nil {
		p.nextRead = now.Add(readAgain)
		p.mu.Unlock()
		n.o.Logger.Warn("an anchor cannot be read back", "anchor", p.anchor.Name(), "error", err)
		return
	}
	changed := !p.read || p.latest != latest
	p.latest, p.read, p.nextRead = latest, true, now.Add(readEvery)
	p.mu.Unlock()
	if changed {
		n.mu.Lock()
		n.fresh = true
		n.mu.Unlock()
	}
}

// reread reports, once, that an anchor has told something new.
func (n *Notary) reread() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	fresh := n.fresh
	n.fresh = false
	n.due = n.due || fresh
	return fresh
}

// back is what the place was last seen to hold; "" if it holds nothing, or
// cannot be read back at all. Until it has answered that is an error.
func (p *place) back() (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.reader == nil || p.read:
		return p.latest, nil
	case p.readErr != nil:
		return "", p.readErr
	}
	return "", fmt.Errorf("anchor %s: %w", p.anchor.Name(), errUnread)
}

// forget lets the place be read as if for the first time: somebody may have put
// it in order.
func (p *place) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest, p.read, p.readErr, p.nextRead = "", false, nil, time.Time{}
}

var errUnread = errors.New("it has not answered yet")

// spoilt tells that what stands in an anchor is not ours. It stops nothing:
// whoever can write there could stop the log at will.
func (n *Notary) spoilt(ctx context.Context, p *place, err error) {
	name := p.anchor.Name()
	n.alarm(ctx, "spoilt "+name, fmt.Errorf("what anchor %s holds as its newest checkpoint is none of this log: %w; see who writes there", name, err))
}
