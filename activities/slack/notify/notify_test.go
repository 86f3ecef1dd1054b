package notify_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/slack/notify"
	"lastday/activities/transport"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/secret"
)

func token(t *testing.T, value string) secret.Ref {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(value), 0o600))
	ref, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	return ref
}

func start(t *testing.T, o sandbox.Options, edit ...func(*notify.Config)) (*sandbox.Server, *notify.Notifier) {
	t.Helper()
	s := sandbox.New(people.Staff(3), o)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	conf := notify.Config{BotToken: token(t, sandbox.DefaultBotToken), Channel: sandbox.DefaultChannel, BaseURL: srv.URL, Settle: -1}
	for _, e := range edit {
		e(&conf)
	}
	n, err := notify.New(conf)
	require.NoError(t, err)
	return s, n
}

func spot(attempt int32, ts string) notify.Spot {
	return notify.Spot{Key: "offboard:jane.doe@example.com/run-1", Since: time.Now().Add(-time.Minute), TS: ts, Attempt: attempt}
}

func says(headline string) notify.Message { return notify.Message{Headline: headline} }

func briefly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func kindOf(t *testing.T, err error) transport.Kind {
	t.Helper()
	var e *transport.Error
	require.ErrorAs(t, err, &e)
	return e.Kind
}

func TestOneMessageIsUpdatedInPlace(t *testing.T) {
	s, n := start(t, sandbox.Options{})
	ts, err := n.Post(t.Context(), spot(1, ""), says("begun"))
	require.NoError(t, err)
	for i := range 5 {
		again, err := n.Post(t.Context(), spot(1, ts), says(fmt.Sprintf("step %d", i)))
		require.NoError(t, err)
		require.Equal(t, ts, again)
	}
	m := s.Messages()
	require.Len(t, m, 1)
	require.Equal(t, "step 4", m[0].Text)
	require.Equal(t, 5, m[0].Edits)
	require.Equal(t, spot(1, "").Key, m[0].Metadata["case"])
}

// TestKilledRightAfterPosting: the first attempt's answer never arrives.
func TestKilledRightAfterPosting(t *testing.T) {
	for _, kind := range []faults.Kind{faults.AppliedFail, faults.AppliedHang, faults.Truncate} {
		t.Run(string(kind), func(t *testing.T) {
			s, n := start(t, sandbox.Options{PageSize: 4})
			s.Faults().Set(faults.Fault{Op: "POST /api/chat.postMessage", Kind: kind, Times: 1})
			_, err := n.Post(briefly(t), spot(1, ""), says("one"))
			require.Error(t, err)
			require.Equal(t, 1, s.PostCount())
			for range 20 {
				s.Say(people.Jane.Email, "chatter that pushes it to another page")
			}
			ts, err := n.Post(t.Context(), spot(2, ""), says("two"))
			require.NoError(t, err)
			require.Equal(t, 21, s.PostCount(), "nothing was posted again")
			require.Equal(t, s.Messages()[0].TS, ts)
			require.Equal(t, "two", s.Messages()[0].Text)
		})
	}
}

// TestHistoryLagsBehind: the second attempt comes before history shows what
// the first one posted.
func TestHistoryLagsBehind(t *testing.T) {
	s, n := start(t, sandbox.Options{HistoryDelay: 300 * time.Millisecond}, func(c *notify.Config) { c.Settle = 10 * time.Second })
	s.Faults().Set(faults.Fault{Op: "POST /api/chat.postMessage", Kind: faults.AppliedFail, Times: 1})
	_, err := n.Post(t.Context(), spot(1, ""), says("one"))
	require.Error(t, err)
	_, err = n.Post(t.Context(), spot(2, ""), says("two"))
	require.NoError(t, err)
	require.Equal(t, 1, s.PostCount())
	require.Equal(t, "two", s.Messages()[0].Text)
}

