package activities_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
)

type lastTelling struct{ got activities.Telling }

func (l *lastTelling) Tell(_ context.Context, t activities.Telling) (string, error) {
	l.got = t
	return "ref", nil
}

func TestAfterARestoreTheMessagesOfOlderCasesAreLookedFor(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var inner lastTelling
	m := activities.Doubting(&inner, at)
	for since, doubt := range map[time.Time]bool{at.Add(-time.Hour): true, at: true, at.Add(time.Second): false} {
		_, err := m.Tell(t.Context(), activities.Telling{Since: since})
		require.NoError(t, err)
		require.Equal(t, doubt, inner.got.Doubt, "a case of %s", since)
	}
	_, err := m.Tell(t.Context(), activities.Telling{Since: at.Add(time.Hour), Doubt: true})
	require.NoError(t, err)
	require.True(t, inner.got.Doubt)
}
