package notary

import (
	"context"
	"time"
)

// alarm tells people of a cause, once, and then every hour while it lasts.
func (n *Notary) alarm(ctx context.Context, cause string, err error) {
	now := n.o.Clock()
	n.mu.Lock()
	last, told := n.alarms[cause]
	if told && !now.Before(last) && now.Sub(last) < again {
		n.mu.Unlock()
		return
	}
	n.alarms[cause] = now
	n.mu.Unlock()
	n.o.Logger.Error("alarm of the record", "cause", cause, "error", err)
	if n.o.Alarm == nil {
		return
	}
	n.running.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		n.o.Alarm(ctx, err)
	})
}

// calm ends a cause: should it come again, it is told at once.
func (n *Notary) calm(causes ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range causes {
		delete(n.alarms, c)
	}
}
