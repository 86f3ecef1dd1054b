package record

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// Appender takes events in. It returns when they are safe on disk. Handing an
// event in again adds nothing and is no error. A *RefusedError says that trying
// again is of no use.
type Appender interface {
	Append(ctx context.Context, events []Event) error
}

// RefusedError says that an event can never be appended as it is: trying again
// is of no use.
type RefusedError struct {
	Event string // its id
	Why   string
}

// Error says which event and why.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("append event %q: %s", e.Event, e.Why)
}

// DamagedError says that an entry is missing or is not what was written:
// somebody changed the database past this program.
type DamagedError struct {
	Index int64
	Why   string
}

// Error says which entry and why.
func (e *DamagedError) Error() string {
	return fmt.Sprintf("read entry %d: %s: somebody changed the database", e.Index, e.Why)
}

// Reader is the log as it is read by whoever proves, exports or shows it. A
// reader that cannot answer returns an error and never half an answer.
type Reader interface {
	// Head is the tree as it is now, signed or not.
	Head(ctx context.Context) (tlog.Tree, error)
	// Hashes reads tlog's stored hashes (tlog.StoredHashIndex).
	Hashes(ctx context.Context) tlog.HashReader
	// Range gives the entries from (included) to (excluded) by index. A
	// *DamagedError says that one of them is missing or cannot be read.
	Range(ctx context.Context, from, to int64) ([]Recorded, error)
	// Case gives all entries of a case by its run id, in the log's order.
	Case(ctx context.Context, id string) ([]Recorded, error)
	// Cases gives the cases that the filter lets through, newest first.
	Cases(ctx context.Context, f Filter) ([]Summary, error)
	// People says who pseudonyms are; those that were erased are left out.
	People(ctx context.Context, pseudonyms []string) (map[string]Person, error)
	// Checkpoint is the newest signed checkpoint, as a note; "" if none is.
	Checkpoint(ctx context.Context) (string, error)
	// Anchors are the receipts of checkpoints that were put elsewhere, oldest
	// first, for checkpoints of the given size and larger. Proof is left empty.
	Anchors(ctx context.Context, fromSize int64) ([]Anchored, error)
}

// Filter chooses cases. The zero Filter chooses all.
type Filter struct {
	// Case is a run id, Identity a person's (Person.Identity).
	Case, Identity string
	// From (included) and To (excluded) bound when access was due to end.
	From, To time.Time
	Partner  string
	Late     bool
	// State is one of the case's states; empty: any.
	State string
	// Limit bounds the answer, Offset skips; a Limit of zero is no bound.
	Limit, Offset int
}
