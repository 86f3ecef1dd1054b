package slack_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/sandbox/people"
	"lastday/sandbox/slack"
)

func read(t *testing.T, at string) string {
	t.Helper()
	resp, err := http.Get(at)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	return string(b)
}

func TestThePageShowsTheChannel(t *testing.T) {
	s, at := start(t, slack.Options{})
	require.Contains(t, read(t, at+"/"), "Nothing has been posted here yet")
	s.Say(people.Admin.Email, "Morning *all* &lt;b&gt; <!channel> <https://example.com/a?b=1&amp;c=2|the page> <javascript:alert(1)|x>")
	for _, page := range []string{read(t, at+"/"), read(t, at+"/channel")} {
		require.Contains(t, page, "Ada Admin")
		require.Contains(t, page, "Morning <b>all</b> &lt;b&gt; <mark>@channel</mark>")
		require.Contains(t, page, `<a href="https://example.com/a?b=1&amp;c=2" rel="noreferrer" target="_blank">the page</a>`)
		require.NotContains(t, page, "javascript:")
	}
	var polled struct{ Version, HTML string }
	require.NoError(t, json.Unmarshal([]byte(read(t, at+"/_sandbox/channel")), &polled))
	require.Contains(t, polled.HTML, "Morning")
	before := polled.Version
	s.Say(people.Admin.Email, "again")
	require.NoError(t, json.Unmarshal([]byte(read(t, at+"/_sandbox/channel")), &polled))
	require.NotEqual(t, before, polled.Version)
	require.Len(t, s.Faults().Calls(), 3, "polling is not counted as a call to the vendor")
}

func TestThePageIsNotFooledByWhatIsPosted(t *testing.T) {
	s, at := start(t, slack.Options{})
	evil := `<script>alert(1)</script>`
	escaped, err := json.Marshal(evil)
	require.NoError(t, err)
	post(t, at, "chat.postMessage", bot("text", evil, "blocks", `[
		{"type":"header","text":{"type":"plain_text","text":`+string(escaped)+`}},
		{"type":"section","text":{"type":"mrkdwn","text":`+string(escaped)+`},"fields":[{"type":"plain_text","text":`+string(escaped)+`}]},
		{"type":"context","elements":[{"type":"mrkdwn","text":`+string(escaped)+`}]},
		{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[
			{"type":"text","text":`+string(escaped)+`,"style":{"bold":true}},
			{"type":"emoji","name":`+string(escaped)+`},
			{"type":"link","url":"javascript:alert(1)","text":`+string(escaped)+`}]}]}]`))
	s.Say(people.Jane.Email, evil)
	require.Len(t, s.Messages(), 2)
	page := read(t, at+"/")
	require.NotContains(t, page, "<script>alert")
	require.NotContains(t, page, `href="javascript`)
}
