package setup

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"lastday/record/notary"
)

// Age is how far the record has come, and when.
type Age struct {
	// Size counts the entries, Signed those that the newest checkpoint covers.
	Size, Signed int64
	// Appended is when the newest entry was put there; zero for an empty record.
	Appended time.Time
	// Unsigned is since when an entry waits to be signed for; zero if none does.
	Unsigned time.Time
}

// Age reads how old the record is, from entries and checkpoint alone, so that any
// process with the database can tell.
func (l *Ledger) Age(ctx context.Context) (Age, error) {
	text, err := l.Checkpoint(ctx)
	if err != nil {
		return Age{}, err
	}
	var a Age
	if text != "" {
		n, err := note.Open([]byte(text), note.VerifierList(l.Verifier))
		if err != nil {
			return Age{}, fmt.Errorf("the newest checkpoint in the database is not signed by %s: the record may have been tampered with: %w", l.Verifier.Name(), err)
		}
		if a.Signed, err = sizeOf(n.Text); err != nil {
			return Age{}, err
		}
	}
	// After the checkpoint: what is appended meanwhile makes no entry unsigned
	// that is not.
	head, err := l.Head(ctx)
	if err != nil {
		return Age{}, err
	}
	a.Size = head.N
	if a.Appended, err = l.recorded(ctx, a.Size-1, a.Size); err != nil {
		return Age{}, err
	}
	if a.Unsigned, err = l.recorded(ctx, a.Signed, a.Size); err != nil {
		return Age{}, err
	}
	return a, nil
}

// recorded is when the entry was put there; zero if it is not within the size.
func (l *Ledger) recorded(ctx context.Context, index, size int64) (time.Time, error) {
	if index < 0 || index >= size {
		return time.Time{}, nil
	}
	e, err := l.Range(ctx, index, index+1)
	if err != nil {
		return time.Time{}, err
	}
	return e[0].Entry.Recorded, nil
}

// Notarial is what the notary of this process says of itself; ok is false if it
// does not sign. Health is nil while all is well.
func (l *Ledger) Notarial() (places []notary.Age, health error, ok bool) {
	n := l.notary.Load()
	if n == nil {
		return nil, nil, false
	}
	return n.Ages(), n.Health(), true
}
