package activities

import (
	"slices"
	"sync"

	"lastday/offboarding"
)

// Journal takes down each action as it is made, so that a retry after a crash
// knows what an earlier attempt did. Safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	attempt int32
	actions []offboarding.Action
	beat    func([]offboarding.Action)
}

// NewJournal starts a journal with what earlier attempts took down. beat is
// called with all actions after each new one; it may be nil.
func NewJournal(attempt int32, earlier []offboarding.Action, beat func([]offboarding.Action)) *Journal {
	return &Journal{attempt: attempt, actions: slices.Clone(earlier), beat: beat}
}

// Done takes down one action. An action with the same Do, Class and ID as one
// of an earlier attempt that was already taken down is dropped when its Answer
// is "already absent" or "already done": the first entry has the vendor's
// request id, and that is the one to keep.
func (j *Journal) Done(a offboarding.Action) {
	j.mu.Lock()
	defer j.mu.Unlock()
	a.At = stamp(a.At)
	if j.attempt > 1 {
		a.Attempt = j.attempt
	}
	if a.Answer == AlreadyAbsent || a.Answer == AlreadyDone {
		for _, b := range j.actions {
			if b.Do == a.Do && b.Class == a.Class && b.ID == a.ID {
				return
			}
		}
	}
	j.actions = append(j.actions, a)
	if j.beat != nil {
		j.beat(slices.Clone(j.actions))
	}
}

// Beat hands over all actions once more. What is handed over never knows of less
// than what was before it, whoever takes actions down meanwhile.
func (j *Journal) Beat() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.beat != nil {
		j.beat(slices.Clone(j.actions))
	}
}

// Answers for what was found done before we did it.
const (
	AlreadyAbsent = "already absent"
	AlreadyDone   = "already done"
)

// Actions returns what was taken down so far, in order.
func (j *Journal) Actions() []offboarding.Action {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.actions)
}
