package slack_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	sandbox "lastday/sandbox/slack"
	"lastday/starter/serve"
)

const form = "application/x-www-form-urlencoded"

// send posts a body as Slack would have signed it at that time.
func (r *rig) send(path, kind, body string, at time.Time) (int, string) {
	r.t.Helper()
	return r.sendWith(path, kind, body, r.Sign([]byte(body), at))
}

func (r *rig) sendWith(path, kind, body string, header http.Header) (int, string) {
	r.t.Helper()
	q, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	require.NoError(r.t, err)
	for k, v := range header {
		q.Header[k] = v
	}
	q.Header.Set("Content-Type", kind)
	resp, err := http.DefaultTransport.RoundTrip(q)
	require.NoError(r.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp.StatusCode, string(b)
}

func helpBody(trigger string, edit ...func(url.Values)) string {
	v := url.Values{
		"command": {"/offboard"}, "text": {"help"}, "team_id": {sandbox.TeamID}, "user_id": {sandbox.UserID(hanna)},
		"trigger_id": {trigger}, "response_url": {"https://hooks.slack.com/x"},
	}
	for _, e := range edit {
		e(v)
	}
	return v.Encode()
}

func TestOnlyGenuineRequestsAreTakenInAndOnce(t *testing.T) {
	r := newRig(t, serve.HTTP)
	now := time.Now()
	for name, try := range map[string]struct {
		want int
		do   func() int
	}{
		"genuine": {200, func() int { s, _ := r.send("/slack/commands", form, helpBody("1"), now); return s }},
		"replayed byte for byte": {409, func() int {
			body, header := helpBody("2"), http.Header(nil)
			header = r.Sign([]byte(body), now)
			first, _ := r.sendWith("/slack/commands", form, body, header)
			require.Equal(t, 200, first)
			again, answer := r.sendWith("/slack/commands", form, body, header)
			require.NotContains(t, answer, "offboard")
			return again
		}},
		"four minutes old":       {200, func() int { s, _ := r.send("/slack/commands", form, helpBody("3"), now.Add(-4*time.Minute)); return s }},
		"six minutes old":        {401, func() int { s, _ := r.send("/slack/commands", form, helpBody("4"), now.Add(-6*time.Minute)); return s }},
		"six minutes in advance": {401, func() int { s, _ := r.send("/slack/commands", form, helpBody("5"), now.Add(6*time.Minute)); return s }},
		"unsigned":               {401, func() int { s, _ := r.sendWith("/slack/commands", form, helpBody("6"), nil); return s }},
		"another body": {401, func() int {
			s, _ := r.sendWith("/slack/commands", form, helpBody("7"), r.Sign([]byte(helpBody("8")), now))
			return s
		}},
		"a time that is no number": {401, func() int {
			h := r.Sign([]byte(helpBody("9")), now)
			h.Set("X-Slack-Request-Timestamp", "now")
			s, _ := r.sendWith("/slack/commands", form, helpBody("9"), h)
			return s
		}},
		"too large": {413, func() int {
			s, _ := r.send("/slack/commands", form, "text="+strings.Repeat("x", 600<<10), now)
			return s
		}},
		"another workspace": {403, func() int {
			s, _ := r.send("/slack/commands", form, helpBody("10", func(v url.Values) { v.Set("team_id", "T0OTHER0001") }), now)
			return s
		}},
		"no form": {415, func() int { s, _ := r.send("/slack/commands", "text/plain", helpBody("11"), now); return s }},
		"not by GET": {405, func() int {
			q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/slack/commands", nil)
			require.NoError(t, err)
			resp, err := http.DefaultTransport.RoundTrip(q)
			require.NoError(t, err)
			resp.Body.Close()
			return resp.StatusCode
		}},
		"no interaction": {400, func() int { s, _ := r.send("/slack/interactivity", form, "payload=%7B", now); return s }},
		"no event":       {400, func() int { s, _ := r.send("/slack/events", "application/json", "{", now); return s }},
		"event of elsewhere": {403, func() int {
			s, _ := r.send("/slack/events", "application/json", `{"type":"event_callback","team_id":"T0OTHER0001","event_id":"E1","event":{"type":"app_home_opened","user":"U0","tab":"home"}}`, now)
			return s
		}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, try.want, try.do()) })
	}
	status, answer := r.send("/slack/events", "application/json", `{"type":"url_verification","challenge":"abc","token":"t"}`, now)
	require.Equal(t, 200, status)
	require.JSONEq(t, `{"challenge":"abc"}`, answer)
	require.Empty(t, r.desk.started())
}

