package temporal_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/workflow"
)

const (
	rounds = 3
	burst  = 300
)

var systems = []string{"okta", "github", "vpn", "slack"}

// fanOut is the shape of a case: rounds of one activity on every system's
// queue, all at once.
func fanOut(ctx workflow.Context) error {
	for range rounds {
		var pending []workflow.Future
		for _, system := range systems {
			there := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
				TaskQueue: system, StartToCloseTimeout: 10 * time.Second,
			})
			pending = append(pending, workflow.ExecuteActivity(there, "Nothing"))
		}
		for _, f := range pending {
			if err := f.Get(ctx, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// BenchmarkStart is the time from Start to serving, on a new file and on one
// that is there.
func BenchmarkStart(b *testing.B) {
	again := options(b.TempDir())
	start(b, again).Stop()
	for name, next := range map[string]func() string{
		"new":   b.TempDir,
		"again": func() string { return again.DataDir },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := start(b, options(next()))
				b.StopTimer()
				s.Stop()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkCase is one case after the other: what a person waits for.
func BenchmarkCase(b *testing.B) {
	bothDispatches(b, func(b *testing.B, c client.Client) {
		n := 0
		for b.Loop() {
			n++
			runCase(b, c, fmt.Sprintf("case-%d", n))
		}
	})
}

// BenchmarkBurst starts 300 cases at once, and reports what the process weighs
// afterwards.
func BenchmarkBurst(b *testing.B) {
	bothDispatches(b, func(b *testing.B, c client.Client) {
		var took []time.Duration
		begin := time.Now()
		for b.Loop() {
			took = append(took, runBurst(b, c, len(took))...)
		}
		perSecond := float64(len(took)) / time.Since(begin).Seconds()
		slices.Sort(took)
		b.ReportMetric(perSecond, "cases/s")
		b.ReportMetric(perSecond*float64(rounds*len(systems)), "activities/s")
		b.ReportMetric(took[len(took)/2].Seconds(), "p50-s")
		b.ReportMetric(took[len(took)*99/100].Seconds(), "p99-s")
		b.ReportMetric(residentMB(b), "rss-MB")
	})
}

func bothDispatches(b *testing.B, run func(*testing.B, client.Client)) {
	for name, stock := range map[string]bool{"ours": false, "stock": true} {
		b.Run(name, func(b *testing.B) {
			o := options(b.TempDir())
			o.StockDispatch = stock
			c := dial(b, start(b, o))
			work(b, c, append(systems, queue)...)
			runCase(b, c, "warm-up")
			run(b, c)
		})
	}
}

func runBurst(b *testing.B, c client.Client, round int) []time.Duration {
	took := make([]time.Duration, burst)
	var all sync.WaitGroup
	for i := range burst {
		all.Go(func() {
			begin := time.Now()
			runCase(b, c, fmt.Sprintf("burst-%d-%d", round, i))
			took[i] = time.Since(begin)
		})
	}
	all.Wait()
	return took
}

func runCase(b *testing.B, c client.Client, id string) {
	ctx := context.Background()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue, EnableEagerStart: true}, "FanOut")
	if err == nil {
		err = run.Get(ctx, nil)
	}
	if err != nil {
		b.Errorf("%s: %v", id, err)
	}
}

// residentMB is what this process has in memory, worker and client included.
func residentMB(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip("no /proc here to read the memory from")
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}
