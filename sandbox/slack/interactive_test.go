package slack_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

var hanna, jane = people.Hanna.Email, people.Jane.Email

// word is Slack's word in an error, or nothing.
func word(err error) string {
	var f *slack.Failure
	if errors.As(err, &f) {
		return f.Word
	}
	return ""
}

func TestADialogFromTheCommandToTheButton(t *testing.T) {
	for name, socket := range map[string]bool{"http": false, "socket": true} {
		t.Run(name, func(t *testing.T) {
			s, a, _ := startApp(t, slack.Options{}, socket)
			require.NoError(t, s.Type(hanna, "/echo bad"))
			open := s.Dialogs(hanna)
			require.Len(t, open, 1)
			require.Equal(t, "Echo", open[0].Title)
			require.Equal(t, []string{"bad"}, open[0].Filled["note/note"], "the app put it there")
			require.Empty(t, s.Dialogs(jane), "nobody else sees it")

			require.NoError(t, s.Submit(hanna, nil))
			require.Equal(t, map[string]string{"note": "Say it nicer."}, s.Dialogs(hanna)[0].Errors)
			require.Equal(t, "incomplete", word(s.Submit(hanna, slack.Fill{"note": nil})))
			require.Equal(t, "not_possible", word(s.Submit(hanna, slack.Fill{"note": {"x"}, "how": {"shouting"}})))
			require.NoError(t, s.Submit(hanna, slack.Fill{"note": {"a & <b>"}, "who": {jane}, "how": {"soft"}, "day": {"2026-12-01"}}))
			require.Empty(t, s.Dialogs(hanna))

			m := s.Messages()
			require.Len(t, m, 1)
			require.Contains(t, m[0].Blocks, slack.UserID(jane)+" / soft / 2026-12-01")
			require.Equal(t, "not_found", word(s.Press(hanna, slack.Press{Message: m[0].TS, Action: "nothing"})))
			require.NoError(t, s.Press(hanna, slack.Press{Message: m[0].TS, Action: "ok", Decline: true}))
			require.NotContains(t, a.got(), "block_actions")
			require.NoError(t, s.Press(hanna, slack.Press{Message: m[0].TS, Action: "ok"}))
			require.Equal(t, "done by "+slack.UserID(hanna)+" of case-1", s.Messages()[0].Text)
			require.Len(t, s.Ephemerals(hanna), 1)
			require.Empty(t, s.Ephemerals(jane))
			require.NoError(t, s.OpenHome(hanna))
			require.Eventually(t, func() bool { _, ok := s.Home(hanna); return ok }, 5*time.Second, 5*time.Millisecond)
			require.Empty(t, a.errs)
		})
	}
}

func TestWhoIsSignedOutDoesNothing(t *testing.T) {
	s, a, _ := startApp(t, slack.Options{}, false)
	require.True(t, s.Deactivate(jane))
	require.Equal(t, "not_in_workspace", word(s.Type(jane, "/echo hello")))
	require.Equal(t, "not_in_workspace", word(s.Type("nobody@example.com", "hello")))
	require.Equal(t, "not_in_workspace", word(s.Type(slack.BotUserID(), "hello")))
	require.Equal(t, "unknown_command", word(s.Type(hanna, "/nonsense")))
	require.Empty(t, a.got())
	require.Empty(t, s.Messages())
}

func TestTheAppThatIsTooLateIsToldToNobodyButTheMember(t *testing.T) {
	s, a, _ := startApp(t, slack.Options{Deadline: 100 * time.Millisecond}, false)
	a.delay = 10 * time.Second
	require.Equal(t, "operation_timeout", word(s.Type(hanna, "/echo hello")))
	require.Contains(t, s.Ephemerals(hanna)[0].Text, `/echo failed with the error "operation_timeout"`)
	require.Empty(t, s.Messages())
	require.NoError(t, s.SetURLs(slack.URLs{Commands: "http://127.0.0.1:1/"}))
	require.Equal(t, "dispatch_failed", word(s.Type(hanna, "/echo hello")))
	require.NoError(t, s.SetURLs(slack.URLs{}))
	require.Equal(t, "dispatch_failed", word(s.Type(hanna, "/echo hello")), "no socket is open")
}

