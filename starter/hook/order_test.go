package hook_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/secret"
	"lastday/starter/hook"
)

const jane = offboarding.Subject("jane.doe@example.com")

func TestADepartureStartsACaseWithTheLastDaysEnd(t *testing.T) {
	h := newHouse(t, orderedMapping)
	require.Equal(t, hook.Started, h.tell(told("leaves", "2026-12-31", 1)))
	c := h.jane()
	require.Equal(t, "2026-12-31T22:59:00Z", c.Due.UTC().Format(time.RFC3339))
	require.Equal(t, "Europe/Berlin", c.Departure.Zone)
	require.False(t, c.Departure.Bulk)
	require.Equal(t, friday, c.Departure.RequestedAt)
}

func TestTheSameRecordAgainAndAgainIsHarmless(t *testing.T) {
	for name, mapping := range map[string]string{"with": orderedMapping, "without": plainMapping} {
		t.Run(name+" occurred_at", func(t *testing.T) {
			h := newHouse(t, mapping)
			require.Equal(t, hook.Started, h.tell(told("leaves", "2026-12-31", 1)))
			for i := range 300 {
				require.Equal(t, hook.Unchanged, h.tell(told([]string{"leaves", "changed"}[i%2], "2026-12-31", 1)))
			}
			require.Zero(t, h.temporal.moves)
			require.Equal(t, 1, h.temporal.starts)
			require.Empty(t, h.reports)
		})
	}
	t.Run("with a new time each", func(t *testing.T) {
		h := newHouse(t, orderedMapping)
		for i := range 300 {
			h.now = h.now.Add(time.Hour)
			h.tell(told("leaves", "2026-12-31", i))
		}
		require.Equal(t, 199, h.temporal.moves, "Temporal bounds a case's updates, and people need theirs")
	})
	t.Run("while people have moved the case", func(t *testing.T) {
		h := newHouse(t, orderedMapping)
		h.tell(told("leaves", "2026-12-31", 1))
		h.temporal.newest(jane).Due = friday.AddDate(0, 0, 3)
		require.Equal(t, hook.Unchanged, h.tell(told("leaves", "2026-12-31", 5)), "it only repeats itself")
		require.Equal(t, friday.AddDate(0, 0, 3), h.jane().Due)
		require.Equal(t, hook.Moved, h.tell(told("changed", "2027-01-31", 6)), "this is new")
	})
	for _, end := range []offboarding.State{offboarding.Verified, offboarding.Closed, offboarding.Cancelled, offboarding.Refused, offboarding.NothingFound} {
		t.Run("after the case ended as "+string(end), func(t *testing.T) {
			h := newHouse(t, orderedMapping)
			h.tell(told("leaves", "2026-12-31", 1))
			h.temporal.end(jane, end)
			require.Equal(t, hook.Unchanged, h.tell(told("leaves", "2026-12-31", 2)))
			for range 5 {
				require.Equal(t, hook.Reported, h.tell(told("changed", "2027-01-31", 3)), "nothing opens a second case by itself")
			}
			require.Len(t, h.reports, 1, "people are told once")
			require.Equal(t, 1, h.temporal.starts)
		})
	}
}

func TestOnceItHasBegunNothingIsGivenBackAndAPersonIsTold(t *testing.T) {
	for what, want := range map[string]string{
		"withdrawn": "cutting has begun; what is cut stays cut",
		"stays":     "cutting has begun; what is cut stays cut",
		"changed":   "names another last day, 2027-01-31",
		"rehired":   "has hired the person again while the departure is",
	} {
		t.Run(what, func(t *testing.T) {
			h := newHouse(t, orderedMapping)
			h.tell(told("leaves", "2026-12-31", 1))
			h.temporal.begun[jane] = true
			require.Equal(t, hook.Reported, h.tell(told(what, "2027-01-31", 2)))
			require.Equal(t, hook.Reported, h.tell(told(what, "2027-01-31", 2)))
			require.Len(t, h.reports, 1)
			require.Contains(t, h.reports[0].Why, want)
			require.Equal(t, jane, h.reports[0].Subject)
			require.Zero(t, h.temporal.moves)
			require.Equal(t, hook.Unchanged, h.tell(told("leaves", "2026-12-31", 3)), "the same day is no news")
			require.NotContains(t, h.log.String(), "jane")
		})
	}
}

