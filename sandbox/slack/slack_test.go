package slack_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

var _ faults.Vendor = (*slack.Server)(nil)

func start(t *testing.T, o slack.Options) (*slack.Server, string) {
	t.Helper()
	s := slack.New(people.Staff(12), o)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return s, srv.URL
}

func post(t *testing.T, at, method string, args url.Values) map[string]any {
	t.Helper()
	resp, err := http.PostForm(at+"/api/"+method, args)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.NotEmpty(t, resp.Header.Get("X-Slack-Req-Id"))
	var out map[string]any
	require.NoError(t, json.NewDecoder(resp.Body).Decode(&out))
	return out
}

func bot(more ...string) url.Values {
	v := url.Values{"token": {slack.DefaultBotToken}, "channel": {slack.DefaultChannel}}
	for i := 0; i < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return v
}

func scim(t *testing.T, method, at, token, body string) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequest(method, at, strings.NewReader(body))
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	var out map[string]any
	_ = json.NewDecoder(resp.Body).Decode(&out)
	return resp.StatusCode, out
}

func TestErrorsAre200WithSlacksWord(t *testing.T) {
	s, at := start(t, slack.Options{})
	for _, c := range []struct {
		method string
		args   url.Values
		word   string
	}{
		{"auth.test", url.Values{}, "not_authed"},
		{"auth.test", url.Values{"token": {"xoxb-wrong"}}, "invalid_auth"},
		{"users.nonsense", bot(), "unknown_method"},
		{"chat.postMessage", url.Values{"token": {slack.DefaultReadBotToken}, "channel": {slack.DefaultChannel}, "text": {"x"}}, "missing_scope"},
		{"chat.postMessage", bot("channel", "C0NOWHERE01", "text", "x"), "channel_not_found"},
		{"chat.postMessage", bot(), "no_text"},
		{"chat.postMessage", bot("text", "x", "metadata", "{"), "invalid_metadata_format"},
		{"chat.postMessage", bot("text", "x", "blocks", `[{"type":"header","text":{"type":"plain_text","text":"`+strings.Repeat("x", 151)+`"}}]`), "invalid_blocks"},
		{"chat.postMessage", bot("text", "x", "blocks", "{"), "invalid_blocks_format"},
		{"chat.update", bot("text", "x", "ts", "1.000000"), "message_not_found"},
		{"users.info", bot("user", "U0NOBODY000"), "user_not_found"},
		{"users.lookupByEmail", bot("email", "nobody@example.com"), "users_not_found"},
		{"users.list", bot("cursor", "???"), "invalid_cursor"},
	} {
		got := post(t, at, c.method, c.args)
		require.Equal(t, false, got["ok"], c.method)
		require.Equal(t, c.word, got["error"], c.method)
	}
	require.Zero(t, s.PostCount())
}

