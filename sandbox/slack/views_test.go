package slack_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

const small = `{"type":"modal","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"Go"},"callback_id":"cb","private_metadata":"meta",
	"blocks":[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"a","initial_value":"first"}}]}`

// rig is a workspace whose app does what the test says.
type rig struct {
	*slack.Server
	t       *testing.T
	at      string
	trigger string // of what came last
	url     string // response_url of what came last
	last    map[string]any
	answer  string
}

func newRig(t *testing.T, o slack.Options) *rig {
	s, at := start(t, o)
	t.Cleanup(s.Close)
	s.SetBaseURL(at)
	r := &rig{Server: s, t: t, at: at}
	app := serve(t, func(w http.ResponseWriter, req *http.Request) {
		assert.NoError(t, req.ParseForm())
		r.last = map[string]any{}
		if p := req.PostForm.Get("payload"); p != "" {
			assert.NoError(t, json.Unmarshal([]byte(p), &r.last))
		} else {
			for k := range req.PostForm {
				r.last[k] = req.PostForm.Get(k)
			}
		}
		r.trigger, _ = r.last["trigger_id"].(string)
		r.url, _ = r.last["response_url"].(string)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(r.answer))
	})
	require.NoError(t, s.SetURLs(slack.URLs{Commands: app, Interactivity: app}))
	return r
}

func (r *rig) call(method string, more ...string) map[string]any {
	return post(r.t, r.at, method, bot(more...))
}

// opened has Hanna type the command and the app open a dialog.
func (r *rig) opened(view string) map[string]any {
	r.answer = ""
	require.NoError(r.t, r.Type(hanna, "/offboard"))
	got := r.call("views.open", "trigger_id", r.trigger, "view", view)
	require.Equal(r.t, true, got["ok"], got)
	return got["view"].(map[string]any)
}

func TestATriggerOpensOneView(t *testing.T) {
	r := newRig(t, slack.Options{})
	require.Equal(t, "invalid_arguments", r.call("views.open", "view", small)["error"])
	require.Equal(t, "invalid_trigger_id", r.call("views.open", "view", small, "trigger_id", "1.2.3")["error"])
	require.NoError(t, r.Type(hanna, "/offboard"))
	require.Equal(t, "invalid_arguments", r.call("views.open", "trigger_id", r.trigger, "view", `{"type":"modal"`)["error"])
	require.Equal(t, "invalid_trigger_id", r.call("views.push", "trigger_id", r.trigger, "view", small)["error"], "there is nothing to lay it upon")
	view := r.opened(small)
	require.Equal(t, map[string]any{"values": map[string]any{"b": map[string]any{"a": map[string]any{"type": "plain_text_input", "value": "first"}}}}, view["state"])
	require.Equal(t, slack.AppID, view["app_id"])
	require.Equal(t, "exchanged_trigger_id", r.call("views.open", "trigger_id", r.trigger, "view", small)["error"])
}

func TestATriggerExpires(t *testing.T) {
	r := newRig(t, slack.Options{TriggerLife: time.Millisecond})
	require.NoError(t, r.Type(hanna, "/offboard"))
	typed := time.Now()
	require.Eventually(t, func() bool { return time.Since(typed) > 2*time.Millisecond }, time.Second, time.Millisecond)
	got := r.call("views.open", "trigger_id", r.trigger, "view", small)
	require.Equal(t, "expired_trigger_id", got["error"])
	require.Contains(t, got["response_metadata"].(map[string]any)["messages"].([]any)[0], "expired")
}