func TestTwoDeliveriesHaveOneEffect(t *testing.T) {
	for name, mode := range map[string]serve.Mode{"socket": serve.Socket, "http": serve.HTTP} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, mode)
			r.Disturb(sandbox.Disturbance{What: sandbox.Twice})
			_ = r.Type(hanna, "/offboard")
			r.front(hanna, "Who leaves?")
			_ = r.Submit(hanna, fill())
			r.front(hanna, "Check before you start")
			_ = r.Submit(hanna, sandbox.Fill{"confirm": {"yes"}})
			r.front(hanna, "Started")
			ts := r.post(janes(offboarding.Waiting))
			_ = r.press(hanna, ts, offboarding.ActExpedite)
			r.whispered(hanna, "Done")
			r.until(func() bool { return len(r.Deliveries()) >= 8 })
			require.Len(t, r.desk.started(), 1)
			require.Len(t, r.desk.done(), 1)
			require.Len(t, r.Dialogs(hanna), 1)
		})
	}
}

func TestAnswersComeInTimeWhenTemporalHangs(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		r.desk.set(func(d *desk) { d.hang = make(chan struct{}) })
		ts := r.post(janes(offboarding.Waiting))
		require.NoError(t, r.Type(hanna, "/offboard status jane.doe@example.com"))
		require.NoError(t, r.Type(hanna, "/offboard list"))
		require.NoError(t, r.press(hanna, ts, offboarding.ActCancel))
		r.front(hanna, "One moment")
		require.NoError(t, r.OpenHome(hanna))
		require.NoError(t, r.Type(hugo, "/offboard"))
		r.front(hugo, "Who leaves?")
		require.NoError(t, r.Submit(hugo, fill()))
		r.front(hugo, "Looking up")
		for _, d := range r.Deliveries() {
			require.Empty(t, d.Failed, "%s", d.Body)
			require.Less(t, d.Took, 3*time.Second)
		}
		require.Empty(t, r.desk.started())
	})
}

func TestWhenTemporalIsDownThePersonIsToldAndNothingIsStarted(t *testing.T) {
	both(t, func(t *testing.T, r *rig) {
		require.NoError(t, r.Type(hanna, "/offboard"))
		r.front(hanna, "Who leaves?")
		require.NoError(t, r.Submit(hanna, fill()))
		r.front(hanna, "Check before you start")
		r.desk.set(func(d *desk) { d.down = errDown })
		require.NoError(t, r.Submit(hanna, sandbox.Fill{"confirm": {"yes"}}))
		v := r.front(hanna, "temporal does not answer")
		require.Contains(t, v.Blocks, "Nothing was started")
		require.NoError(t, r.Type(sven, "/offboard status jane.doe@example.com"))
		r.whispered(sven, "temporal does not answer")
		require.Empty(t, r.desk.started())
		r.desk.set(func(d *desk) { d.down = nil })
		require.NoError(t, r.Press(hanna, sandbox.Press{Action: "lastday.back"}))
		r.front(hanna, "Who leaves?")
		require.NoError(t, r.Submit(hanna, sandbox.Fill{"kind": {string(offboarding.Resignation)}}))
		r.front(hanna, "Check before you start")
		require.NoError(t, r.Submit(hanna, sandbox.Fill{"confirm": {"yes"}}))
		r.front(hanna, "Started")
	})
}

func TestAForeignAnswerAddressIsNotCalled(t *testing.T) {
	r := newRig(t, serve.HTTP)
	for i, to := range []string{"http://169.254.169.254/x", r.base + "@evil.example/x", "https://hooks.slack.com.evil.example/", r.base + "/../x", "file:///etc/passwd", ""} {
		status, _ := r.send("/slack/commands", form, helpBody("addr"+string(rune('a'+i)), func(v url.Values) {
			v.Set("text", "list")
			v.Set("response_url", to)
		}), time.Now())
		require.Equal(t, 200, status)
	}
	require.Empty(t, r.Ephemerals(hanna))
}

func TestTheSocketComesBack(t *testing.T) {
	r := newRig(t, serve.Socket)
	r.DropSockets()
	r.until(func() bool { return r.Connections() == 1 && r.door.Health() == nil })
	r.Refresh()
	r.until(func() bool { return r.Connections() == 1 && r.door.Health() == nil })
	require.Eventually(t, func() bool { return r.Type(hanna, "/offboard help") == nil }, 10*time.Second, 50*time.Millisecond)
	r.whispered(hanna, "/offboard list")
}

func TestAGroupThatCannotBeReadLetsNobodyAct(t *testing.T) {
	r := newRig(t, serve.HTTP, func(o *sandbox.Options, _ *doorOptions) {
		o.BotScopes = []string{"commands", "chat:write", "channels:read", "channels:history", "users:read", "users:read.email"}
	})
	require.NoError(t, r.Type(hanna, "/offboard"))
	r.whispered(hanna, "it cannot be seen what you may do, so nothing was done")
	require.Empty(t, r.Dialogs(hanna))
}
