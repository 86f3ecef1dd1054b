package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
)

// population makes ended, running, late and cancelled cases, oldest first.
func population(n int, now time.Time) []record.Event {
	var events []record.Event
	for i := range n {
		due := now.Add(time.Duration(i-n/2) * time.Hour)
		s := record.Standing{State: "running", Due: due, Deadline: due.Add(4 * time.Hour), Systems: 4}
		if i%3 == 0 {
			s.Partner = "acme"
		}
		kind := record.Progress
		switch i % 4 {
		case 0: // in time
			s.State, s.ContainedAt, s.ProvenAt, s.EndedAt = "verified", due, due.Add(time.Hour), due.Add(time.Hour)
			kind = record.Confirmation
		case 1: // proven late
			s.State, s.ContainedAt, s.ProvenAt, s.EndedAt = "closed", due, due.Add(5*time.Hour), due.Add(5*time.Hour)
			kind = record.Confirmation
		case 2:
			s.State, s.EndedAt, kind = "cancelled", due, record.Confirmation
		}
		ev := stands(fmt.Sprint("standing-", i), fmt.Sprintf("case-%05d", i), kind, s)
		who := fmt.Sprintf("person%d@example.com", i)
		ev.People = map[record.Role]record.Person{record.Subject: {Identity: who, Email: who, Name: fmt.Sprint("Person ", i)}}
		events = append(events, ev)
	}
	return events
}

func caseIDs(all []record.Summary) []string {
	ids := make([]string, len(all))
	for i, c := range all {
		ids[i] = c.Case
	}
	return ids
}

func TestCasesAreFiltered(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Microsecond)
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		const n = 40
		require.NoError(t, s.Append(t.Context(), population(n, now)))
		everyone, err := s.Cases(t.Context(), record.Filter{})
		require.NoError(t, err)
		require.Len(t, everyone, n)
		require.Equal(t, "case-00039", everyone[0].Case, "the newest first")
		require.Equal(t, "Person 39", everyone[0].Person.Name)
		require.True(t, everyone[0].Person.Is(everyone[0].Subject))
		require.EqualValues(t, 1, everyone[0].Entries)
		require.EqualValues(t, 39, everyone[0].Last)

		late := 0
		for _, c := range everyone {
			if c.Late(now) {
				late++
			}
		}
		require.Greater(t, late, n/4, "late ended ones and late running ones")
		check := func(f record.Filter, keep func(record.Summary) bool) {
			t.Helper()
			var want []record.Summary
			for _, c := range everyone {
				if keep(c) {
					want = append(want, c)
				}
			}
			require.NotEmpty(t, want)
			got, err := s.Cases(t.Context(), f)
			require.NoError(t, err)
			require.Equal(t, caseIDs(want), caseIDs(got))
			require.Equal(t, want[0], got[0])
		}
		check(record.Filter{Late: true}, func(c record.Summary) bool { return c.Late(now) })
		check(record.Filter{Partner: "acme"}, func(c record.Summary) bool { return c.Partner == "acme" })
		check(record.Filter{State: "cancelled", Partner: "acme"}, func(c record.Summary) bool {
			return c.State == "cancelled" && c.Partner == "acme"
		})
		check(record.Filter{Case: "case-00007"}, func(c record.Summary) bool { return c.Case == "case-00007" })
		check(record.Filter{Identity: "person8@example.com"}, func(c record.Summary) bool { return c.Person.Name == "Person 8" })
		from, to := everyone[30].Due, everyone[20].Due
		check(record.Filter{From: from, To: to}, func(c record.Summary) bool { return !c.Due.Before(from) && c.Due.Before(to) })
		check(record.Filter{To: to, Late: true, Partner: "acme"}, func(c record.Summary) bool {
			return c.Due.Before(to) && c.Late(now) && c.Partner == "acme"
		})
		page, err := s.Cases(t.Context(), record.Filter{Limit: 5, Offset: 10})
		require.NoError(t, err)
		require.Equal(t, caseIDs(everyone[10:15]), caseIDs(page))
		rest, err := s.Cases(t.Context(), record.Filter{Offset: 38})
		require.NoError(t, err)
		require.Equal(t, caseIDs(everyone[38:]), caseIDs(rest))
		none, err := s.Cases(t.Context(), record.Filter{Identity: "nobody"})
		require.NoError(t, err)
		require.Empty(t, none)
	})
}

func TestACaseStandsAsItsNewestEntrySays(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		only := func() record.Summary {
			t.Helper()
			cases, err := s.Cases(t.Context(), record.Filter{})
			require.NoError(t, err)
			require.Len(t, cases, 1)
			return cases[0]
		}
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		require.EqualValues(t, -1, only().Last)
		require.Empty(t, only().State)
		require.NoError(t, appendAll(t.Context(), s,
			stands("1", "case-1", record.Progress, record.Standing{State: "running", Open: 3}),
			stands("2", "case-1", record.Progress, record.Standing{State: "running"})))
		require.Zero(t, only().Open, "what it says no more is not kept")
		require.NoError(t, appendAll(t.Context(), s, stands("3", "case-1", record.Confirmation, ended(0))))
		require.NoError(t, appendAll(t.Context(), s, stands("4", "case-1", record.Progress, record.Standing{State: "running"})))
		c := only()
		require.Equal(t, "verified", c.State, "what is told late does not open it again")
		require.EqualValues(t, 3, c.Last)
		require.EqualValues(t, 5, c.Entries)
		entries, err := s.Case(t.Context(), "case-1")
		require.NoError(t, err)
		require.Len(t, entries, 5)

		looked := record.Event{
			ID: "look", Kind: record.Access, At: time.Now(), Case: "case-typo",
			People: map[record.Role]record.Person{record.Actor: hr},
		}
		require.NoError(t, appendAll(t.Context(), s, looked))
		only() // a case that only somebody asked for is none
	})
}