func TestWithdrawnCancelsBeforeItTakesEffect(t *testing.T) {
	h := newHouse(t, orderedMapping)
	require.Equal(t, hook.Started, h.tell(told("leaves", "2026-12-31", 1)))
	require.Equal(t, hook.Cancelled, h.tell(told("withdrawn", "", 2)))
	require.Equal(t, offboarding.Cancelled, h.jane().State)
	require.Equal(t, hook.Unchanged, h.tell(told("withdrawn", "", 2)))
	require.Equal(t, hook.Overtaken, h.tell(told("changed", "2027-01-31", 1)), "older than the withdrawal")
	require.Empty(t, h.reports)

	h = newHouse(t, orderedMapping)
	h.tell(told("leaves", "2026-12-31", 1))
	h.temporal.end(jane, offboarding.Verified)
	require.Equal(t, hook.Reported, h.tell(told("withdrawn", "", 9)))
	require.Contains(t, h.reports[0].Why, "nothing is given back by itself")
}

func TestARecordWithoutALastDayTakesBackOnlyWhatItsSourceSaid(t *testing.T) {
	h := newHouse(t, orderedMapping)
	require.Equal(t, hook.Unchanged, h.tell(told("stays", "", 1)), "most people")
	h.temporal.open(offboarding.Departure{Subject: jane, At: friday.AddDate(0, 1, 0), RequestedAt: friday.Add(-20 * time.Hour)})
	require.Equal(t, hook.Unchanged, h.tell(told("stays", "", 20)), "people asked for this departure")
	require.Equal(t, offboarding.Waiting, h.jane().State)
	require.Equal(t, hook.Moved, h.tell(told("leaves", "2026-12-31", 21)))
	require.Equal(t, hook.Cancelled, h.tell(told("stays", "", 22)))
	require.Empty(t, h.reports)
}

func TestARehireOpensNothingAndIsReported(t *testing.T) {
	h := newHouse(t, orderedMapping)
	require.Equal(t, hook.Reported, h.tell(told("rehired", "", 1)))
	h.tell(told("leaves", "2026-12-31", 1))
	h.temporal.end(jane, offboarding.Verified)
	require.Equal(t, hook.Reported, h.tell(told("rehired", "", 2)))
	require.Equal(t, 1, h.temporal.starts)
	require.Len(t, h.reports, 2)
	require.Contains(t, h.reports[1].Why, "the departure ended as verified")
}

func TestWhatAPersonAskedForLaterIsNotMovedByAnOlderWord(t *testing.T) {
	h := newHouse(t, orderedMapping)
	due := friday.AddDate(0, 1, 0)
	h.temporal.open(offboarding.Departure{Subject: jane, At: due, RequestedAt: friday})
	require.Equal(t, hook.Reported, h.tell(told("withdrawn", "", 1)))
	require.Equal(t, hook.Reported, h.tell(told("leaves", "2026-12-31", 1)))
	require.Equal(t, due, h.jane().Due)
	require.Equal(t, offboarding.Waiting, h.jane().State)
	h.now = friday.Add(12 * time.Hour)
	require.Equal(t, hook.Moved, h.tell(told("leaves", "2026-12-31", 40)), "said after the person spoke")
}

func TestALastDayThatHasPassed(t *testing.T) {
	for day, want := range map[string]hook.Outcome{
		"2026-11-20": hook.Started,  // ends in three hours
		"2026-11-19": hook.Started,  // at once
		"2026-11-13": hook.Started,  // six days and some
		"2026-11-12": hook.Reported, // forgotten by somebody
		"2026-10-25": hook.Reported,
		"2026-10-20": hook.TooLate, // history
		"1970-01-01": hook.TooLate,
		"0001-01-01": hook.TooLate,
	} {
		h := newHouse(t, plainMapping)
		require.Equal(t, want, h.tell(told("leaves", day, 0)), day)
		require.Equal(t, want == hook.Started, h.temporal.starts == 1, day)
		require.Len(t, h.reports, map[bool]int{true: 1, false: 0}[want == hook.Reported], day)
		if want == hook.Started && day != "2026-11-20" {
			require.True(t, h.jane().Departure.At.IsZero(), "at once")
			require.Equal(t, hook.Unchanged, h.tell(told("leaves", day, 0)), "and once")
		}
	}
	t.Run("for a case that waits", func(t *testing.T) {
		h := newHouse(t, plainMapping)
		h.tell(told("leaves", "2026-12-31", 0))
		require.Equal(t, hook.Moved, h.tell(told("changed", "2026-11-19", 0)))
		require.True(t, h.jane().Due.Before(h.now), "it begins at once")
	})
	t.Run("long ago, of a case that is known", func(t *testing.T) {
		h := newHouse(t, plainMapping)
		h.tell(told("leaves", "2026-11-20", 0))
		h.temporal.end(jane, offboarding.Verified)
		h.now = h.now.AddDate(0, 0, 10)
		require.Equal(t, hook.TooLate, h.tell(told("leaves", "2026-11-20", 0)))
		require.Empty(t, h.reports)
	})
}

