package slack_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/slack"
)

func serve(t *testing.T, do http.HandlerFunc) string {
	srv := httptest.NewServer(do)
	t.Cleanup(srv.Close)
	return srv.URL
}

// say posts to a response_url.
func (r *rig) say(body string) (int, string) {
	resp, err := http.Post(r.url, "application/json", strings.NewReader(body))
	require.NoError(r.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(r.t, err)
	return resp.StatusCode, strings.TrimSpace(string(b))
}

func TestAResponseURLIsForFiveUses(t *testing.T) {
	r := newRig(t, slack.Options{})
	require.NoError(t, r.Type(hanna, "/offboard"))
	require.True(t, strings.HasPrefix(r.url, r.at+"/commands/"+slack.TeamID+"/"))
	for _, c := range []struct {
		body   string
		status int
		answer string
	}{
		{`{"text":"only you"}`, 200, "ok"},
		{`{"text":"all","response_type":"in_channel"}`, 200, "ok"},
		{`nonsense`, 400, "invalid_payload"},
		{`{"text":"x","blocks":[{"type":"header"}]}`, 400, "invalid_blocks"},
		{`{}`, 400, "no_text"},
		{`{"text":"once too often"}`, 404, `{"error":"used_url","ok":false}`},
	} {
		status, answer := r.say(c.body)
		require.Equal(t, c.status, status, c.body)
		require.Equal(t, c.answer, answer)
	}
	require.Len(t, r.Ephemerals(hanna), 1)
	require.Equal(t, "all", r.Messages()[0].Text)
	r.url = r.url[:len(r.url)-3] + "xyz"
	status, _ := r.say(`{"text":"guessed"}`)
	require.Equal(t, 404, status)
}

func TestWhatWasPressedIsReplacedOrDeleted(t *testing.T) {
	r := newRig(t, slack.Options{})
	button := `[{"type":"actions","elements":[{"type":"button","action_id":"go","value":"1","text":{"type":"plain_text","text":"Go"}}]}]`
	ts := r.call("chat.postMessage", "text", "x", "blocks", button)["ts"].(string)
	require.NoError(t, r.Press(hanna, slack.Press{Message: ts, Action: "go"}))
	action := r.last["actions"].([]any)[0].(map[string]any)
	require.Equal(t, "1", action["value"])
	require.NotEmpty(t, action["block_id"], "Slack gives an id where there is none")
	require.Equal(t, ts, r.last["message"].(map[string]any)["ts"])
	status, _ := r.say(`{"text":"replaced","replace_original":true}`)
	require.Equal(t, 200, status)
	require.Equal(t, "replaced", r.Messages()[0].Text)
	require.Equal(t, "not_found", word(r.Press(hanna, slack.Press{Message: ts, Action: "go"})), "the button is gone")
	status, _ = r.say(`{"delete_original":true}`)
	require.Equal(t, 200, status)
	require.Empty(t, r.Messages())

	require.Equal(t, true, r.call("chat.postEphemeral", "user", slack.UserID(hanna), "text", "x", "blocks", button)["ok"])
	whisper := r.Ephemerals(hanna)[0].TS
	require.Equal(t, "not_found", word(r.Press(jane, slack.Press{Message: whisper, Action: "go"})), "who does not see it cannot press it")
	require.NoError(t, r.Press(hanna, slack.Press{Message: whisper, Action: "go"}))
	require.Equal(t, true, r.last["container"].(map[string]any)["is_ephemeral"])
	require.NotContains(t, r.last, "message")
	status, _ = r.say(`{"delete_original":true}`)
	require.Equal(t, 200, status)
	require.Empty(t, r.Ephemerals(hanna))
}

func TestWhatACommandIsAnswered(t *testing.T) {
	r := newRig(t, slack.Options{})
	for _, c := range []struct{ answer, want string }{
		{`{"text":"json"}`, "json"},
		{`{"response_type":"ephemeral","text":"json too"}`, "json too"},
		{`just text`, "just text"},
	} {
		r.answer = c.answer
		require.NoError(t, r.Type(hanna, "/offboard"))
		seen := r.Ephemerals(hanna)
		require.Equal(t, c.want, seen[len(seen)-1].Text)
	}
	r.answer = `{"response_type":"in_channel","text":"loud"}`
	require.NoError(t, r.Type(hanna, "/offboard"))
	require.Equal(t, "loud", r.Messages()[0].Text)
	r.answer = `{"text":"x","blocks":[{"type":"nonsense"}]}`
	require.Equal(t, "invalid_response", word(r.Type(hanna, "/offboard")))
}

func TestMenusAndPickers(t *testing.T) {
	r := newRig(t, slack.Options{})
	ts := r.call("chat.postMessage", "text", "x", "blocks", everywhere("v"))["ts"].(string)
	pressed := func(p slack.Press) map[string]any {
		p.Message = ts
		require.NoError(t, r.Press(hanna, p))
		return r.last["actions"].([]any)[0].(map[string]any)
	}
	require.Equal(t, "v", pressed(slack.Press{Action: "more", Value: "v"})["selected_option"].(map[string]any)["value"])
	require.Equal(t, "v", pressed(slack.Press{Action: "s", Value: "v"})["selected_option"].(map[string]any)["value"])
	require.Equal(t, slack.UserID(jane), pressed(slack.Press{Action: "u", Value: jane})["selected_user"])
	require.Equal(t, "2026-12-24", pressed(slack.Press{Action: "d", Value: "2026-12-24"})["selected_date"])
	require.Equal(t, "09:30", pressed(slack.Press{Action: "t", Value: "09:30"})["selected_time"])
	require.InDelta(t, 1800000000, pressed(slack.Press{Action: "dt", Value: "1800000000"})["selected_date_time"], 0)
	require.Equal(t, "2026-12-01", r.last["state"].(map[string]any)["values"].(map[string]any)[blockOf(r)].(map[string]any)["d"].(map[string]any)["selected_date"], "the state has every input")
	require.Equal(t, "not_possible", word(r.Press(hanna, slack.Press{Message: ts, Action: "d", Value: "2026-02-30"})))
	require.Equal(t, "not_possible", word(r.Press(hanna, slack.Press{Message: ts, Action: "s", Value: "w"})))
	require.Equal(t, "not_found", word(r.Press(hanna, slack.Press{Message: ts, Action: "x"})), "six inputs are called x")
	require.NoError(t, r.Press(hanna, slack.Press{Message: ts, Action: "b", Decline: true}))
	require.Equal(t, "not_possible", word(r.Press(hanna, slack.Press{Message: ts, Action: "s", Decline: true})))
}

// blockOf is the block that the action of the last press stood in.
func blockOf(r *rig) string {
	return r.last["actions"].([]any)[0].(map[string]any)["block_id"].(string)
}
