package workflows

import (
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"lastday/activities"
	"lastday/offboarding"
)

// slow is how long a case runs before HR is shown more than its start and end.
const slow = 2 * time.Second

// teller keeps the case's one message up to date. It never holds up a step:
// what changes while a message is under way is told by the next one.
type teller struct {
	ref   string
	doubt bool // a message may have been posted of which nobody knows
	busy  bool
	again bool
}

// tell brings the message up to date in the background.
func (t *teller) tell(c *offboardCase) {
	if !c.settings.Tell || c.over {
		return
	}
	if t.busy {
		t.again = true
		return
	}
	t.busy = true
	workflow.Go(c.root, func(ctx workflow.Context) {
		defer func() { t.busy = false }()
		for {
			t.again = false
			// A channel that cannot be reached holds up nothing before the end.
			_ = t.send(ctx, c, time.Minute, "tell HR how it stands", false)
			if !t.again || c.over {
				return
			}
		}
	})
}

// tellIfSlow tells only in a case that is already taking its time: a quick one
// makes do with its start and its end.
func (t *teller) tellIfSlow(c *offboardCase) {
	if workflow.Now(c.root).Sub(c.Due) > slow {
		t.tell(c)
	}
}

// last tells how the case ended. It is tried for an hour; a case whose end
// could not be told says so in its outcome and does not stay open for it.
func (t *teller) last(c *offboardCase) {
	if !c.settings.Tell {
		return
	}
	_ = workflow.Await(c.root, func() bool { return !t.busy })
	if err := t.send(c.root, c, confirmLimit, "tell HR how it ended", true); err != nil {
		why, _, _ := strings.Cut(errorText(err), "; ") // without advice on what to do about the case, which is over
		c.Outcome += "; HR could not be told, so tell them yourself: " + why
	}
}

func (t *teller) send(ctx workflow.Context, c *offboardCase, limit time.Duration, summary string, last bool) error {
	ctx = workflow.WithActivityOptions(ctx, tellOptions(limit, summary))
	req := activities.Telling{Key: c.ID + " " + c.RunID, Since: c.StartedAt, Ref: t.ref, Doubt: t.doubt, Last: last, Notice: offboarding.NoticeOf(c.view())}
	var told activities.Told
	err := workflow.ExecuteActivity(ctx, activities.Tell, req).Get(ctx, &told)
	t.doubt = t.doubt || told.Doubt || err != nil
	if err == nil {
		t.ref = told.Ref
	}
	return err
}
