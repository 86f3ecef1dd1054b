package store_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/names"
	"lastday/record/store"
)

func TestNamesKeysAreRotatedAndTheOldOneRetired(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		parse := func(b []byte, err error) ([]byte, names.Keys) {
			t.Helper()
			require.NoError(t, err)
			keys, err := names.Parse(b)
			require.NoError(t, err)
			return b, keys
		}
		first, old := parse(names.Generate())
		s := open(t, dsn, old)
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		before := sound(t, s)
		require.NoError(t, s.Close())
		keyset := column[[]byte](t, raw(t, dsn), "SELECT keyset FROM record_people")[0]

		second, both := parse(names.Rotate(first))
		s = open(t, dsn, both)
		ev := action("b", "case-1")
		ev.People[record.Successor] = record.Person{Identity: "new@example.com"}
		require.NoError(t, appendAll(t.Context(), s, ev))
		entries := sound(t, s)
		require.Equal(t, before[0], entries[0])
		require.Equal(t, before[0].Entry.People[record.Subject], entries[1].Entry.People[record.Subject], "known under the old key as well")
		require.NoError(t, s.Reseal(t.Context()))
		require.NoError(t, s.Reseal(t.Context()))
		require.NoError(t, s.Close())
		if strings.HasPrefix(dsn, "sqlite:") {
			require.Empty(t, onDisk(t, dsn, true, keyset))
		}

		_, only := parse(names.Retire(second))
		s = open(t, dsn, only)
		require.Equal(t, entries, sound(t, s))
		require.NoError(t, appendAll(t.Context(), s, action("c", "case-1")))
		require.Equal(t, before[0].Entry.People, sound(t, s)[2].Entry.People)
		_, err := store.Open(t.Context(), dsn, old)
		require.ErrorContains(t, err, "is not the one")
	})
}

// A process that was not given the new key would call people it cannot find by
// another pseudonym, under a key that is about to go.
func TestAProcessWithTheOldNamesKeyAloneWritesNoMore(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		parse := func(b []byte, err error) ([]byte, names.Keys) {
			t.Helper()
			require.NoError(t, err)
			keys, err := names.Parse(b)
			require.NoError(t, err)
			return b, keys
		}
		first, old := parse(names.Generate())
		second, both := parse(names.Rotate(first))
		behind := open(t, dsn, old)
		require.NoError(t, appendAll(t.Context(), behind, action("a", "case-1")))
		ahead := open(t, dsn, both)
		require.NoError(t, appendAll(t.Context(), behind, action("b", "case-1")), "nothing is sealed under the new key yet")

		require.NoError(t, appendAll(t.Context(), ahead, action("c", "case-1")))
		require.ErrorContains(t, appendAll(t.Context(), behind, action("d", "case-1")), "the names key was replaced")
		_, err := behind.Forget(t.Context(), "jane.doe@example.com", record.Person{Identity: "root@example.com"}, store.WithinRetention())
		require.ErrorContains(t, err, "the names key was replaced")
		require.ErrorContains(t, behind.Reseal(t.Context()), "the names key was replaced")
		_, err = store.Open(t.Context(), dsn, old)
		require.ErrorContains(t, err, "the names key was replaced")

		// Who retires the old key too early finds out before anything is written.
		_, only := parse(names.Retire(second))
		_, err = store.Open(t.Context(), dsn, only)
		require.ErrorContains(t, err, "is not the one")

		require.NoError(t, ahead.Reseal(t.Context()))
		require.ErrorContains(t, appendAll(t.Context(), behind, action("d", "case-1")), "the names key was replaced")
		entries := sound(t, open(t, dsn, only))
		require.Len(t, entries, 3)
		for _, e := range entries {
			require.NotNil(t, e.Opened)
			require.Equal(t, entries[0].Entry.People, e.Entry.People, "one pseudonym a person")
		}
		require.Equal(t, int64(1), column[int64](t, raw(t, dsn), "SELECT count(DISTINCT owner) FROM record_sealed")[0])
	})
}
