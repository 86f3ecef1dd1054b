// Package notary signs the log's checkpoints and brings them to the anchors. It
// signs nothing that it has not seen for itself: every new leaf is hashed anew,
// and every tree is shown to continue the one that was signed last, of which a
// copy lies outside the database. On any doubt it stops, and stays stopped until
// a person has looked. It knows trees, leaves and notes, and not what an entry
// says.
package notary

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/anchor"
)

const (
	// poll is how often the head is looked at: a checkpoint follows an entry
	// within 2 s with room to spare.
	poll = 500 * time.Millisecond
	// idle is how long the log may go without an entry.
	idle = time.Hour
	// again is how long an alarm is not repeated.
	again = time.Hour
	// patience is how long rounds may fail, as while the database is down, before
	// it is an alarm.
	patience = 5 * time.Minute
	// slow is how long a round may take before Health says so.
	slow = 2 * time.Minute
)

// Log is what the notary needs of the record's store.
type Log interface {
	record.Appender
	Head(ctx context.Context) (tlog.Tree, error)
	Hashes(ctx context.Context) tlog.HashReader
	Range(ctx context.Context, from, to int64) ([]record.Recorded, error)
	Anchors(ctx context.Context, fromSize int64) ([]record.Anchored, error)
	// Sign runs fn while no other signer of the log runs, in any process, and
	// stores the note that it returns, unless it is "".
	Sign(ctx context.Context, fn func(ctx context.Context, s record.Signing) (note string, err error)) error
	// AddAnchor keeps a receipt; the same one again changes nothing.
	AddAnchor(ctx context.Context, a record.Anchored) error
}

// Options are what a notary is made of.
type Options struct {
	Log      Log
	Signer   note.Signer
	Verifier note.Verifier
	// Origin is the log's name, the first line of its checkpoints. Both keys must
	// have it as their name, as witnesses and verifiers elsewhere expect.
	Origin string
	// Copy keeps the last signed checkpoint outside the database.
	Copy    Copy
	Anchors []anchor.Anchor
	// Alarm tells people. It is called once for each cause and then every hour,
	// in a goroutine of its own, with a context that ends after 30 s.
	Alarm  func(context.Context, error)
	Logger *slog.Logger     // default: none
	Clock  func() time.Time // default time.Now
}

// Notary signs one log. Several may, in several processes. Safe for concurrent
// use.
type Notary struct {
	o      Options
	places []*place

	round   sync.Mutex // one round at a time; guards what only a round uses:
	signed  tlog.Tree  // the newest checkpoint's
	note    string
	started bool // a round has come through
	due     bool // the next round looks at everything
	walked  walked
	audit   audit
	quiet   quiet
	failing time.Time // since when rounds fail, by the clock

	mu     sync.Mutex // guards what follows, and the places
	newest checkpoint // what the places are to have
	began  time.Time  // of the round under way
	err    error      // of the last round
	ran    bool
	found  *Stop // by a place; the next round takes it up
	fresh  bool  // a place has told something new
	stop   *Stop // as long as nobody has cleared it
	saved  bool  // the stop stands beside the copy
	alarms map[string]time.Time

	running sync.WaitGroup
}

// checkpoint is a signed tree as it goes out.
type checkpoint struct {
	tree tlog.Tree
	note string
}

// New checks the options. It calls nobody and reads nothing.
func New(o Options) (*Notary, error) {
	switch {
	case o.Log == nil || o.Signer == nil || o.Verifier == nil || o.Copy == nil:
		return nil, errors.New("the notary needs a log, a key with its verifier, and a place for the copy")
	case o.Origin == "" || strings.ContainsAny(o.Origin, " \t\r\n+"):
		return nil, fmt.Errorf("the log's name %q must be one word without +, such as record.example.com/lastday", o.Origin)
	case o.Signer.Name() != o.Origin || o.Verifier.Name() != o.Origin:
		return nil, fmt.Errorf("the log is called %s, and its key %s: make the key under the log's name", o.Origin, o.Signer.Name())
	case o.Signer.KeyHash() != o.Verifier.KeyHash():
		return nil, errors.New("the verifier is not that of the key which signs")
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	n := &Notary{o: o, due: true, alarms: map[string]time.Time{}}
	for _, a := range o.Anchors {
		n.places = append(n.places, newPlace(a))
	}
	return n, nil
}

// Run makes rounds until the context ends, and returns nil then. A round that
// fails is tried again; a Stop ends no rounds either, so that they go on once it
// is cleared.
func (n *Notary) Run(ctx context.Context) error {
	defer n.wait()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		_ = n.Tick(ctx) // kept for Health, and told
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// wait gives what is on its way to the anchors a moment to end: a mount that
// hangs must not hold up the end of the process.
func (n *Notary) wait() {
	done := make(chan struct{})
	go func() { n.running.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
	}
}

// Tick makes one round: it signs what is new, goes on with the audit, and sends
// the newest checkpoint to the anchors, for which it does not wait. A *Stop says
// that nothing is signed any more.
func (n *Notary) Tick(ctx context.Context) error {
	n.round.Lock()
	defer n.round.Unlock()
	n.mu.Lock()
	n.began = n.o.Clock()
	n.mu.Unlock()
	err := n.once(ctx)
	if ctx.Err() == nil {
		n.judge(ctx, err)
		n.send(ctx)
	}
	n.mu.Lock()
	n.began, n.ran = time.Time{}, true
	n.mu.Unlock()
	return err
}

func (n *Notary) once(ctx context.Context) error {
	if err := n.stopped(); err != nil {
		return err
	}
	n.readBack(ctx)
	head, err := n.o.Log.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the log's head: %w", err)
	}
	if n.due || n.reread() || head != n.signed {
		if err := n.signRound(ctx); err != nil {
			return err
		}
	}
	if err := n.auditSome(ctx); err != nil {
		return err
	}
	return n.alive(ctx)
}

// Health is nil while all is well; else it says what is wrong.
func (n *Notary) Health() error {
	now := n.o.Clock()
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []error
	switch {
	case n.stop != nil:
		all = append(all, n.stop)
	case !n.began.IsZero() && now.Sub(n.began) > slow:
		all = append(all, fmt.Errorf("the round that began at %s has not ended: is the database answering?", n.began.UTC().Format(time.RFC3339)))
	case !n.ran:
		all = append(all, errors.New("no checkpoint was looked at yet"))
	case n.err != nil:
		all = append(all, n.err)
	}
	for _, p := range n.places {
		if err := p.late(now); err != nil {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// judge keeps what became of a round, and raises or ends alarms.
func (n *Notary) judge(ctx context.Context, err error) {
	now := n.o.Clock()
	var stop *Stop
	if errors.As(err, &stop) {
		n.halt(stop)
		n.alarm(ctx, "stop "+string(stop.Cause), stop)
	}
	n.mu.Lock()
	changed := (err == nil) != (n.err == nil)
	n.err = err
	n.mu.Unlock()
	switch {
	case err == nil:
		n.failing = time.Time{}
		n.calm("round", "copy")
		if changed {
			n.o.Logger.Info("checkpoints are signed", "size", n.signed.N)
		}
	case stop == nil:
		if n.failing.IsZero() || now.Before(n.failing) {
			n.failing = now
		}
		if changed {
			n.o.Logger.Warn("no checkpoint can be signed", "error", err)
		}
		told := fmt.Errorf("no checkpoint can be signed: %w", err)
		if errors.Is(err, ErrNoCopy) {
			n.alarm(ctx, "copy", told)
		} else if now.Sub(n.failing) >= patience {
			n.alarm(ctx, "round", told)
		}
	}
}
