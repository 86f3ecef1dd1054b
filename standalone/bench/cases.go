package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"lastday/offboarding"
	"lastday/sandbox/people"
	"lastday/standalone/house"
	"lastday/starter/cases"
)

// took is how long one case took, from the call that starts it.
type took struct {
	id                       string
	contained, proven, ended time.Duration
	unanswered               bool // how it stands right after its start
}

// offboard runs one case through the door that every starter uses. A case that
// does not end verified is an error.
func offboard(ctx context.Context, t client.Client, p people.Person) (took, error) {
	who, err := offboarding.ParseSubject(p.Email)
	if err != nil {
		return took{}, err
	}
	began := time.Now()
	started, err := cases.New(t, house.Namespace).Offboard(ctx, offboarding.Departure{
		Subject: who, Partner: p.Partner, Reason: "contract end", RequestedBy: "hr@example.com",
	}, false)
	if started.RunID == "" {
		return took{}, err
	}
	// Otherwise the case runs, though with many at once it may not have said
	// so in time.
	unanswered := err != nil
	var end offboarding.Case
	if err := t.GetWorkflow(ctx, started.CaseID, started.RunID).Get(ctx, &end); err != nil {
		return took{}, fmt.Errorf("wait for case %s: %w", started.CaseID, err)
	}
	if end.State != offboarding.Verified {
		return took{}, fmt.Errorf("case %s ended %s: %s", started.CaseID, end.State, end.Outcome)
	}
	return took{
		id: started.CaseID, unanswered: unanswered, contained: end.ContainedAt.Sub(began), proven: end.ProvenAt.Sub(began), ended: time.Since(began),
	}, nil
}

// startUp is the time from spawning the program until it has taken a case.
func startUp(ctx context.Context, b *bench) ([]row, error) {
	rounds := max(b.n/6, 1)
	f, err := b.found(ctx, rounds)
	if err != nil {
		return nil, err
	}
	defer f.stop()
	var all []time.Duration
	for i := range rounds {
		began := time.Now()
		u, err := b.up(ctx, f)
		if err != nil {
			return nil, err
		}
		first := time.Since(began)
		_, err = offboard(ctx, u.temporal, f.staff[i])
		u.stop()
		if err != nil {
			return nil, err
		}
		all = append(all, first)
	}
	return []row{atMost("standalone from start to serving", median(all), 2*time.Second,
		fmt.Sprintf("new data folder, median of %d, slowest %s", rounds, ms(quantile(all, 1))))}, nil
}

// caseTime is one case at a time, alternately with our dispatch settings and
// with Temporal's own.
func caseTime(ctx context.Context, b *bench) ([]row, error) {
	const warmUp = 2
	f, err := b.found(ctx, 2*(b.n+warmUp))
	if err != nil {
		return nil, err
	}
	defer f.stop()
	var houses [2]*house.House
	for i := range houses {
		if houses[i], err = f.house(ctx, house.Options{StockDispatch: i == 1}); err != nil {
			return nil, err
		}
		defer houses[i].Close()
	}
	var all [2][]took
	for i := range b.n + warmUp {
		for j, h := range houses {
			// Neighbours in the list of staff hold different things: take turns.
			t, err := offboard(ctx, h.Client, f.staff[2*i+(i+j)%2])
			if err != nil {
				return nil, err
			}
			if i >= warmUp {
				all[j] = append(all[j], t)
			}
		}
	}
	ours, stock := all[0], all[1]
	beside := func(at func(took) time.Duration) string {
		return fmt.Sprintf("9 of 10 within %s", ms(quantile(each(ours, at), 0.9)))
	}
	contained, proven, ended := func(t took) time.Duration { return t.contained },
		func(t took) time.Duration { return t.proven }, func(t took) time.Duration { return t.ended }
	name := fmt.Sprintf("trigger to %%s, vendors at 0 ms, median of %d", b.n)
	ratio := func(at func(took) time.Duration, what string) row {
		a, b := median(each(ours, at)), median(each(stock, at))
		times := float64(b) / float64(a)
		return row{
			figure: "the same to " + what + ", stock dispatch settings", measured: fmt.Sprintf("%.1f × ours", times),
			target: "≥ 3 ×", met: times >= 3, note: fmt.Sprintf("%s instead of %s", ms(b), ms(a)),
		}
	}
	return []row{
		atMost(fmt.Sprintf(name, "contained"), median(each(ours, contained)), 120*time.Millisecond, beside(contained)),
		atMost(fmt.Sprintf(name, "verified"), median(each(ours, proven)), 300*time.Millisecond,
			beside(proven)+fmt.Sprintf("; told and closed after %s", ms(median(each(ours, ended))))),
		ratio(contained, "contained"),
		ratio(proven, "verified"),
	}, nil
}

func each(all []took, at func(took) time.Duration) []time.Duration {
	out := make([]time.Duration, 0, len(all))
	for _, t := range all {
		out = append(out, at(t))
	}
	return out
}
