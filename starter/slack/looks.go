package slack

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	// lookers look at once; what changes something has workers of its own, so
	// that homes that hang keep no form from opening.
	lookers = 6
	// lookFor bounds one look, answer included.
	lookFor = 10 * time.Second
	// readFor is how much of it is for reading cases; the rest is for telling.
	readFor = 7 * time.Second
	// maxLooks is how many looks of one person may wait for their first.
	maxLooks = 5
)

// homeLook is the kind of which one waiting look stands for all.
const homeLook = "home"

type look struct {
	kind string
	do   func(context.Context)
}

// looks are what only shows something: the home, lists, how a case stands. One
// of a person at a time is worked on.
type looks struct {
	queue *queue
	log   *slog.Logger

	mu      sync.Mutex
	waiting map[string][]look // by user, for whom one is worked on
}

func newLooks(log *slog.Logger) *looks {
	return &looks{queue: newQueue(lookers, waiting, log), log: log, waiting: map[string][]look{}}
}

// add takes a look in; false if there is no room. Of a kind that has a name one
// waits at most, and shows what the next one would.
func (l *looks) add(user, kind string, do func(context.Context)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	all, busy := l.waiting[user]
	if !busy {
		l.waiting[user] = nil
		if !l.start(user, look{kind, do}) {
			delete(l.waiting, user)
			return false
		}
		return true
	}
	for _, w := range all {
		if kind != "" && w.kind == kind {
			return true
		}
	}
	if len(all) >= maxLooks {
		return false
	}
	l.waiting[user] = append(all, look{kind, do})
	return true
}

func (l *looks) start(user string, what look) bool {
	return l.queue.add(func(ctx context.Context) {
		defer l.next(user)
		ctx, cancel := context.WithTimeout(ctx, lookFor)
		defer cancel()
		what.do(ctx)
	})
}

// next starts the user's next look.
func (l *looks) next(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.waiting[user]
	if len(all) == 0 {
		delete(l.waiting, user)
		return
	}
	l.waiting[user] = all[1:]
	if !l.start(user, all[0]) {
		delete(l.waiting, user)
		l.log.Warn("there was no room to show something", "id", user, "left out", len(all))
	}
}
