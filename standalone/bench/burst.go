package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"lastday/sandbox/people"
)

// burst starts many cases in the same moment. Standalone, the sandbox and this
// program are three processes that share the machine.
func burst(ctx context.Context, b *bench) ([]row, error) {
	const warmUp = 3
	f, err := b.found(ctx, b.burst+warmUp)
	if err != nil {
		return nil, err
	}
	defer f.stop()
	u, err := b.up(ctx, f)
	if err != nil {
		return nil, err
	}
	defer u.stop()
	for _, p := range f.staff[:warmUp] {
		if _, err := offboard(ctx, u.temporal, p); err != nil {
			return nil, err
		}
	}
	pids := map[string]int{"standalone": u.pid(), "sandbox": f.pid(), "bench": os.Getpid()}
	before := map[string]time.Duration{}
	for name, pid := range pids {
		before[name] = cpuTime(pid)
	}
	began := time.Now()
	all, err := u.atOnce(ctx, f.staff[warmUp:])
	if err != nil {
		return nil, err
	}
	wall := time.Since(began)
	used := func(name string) string { return ms(cpuTime(pids[name]) - before[name]) }
	memory, err := residentMB(u.pid())
	if err != nil {
		return nil, err
	}
	seen, err := u.histories(ctx, all)
	if err != nil {
		return nil, err
	}
	ended := each(all, func(t took) time.Duration { return t.ended })
	rate := float64(len(all)) / wall.Seconds()
	contained := each(all, func(t took) time.Duration { return t.contained })
	unanswered := 0
	for _, t := range all {
		if t.unanswered {
			unanswered++
		}
	}
	return []row{
		{
			figure: fmt.Sprintf("%d cases at once, vendors at 0 ms", len(all)), measured: fmt.Sprintf("%.1f cases/s", rate), target: "≥ 8/s", met: rate >= 8,
			note: fmt.Sprintf("%s in all; processor time: standalone %s, sandbox %s, bench %s", ms(wall), used("standalone"), used("sandbox"), used("bench")),
		},
		{
			figure: "slowest of them; timeouts and repeated attempts in their histories", measured: fmt.Sprintf("%s; %d", ms(quantile(ended, 1)), seen.timeouts+seen.repeated),
			target: "no wait for a timeout", met: seen.timeouts+seen.repeated == 0,
			note: fmt.Sprintf("half ended within %s; contained: half within %s, last %s; did not say how it stands within 10 s of its start: %d",
				ms(median(ended)), ms(median(contained)), ms(quantile(contained, 1)), unanswered),
		},
		atMostMB(fmt.Sprintf("standalone's memory after %d cases", len(all)), memory, 400, "resident, without sandbox"),
	}, nil
}

// atOnce starts a case for each of the staff and waits for all.
func (u *up) atOnce(ctx context.Context, staff []people.Person) ([]took, error) {
	all := make([]took, len(staff))
	g, ctx := errgroup.WithContext(ctx)
	for i, p := range staff {
		g.Go(func() (err error) {
			all[i], err = offboard(ctx, u.temporal, p)
			return err
		})
	}
	return all, g.Wait()
}
