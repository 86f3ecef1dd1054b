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
