package notary

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"lastday/record"
)

// quiet is since when nothing was appended.
type quiet struct {
	size  int64
	since time.Time
}

// alive appends an entry when the log has been idle for an hour, so that the tree
// grows and a checkpoint says that it was open.
func (n *Notary) alive(ctx context.Context) error {
	now := n.o.Clock()
	if n.quiet.since.IsZero() || n.quiet.size != n.signed.N || now.Before(n.quiet.since) {
		known := !n.quiet.since.IsZero()
		n.quiet = quiet{size: n.signed.N, since: now}
		if known || n.signed.N == 0 {
			return nil
		}
		// After a restart the hour goes on from the last entry.
		last, err := n.o.Log.Range(ctx, n.signed.N-1, n.signed.N)
		if err != nil || len(last) == 0 {
			return err
		}
		if at := last[0].Entry.Recorded; at.Before(now) {
			n.quiet.since = at
		}
	}
	if now.Sub(n.quiet.since) < idle {
		return nil
	}
	if err := n.o.Log.Append(ctx, aliveAt(n.signed.N, now)); err != nil {
		return err
	}
	n.quiet.since = now
	return nil
}

// aliveAt is the entry for an idle log of a size. Several notaries make the same
// one of it.
func aliveAt(size int64, now time.Time) []record.Event {
	facts, _ := json.Marshal(map[string]int64{"size": size}) // cannot fail
	return []record.Event{{ID: fmt.Sprintf("alive:%d", size), Kind: record.Alive, At: now, Facts: facts}}
}
