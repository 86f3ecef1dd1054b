package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/store"
)

func TestWhatWasAppendedIsRead(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		before := time.Now().Truncate(time.Microsecond)
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1"), action("b", "case-2"), action("c", "case-1")))
		require.NoError(t, appendAll(t.Context(), s, record.Event{ID: "idle", Kind: record.Alive, At: time.Now()}))

		entries := sound(t, s)
		require.Len(t, entries, 4)
		first := entries[0].Entry
		require.Equal(t, record.Action, first.Kind)
		require.JSONEq(t, `{"class":"sessions","answer":204}`, string(first.Facts))
		require.False(t, first.Recorded.Before(before))
		require.EqualValues(t, 2, entries[2].Entry.Seq)
		require.Zero(t, entries[3].Entry.Seq)
		require.Nil(t, entries[3].Opened)
		details, err := entries[0].Details()
		require.NoError(t, err)
		require.JSONEq(t, `{"label":"the phone of Jane Fairweather-Doe"}`, string(details))

		people, err := s.People(t.Context(), []string{first.People[record.Subject], first.People[record.Actor], "p-unknown"})
		require.NoError(t, err)
		require.Len(t, people, 2)
		for role, who := range map[record.Role]record.Person{record.Subject: jane, record.Actor: hr} {
			pseudonym := first.People[role]
			require.True(t, people[pseudonym].Is(pseudonym), "the salt shows whom the entry means")
			require.Equal(t, who, unsalted(people[pseudonym]))
		}

		mine, err := s.Case(t.Context(), "case-1")
		require.NoError(t, err)
		require.Len(t, mine, 2)
		require.Equal(t, entries[2], mine[1])
		none, err := s.Case(t.Context(), "no such case")
		require.NoError(t, err)
		require.Empty(t, none)
		_, err = s.Range(t.Context(), 2, 5)
		require.ErrorContains(t, err, "the record has 4")
	})
}

func TestTheSameEventAgainAddsNothing(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		a := action("a", "case-1")
		require.NoError(t, appendAll(t.Context(), s, a, a))
		require.Len(t, sound(t, s), 1)

		a.At = a.At.Add(time.Hour) // as a retry may say it
		a.Facts = json.RawMessage("{ \"class\":\"sessions\",\n\"answer\":204 }")
		require.NoError(t, appendAll(t.Context(), s, a, action("b", "case-1")))
		require.Len(t, sound(t, s), 2)
	})
}

func TestAnEventOfAKnownIDThatSaysSomethingElseIsRefused(t *testing.T) {
	other := map[string]func(*record.Event){
		"facts":  func(e *record.Event) { e.Facts = json.RawMessage(`{"class":"factors"}`) },
		"kind":   func(e *record.Event) { e.Kind = record.Proof },
		"case":   func(e *record.Event) { e.Case = "case-2" },
		"system": func(e *record.Event) { e.System = "github" },
	}
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		for name, change := range other {
			changed := action("a", "case-1")
			change(&changed)
			err := appendAll(t.Context(), s, action("before "+name, "case-1"), changed)
			var refused *store.RefusedError
			require.ErrorAs(t, err, &refused, name)
			require.Equal(t, "a", refused.Event)
		}
		require.Len(t, sound(t, s), 1, "all of a call or nothing")
		require.NoError(t, appendAll(t.Context(), s, action("b", "case-1")))
		require.EqualValues(t, 2, sound(t, s)[1].Entry.Seq, "what was undone has left no gap")
	})
}

func TestOneBadEventHarmsNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		require.NoError(t, appendAll(t.Context(), s, action("known", "case-1")))
		changed := action("known", "case-other")
		var wg sync.WaitGroup
		errs := make([]error, 40)
		for i := range errs {
			wg.Go(func() {
				if i%4 == 0 {
					errs[i] = appendAll(t.Context(), s, action(fmt.Sprint("lost-", i), fmt.Sprint("case-", i)), changed)
					return
				}
				errs[i] = appendAll(t.Context(), s, action(fmt.Sprint("good-", i), "case-1"))
			})
		}
		wg.Wait()
		for i, err := range errs {
			if i%4 == 0 {
				require.ErrorContains(t, err, `"known"`)
			} else {
				require.NoError(t, err)
			}
		}
		require.Len(t, sound(t, s), 31)
		cases, err := s.Cases(t.Context(), record.Filter{})
		require.NoError(t, err)
		require.Len(t, cases, 1)
	})
}

