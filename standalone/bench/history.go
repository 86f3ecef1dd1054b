package main

import (
	"context"
	"fmt"

	enumspb "go.temporal.io/api/enums/v1"
)

// history is what a case left in Temporal.
type history struct {
	activities, events, bytes int
	timeouts                  int // of activities and workflow tasks
	repeated                  int // activities that took more than one attempt
}

// caseHistory is the history of the person who holds something of every class,
// after those of a few who hold what most do.
func caseHistory(ctx context.Context, b *bench) ([]row, error) {
	f, err := b.found(ctx, 6)
	if err != nil {
		return nil, err
	}
	defer f.stop()
	u, err := b.up(ctx, f)
	if err != nil {
		return nil, err
	}
	defer u.stop()
	var got, usual history
	for i := range f.staff {
		t, err := offboard(ctx, u.temporal, f.staff[len(f.staff)-1-i]) // Jane is the first
		if err != nil {
			return nil, err
		}
		if got, err = u.history(ctx, t.id); err != nil {
			return nil, err
		}
		if i < len(f.staff)-1 && got.bytes > usual.bytes {
			usual = got
		}
	}
	size := func(h history) float64 { return float64(h.bytes) / 1024 }
	note := "somebody who holds something of every class; of those who hold what most do, the largest: "
	return []row{
		atMostCount("a case in Temporal: activities", got.activities, 20, note+fmt.Sprint(usual.activities)),
		atMostCount("a case in Temporal: history events", got.events, 100, note+fmt.Sprint(usual.events)),
		{
			figure: "a case in Temporal: history size", measured: fmt.Sprintf("%.1f KB", size(got)), target: "≤ 64 KB", met: size(got) <= 64,
			note: note + fmt.Sprintf("%.1f KB", size(usual)),
		},
	}, nil
}

// history reads what a case left in Temporal.
func (u *up) history(ctx context.Context, id string) (history, error) {
	d, err := u.temporal.DescribeWorkflowExecution(ctx, id, "")
	if err != nil {
		return history{}, fmt.Errorf("look up case %s: %w", id, err)
	}
	info := d.GetWorkflowExecutionInfo()
	h := history{events: int(info.GetHistoryLength()), bytes: int(info.GetHistorySizeBytes())}
	events := u.temporal.GetWorkflowHistory(ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			return h, fmt.Errorf("read history of %s: %w", id, err)
		}
		switch e.GetEventType() { //nolint:exhaustive // these are what is counted
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			h.activities++
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_STARTED:
			if e.GetActivityTaskStartedEventAttributes().GetAttempt() > 1 {
				h.repeated++
			}
		case enumspb.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT, enumspb.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT:
			h.timeouts++
		}
	}
	return h, nil
}

// histories adds up what cases left.
func (u *up) histories(ctx context.Context, all []took) (history, error) {
	var sum history
	for _, t := range all {
		h, err := u.history(ctx, t.id)
		if err != nil {
			return sum, err
		}
		sum.timeouts += h.timeouts
		sum.repeated += h.repeated
	}
	return sum, nil
}