func TestViewsAreUpdatedUnderAHash(t *testing.T) {
	r := newRig(t, slack.Options{})
	view := r.opened(small)
	id, hash := view["id"].(string), view["hash"].(string)
	require.NoError(t, r.Press(hanna, slack.Press{Action: "a", Fill: slack.Fill{"b": {"typed"}}}), "an input without dispatch_action sends nothing")
	require.Equal(t, "/offboard", r.last["command"])
	got := r.call("views.update", "view_id", id, "hash", hash, "view", small)
	require.Equal(t, true, got["ok"])
	require.Equal(t, []string{"typed"}, r.Dialogs(hanna)[0].Filled["b/a"], "what was typed stays")
	require.Equal(t, "hash_conflict", r.call("views.update", "view_id", id, "hash", hash, "view", small)["error"])
	require.Equal(t, "not_found", r.call("views.update", "view_id", "V0NOWHERE", "view", small)["error"])
	require.Equal(t, "invalid_arguments", r.call("views.update", "view", small)["error"])
	require.Equal(t, "invalid_arguments", r.call("views.update", "view_id", id, "view", `{"type":"home","blocks":[]}`)["error"])
	named := strings.Replace(small, `"callback_id"`, `"external_id":"mine","callback_id"`, 1)
	require.Equal(t, true, r.call("views.update", "view_id", id, "view", named)["ok"])
	require.Equal(t, true, r.call("views.update", "external_id", "mine", "view", named)["ok"])
	require.NoError(t, r.Type(hanna, "/offboard"))
	require.Equal(t, "duplicate_external_id", r.call("views.push", "trigger_id", r.trigger, "view", named)["error"])
	huge := `{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":` + strings.Repeat(" ", 250_000) + `[]}`
	require.Equal(t, "view_too_large", r.call("views.update", "view_id", id, "view", huge)["error"])
	got = r.call("views.update", "view_id", id, "view", strings.Replace(small, `"T"`, `"`+strings.Repeat("T", 25)+`"`, 1))
	require.Equal(t, "invalid_arguments", got["error"])
	require.Equal(t, map[string]any{"messages": []any{"[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"}}, got["response_metadata"])
}

func TestAnswersToASubmission(t *testing.T) {
	r := newRig(t, slack.Options{})
	titles := func() (out []string) {
		for _, v := range r.Dialogs(hanna) {
			out = append(out, v.Title)
		}
		return out
	}
	view := func(title string) string { return strings.Replace(small, `"T"`, `"`+title+`"`, 1) }
	r.opened(view("one"))
	r.answer = `{"response_action":"push","view":` + view("two") + `}`
	require.NoError(t, r.Submit(hanna, slack.Fill{"a": {"x"}}))
	require.Equal(t, "view_submission", r.last["type"])
	require.Equal(t, "meta", r.last["view"].(map[string]any)["private_metadata"])
	require.Equal(t, []string{"one", "two"}, titles())
	r.answer = `{"response_action":"update","view":` + view("three") + `}`
	require.NoError(t, r.Submit(hanna, nil))
	require.Equal(t, []string{"one", "three"}, titles())
	require.Equal(t, "push_limit_reached", pushTwice(r, view("four")))
	require.Equal(t, []string{"one", "three", "four"}, titles())
	r.answer = ""
	require.NoError(t, r.Submit(hanna, nil))
	require.Equal(t, []string{"one", "three"}, titles(), "an empty answer closes the one in front")
	for _, bad := range []string{`{"response_action":"dance"}`, `nonsense`, `{"response_action":"errors"}`, `{"response_action":"errors","errors":{"nowhere":"x"}}`, `{"response_action":"update","view":{}}`} {
		r.answer = bad
		require.Equal(t, "invalid_response", word(r.Submit(hanna, nil)), bad)
		require.NotEmpty(t, r.Dialogs(hanna)[1].Trouble, bad)
	}
	r.answer = `{"response_action":"clear"}`
	require.NoError(t, r.Submit(hanna, nil))
	require.Empty(t, titles())
	require.Equal(t, "not_found", word(r.Submit(hanna, nil)))
}

func pushTwice(r *rig, view string) any {
	r.answer = ""
	for range 2 {
		require.NoError(r.t, r.Type(hanna, "/offboard"))
		if got := r.call("views.push", "trigger_id", r.trigger, "view", view); got["ok"] != true {
			return got["error"]
		}
	}
	return nil
}

func TestClosingADialogIsToldWhereThatIsWanted(t *testing.T) {
	r := newRig(t, slack.Options{})
	r.opened(strings.Replace(small, `"callback_id"`, `"notify_on_close":true,"callback_id"`, 1))
	require.NoError(t, r.CloseDialog(hanna, false))
	require.Equal(t, "view_closed", r.last["type"])
	require.Equal(t, false, r.last["is_cleared"])
	require.Empty(t, r.Dialogs(hanna))
	require.Equal(t, "not_found", word(r.CloseDialog(hanna, true)))
	r.opened(small)
	require.NoError(t, r.CloseDialog(hanna, true))
	require.Equal(t, "/offboard", r.last["command"], "nothing more was sent")
}