func TestWhatCannotBecomeAnEntryIsRefused(t *testing.T) {
	bad := map[string]func(*record.Event){
		"an id of":     func(e *record.Event) { e.ID = "" },
		"is not known": func(e *record.Event) { e.Kind = "gossip" },
		"bytes, and":   func(e *record.Event) { e.Facts = json.RawMessage(`{"x":"` + strings.Repeat("x", 70000) + `"}`) },
		"zero byte":    func(e *record.Event) { e.Case = "a\x00b" },
		"UTF-8":        func(e *record.Event) { e.ID = "a\xff" },
		"at most 200":  func(e *record.Event) { e.System = strings.Repeat("x", 201) },
		"JSON objects": func(e *record.Event) { e.Facts = json.RawMessage(`[1]`) },
		"no identity": func(e *record.Event) {
			e.Details, e.People = nil, map[record.Role]record.Person{record.Actor: {Name: "X"}}
		},
		"a case stands": func(e *record.Event) { e.Kind, e.Facts = record.Progress, json.RawMessage(`{"open":"many"}`) },
		"has details":   func(e *record.Event) { e.People = nil },
	}
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		for want, change := range bad {
			ev := action("bad", "case-1")
			change(&ev)
			err := appendAll(t.Context(), s, action("good", "case-1"), ev)
			var refused *store.RefusedError
			require.ErrorAs(t, err, &refused, want)
			require.ErrorContains(t, err, want)
		}
		require.Empty(t, sound(t, s))
		require.NoError(t, appendAll(t.Context(), s, action("good", "case-1")))
		require.NoError(t, s.Append(t.Context(), nil))
	})
}

func TestWhatIsLearnedLaterOfAPersonIsKept(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		ev := action("a", "case-1")
		ev.People[record.Actor] = record.Person{Identity: hr.Identity, Email: hr.Email}
		require.NoError(t, appendAll(t.Context(), s, ev))
		require.NoError(t, appendAll(t.Context(), s, action("b", "case-1")))
		ev.ID = "c"
		require.NoError(t, appendAll(t.Context(), s, ev))
		entries := sound(t, s)
		who := entries[0].Entry.People[record.Actor]
		require.Equal(t, who, entries[1].Entry.People[record.Actor])
		people, err := s.People(t.Context(), []string{who})
		require.NoError(t, err)
		require.Equal(t, hr, unsalted(people[who]))
	})
}

// Eight writers in each of two stores: what two processes would do, all at once,
// also naming each new person for the first time at the same moment.
func TestManyWritersLeaveNoGapAndNoDuplicate(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		stores := []*store.Store{open(t, dsn, keys), open(t, dsn, keys)}
		const writers, rounds = 8, 25
		var wg sync.WaitGroup
		errs := make(chan error, 2*writers*rounds)
		for n, s := range stores {
			for w := range writers {
				wg.Go(func() {
					for i := range rounds {
						mine := action(fmt.Sprintf("%d-%d-%d", n, w, i), fmt.Sprint("case-", i%5))
						shared := action(fmt.Sprint("shared-", i), "case-shared")
						newcomer := fmt.Sprintf("newcomer%d@example.com", i)
						shared.People[record.Subject] = record.Person{Identity: newcomer, Email: newcomer}
						errs <- appendAll(t.Context(), s, shared, mine)
					}
				})
			}
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		entries := sound(t, stores[0])
		require.Len(t, entries, 2*writers*rounds+rounds)
		require.Equal(t, entries, all(t, stores[1]))
		pseudonyms := map[string]bool{}
		for _, e := range entries {
			pseudonyms[e.Entry.People[record.Subject]] = true
		}
		require.Len(t, pseudonyms, rounds+1, "one pseudonym for each person")
	})
}

func TestACallerWhoGivesUpFailsNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, appendAll(gone, s, action("gone", "case-1")), context.Canceled)
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
	})
}

func TestAClosedStoreSaysSo(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		var wg sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			wg.Go(func() {
				for n := 0; errs[i] == nil; n++ {
					errs[i] = appendAll(t.Context(), s, action(fmt.Sprintf("%d-%d", i, n), "case-1"))
				}
			})
		}
		require.Eventually(t, func() bool {
			head, err := s.Head(t.Context())
			return err == nil && head.N > 50
		}, 20*time.Second, time.Millisecond)
		require.NoError(t, s.Close())
		require.NoError(t, s.Close())
		wg.Wait()
		for _, err := range errs {
			require.ErrorIs(t, err, store.ErrClosed)
		}
	})
}