func TestAPolicyThatRefusesIsAnOutcome(t *testing.T) {
	h := newHouse(t, plainMapping)
	h.tell(told("leaves", "2026-12-31", 0))
	h.temporal.refuse = "only-people-move"
	s := h.send(h.request(told("changed", "2027-01-31", 0)))
	require.Equal(t, hook.Refused, h.outcome(s))
	require.NotEmpty(t, s.Results[0].Why)
}

// Whatever the order in which events arrive, the newest counts. Only a
// withdrawal that comes before its departure cannot be kept: there is no case
// to keep it, so it is reported.
func TestInAnyOrderTheNewestWordCounts(t *testing.T) {
	words := []struct {
		what, day string
		hour      int
	}{
		{"leaves", "2026-12-31", 1},
		{"changed", "2027-01-31", 2},
		{"changed", "2026-12-15", 3},
		{"rehired", "", 4},
		{"leaves", "2026-12-20", 5},
		{"changed", "2026-12-15", 6},
	}
	for seed := range uint64(500) {
		h := newHouse(t, orderedMapping)
		random := rand.New(rand.NewPCG(seed, 1))
		var sent []*request
		for _, i := range random.Perm(len(words)) {
			r := h.request(told(words[i].what, words[i].day, words[i].hour))
			sent = append(sent, r)
			h.send(r)
			if random.IntN(2) == 0 {
				h.send(sent[random.IntN(len(sent))]) // one of those before again
				h.restart()
			}
		}
		require.Equal(t, "2026-12-15", h.jane().Due.Format(time.DateOnly), "seed %d", seed)
		require.Equal(t, 1, h.temporal.starts)
	}
	withdrawal := append(words, struct { //nolint:gocritic // a new slice is wanted
		what, day string
		hour      int
	}{"withdrawn", "", 9})
	for seed := range uint64(500) {
		h := newHouse(t, orderedMapping)
		order := rand.New(rand.NewPCG(seed, 2)).Perm(len(withdrawal))
		known := false
		for _, i := range order {
			w := withdrawal[i]
			got := h.tell(told(w.what, w.day, w.hour))
			if w.what == "withdrawn" {
				require.Equal(t, map[bool]hook.Outcome{true: hook.Cancelled, false: hook.Reported}[known], got, "seed %d", seed)
				if !known {
					require.Contains(t, h.reports[len(h.reports)-1].Why, "if the departure itself still comes")
				}
			}
			known = known || w.what == "leaves" || w.what == "changed"
		}
		if first := withdrawal[order[0]].what; first == "leaves" || first == "changed" {
			require.Equal(t, offboarding.Cancelled, h.jane().State, "seed %d", seed)
		}
	}
}

func TestWithoutATimeTheLastToArriveWinsButNoneTwice(t *testing.T) {
	h := newHouse(t, plainMapping)
	newer, older := h.request(told("changed", "2027-01-31", 0)), h.request(told("leaves", "2026-12-31", 0))
	h.send(newer)
	require.Equal(t, hook.Moved, h.outcome(h.send(older)))
	require.Equal(t, "2026-12-31", h.jane().Due.Format(time.DateOnly))
	require.Equal(t, hook.Repeated, h.outcome(h.send(newer)))
	require.Equal(t, hook.Repeated, h.outcome(h.send(older)))
}