func TestDisturbancesOnTheWay(t *testing.T) {
	s, a, _ := startApp(t, slack.Options{Deadline: 2 * time.Second}, false)
	for _, what := range []slack.Trouble{slack.OldSignature, slack.WrongSignature, slack.Unsigned} {
		s.Disturb(slack.Disturbance{What: what, Times: 1})
		require.Equal(t, "http_client_error", word(s.Type(hanna, "/echo x")), what)
	}
	require.Equal(t, []string{"refused", "refused", "refused"}, a.got())
	s.Disturb(slack.Disturbance{What: slack.WrongTeam, Times: 1, Of: slack.SlashCommands})
	require.NoError(t, s.Type(hanna, "/echo x"))
	require.Equal(t, "T0ELSEWHERE", a.teams[3])
	s.Disturb(slack.Disturbance{What: slack.TriggerExpired, Times: 1})
	require.NoError(t, s.Type(hanna, "/echo x"))
	require.ErrorContains(t, a.errs[0], "expired_trigger_id")
	require.Contains(t, s.Ephemerals(hanna)[len(s.Ephemerals(hanna))-1].Text, "no dialog")

	before := len(s.Deliveries())
	s.Disturb(slack.Disturbance{What: slack.Twice, Times: 1})
	require.NoError(t, s.Type(hanna, "/echo x"))
	sent := s.Deliveries()[before:]
	require.Len(t, sent, 2)
	require.Equal(t, sent[0].Body, sent[1].Body)
	require.Equal(t, sent[0].Header, sent[1].Header, "the same in every byte")
	require.Len(t, a.errs, 2, "a trigger is exchanged once")

	s.Disturb(slack.Disturbance{What: slack.LoseAck, Times: 1})
	require.Equal(t, "operation_timeout", word(s.Submit(hanna, slack.Fill{"note": {"fine"}})))
	require.Contains(t, s.Dialogs(hanna)[0].Trouble, "trouble connecting")
	s.Disturb(slack.Disturbance{What: slack.Late, Millis: 2500, Times: 1})
	n := len(s.Messages())
	require.Equal(t, "operation_timeout", word(s.Submit(hanna, nil)))
	require.Len(t, s.Messages(), n)
	require.Eventually(t, func() bool { return len(s.Messages()) == n+1 }, 10*time.Second, 10*time.Millisecond, "it arrives all the same")
}

func TestSocketsComeAndGo(t *testing.T) {
	s, a, _ := startApp(t, slack.Options{}, true)
	s.Disturb(slack.Disturbance{What: slack.DropBeforeAck, Times: 1})
	require.NoError(t, s.Type(hanna, "/echo x"), "it is sent again on the next socket")
	sent := s.Deliveries()
	require.Len(t, sent, 2)
	require.Equal(t, sent[0].Envelope, sent[1].Envelope)
	require.Equal(t, 2, sent[1].Attempt)

	connected := func() bool { return s.Connections() == 1 }
	s.DropSockets()
	require.Eventually(t, connected, 10*time.Second, time.Millisecond)
	require.NoError(t, s.Type(hanna, "/echo y"))
	s.Refresh()
	require.NoError(t, s.Type(hanna, "/echo z"), "also while it reconnects")
	require.Eventually(t, connected, 10*time.Second, time.Millisecond)
	a.overSocket(t, s)
	require.Eventually(t, func() bool { return s.Connections() == 2 }, 10*time.Second, time.Millisecond)
	before := len(a.got())
	s.Disturb(slack.Disturbance{What: slack.Twice, Times: 1})
	require.NoError(t, s.Type(hanna, "/echo twice"))
	require.Eventually(t, func() bool { return len(a.got()) == before+2 }, 5*time.Second, time.Millisecond)
}

func TestEventsAreSentAgain(t *testing.T) {
	s, a, _ := startApp(t, slack.Options{Deadline: time.Second, RetryAfter: []time.Duration{time.Millisecond, time.Millisecond}}, false)
	s.Disturb(slack.Disturbance{What: slack.WrongSignature, Times: 2, Of: slack.EventsAPI})
	require.Equal(t, "http_client_error", word(s.OpenHome(hanna)))
	require.Eventually(t, func() bool { _, ok := s.Home(hanna); return ok }, 5*time.Second, 5*time.Millisecond)
	sent := s.Deliveries()
	require.Equal(t, "2", sent[len(sent)-1].Header.Get("X-Slack-Retry-Num"))
	require.Equal(t, "http_error", sent[len(sent)-1].Header.Get("X-Slack-Retry-Reason"))
	require.Equal(t, []string{"refused", "refused", "home home"}, a.got())
}