func TestDeactivatedMembersStayListedAndAreNotFoundByEmail(t *testing.T) {
	s, at := start(t, slack.Options{})
	require.Equal(t, []string{"login/" + slack.UserID(people.Jane.Email), "sessions/desktop", "sessions/phone"}, s.Holds(people.Jane.Email))
	id := slack.UserID(people.Jane.Email)
	status, _ := scim(t, http.MethodDelete, at+"/scim/v2/Users/"+id, slack.DefaultScimToken, "")
	require.Equal(t, http.StatusNoContent, status)
	require.Empty(t, s.Holds(people.Jane.Email))
	require.Equal(t, "users_not_found", post(t, at, "users.lookupByEmail", bot("email", people.Jane.Email))["error"])
	user := post(t, at, "users.info", bot("user", id))["user"].(map[string]any)
	require.Equal(t, true, user["deleted"])
	status, got := scim(t, http.MethodGet, at+"/scim/v2/Users/"+id, slack.DefaultScimToken, "")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, false, got["active"])
	patch := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}`
	status, got = scim(t, http.MethodPatch, at+"/scim/v2/Users/"+id, slack.DefaultScimToken, patch)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, true, got["active"])
	require.Len(t, s.Holds(people.Jane.Email), 1, "the login is back, the devices are not")
}

func TestScimRefusesInItsOwnShape(t *testing.T) {
	_, at := start(t, slack.Options{})
	free, freeAt := start(t, slack.Options{NoScim: true})
	jane := "/scim/v2/Users/" + slack.UserID(people.Jane.Email)
	for _, c := range []struct {
		method, at, token string
		status            int
		word              string
	}{
		{http.MethodGet, at + jane, "", 401, "missing_authentication"},
		{http.MethodGet, at + jane, slack.DefaultBotToken, 401, "invalid_authentication"},
		{http.MethodDelete, at + jane, slack.DefaultReadScimToken, 403, "permission_denied"},
		{http.MethodDelete, at + "/scim/v2/Users/" + slack.UserID(people.Admin.Email), slack.DefaultScimToken, 403, "cannot_disable_primary_owner"},
		{http.MethodDelete, at + "/scim/v2/Users/" + slack.BotUserID(), slack.DefaultScimToken, 403, "cannot_disable_bot_user_with_scim"},
		{http.MethodGet, at + "/scim/v2/Users/U0NOBODY000", slack.DefaultScimToken, 404, "no_such_user"},
		{http.MethodGet, at + "/scim/v2/Users?filter=" + url.QueryEscape(`height gt "2"`), slack.DefaultScimToken, 400, "invalid_query"},
		{http.MethodDelete, freeAt + jane, slack.DefaultScimToken, 403, "plus_teams_only"},
	} {
		status, got := scim(t, c.method, c.at, c.token, "")
		require.Equal(t, c.status, status, c.word)
		require.Equal(t, c.word, got["detail"])
	}
	require.NotEmpty(t, free.Holds(people.Jane.Email))
}

func TestListsGoByCursor(t *testing.T) {
	s, at := start(t, slack.Options{PageSize: 5})
	seen, next, pages := map[any]bool{}, "", 0
	for {
		got := post(t, at, "users.list", bot("cursor", next))
		for _, m := range got["members"].([]any) {
			seen[m.(map[string]any)["id"]] = true
		}
		pages++
		if next = got["response_metadata"].(map[string]any)["next_cursor"].(string); next == "" {
			break
		}
	}
	require.Len(t, seen, 21)
	require.Equal(t, 5, pages)

	var posted []string
	for range 12 {
		posted = append(posted, s.Say(people.Admin.Email, "hello"))
	}
	var read []string
	for next = ""; ; {
		got := post(t, at, "conversations.history", bot("cursor", next, "oldest", posted[1]))
		for _, m := range got["messages"].([]any) {
			read = append(read, m.(map[string]any)["ts"].(string))
		}
		if got["has_more"] == false {
			break
		}
		next = got["response_metadata"].(map[string]any)["next_cursor"].(string)
	}
	require.Len(t, read, 10, "newer than oldest, without it")
	require.Equal(t, posted[11], read[0], "newest first")
}

func TestPostUpdateAndMetadata(t *testing.T) {
	s, at := start(t, slack.Options{})
	meta := `{"event_type":"lastday_case","event_payload":{"case":"k"}}`
	got := post(t, at, "chat.postMessage", bot("text", "one", "metadata", meta))
	ts := got["ts"].(string)
	require.Equal(t, ts, post(t, at, "chat.update", bot("ts", ts, "text", "two"))["ts"])
	m := s.Messages()
	require.Len(t, m, 1)
	require.Equal(t, "two", m[0].Text)
	require.Equal(t, 1, m[0].Edits)
	require.Equal(t, "k", m[0].Metadata["case"], "an update without metadata keeps it")
	with := post(t, at, "conversations.history", bot("include_all_metadata", "1"))["messages"].([]any)[0].(map[string]any)
	without := post(t, at, "conversations.history", bot())["messages"].([]any)[0].(map[string]any)
	require.Contains(t, with, "metadata")
	require.NotContains(t, without, "metadata")
	theirs := s.Say(people.Jane.Email, "mine")
	require.Equal(t, "cant_update_message", post(t, at, "chat.update", bot("ts", theirs, "text", "x"))["error"])
	require.Contains(t, post(t, at, "chat.getPermalink", bot("message_ts", ts))["permalink"], slack.DefaultChannel)
	require.Equal(t, true, post(t, at, "chat.delete", bot("ts", ts))["ok"])
	require.Len(t, s.Messages(), 1)
	require.Equal(t, 2, s.PostCount())
}

func TestJSONBodiesNeedTheTokenInTheHeader(t *testing.T) {
	s, at := start(t, slack.Options{})
	send := func(header string) map[string]any {
		r, err := http.NewRequest(http.MethodPost, at+"/api/chat.postMessage", bytes.NewBufferString(
			`{"token":"`+slack.DefaultBotToken+`","channel":"`+slack.DefaultChannel+`","text":"hi","blocks":[{"type":"divider"}]}`))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		if header != "" {
			r.Header.Set("Authorization", "Bearer "+header)
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		var out map[string]any
		require.NoError(t, json.NewDecoder(resp.Body).Decode(&out))
		return out
	}
	require.Equal(t, "not_authed", send("")["error"])
	require.Equal(t, true, send(slack.DefaultBotToken)["ok"])
	require.JSONEq(t, `[{"type":"divider"}]`, s.Messages()[0].Blocks)
}

func TestRateLimitAnswers429WithRetryAfter(t *testing.T) {
	s, at := start(t, slack.Options{RateLimits: true})
	for range 10 {
		resp, err := http.PostForm(at+"/api/chat.postMessage", bot("text", "x"))
		require.NoError(t, err)
		resp.Body.Close()
		if resp.StatusCode == http.StatusTooManyRequests {
			require.Equal(t, "1", resp.Header.Get("Retry-After"))
			require.Less(t, s.PostCount(), 10)
			return
		}
	}
	t.Fatal("ten messages at once were all taken")
}

func TestHistoryLags(t *testing.T) {
	s, at := start(t, slack.Options{HistoryDelay: 200 * time.Millisecond})
	s.Say(people.Admin.Email, "hello")
	require.Empty(t, post(t, at, "conversations.history", bot())["messages"])
	require.Eventually(t, func() bool {
		return len(post(t, at, "conversations.history", bot())["messages"].([]any)) == 1
	}, 5*time.Second, 20*time.Millisecond)
}

func TestSnapshotIsDeep(t *testing.T) {
	s, _ := start(t, slack.Options{})
	s.Say(people.Admin.Email, "before")
	copied := s.Snapshot()
	s.Deactivate(people.Jane.Email)
	s.Say(people.Admin.Email, "after")
	require.Empty(t, s.Holds(people.Jane.Email))
	s.Restore(copied)
	require.Len(t, s.Holds(people.Jane.Email), 3)
	require.Len(t, s.Messages(), 1)
}

func TestStaleReadsOfPostedMethods(t *testing.T) {
	s, at := start(t, slack.Options{})
	s.Faults().Set(faults.Fault{Op: "POST /api/users.info", Kind: faults.Stale})
	s.Deactivate(people.Jane.Email)
	user := post(t, at, "users.info", bot("user", slack.UserID(people.Jane.Email)))["user"].(map[string]any)
	require.Equal(t, false, user["deleted"])
	require.Empty(t, s.Holds(people.Jane.Email))
}
