package notary

import (
	"errors"
	"fmt"
	"time"
)

// Cause is why signing has stopped.
type Cause string

const (
	// Older: the database has fewer entries than were signed for.
	Older Cause = "older"
	// Forked: the database's tree does not continue one that was signed.
	Forked Cause = "forked"
	// Changed: an entry is not what its stored hash, or the tree, says.
	Changed Cause = "changed"
	// Unsigned: a checkpoint in the database is not signed by the log's key.
	Unsigned Cause = "unsigned"
	// BadCopy: the copy outside the database is no checkpoint of this log.
	BadCopy Cause = "bad-copy"
	// Restored: the record and its copy were put back from a backup, so that the
	// copy no longer tells what was signed after it.
	Restored Cause = "restored"
	// Asked: a person put the word there.
	Asked Cause = "asked"
)

// remedies are what a person does about it.
var remedies = map[Cause]string{
	Older: "an older state of the database was put back, or its end was cut off: bring back the newest database; " +
		"if it is lost, keep this one as it is for the auditors, and begin a new log under another name",
	Forked: "entries that were signed for were changed, or two databases were written to under one key: keep both as they are, " +
		"find out with `lastday-verify` which tree the anchors hold, and bring back that database; an anchor that is itself in the wrong is taken out of the configuration",
	Changed:  "somebody wrote to the database past this program: keep it as it is, find out who, and bring back a database from before",
	Unsigned: "somebody wrote to the database past this program, or signs this log with another key: find out who before anything else",
	BadCopy:  "the copy was changed, or belongs to another log: compare it with an anchor, and hand in the right checkpoint with `starter record resume --adopt FILE`",
	Restored: "compare it with every anchor off this machine and every bundle that was handed out: if one holds a larger tree, " +
		"keep this log as it is for the auditors, and begin a new one under another name; if none does, nobody was ever shown what is lost",
	Asked: "look at it",
}

// Stop is why nothing is signed any more. It lasts until a person clears it.
type Stop struct {
	Cause  Cause     `json:"cause"`
	Detail string    `json:"detail"`
	At     time.Time `json:"at"`
}

// Error says what was found and what to do.
func (s *Stop) Error() string {
	return fmt.Sprintf("signing has stopped: %s; %s; then: starter record resume", s.Detail, remedies[s.Cause])
}

func stopf(c Cause, format string, args ...any) *Stop {
	return &Stop{Cause: c, Detail: fmt.Sprintf(format, args...)}
}

// ErrNoCopy means that the copy is missing, and that there was one.
var ErrNoCopy = errors.New("the copy of the last signed checkpoint is missing")

// stopped gives the stop that holds; nil if there is none, or none any more.
func (n *Notary) stopped() error {
	kept, err := n.o.Copy.Stopped()
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.found != nil && kept == nil {
		found := n.found
		n.found = nil
		return found
	}
	switch {
	case kept != nil:
		n.stop, n.saved = kept, true
	case n.stop != nil && n.saved: // somebody took the file away
		n.clear()
	}
	if n.stop != nil {
		return n.stop
	}
	return nil
}

// halt makes a stop last.
func (n *Notary) halt(s *Stop) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s.At.IsZero() {
		s.At = n.o.Clock().UTC().Truncate(time.Second)
	}
	n.stop = s
	if n.saved {
		return
	}
	if err := n.o.Copy.Stop(*s); err != nil {
		// It holds in memory all the same; each round tries again.
		n.o.Logger.Error("the stop is not kept over a restart", "error", err)
		return
	}
	n.saved = true
}

// clear forgets the stop; the next round looks at everything. The caller holds mu.
func (n *Notary) clear() {
	n.stop, n.saved, n.found = nil, false, nil
	for cause := range remedies {
		delete(n.alarms, "stop "+string(cause))
	}
	n.due, n.walked, n.audit = true, walked{}, audit{}
	for _, p := range n.places {
		p.forget()
	}
	n.o.Logger.Info("the stop was cleared")
}
