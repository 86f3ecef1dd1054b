package notary

import (
	"context"
	"fmt"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// walked is how far the entries beyond the copy's tree were hashed anew.
type walked struct {
	from tlog.Tree
	edge *edge
}

// signRound signs the head if it is new, and all that holds.
func (n *Notary) signRound(ctx context.Context) error {
	// The long way is gone before the lock is taken.
	if err := n.walkAhead(ctx); err != nil {
		return err
	}
	var out checkpoint
	err := n.o.Log.Sign(ctx, func(ctx context.Context, s record.Signing) (string, error) {
		var store string
		var err error
		out, store, err = n.sign(ctx, s)
		return store, err
	})
	if err != nil {
		return err
	}
	if out.tree != n.signed {
		n.o.Logger.Debug("checkpoint", "size", out.tree.N, "root", out.tree.Hash.String())
	}
	n.signed, n.note, n.due = out.tree, out.note, false
	if !n.started {
		n.started = true
		n.remember(ctx)
	}
	n.offer(out)
	return nil
}

// walkAhead hashes what is new beyond the copy, while others may still sign.
func (n *Notary) walkAhead(ctx context.Context) error {
	kept, err := n.kept()
	if err != nil {
		return err
	}
	head, err := n.o.Log.Head(ctx)
	if err != nil {
		return fmt.Errorf("read the log's head: %w", err)
	}
	s := record.Signing{Head: head, Hashes: n.o.Log.Hashes(ctx)}
	if err := n.continues(s, kept.tree, "the copy in "+n.o.Copy.String()); err != nil {
		return err
	}
	return n.walkTo(ctx, kept.tree, head.N, s.Hashes)
}

// walkTo lets the edge of the copy's tree grow to size.
func (n *Notary) walkTo(ctx context.Context, kept tlog.Tree, size int64, r tlog.HashReader) error {
	if n.walked.edge == nil || n.walked.from != kept || n.walked.edge.n > size {
		e, err := newEdge(kept, r)
		if err != nil {
			return err
		}
		n.walked = walked{from: kept, edge: e}
	}
	if err := n.walk(ctx, n.walked.edge, size, 0, r); err != nil {
		n.walked = walked{}
		return err
	}
	return nil
}

// sign runs under the log's lock. It gives the newest checkpoint, and what is to
// be stored of it ("" if the database has it). Running it again after its note
// was lost on the way gives the same.
func (n *Notary) sign(ctx context.Context, s record.Signing) (out checkpoint, store string, err error) {
	kept, err := n.kept()
	if err != nil {
		return out, "", err
	}
	var last checkpoint
	if s.Last != "" {
		if last, err = n.open(s.Last); err != nil {
			return out, "", stopf(Unsigned, "the newest checkpoint in the database is not one of this log: %v", err)
		}
	}
	if kept.note == "" {
		if err := n.first(ctx, last); err != nil {
			return out, "", err
		}
	}
	if err := n.proveAll(ctx, s, kept.tree, last.tree); err != nil {
		return out, "", err
	}
	if err := n.walkTo(ctx, kept.tree, s.Head.N, s.Hashes); err != nil {
		return out, "", err
	}
	// The root that is signed is made of the leaves that were read, not of what
	// is stored about them.
	root, err := n.walked.edge.root()
	if err != nil {
		return out, "", err
	}
	if root != s.Head.Hash {
		return out, "", stopf(Changed, "the %d entries give the root %s, and the database says %s", s.Head.N, root, s.Head.Hash)
	}
	return n.conclude(s.Head, kept, last)
}

// conclude signs the head, unless it is signed already.
func (n *Notary) conclude(head tlog.Tree, kept, last checkpoint) (out checkpoint, store string, err error) {
	switch head.N {
	case 0:
		return out, "", nil // nothing to sign yet
	case last.tree.N: // another process signed it, or this one
		if kept.tree != last.tree {
			err = n.o.Copy.Write(last.note)
		}
		return last, "", err
	case kept.tree.N: // the end came between copy and database
		return kept, kept.note, nil
	}
	text := torchwood.Checkpoint{Origin: n.o.Origin, Tree: head}.String()
	signed, err := note.Sign(&note.Note{Text: text}, n.o.Signer)
	if err != nil {
		return out, "", fmt.Errorf("sign checkpoint: %w", err)
	}
	if out, err = n.open(string(signed)); err != nil {
		return out, "", fmt.Errorf("sign checkpoint: the key does not fit its verifier: %w", err)
	}
	if err := n.o.Copy.Write(out.note); err != nil {
		return out, "", err
	}
	n.walked.from = head // the copy's tree now, and the edge is at it
	return out, out.note, nil
}

// kept is the copy outside the database; zero if there is none.
func (n *Notary) kept() (checkpoint, error) {
	text, err := n.o.Copy.Read()
	if err != nil || text == "" {
		return checkpoint{}, err
	}
	c, err := n.open(text)
	if err != nil {
		return checkpoint{}, stopf(BadCopy, "the copy in %s is no checkpoint of this log: %v", n.o.Copy, err)
	}
	return c, nil
}

// open reads a note and checks its signature and name.
func (n *Notary) open(text string) (checkpoint, error) {
	opened, err := note.Open([]byte(text), note.VerifierList(n.o.Verifier))
	if err != nil {
		return checkpoint{}, err
	}
	c, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return checkpoint{}, err
	}
	if c.Origin != n.o.Origin {
		return checkpoint{}, fmt.Errorf("it is of the log %q", c.Origin)
	}
	return checkpoint{tree: c.Tree, note: text}, nil
}

// first lets only a log begin without a copy that was never signed for.
func (n *Notary) first(ctx context.Context, last checkpoint) error {
	missing := func(where string, size int64) error {
		return fmt.Errorf("%w from %s, and %s has a checkpoint of size %d: bring the file back; if it is lost, "+
			"compare that checkpoint with every anchor, and hand it in with `starter record resume --adopt FILE`", ErrNoCopy, n.o.Copy, where, size)
	}
	if last.note != "" {
		return missing("the database", last.tree.N)
	}
	for _, p := range n.places {
		back, err := p.back()
		if err != nil {
			return fmt.Errorf("see whether this is the log's first checkpoint: %w", err)
		}
		if back == "" {
			continue
		}
		if c, err := n.open(back); err == nil {
			return missing("anchor "+p.anchor.Name(), c.tree.N)
		}
	}
	receipts, err := n.o.Log.Anchors(ctx, 0)
	if err != nil {
		return fmt.Errorf("see whether this is the log's first checkpoint: %w", err)
	}
	for _, r := range receipts {
		if c, err := n.open(r.Checkpoint); err == nil {
			return missing("a receipt of anchor "+r.Anchor, c.tree.N)
		}
	}
	return nil
}
