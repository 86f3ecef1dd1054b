package main

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"lastday/activities"
	"lastday/config"
	"lastday/offboarding"
	"lastday/sandbox/people"
	"lastday/standalone/house"
)

// plain is a program that makes the calls a case makes, with the same
// connectors and all systems at once, and keeps nothing.
type plain []activities.Connector

func newPlain(f config.File) (plain, error) {
	var out plain
	for _, name := range f.Names() {
		c, err := f.Connector(name)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// offboard takes one person out and gives the time until the last system was
// read back as empty.
func (p plain) offboard(ctx context.Context, who people.Person) (time.Duration, error) {
	subject, err := offboarding.ParseSubject(who.Email)
	if err != nil {
		return 0, err
	}
	began := time.Now()
	lanes := make([]offboarding.SystemCase, len(p))
	// The steps are the case's: all systems are found before the first is
	// contained, and all contained before the first is revoked.
	for _, step := range []func(context.Context, activities.Connector, *offboarding.SystemCase) error{
		func(ctx context.Context, c activities.Connector, l *offboarding.SystemCase) error {
			return find(ctx, c, subject, l)
		}, contain, revokeAndObserve,
	} {
		g, ctx := errgroup.WithContext(ctx)
		for i, c := range p {
			g.Go(func() error {
				if err := step(ctx, c, &lanes[i]); err != nil {
					return fmt.Errorf("%s: %w", c.System(), err)
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return 0, fmt.Errorf("offboard without temporal: %w", err)
		}
	}
	return time.Since(began), nil
}

func find(ctx context.Context, c activities.Connector, who offboarding.Subject, l *offboarding.SystemCase) error {
	var err error
	l.System = c.System()
	l.Account, err = c.Find(ctx, offboarding.Person{Email: who})
	if err != nil || !l.Account.Found {
		return err
	}
	inventory, err := c.Inventory(ctx, l.Account)
	l.Grants, l.Coverage = inventory.Grants, inventory.Coverage
	return err
}

func contain(ctx context.Context, c activities.Connector, l *offboarding.SystemCase) error {
	if !offboarding.MakePlan(*l, nil).Contain {
		return nil
	}
	return c.Contain(ctx, l.Account, activities.NewJournal(1, nil, nil))
}

func revokeAndObserve(ctx context.Context, c activities.Connector, l *offboarding.SystemCase) error {
	if !l.Account.Found {
		return nil
	}
	if grants := offboarding.MakePlan(*l, nil).Revoke; len(grants) > 0 {
		if err := c.Revoke(ctx, l.Account, grants, activities.NewJournal(1, nil, nil)); err != nil {
			return err
		}
	}
	seen, err := c.Observe(ctx, l.Account)
	if err != nil {
		return err
	}
	l.Saw(seen)
	if l.Verdicts = offboarding.Judge(*l, nil); !l.Verified() {
		return fmt.Errorf("not verified: %s", offboarding.ProofText(*l))
	}
	return nil
}

// slowVendors is a case beside the plain program, taking turns, with vendors
// that take their time.
func slowVendors(ctx context.Context, b *bench) ([]row, error) {
	const millis, warmUp = 100, 1
	rounds := max(b.n/3, 2)
	f, err := b.found(ctx, 2*(rounds+warmUp))
	if err != nil {
		return nil, err
	}
	defer f.stop()
	h, err := f.house(ctx, house.Options{})
	if err != nil {
		return nil, err
	}
	defer h.Close()
	settings, err := f.settings()
	if err != nil {
		return nil, err
	}
	bare, err := newPlain(settings)
	if err != nil {
		return nil, err
	}
	if err := f.slow(ctx, millis); err != nil {
		return nil, err
	}
	var ours, theirs []time.Duration
	for i := range rounds + warmUp {
		t, err := offboard(ctx, h.Client, f.staff[2*i+i%2])
		if err != nil {
			return nil, err
		}
		without, err := bare.offboard(ctx, f.staff[2*i+(i+1)%2])
		if err != nil {
			return nil, err
		}
		if i >= warmUp {
			ours, theirs = append(ours, t.proven), append(theirs, without)
		}
	}
	times := float64(median(ours)) / float64(median(theirs))
	return []row{{
		figure: fmt.Sprintf("trigger to verified, vendors at %d ms a call, median of %d", millis, rounds), measured: fmt.Sprintf("%.2f × plain Go", times),
		target: "≤ 1.3 ×", met: times <= 1.3, note: fmt.Sprintf("%s; the same calls without Temporal %s", ms(median(ours)), ms(median(theirs))),
	}}, nil
}
