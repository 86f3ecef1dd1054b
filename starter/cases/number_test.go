package cases_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

func nth(n int) string {
	if n == 1 {
		return "offboard:jane@example.com"
	}
	return fmt.Sprintf("offboard:jane@example.com#%d", n)
}

// Temporal forgets cases that have ended, the first ones first.
func TestTheRunningCaseIsReachedWhateverTemporalHasForgotten(t *testing.T) {
	for name, c := range map[string]struct {
		ended    []int
		running  int
		unlisted bool
		hidden   bool
		stale    []string
	}{
		"the first":                             {nil, 1, false, false, nil},
		"the second, the first known":           {[]int{1}, 2, false, false, nil},
		"the second, the first forgotten":       {nil, 2, false, false, nil},
		"not listed yet":                        {nil, 2, false, true, nil},
		"with lists down":                       {nil, 2, true, false, nil},
		"the third of three, the last unlisted": {[]int{1, 2}, 3, false, true, nil},
		"a late one":                            {nil, 9, false, false, nil},
		"a late one, and one not listed yet":    {[]int{8}, 9, false, true, nil},
		"listed though it is gone":              {nil, 1, false, false, []string{nth(4)}},
		"somebody else's in the list":           {nil, 2, false, false, []string{"offboard:jane@example.com#x", "offboard:jane@example.com#1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, cl := house(t)
			for _, n := range c.ended {
				s.put(nth(n), run{now: gone})
			}
			s.put(nth(c.running), run{asked: request(ada), now: offboarding.Case{State: offboarding.Waiting}, running: true, hidden: c.hidden})
			s.unlisted, s.stale = c.unlisted, c.stale

			_, err := cl.Cancel(t.Context(), jane, "no", ada)
			require.ErrorContains(t, err, "enough")
			require.Equal(t, 1, s.calls["update "+nth(c.running)], "%v", s.calls)
			for _, again := range []bool{false, true} {
				offboards(t, cl, request(hanna), again, nth(c.running), true)
			}
			require.Len(t, s.cases, len(c.ended)+1, "nothing was opened beside it")
		})
	}
}

func TestWhereEveryCaseHasEndedANewOneIsOpenedOnlyWithAgain(t *testing.T) {
	for name, c := range map[string]struct {
		ended []int
		opens int
	}{
		"one":                          {[]int{1}, 2},
		"two":                          {[]int{1, 2}, 3},
		"two, the first forgotten":     {[]int{2}, 3},
		"many, most of them forgotten": {[]int{11, 12}, 13},
	} {
		t.Run(name, func(t *testing.T) {
			s, cl := house(t)
			for _, n := range c.ended {
				s.put(nth(n), run{now: gone})
			}
			_, err := cl.Offboard(t.Context(), request(hanna), false)
			require.ErrorIs(t, err, offboarding.ErrEnded)
			require.Len(t, s.cases, len(c.ended))
			offboards(t, cl, request(hanna), true, nth(c.opens), false)
		})
	}
}

func TestSomebodyWithoutACaseHasNone(t *testing.T) {
	for _, unlisted := range []bool{false, true} {
		s, cl := house(t)
		s.unlisted = unlisted
		_, err := cl.Get(t.Context(), jane)
		require.ErrorIs(t, err, offboarding.ErrNoCase)
		offboards(t, cl, request(hanna), true, nth(1), false)
	}
}

func TestTheFirstRequestCostsTwoLooksBesideTheStart(t *testing.T) {
	s, cl := house(t)
	offboards(t, cl, request(hanna), false, nth(1), false)
	require.Equal(t, map[string]int{"list": 1, "describe": 1, "execute": 1, "history": 1}, s.calls)
}

func TestTheSubjectIsQuotedInTheList(t *testing.T) {
	s, cl := house(t)
	s.put("offboard:o'neil@example.com#7", run{asked: request(ada), now: offboarding.Case{State: offboarding.Waiting}, running: true})
	d := request(ada)
	d.Subject = "o'neil@example.com"
	offboards(t, cl, d, false, "offboard:o'neil@example.com#7", false)
}
