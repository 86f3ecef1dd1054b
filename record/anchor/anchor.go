// Package anchor puts signed checkpoints out of reach of whoever holds the
// log's database and key: into a directory on another machine, a Slack channel,
// an object store, a witness. It knows notes and trees, and nothing of what the
// entries say, nor how a checkpoint comes about.
package anchor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"

	"lastday/record"
)

// The kinds of anchors, as they stand in receipts.
const (
	KindDirectory = "directory"
	KindSlack     = "slack"
	KindS3        = "s3"
	KindWitness   = "witness"
)

// Anchor is one place for checkpoints. Safe for concurrent use.
type Anchor interface {
	// Name is its name in the configuration, unique among the anchors.
	Name() string
	// Kind is one of the kinds above.
	Kind() string
	// Put brings a signed checkpoint there and returns when it is safe, with the
	// receipt. Putting the same one again changes nothing (in Slack it makes a
	// second message). A *Fork says that another tree stands there; ErrOccupied
	// that something stands there which no checkpoint of this log is.
	Put(ctx context.Context, signed string) (record.Anchored, error)
}

// Reader is an anchor that can be read back.
type Reader interface {
	// Latest gives the checkpoint of the largest tree there; "" if there is none.
	// Nothing about it is checked.
	Latest(ctx context.Context) (string, error)
}

// Paced is an anchor that wants no more than one checkpoint in a while.
type Paced interface {
	// Every is the least time from one to the next.
	Every() time.Duration
}

// Fork is evidence that two trees of one log exist.
type Fork struct {
	Anchor string
	Where  string // where the other one is found
	Detail string
}

// Error says where the other tree is.
func (f *Fork) Error() string {
	return fmt.Sprintf("anchor %s holds another tree than the log's: %s (%s)", f.Anchor, f.Detail, f.Where)
}

// ErrOccupied means that where a checkpoint belongs there is something else,
// which is not overwritten.
var ErrOccupied = errors.New("something else stands where the checkpoint belongs")

// parse reads the tree of a note, without looking at signatures.
func parse(signed string) (torchwood.Checkpoint, error) {
	text, _, ok := strings.Cut(signed, "\n\n")
	if !ok {
		return torchwood.Checkpoint{}, errors.New("read checkpoint: it has no signature")
	}
	c, err := torchwood.ParseCheckpoint(text + "\n")
	if err != nil {
		return torchwood.Checkpoint{}, fmt.Errorf("read checkpoint: %w", err)
	}
	return c, nil
}

// place is what every anchor has.
type place struct {
	name, kind string
	verifier   note.Verifier
	clock      func() time.Time
}

func (p *place) Name() string { return p.name }

func (p *place) Kind() string { return p.kind }

// receipt is for a checkpoint that lies at where as of now.
func (p *place) receipt(where, signed string) record.Anchored {
	return record.Anchored{
		Anchor: p.name, Kind: p.kind, Where: where,
		At: p.clock().UTC().Truncate(time.Microsecond), Checkpoint: signed,
	}
}

// compare judges what was found where a checkpoint belongs: nil if it is of the
// same tree, whoever put it there.
func (p *place) compare(where, found, mine string) error {
	if found == mine {
		return nil
	}
	want, err := parse(mine)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(found), note.VerifierList(p.verifier))
	if err != nil {
		return fmt.Errorf("%s: %w: it is not signed by this log's key: %w; see who writes there, and move it away", where, ErrOccupied, err)
	}
	got, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil || got.Origin != want.Origin {
		return fmt.Errorf("%s: %w: it is signed by this log's key and is of another log; see who else has the key", where, ErrOccupied)
	}
	if got.N != want.N {
		return fmt.Errorf("%s: %w: the checkpoint of size %d is of size %d; see who writes there, and move it away", where, ErrOccupied, want.N, got.N)
	}
	if got.Hash != want.Hash {
		return &Fork{
			Anchor: p.name, Where: where,
			Detail: fmt.Sprintf("for size %d root %s stands there, signed by the log's own key, and the log's root is %s", got.N, got.Hash, want.Hash),
		}
	}
	return nil
}

// larger gives the note of the larger tree; what is no checkpoint counts least.
func larger(a, b string) string {
	left, err := parse(a)
	if err != nil {
		return b
	}
	if right, err := parse(b); err == nil && right.N > left.N {
		return b
	}
	return a
}
