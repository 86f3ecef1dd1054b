package setup

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/notary"
)

// Status is how the log stands.
type Status struct {
	Origin    string `json:"origin"`
	PublicKey string `json:"public_key"`
	// Size counts the entries, Signed those that the newest checkpoint covers.
	Size       int64  `json:"size"`
	Signed     int64  `json:"signed"`
	Root       string `json:"root"`       // of all entries
	Checkpoint string `json:"checkpoint"` // the newest, as a note
	// Anchors are the newest receipt of each place.
	Anchors []record.Anchored `json:"anchors"`
	// Stopped says why nothing is signed any more; nil if all is well, and where
	// this machine does not have the copy.
	Stopped *notary.Stop `json:"stopped,omitempty"`
}

// Status reads how the log stands. A checkpoint that is not signed by our key
// is an error.
func (l *Ledger) Status(ctx context.Context) (Status, error) {
	s := Status{Origin: l.Verifier.Name(), PublicKey: l.PublicKey, Anchors: []record.Anchored{}}
	head, err := l.Head(ctx)
	if err != nil {
		return Status{}, err
	}
	s.Size, s.Root = head.N, head.Hash.String()
	if s.Checkpoint, err = l.Checkpoint(ctx); err != nil {
		return Status{}, err
	}
	if s.Checkpoint != "" {
		n, err := note.Open([]byte(s.Checkpoint), note.VerifierList(l.Verifier))
		if err != nil {
			return Status{}, fmt.Errorf("the newest checkpoint in the database is not signed by %s: the record may have been tampered with: %w", s.Origin, err)
		}
		if s.Signed, err = sizeOf(n.Text); err != nil {
			return Status{}, err
		}
	}
	if l.conf.Copy != "" {
		if s.Stopped, err = notary.NewFile(l.conf.Copy).Stopped(); err != nil {
			return Status{}, err
		}
	}
	all, err := l.Anchors(ctx, 0)
	if err != nil {
		return Status{}, err
	}
	newest := map[string]int{}
	for _, a := range all {
		i, known := newest[a.Anchor]
		if !known {
			newest[a.Anchor] = len(s.Anchors)
			s.Anchors = append(s.Anchors, a)
			continue
		}
		s.Anchors[i] = a
	}
	return s, nil
}

// sizeOf reads the number of entries from a checkpoint's text.
func sizeOf(text string) (int64, error) {
	_, rest, _ := strings.Cut(text, "\n")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + rest))
	if err != nil {
		return 0, fmt.Errorf("read checkpoint: %w", err)
	}
	return tree.N, nil
}
