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
	return offboardBy(ctx, cases.New(t, house.Namespace), t, p)
}

// offboardBy is offboard through a door of its own.
func offboardBy(ctx context.Context, door *cases.Client, t client.Client, p people.Person) (took, error) {
	return offboardWhen(ctx, door, t, p, false)
}

// offboardWhen is offboardBy, urgently or not.
func offboardWhen(ctx context.Context, door *cases.Client, t client.Client, p people.Person, urgent bool) (took, error) {
	who, err := offboarding.ParseSubject(p.Email)
	if err != nil {
		return took{}, err
	}
	began := time.Now()
	started, err := door.Offboard(ctx, offboarding.Departure{
		Subject: who, Partner: p.Partner, Reason: "contract end", Urgent: urgent,
		RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com"),
	}, false)
	if started.RunID == "" {
		return took{}, err
	}
	// Otherwise the case runs, though with many at once it may not have said
	// so in time.
	unanswered := err != nil
	var end offboarding.Case
	if err := t.GetWorkflow(ctx, door.WorkflowID(started.CaseID), started.RunID).Get(ctx, &end); err != nil {
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

// caseTime is one case after the other, in turns of several with our dispatch
// settings and several with Temporal's own.
func caseTime(ctx context.Context, b *bench) ([]row, error) {
	const warmUp, turns = 2, 3
	n := max(b.n/turns, 1)
	f, err := b.found(ctx, 2*(turns*n+warmUp))
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
	staff := f.staff
	inARow := func(h *house.House, n int) ([]took, error) {
		var out []took
		for _, p := range staff[:n] {
			t, err := offboard(ctx, h.Client, p)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
		}
		staff = staff[n:]
		return out, nil
	}
	var all [2][]took
	var rested []took // those that found Temporal's own settings at rest
	for turn := range turns + 1 {
		for i, h := range houses {
			count := n
			if turn == 0 {
				count = warmUp
			}
			got, err := inARow(h, count)
			if err != nil {
				return nil, err
			}
			if turn > 0 {
				all[i] = append(all[i], got...)
			}
			if turn > 0 && i == 1 {
				rested = append(rested, got[0])
			}
		}
	}
	return caseRows(all[0], all[1], rested), nil
}

func caseRows(ours, stock, rested []took) []row {
	var rows []row
	steps := []struct {
		what  string
		at    func(took) time.Duration
		reach time.Duration
	}{
		{"contained", func(t took) time.Duration { return t.contained }, 120 * time.Millisecond},
		{"verified", func(t took) time.Duration { return t.proven }, 300 * time.Millisecond},
	}
	closed := median(each(ours, func(t took) time.Duration { return t.ended }))
	for _, s := range steps {
		rows = append(rows, atMost(
			fmt.Sprintf("trigger to %s, vendors at 0 ms, median of %d", s.what, len(ours)), median(each(ours, s.at)), s.reach,
			fmt.Sprintf("9 of 10 within %s; HR told and case closed after %s", ms(quantile(each(ours, s.at), 0.9)), ms(closed))))
	}
	for _, s := range steps {
		own, theirs := median(each(ours, s.at)), median(each(stock, s.at))
		times := float64(theirs) / float64(own)
		rows = append(rows, row{
			figure: "the same on Temporal's own dispatch settings, to " + s.what, measured: fmt.Sprintf("%.1f × ours", times),
			target: "≥ 3 ×", met: times >= 3,
			note: fmt.Sprintf("%s; the first after a rest, of which there are %d: %s", ms(theirs), len(rested), ms(median(each(rested, s.at)))),
		})
	}
	return rows
}

func each(all []took, at func(took) time.Duration) []time.Duration {
	out := make([]time.Duration, 0, len(all))
	for _, t := range all {
		out = append(out, at(t))
	}
	return out
}
