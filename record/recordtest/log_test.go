package recordtest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/recordtest"
)

func TestTheLogInMemoryKeepsTheContracts(t *testing.T) {
	ctx, l, start := t.Context(), recordtest.New(), time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		require.NoError(t, l.Append(ctx, casefile.Events(recordtest.Verified(i, start.Add(time.Duration(i)*time.Minute)))))
	}
	head, err := l.Head(ctx)
	require.NoError(t, err)
	require.NoError(t, l.Append(ctx, casefile.Events(recordtest.Verified(1, start.Add(time.Minute)))), "handing it in again")
	again, err := l.Head(ctx)
	require.NoError(t, err)
	require.Equal(t, head.N, again.N)

	entries, err := l.Case(ctx, recordtest.RunID(1))
	require.NoError(t, err)
	wrong, err := casefile.Check(entries)
	require.NoError(t, err)
	require.Empty(t, wrong)
	for i, e := range entries {
		require.EqualValues(t, i+1, e.Entry.Seq)
		proof, err := tlog.ProveRecord(head.N, e.Index, l.Hashes(ctx))
		require.NoError(t, err)
		require.NoError(t, tlog.CheckRecord(proof, head.N, head.Hash, e.Index, tlog.RecordHash(e.Leaf)))
	}
	cases, err := l.Cases(ctx, record.Filter{Identity: recordtest.Leaver(1)})
	require.NoError(t, err)
	require.Len(t, cases, 1)
	require.Equal(t, "verified", cases[0].State)
	require.True(t, cases[0].Person.Is(cases[0].Subject))
	require.False(t, cases[0].Person.Is("p-other"))

	l.Forget(recordtest.Leaver(1))
	entries, err = l.Case(ctx, recordtest.RunID(1))
	require.NoError(t, err)
	back, err := casefile.Rebuild(entries, nil)
	require.NoError(t, err)
	require.True(t, back.Forgotten)
	require.Empty(t, back.Systems[0].Grants)
}