func TestTwoHundredAtOnceAreOne(t *testing.T) {
	h := newHouse(t, orderedMapping)
	other := houseOf(t, h.conf) // a second instance on the same Temporal
	other.temporal = h.temporal
	other.restart()
	at := func(r *request) map[hook.Outcome]int {
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[hook.Outcome]int{}
		for i := range 200 {
			wg.Go(func() {
				s := []*house{h, other}[i%2].send(r)
				mu.Lock()
				defer mu.Unlock()
				got[s.Results[0].Outcome]++
			})
		}
		wg.Wait()
		return got
	}
	got := at(h.request(told("leaves", "2026-12-31", 1)))
	require.Equal(t, 200, got[hook.Started]+got[hook.Repeated])
	require.Equal(t, 1, h.temporal.starts)
	require.Zero(t, h.temporal.moves)

	got = at(h.request(told("changed", "2027-01-31", 2)))
	require.Equal(t, 200, got[hook.Moved]+got[hook.Unchanged]+got[hook.Repeated], fmt.Sprint(got))
	require.Equal(t, 1, h.temporal.moves)

	got = at(h.request(told("withdrawn", "", 3)))
	require.Equal(t, 200, got[hook.Cancelled]+got[hook.Unchanged]+got[hook.Repeated], fmt.Sprint(got))
	require.Equal(t, 2, h.temporal.moves)
	require.Empty(t, h.reports)
}

func TestACrashBetweenTheDeedAndItsMarkChangesNothing(t *testing.T) {
	h := newHouse(t, plainMapping)
	start, move := h.request(told("leaves", "2026-12-31", 0)), h.request(told("changed", "2027-01-31", 0))
	h.send(start)
	clear(h.temporal.marks)
	h.restart()
	require.Equal(t, hook.Started, h.outcome(h.send(start)))
	h.send(move)
	clear(h.temporal.marks)
	h.temporal.newest(jane).Due = friday.AddDate(0, 0, 3) // a person moves it
	h.restart()
	require.Equal(t, hook.Unchanged, h.outcome(h.send(move)))
	require.Equal(t, hook.Started, h.outcome(h.send(start)))
	require.Equal(t, 1, h.temporal.starts)
	require.Equal(t, 1, h.temporal.moves)
	require.Equal(t, friday.AddDate(0, 0, 3), h.jane().Due)
}

func TestSeveralPeopleInOneRequest(t *testing.T) {
	mapping := "each: event.people\nwhat: item.what\nemail: item.email\nlast_day: item.last_day\nzone: event.zone\n"
	person := func(email string) string {
		return fmt.Sprintf(`{"what":"leaves","email":%q,"last_day":"2026-12-31"}`, email)
	}
	h := newHouse(t, mapping)
	r := h.request(`{"zone":"Europe/Berlin","people":[` + person("jane.doe@example.com") + `,` + person("joe@example.com") + `]}`)
	s := h.send(r)
	require.Equal(t, http.StatusAccepted, s.status, s.text)
	require.Len(t, s.Results, 2)
	require.Equal(t, 2, h.temporal.starts)
	require.True(t, h.temporal.departs[0].Bulk)
	require.True(t, h.temporal.departs[1].Bulk)
	require.Equal(t, hook.Repeated, h.send(r).Results[1].Outcome)

	bad := h.send(h.request(`{"zone":"Europe/Berlin","people":[` + person("ann@example.com") + `,` + person("nobody") + `]}`))
	require.Equal(t, http.StatusBadRequest, bad.status)
	require.Contains(t, bad.Error, "entry 2: mapping.email")
	require.Equal(t, 2, h.temporal.starts, "all or none")

	none := h.send(h.request(`{"people":[]}`))
	require.Equal(t, http.StatusAccepted, none.status)
	require.Empty(t, none.Results)
}

func TestTwoSourcesDoNotShareEventIDs(t *testing.T) {
	h := houseOf(t, hook.Config{Sources: []hook.Source{
		{Name: "workday", Secrets: []secret.Ref{secretOf(t, whsec(key))}, Mapping: mappingOf(t, plainMapping)},
		{Name: "personio", Secrets: []secret.Ref{secretOf(t, whsec(key))}, Mapping: mappingOf(t, plainMapping)},
	}})
	r := h.request(told("leaves", "2026-12-31", 0))
	r.path = hook.Path + "/workday"
	require.Equal(t, hook.Started, h.outcome(h.send(r)))
	r.path, r.body = hook.Path+"/personio", told("changed", "2027-01-31", 0)
	require.Equal(t, hook.Moved, h.outcome(h.send(r)))
}