// TestSweepMakesOneOfTwo: the lag was longer than Settle.
func TestSweepMakesOneOfTwo(t *testing.T) {
	s, n := start(t, sandbox.Options{HistoryDelay: 400 * time.Millisecond})
	s.Faults().Set(faults.Fault{Op: "POST /api/chat.postMessage", Kind: faults.AppliedFail, Times: 1})
	_, err := n.Post(t.Context(), spot(1, ""), says("one"))
	require.Error(t, err)
	ts, err := n.Post(t.Context(), spot(2, ""), says("two"))
	require.NoError(t, err)
	require.Len(t, s.Messages(), 2)
	other, err := n.Post(t.Context(), notify.Spot{Key: "another case", Since: time.Now()}, says("other"))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		removed, err := n.Sweep(t.Context(), spot(1, ts))
		return err == nil && removed == 1
	}, 10*time.Second, 50*time.Millisecond)
	m := s.Messages()
	require.Len(t, m, 2)
	require.Equal(t, []string{ts, other}, []string{m[0].TS, m[1].TS})
	removed, err := n.Sweep(t.Context(), spot(1, ts))
	require.NoError(t, err)
	require.Zero(t, removed)
}

func TestEachCaseHasItsOwn(t *testing.T) {
	s, n := start(t, sandbox.Options{})
	one, err := n.Post(t.Context(), spot(1, ""), says("one"))
	require.NoError(t, err)
	later := notify.Spot{Key: "offboard:jane.doe@example.com/run-2", Since: time.Now().Add(-time.Minute), Attempt: 1}
	two, err := n.Post(t.Context(), later, says("two"))
	require.NoError(t, err)
	require.NotEqual(t, one, two)
	require.Len(t, s.Messages(), 2)
}

// TestAnotherAppsMessageIsNotOurs: anybody can put our key into metadata.
func TestAnotherAppsMessageIsNotOurs(t *testing.T) {
	var methods []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		methods = append(methods, r.URL.Path)
		switch r.URL.Path {
		case "/api/auth.test":
			_, _ = w.Write([]byte(`{"ok":true,"user_id":"U0BOT","team_id":"T0"}`))
		case "/api/conversations.history":
			fmt.Fprintf(w, `{"ok":true,"has_more":false,"messages":[{"user":"U0FORGER","ts":"1.000001","metadata":{"event_type":"lastday_case","event_payload":{"case":%q}}}]}`, spot(1, "").Key)
		default:
			fmt.Fprintf(w, `{"ok":true,"ts":"2.000001","channel":%q}`, sandbox.DefaultChannel)
		}
	}))
	t.Cleanup(srv.Close)
	n, err := notify.New(notify.Config{BotToken: token(t, "xoxb-whatever"), Channel: sandbox.DefaultChannel, BaseURL: srv.URL})
	require.NoError(t, err)
	ts, err := n.Post(t.Context(), spot(1, ""), says("x"))
	require.NoError(t, err)
	require.Equal(t, "2.000001", ts)
	require.Equal(t, "/api/chat.postMessage", methods[len(methods)-1])
}

func TestADeletedMessageIsPostedAnew(t *testing.T) {
	s, n := start(t, sandbox.Options{})
	ts, err := n.Post(t.Context(), spot(1, ""), says("one"))
	require.NoError(t, err)
	_, err = n.Sweep(t.Context(), spot(1, "1.000000"))
	require.NoError(t, err)
	require.Empty(t, s.Messages())
	again, err := n.Post(t.Context(), spot(1, ts), says("two"))
	require.NoError(t, err)
	require.NotEqual(t, ts, again)
	require.Len(t, s.Messages(), 1)
}

// TestEveryFaultEndsInOneMessage breaks each method in each way for one
// attempt, and lets a second attempt succeed.
func TestEveryFaultEndsInOneMessage(t *testing.T) {
	for _, op := range []string{"auth.test", "conversations.history", "chat.postMessage", "chat.update"} {
		for _, kind := range []faults.Kind{
			faults.Limit, faults.Fail, faults.Down, faults.AppliedFail, faults.AppliedHang, faults.Lie, faults.Truncate,
			faults.HTML, faults.Empty, faults.EmptyList, faults.Unauthorized, faults.Forbidden,
		} {
			t.Run(op+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				s, n := start(t, sandbox.Options{})
				s.Faults().Set(faults.Fault{Op: "POST /api/" + op, Kind: kind, Times: 1, RetryAfter: "2"})
				ts, _ := n.Post(briefly(t), spot(1, ""), says("begun"))
				if ts, err := n.Post(briefly(t), spot(2, ts), says("end")); err == nil {
					_, err = n.Post(t.Context(), spot(1, ts), says("end"))
					require.NoError(t, err)
				} else {
					_, err = n.Post(t.Context(), spot(3, ts), says("end"))
					require.NoError(t, err)
				}
				m := s.Messages()
				require.Len(t, m, 1)
				require.Equal(t, "end", m[0].Text)
			})
		}
	}
}

