package notary

import (
	"context"
	"errors"
	"fmt"

	"lastday/record"
)

// Clear lets signing begin again after a stop, for an operator who has looked.
// It overrules nothing: what is still wrong stops the next round.
func (n *Notary) Clear(context.Context) error {
	n.round.Lock()
	defer n.round.Unlock()
	if err := n.o.Copy.Clear(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clear()
	return nil
}

// Adopt takes a checkpoint for the copy that was lost, for an operator who has
// compared it with the anchors. It must be signed by the log's key, and continued
// by the database and by whatever is newer in the database, the anchors and the
// copy; a copy that is still there and newer stays.
func (n *Notary) Adopt(ctx context.Context, signed string) error {
	n.round.Lock()
	defer n.round.Unlock()
	given, err := n.open(signed)
	if err != nil {
		return fmt.Errorf("adopt checkpoint: it is not one of this log: %w", err)
	}
	n.readAll(ctx)
	err = n.o.Log.Sign(ctx, func(ctx context.Context, s record.Signing) (string, error) {
		kept, err := n.kept()
		var bad *Stop
		if err != nil && (!errors.As(err, &bad) || bad.Cause != BadCopy) {
			return "", err
		}
		if kept.tree.N > given.tree.N {
			return "", fmt.Errorf("the copy in %s is newer, of size %d", n.o.Copy, kept.tree.N)
		}
		var last checkpoint
		if s.Last != "" {
			if last, err = n.open(s.Last); err != nil {
				return "", stopf(Unsigned, "the newest checkpoint in the database is not one of this log: %v", err)
			}
		}
		if err := n.proveAll(ctx, s, kept.tree, last.tree); err != nil {
			return "", err
		}
		if err := n.continues(s, given.tree, "the checkpoint that was handed in"); err != nil {
			return "", err
		}
		return "", n.o.Copy.Write(given.note)
	})
	if err != nil {
		return fmt.Errorf("adopt checkpoint: %w", err)
	}
	if err := n.o.Copy.Clear(); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.clear()
	return nil
}
