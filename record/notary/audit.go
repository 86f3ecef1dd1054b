package notary

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// auditEvery is how often the whole log is hashed anew, a page a round: what was
// signed for long ago is found changed as well, though no signature would cover
// the change.
const auditEvery = time.Hour

// audit is a pass over the log.
type audit struct {
	tree tlog.Tree // what it ends at; zero between passes
	edge *edge
	next time.Time
}

func (n *Notary) auditSome(ctx context.Context) error {
	now := n.o.Clock()
	a := &n.audit
	if a.edge == nil {
		if n.signed.N == 0 || (now.Before(a.next) && a.next.Sub(now) <= auditEvery) {
			return nil
		}
		a.tree, a.edge = n.signed, &edge{hashes: map[int64]tlog.Hash{}}
	}
	if err := n.walk(ctx, a.edge, a.tree.N, page, n.o.Log.Hashes(ctx)); err != nil {
		return err
	}
	if a.edge.n < a.tree.N {
		return nil
	}
	root, err := a.edge.root()
	if err != nil {
		return err
	}
	if root != a.tree.Hash {
		return stopf(Changed, "the %d entries give the root %s, and %s was signed", a.tree.N, root, a.tree.Hash)
	}
	n.audit = audit{next: now.Add(auditEvery)}
	return nil
}
