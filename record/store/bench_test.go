package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/store"
)

func eachBackend(b *testing.B, bench func(b *testing.B, s *store.Store)) {
	b.Run("sqlite", func(b *testing.B) {
		bench(b, open(b, "sqlite:"+filepath.Join(b.TempDir(), "record.db"), newKeys(b)))
	})
	b.Run("postgres", func(b *testing.B) { bench(b, open(b, postgresDSN(b), newKeys(b))) })
}

// An event is acknowledged: the time of the middle one, and of the slowest in a
// hundred.
func BenchmarkAppendOneWriter(b *testing.B) {
	eachBackend(b, func(b *testing.B, s *store.Store) {
		took := make([]time.Duration, 0, b.N)
		for i := 0; b.Loop(); i++ {
			began := time.Now()
			require.NoError(b, s.Append(b.Context(), []record.Event{action(fmt.Sprint(i), fmt.Sprint("case-", i/50))}))
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	})
}

func BenchmarkAppendEightWriters(b *testing.B) {
	eachBackend(b, func(b *testing.B, s *store.Store) {
		const writers = 8
		var wg sync.WaitGroup
		next := make(chan int)
		for range writers {
			wg.Go(func() {
				for i := range next {
					if err := s.Append(context.Background(), []record.Event{action(fmt.Sprint(i), fmt.Sprint("case-", i%100))}); err != nil {
						b.Error(err)
					}
				}
			})
		}
		began, n := time.Now(), 0
		for b.Loop() {
			next <- n
			n++
		}
		close(next)
		wg.Wait()
		b.ReportMetric(float64(n)/time.Since(began).Seconds(), "events/s")
	})
}

func BenchmarkTenThousandCases(b *testing.B) {
	eachBackend(b, func(b *testing.B, s *store.Store) {
		now := time.Now()
		for events := range slices.Chunk(population(10000, now), 500) {
			require.NoError(b, s.Append(b.Context(), events))
		}
		filters := map[string]record.Filter{
			"all":     {},
			"late":    {Late: true},
			"quarter": {From: now.AddDate(0, -3, 0), To: now},
			"page":    {Limit: 50, Offset: 5000},
			"person":  {Identity: "person777@example.com"},
		}
		for name, f := range filters {
			b.Run(name, func(b *testing.B) {
				for b.Loop() {
					got, err := s.Cases(b.Context(), f)
					require.NoError(b, err)
					require.NotEmpty(b, got)
				}
			})
		}
	})
}
