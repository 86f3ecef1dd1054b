package slack_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/slack"
	"lastday/offboarding"
	sandbox "lastday/sandbox/slack"
)

const history = "POST /api/conversations.history"

// TestHistoryIsReadOnlyInDoubt: reading the channel back grows with the number
// of cases, and a case that goes well has no need of it.
func TestHistoryIsReadOnlyInDoubt(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	m, err := slack.NewMessenger(w.conf)
	require.NoError(t, err)
	tell := func(edit func(*activities.Telling)) string {
		t.Helper()
		telling := activities.Telling{
			Key: "offboard:jane.doe@example.com run-1", Since: time.Now().Add(-time.Minute), Attempt: 1,
			Notice: offboarding.Notice{Headline: "a case"},
		}
		edit(&telling)
		ref, err := m.Tell(t.Context(), telling)
		require.NoError(t, err)
		return ref
	}
	ref := tell(func(*activities.Telling) {})
	tell(func(t *activities.Telling) { t.Ref, t.Last = ref, true })
	require.Equal(t, 1, w.calls("POST /api/chat.postMessage"))
	require.Zero(t, w.calls(history))

	require.Equal(t, ref, tell(func(t *activities.Telling) { t.Doubt = true }), "an earlier request had posted")
	require.Equal(t, ref, tell(func(t *activities.Telling) { t.Attempt = 2 }), "an earlier attempt had posted")
	require.Equal(t, 2, w.calls(history))

	twice := tell(func(*activities.Telling) {})
	require.NotEqual(t, ref, twice)
	require.Len(t, w.Messages(), 2)
	tell(func(t *activities.Telling) { t.Ref, t.Doubt, t.Last = ref, true, true })
	require.Len(t, w.Messages(), 1, "the end of a case in doubt leaves one message")
}
