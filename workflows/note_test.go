package workflows_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"lastday/offboarding"
	"lastday/record"
	"lastday/workflows"
)

// book is a record that says what it was handed, and when.
type book struct {
	h    *house
	fail func(try int) error

	mu    sync.Mutex
	tries int
	cases []time.Duration // when a case was taken down
	runs  []workflows.CaseRun
	words []record.Event
}

func (h *house) keepsRecord() *book {
	b := &book{h: h}
	h.recorder, h.settings.Recorded = b, true
	return b
}

func (b *book) Case(_ context.Context, run workflows.CaseRun) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.fail != nil {
		if err := b.fail(b.tries); err != nil {
			return err
		}
	}
	b.cases, b.runs = append(b.cases, b.h.env.Now().Sub(b.h.begin)), append(b.runs, run)
	return nil
}

func (b *book) Events(_ context.Context, events []record.Event) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.fail != nil {
		if err := b.fail(b.tries); err != nil {
			return err
		}
	}
	b.words = append(b.words, events...)
	return nil
}

func (b *book) said() []string {
	out := make([]string, 0, len(b.words))
	for _, e := range b.words {
		out = append(out, string(e.Facts))
	}
	return out
}

func TestACaseIsInTheRecordBeforeItEnds(t *testing.T) {
	h := newHouse(t)
	h.settings.Pages = "https://lastday.example.com"
	h.system("okta")
	b := h.keepsRecord()
	c := h.offboard(jane)
	require.Equal(t, offboarding.Verified, c.State)
	require.GreaterOrEqual(t, len(b.cases), 2, "before the first cut, and at the end")
	require.Equal(t, workflows.CaseRun{WorkflowID: c.ID, RunID: c.RunID, Revision: 1}, b.runs[0])
	require.GreaterOrEqual(t, c.Revision, len(b.cases))
	require.Equal(t, "https://lastday.example.com/record/cases/"+c.RunID, c.Record)
	require.Contains(t, strings.Join(h.notices[len(h.notices)-1].Facts, " "), c.Record, "HR's message leads there")
}

func TestARecordThatIsDownHoldsUpNoCutButTheEnd(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta")
	b := h.keepsRecord()
	const down = 3 * time.Hour
	b.fail = func(int) error {
		if h.env.Now().Sub(h.begin) < down {
			return errors.New("no connection to the record")
		}
		return nil
	}
	c := h.offboard(jane)
	require.Equal(t, offboarding.Verified, c.State)
	require.NotZero(t, okta)
	require.Less(t, c.ProvenAt.Sub(c.StartedAt), time.Minute, "access is cut and read back all the same")
	require.NotEmpty(t, b.cases, "and nothing is lost")
	require.GreaterOrEqual(t, b.cases[len(b.cases)-1], down)
}

func TestACaseThatIsCancelledInTemporalIsInTheRecordToo(t *testing.T) {
	h := newHouse(t)
	h.system("okta")
	b := h.keepsRecord()
	h.env.RegisterDelayedCallback(h.env.CancelWorkflow, time.Hour)
	d := jane
	d.At = monday.Add(48 * time.Hour)
	h.start(d)
	require.True(t, h.env.IsWorkflowCompleted())
	require.NotEmpty(t, b.cases)
	require.GreaterOrEqual(t, b.cases[len(b.cases)-1], time.Hour)
}

// thawed freezes, and an hour later lets somebody be refused and two people agree.
func thawed(t *testing.T, fail func(int) error) (*house, *book) {
	t.Helper()
	h := guardian(t, func(q workflows.Inquiry) offboarding.Ruling {
		if q.Actor.Same(hanna) && q.Action == workflows.ActionUnfreeze {
			return offboarding.Ruling{Refused: "may-unfreeze"}
		}
		return offboarding.Ruling{}
	})
	h.settings.Recorded = true
	b, _ := h.recorder.(*book)
	b.fail = fail
	h.env.RegisterDelayedCallback(func() {
		for _, by := range []offboarding.Actor{hanna, sven, tara} {
			answers(h, workflows.UnfreezeUpdate, "", workflows.SteerRequest{By: by, Reason: "all clear"}, func(workflows.Frozen, error) {})
		}
	}, time.Hour)
	return h, b
}

var spoken = []string{
	`{"door":"slack","what":"freeze"}`, `{"door":"slack","what":"unfreeze refused by the rule may-unfreeze"}`,
	`{"door":"slack","what":"unfreeze"}`, `{"door":"slack","what":"unfreeze"}`,
}

func TestWordsOnTheKillSwitchAreInTheRecord(t *testing.T) {
	h, b := thawed(t, nil)
	freezing(h, hanna)
	require.NoError(t, h.env.GetWorkflowError())
	require.Equal(t, spoken, b.said())
	for _, e := range b.words {
		require.NoError(t, e.Check())
		require.NotContains(t, string(e.Facts), "hanna")
	}
}

func TestARecordThatIsDownDoesNotKeepTheKillSwitchOn(t *testing.T) {
	var back atomic.Bool
	h, b := thawed(t, func(int) error {
		if back.Load() {
			return nil
		}
		return errors.New("no connection to the record")
	})
	var left []record.Event
	h.env.SetOnChildWorkflowStartedListener(func(_ *workflow.Info, _ workflow.Context, args converter.EncodedValues) {
		require.NoError(t, args.Get(&left))
		back.Store(true)
	})
	freezing(h, hanna)
	require.NoError(t, h.env.GetWorkflowError())
	var got workflows.Frozen
	require.NoError(t, h.env.GetWorkflowResult(&got))
	require.Less(t, got.EndedAt.Sub(monday), time.Hour+time.Minute)
	b.words = left
	require.Equal(t, spoken, b.said(), "a run of its own goes on with what is not written")
}