func TestPublishingAHome(t *testing.T) {
	r := newRig(t, slack.Options{})
	publish := func(more ...string) map[string]any { return r.call("views.publish", more...) }
	home := `{"type":"home","blocks":[{"type":"actions","elements":[{"type":"button","action_id":"go","text":{"type":"plain_text","text":"Go"}}]}]}`
	require.Equal(t, "invalid_arguments", publish("user_id", slack.UserID(hanna), "view", small)["error"])
	require.Equal(t, "invalid_arguments", publish("user_id", "U0NOBODY", "view", home)["error"])
	_, ok := r.Home(hanna)
	require.False(t, ok)
	got := publish("user_id", slack.UserID(hanna), "view", home)
	require.Equal(t, true, got["ok"])
	require.Equal(t, true, publish("user_id", slack.UserID(hanna), "view", home, "hash", got["view"].(map[string]any)["hash"].(string))["ok"])
	require.Equal(t, "hash_conflict", publish("user_id", slack.UserID(hanna), "view", home, "hash", "1.2")["error"])
	require.NoError(t, r.Press(hanna, slack.Press{Home: true, Action: "go"}))
	require.Equal(t, "view", r.last["container"].(map[string]any)["type"])
	require.NotContains(t, r.last, "response_url")
	require.Equal(t, "not_found", word(r.Press(jane, slack.Press{Home: true, Action: "go"})))
}

func TestPeopleAndGroups(t *testing.T) {
	r := newRig(t, slack.Options{})
	require.Len(t, r.call("usergroups.list")["usergroups"], 2)
	of := func() any { return r.call("usergroups.users.list", "usergroup", slack.SecurityGroup)["users"] }
	require.Equal(t, []any{slack.UserID(people.Sven.Email), slack.UserID(people.Tara.Email)}, of())
	r.Deactivate(people.Sven.Email)
	require.Equal(t, []any{slack.UserID(people.Tara.Email)}, of(), "who is deactivated is in no group")
	r.SetGroup(slack.SecurityGroup, "security", people.Hugo.Email)
	require.Equal(t, []any{slack.UserID(people.Hugo.Email)}, of())
	require.Equal(t, "no_such_subteam", r.call("usergroups.users.list", "usergroup", "S0NONE")["error"])
	guest := r.call("users.info", "user", slack.UserID(people.Gus.Email))["user"].(map[string]any)
	require.Equal(t, true, guest["is_restricted"])
	info := r.call("users.info", "user", slack.UserID(hanna))["user"].(map[string]any)
	require.Equal(t, false, info["is_restricted"])
	require.Equal(t, slack.TeamID, info["team_id"])
	require.Equal(t, hanna, info["profile"].(map[string]any)["email"])
	bare, at := start(t, slack.Options{BotScopes: []string{"users:read"}})
	require.NotContains(t, post(t, at, "users.info", bot("user", slack.UserID(hanna)))["user"].(map[string]any)["profile"], "email")
	require.Equal(t, "missing_scope", post(t, at, "usergroups.list", bot())["error"])
	require.Equal(t, "not_allowed_token_type", post(t, at, "apps.connections.open", bot())["error"])
	require.Empty(t, bare.Direct(hanna))
	require.Equal(t, true, r.call("chat.postMessage", "channel", slack.UserID(hanna), "text", "for you")["ok"])
	require.Equal(t, "for you", r.Direct(hanna)[0].Text)
	require.Empty(t, r.Messages())
	require.Zero(t, r.PostCount())
	require.Equal(t, true, r.call("chat.postEphemeral", "user", slack.UserID(hanna), "text", "hush")["ok"])
	require.Equal(t, "hush", r.Ephemerals(hanna)[0].Text)
	require.Equal(t, "user_not_in_channel", r.call("chat.postEphemeral", "user", "U0NOBODY", "text", "hush")["error"])
}

func TestACommandsTextIsEscapedAsSlackDoes(t *testing.T) {
	r := newRig(t, slack.Options{})
	require.NoError(t, r.Type(hanna, "/offboard @jane.doe & @nobody jane.doe@example.com <b> @hr"))
	require.Equal(t, "<@"+slack.UserID(jane)+"|jane.doe> &amp; @nobody <mailto:jane.doe@example.com|jane.doe@example.com> &lt;b&gt; <!subteam^"+slack.HRGroup+"|@hr>", r.last["text"])
	r = newRig(t, slack.Options{PlainMentions: true})
	require.NoError(t, r.Type(hanna, "/offboard @jane.doe"))
	require.Equal(t, "@jane.doe", r.last["text"])
}
