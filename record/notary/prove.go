package notary

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
)

// proveAll shows that the head continues every tree that was ever signed and is
// still known: the copy's, the database's, and those of the anchors.
func (n *Notary) proveAll(ctx context.Context, s record.Signing, kept, last tlog.Tree) error {
	if err := n.continues(s, kept, "the copy in "+n.o.Copy.String()); err != nil {
		return err
	}
	if err := n.continues(s, last, "the newest checkpoint in the database"); err != nil {
		return err
	}
	for _, p := range n.places {
		back, err := p.back()
		if err != nil || back == "" {
			continue // it is tried again, and late some time
		}
		c, err := n.open(back)
		if err != nil {
			n.spoilt(ctx, p, err)
			continue
		}
		if err := n.continues(s, c.tree, "anchor "+p.anchor.Name()); err != nil {
			return err
		}
	}
	return nil
}

// continues proves that the head continues an old tree, whose root comes from
// where says.
func (n *Notary) continues(s record.Signing, old tlog.Tree, where string) error {
	if old.N == 0 {
		return nil
	}
	if s.Head.N < old.N {
		return n.older(s.Head, old, where)
	}
	proof, err := tlog.ProveTree(s.Head.N, old.N, s.Hashes)
	if err != nil {
		return fmt.Errorf("prove that the log continues %s: %w", where, err)
	}
	if err := tlog.CheckTree(proof, s.Head.N, s.Head.Hash, old.N, old.Hash); err != nil {
		return stopf(Forked, "the log of %d entries does not continue the signed tree of size %d in %s", s.Head.N, old.N, where)
	}
	return nil
}

func (n *Notary) older(head, old tlog.Tree, where string) *Stop {
	return stopf(Older, "the database has %d entries, and %s is signed for %d", head.N, where, old.N)
}
