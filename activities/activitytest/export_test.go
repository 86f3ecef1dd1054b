package activitytest

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
)

// Wrongs lists what the suite finds wrong with a connector, up to the first
// check that notices something.
func Wrongs(t *testing.T, f Fixture) []string {
	for _, b := range behaviours {
		if found := record(t, f, b.check); len(found) > 0 {
			return append([]string{b.name}, found...)
		}
	}
	var cases []faultCase
	if found := record(t, f, func(b *bench) { cases = faultCases(b) }); len(found) > 0 {
		return found
	}
	for _, c := range cases {
		if found := record(t, f, c.check); len(found) > 0 {
			return append([]string{c.String()}, found...)
		}
	}
	return nil
}

func record(t *testing.T, f Fixture, check func(*bench)) []string {
	r := &recorder{}
	var done sync.WaitGroup
	done.Go(func() { check(newBench(t, r, f)) })
	done.Wait()
	return r.found
}

// recorder takes down what a check reports, instead of failing the test.
type recorder struct {
	mu    sync.Mutex
	found []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found = append(r.found, fmt.Sprintf(format, args...))
}

func (r *recorder) FailNow() {
	r.Errorf("stopped here")
	runtime.Goexit()
}
