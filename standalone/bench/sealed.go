package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"lastday/codec"
	"lastday/sandbox/people"
	"lastday/secret"
	"lastday/standalone/house"
)

// sealed is the program with everything encrypted and names hidden, beside one
// that does neither: one case at a time, and many at once, in turns.
func sealed(ctx context.Context, b *bench) ([]row, error) {
	const warmUp, turns = 2, 5
	single, many := max(b.n/turns, 1), max(b.burst/turns, 1)
	f, err := b.found(ctx, 2*(warmUp+turns*(single+many)))
	if err != nil {
		return nil, err
	}
	defer f.stop()
	var houses [2]*house.House
	for i := range houses {
		if houses[i], err = f.sealedHouse(ctx, i == 1); err != nil {
			return nil, err
		}
		defer houses[i].Close()
	}
	staff := f.staff
	next := func(n int) []people.Person {
		out := staff[:n]
		staff = staff[n:]
		return out
	}
	var one, burst, processor [2][]time.Duration
	for turn := range turns + 1 {
		for k := range houses {
			i := (k + turn) % 2 // neither always goes first
			h := houses[i]
			if turn == 0 {
				if _, err := together(ctx, h, next(warmUp)); err != nil {
					return nil, err
				}
				continue
			}
			for _, p := range next(single) {
				t, err := offboardBy(ctx, h.Cases, h.Client, p)
				if err != nil {
					return nil, err
				}
				one[i] = append(one[i], t.proven)
			}
			before := cpuTime(os.Getpid())
			took, err := together(ctx, h, next(many))
			if err != nil {
				return nil, err
			}
			burst[i] = append(burst[i], took)
			processor[i] = append(processor[i], (cpuTime(os.Getpid())-before)/time.Duration(many))
		}
	}
	return []row{
		beside(fmt.Sprintf("trigger to verified, encryption on against off, median of %d", len(one[0])), one),
		beside(fmt.Sprintf("%d cases at once, encryption on against off, median of %d rounds", many, turns), burst),
		beside("processor time for each of them, encryption on against off", processor),
	}, nil
}

func beside(figure string, took [2][]time.Duration) row {
	off, on := median(took[0]), median(took[1])
	times := float64(on) / float64(off)
	return row{
		figure: figure, measured: fmt.Sprintf("%.2f ×", times), target: "≤ 1.1 ×", met: times <= 1.1,
		note: fmt.Sprintf("%s on, %s off; in turns", ms(on), ms(off)),
	}
}

// together is how long so many cases take that begin at once.
func together(ctx context.Context, h *house.House, staff []people.Person) (time.Duration, error) {
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	for _, p := range staff {
		g.Go(func() error {
			_, err := offboardBy(ctx, h.Cases, h.Client, p)
			return err
		})
	}
	err := g.Wait()
	return time.Since(began), err
}

// sealedHouse is house, with a keyset and hidden names if on.
func (f *firm) sealedHouse(ctx context.Context, on bool) (*house.House, error) {
	c, err := f.settings()
	if err != nil {
		return nil, err
	}
	if on {
		path, err := codec.MakeFile(filepath.Join(c.Standalone.DataDir, "keys"))
		if err != nil {
			return nil, err
		}
		if c.Encryption.Keyset, err = secret.Parse("file:" + path); err != nil {
			return nil, err
		}
		c.Encryption.Opaque = true
	}
	return house.Open(ctx, c, house.Options{})
}
