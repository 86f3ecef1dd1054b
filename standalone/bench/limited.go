package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"lastday/sandbox/faults"
	"lastday/standalone/house"
	"lastday/starter/cases"
)

const (
	// perMinute is what the vendor allows of its busiest operation.
	perMinute = 600
	// urgents are the urgent cases, one after the other.
	urgents = 6
)

// limitedRun is what came of many cases against a limit.
type limitedRun struct {
	cases         int
	op            string  // the limited operation
	each          float64 // how often a case calls it where nothing is limited
	imposed       time.Duration
	proven, ended time.Duration // the last of the many
	urgent        []time.Duration
	call          time.Duration // the longest of single calls beside the urgent cases
	tally         map[string]faults.Tally
}

// limited starts many cases at once against an Okta that allows so many calls a
// minute of the operation that is called most, and a few urgent ones among them.
func limited(ctx context.Context, b *bench) ([]row, error) {
	op, each, err := b.busiest(ctx)
	if err != nil {
		return nil, err
	}
	f, err := b.found(ctx, b.limited+urgents, "--okta-limit", fmt.Sprintf("%s=%d", op, perMinute))
	if err != nil {
		return nil, err
	}
	defer f.stop()
	u, err := b.up(ctx, f)
	if err != nil {
		return nil, err
	}
	defer u.stop()
	for range b.beside {
		w, err := spawn(ctx, []string{"TEMPORAL_ADDRESS=" + u.address}, b.bin.worker, "-c", f.config, "--systems", "okta", "--workflows=false")
		if err != nil {
			return nil, err
		}
		defer w.stop()
	}
	run := limitedRun{cases: b.limited + urgents, op: op, each: each}
	run.imposed = time.Duration(float64(run.cases) * each / perMinute * float64(time.Minute))
	began := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return u.urgently(gctx, f, &run) })
	var all []took
	g.Go(func() (err error) { all, err = u.atOnce(gctx, f.staff[urgents:]); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, t := range all {
		run.proven = max(run.proven, t.proven)
	}
	run.ended = time.Since(began)
	run.tally, err = f.tally(ctx)
	return run.rows(), err
}

// urgently starts the urgent cases, spread over nine tenths of the time that the
// limit imposes.
func (u *up) urgently(ctx context.Context, f *firm, run *limitedRun) error {
	next := time.NewTicker(run.imposed * 9 / 10 / urgents)
	defer next.Stop()
	for _, p := range f.staff[:urgents] {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-next.C:
		}
		got, err := offboardWhen(ctx, cases.New(u.temporal, house.Namespace), u.temporal, p, true)
		if err != nil {
			return err
		}
		call, err := f.oneCall(ctx)
		if err != nil {
			return err
		}
		run.urgent, run.call = append(run.urgent, got.contained), max(run.call, call)
	}
	return nil
}

func (r limitedRun) rows() []row {
	var calls, refused int
	for _, t := range r.tally {
		calls, refused = calls+t.Calls, refused+t.Limited
	}
	busy := r.tally[r.op]
	percent := func(part, of int) float64 { return 100 * float64(part) / float64(max(of, 1)) }
	times, share := r.proven.Seconds()/r.imposed.Seconds(), percent(refused, calls)
	slowest := quantile(r.urgent, 1)
	return []row{
		{
			figure:   fmt.Sprintf("%d cases at once, Okta allows %d a minute of %s: the time, beside what the limit imposes", r.cases, perMinute, r.op),
			measured: fmt.Sprintf("%.2f ×", times), target: "≤ 1.05 ×", met: times <= 1.05,
			note: fmt.Sprintf("%s and %s; %.1f such calls a case without a limit, %.1f with it; the last case closed after %s",
				ms(r.proven), ms(r.imposed), r.each, float64(busy.Calls-busy.Limited)/float64(r.cases), ms(r.ended)),
		},
		{
			figure: "calls to Okta answered 429", measured: fmt.Sprintf("%.2f %%", share), target: "< 1 %", met: share < 1,
			note: fmt.Sprintf("%d of %d; of the limited operation alone %.2f %%, %d of %d", refused, calls, percent(busy.Limited, busy.Calls), busy.Limited, busy.Calls),
		},
		{
			figure:   fmt.Sprintf("slowest of %d urgent cases among them: contained", urgents),
			measured: ms(slowest), target: "≤ 2 s and one call", met: slowest <= 2*time.Second+r.call,
			note: fmt.Sprintf("half within %s; one call beside them took at most %s", ms(median(r.urgent)), ms(r.call)),
		},
	}
}

// busiest is the operation of Okta's that cases call most, and how often each does,
// where nothing is limited.
func (b *bench) busiest(ctx context.Context) (op string, times float64, err error) {
	n := min(b.limited, 30)
	f, err := b.found(ctx, n+1)
	if err != nil {
		return "", 0, err
	}
	defer f.stop()
	u, err := b.up(ctx, f)
	if err != nil {
		return "", 0, err
	}
	defer u.stop()
	if _, err := u.atOnce(ctx, f.staff[1:]); err != nil { // the first holds more than others do
		return "", 0, err
	}
	tally, err := f.tally(ctx)
	if err != nil {
		return "", 0, err
	}
	for name, t := range tally {
		if t.Calls > tally[op].Calls {
			op = name
		}
	}
	return op, float64(tally[op].Calls) / float64(n), nil
}

// tally is how often each operation of Okta's was called.
func (f *firm) tally(ctx context.Context) (map[string]faults.Tally, error) {
	out := map[string]faults.Tally{}
	resp, err := f.get(ctx, "/_sandbox/tally")
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return nil, fmt.Errorf("read the sandbox's tally: %w", err)
	}
	return out, nil
}

// oneCall is how long a call takes now; the median of a few.
func (f *firm) oneCall(ctx context.Context) (time.Duration, error) {
	var all []time.Duration
	for range 5 {
		began := time.Now()
		resp, err := f.get(ctx, "/.well-known/okta-organization")
		if err != nil {
			return 0, err
		}
		resp.Body.Close()
		all = append(all, time.Since(began))
	}
	return median(all), nil
}

// get calls Okta's stand-in.
func (f *firm) get(ctx context.Context, path string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, f.urls[0]+path, nil)
	if err != nil {
		return nil, fmt.Errorf("call the sandbox: %w", err)
	}
	resp, err := (&http.Client{}).Do(r)
	if err != nil {
		return nil, fmt.Errorf("call the sandbox: %w", err)
	}
	return resp, nil
}