func TestEmptyAnswersAreNotSuccess(t *testing.T) {
	for _, body := range []string{`{}`, `{"ok":true}`, `{"ok":false}`, `{"ok":true,"ts":"1.2"}`, `{"ok":true,"ts":"1.2","channel":"C0ELSEWHERE"}`} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/api/auth.test":
				body := `{"ok":true,"user_id":"U0BOT","team_id":"T0"}`
				_, _ = w.Write([]byte(body))
			case "/api/conversations.history":
				_, _ = w.Write([]byte(`{"ok":true,"messages":[],"has_more":false}`))
			default:
				_, _ = w.Write([]byte(body))
			}
		}))
		t.Cleanup(srv.Close)
		n, err := notify.New(notify.Config{BotToken: token(t, "xoxb-whatever"), Channel: sandbox.DefaultChannel, BaseURL: srv.URL})
		require.NoError(t, err)
		_, err = n.Post(t.Context(), spot(1, ""), says("x"))
		require.Equal(t, transport.Invalid, kindOf(t, err), body)
		_, err = n.Post(t.Context(), spot(1, "1.2"), says("x"))
		require.Equal(t, transport.Invalid, kindOf(t, err), body)
	}
}

func TestAHistoryThatBreaksOffIsNotBelieved(t *testing.T) {
	for _, body := range []string{`{"ok":true}`, `{"ok":true,"messages":[],"has_more":true}`} {
		posted := false
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/api/auth.test":
				_, _ = w.Write([]byte(`{"ok":true,"user_id":"U0BOT","team_id":"T0"}`))
			case "/api/conversations.history":
				_, _ = w.Write([]byte(body))
			default:
				posted = true
			}
		}))
		t.Cleanup(srv.Close)
		n, err := notify.New(notify.Config{BotToken: token(t, "xoxb-whatever"), Channel: sandbox.DefaultChannel, BaseURL: srv.URL})
		require.NoError(t, err)
		_, err = n.Post(t.Context(), spot(1, ""), says("x"))
		require.Equal(t, transport.Invalid, kindOf(t, err))
		require.False(t, posted)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for want, edit := range map[string]func(*notify.Config){
		"slack.channel":      func(c *notify.Config) { c.Channel = "C0NOWHERE01" },
		"the slack token is": func(c *notify.Config) { c.BotToken = token(t, "xoxb-wrong") },
		"chat:write":         func(c *notify.Config) { c.BotToken = token(t, sandbox.DefaultReadBotToken) },
		"workspace":          func(c *notify.Config) { c.TeamID = "T0ANOTHER01" },
	} {
		s, n := start(t, sandbox.Options{}, edit)
		_, err := n.Post(t.Context(), spot(1, ""), says("x"))
		require.Error(t, err)
		require.Zero(t, s.PostCount())
		found := n.Check(t.Context())
		require.Equal(t, activities.Bad, found[0].Level, want)
	}
	_, n := start(t, sandbox.Options{})
	require.Equal(t, []activities.Finding{{Level: activities.OK, What: "posts to #offboarding and reads its history"}}, n.Check(t.Context()))
}

func TestConfigurationErrors(t *testing.T) {
	ok := notify.Config{BotToken: token(t, "xoxb-any"), Channel: "C01ABCDEF"}
	_, err := notify.New(ok)
	require.NoError(t, err)
	for _, channel := range []string{"", "#offboarding", "offboarding", "c01abcdef", "U01ABCDEF"} {
		bad := ok
		bad.Channel = channel
		_, err := notify.New(bad)
		require.ErrorContains(t, err, "slack.channel")
	}
	bad := ok
	bad.BotToken = secret.Ref{}
	_, err = notify.New(bad)
	require.ErrorContains(t, err, "slack.bot_token")
	bad = ok
	bad.BaseURL = "http://slack.example"
	_, err = notify.New(bad)
	require.ErrorContains(t, err, "slack.base_url")
}

func TestAPostNeedsACase(t *testing.T) {
	_, n := start(t, sandbox.Options{})
	_, err := n.Post(t.Context(), notify.Spot{}, says("x"))
	require.Error(t, err)
	_, err = n.Sweep(t.Context(), spot(1, ""))
	require.Error(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = n.Post(ctx, spot(1, ""), says("x"))
	require.True(t, errors.Is(err, context.Canceled) || transport.IsKind(err, transport.Unavailable), "%v", err)
}
