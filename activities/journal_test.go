package activities_test

import (
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/offboarding"
)

// The last heartbeat is all that the next attempt knows: a regular one must not
// take an action back that was taken down a moment ago.
func TestAHeartbeatNeverKnowsOfLessThanTheOneBefore(t *testing.T) {
	var mu sync.Mutex
	var known []int
	j := activities.NewJournal(1, nil, func(all []offboarding.Action) {
		mu.Lock()
		defer mu.Unlock()
		known = append(known, len(all))
	})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 500 {
				j.Done(offboarding.Action{Do: "remove"})
			}
		})
		all.Go(func() {
			for range 500 {
				j.Beat()
			}
		})
	}
	all.Wait()
	require.Len(t, known, 8000)
	require.True(t, slices.IsSorted(known))
}
