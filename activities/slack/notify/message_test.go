package notify_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lastday/activities/slack/notify"
	sandbox "lastday/sandbox/slack"
)

func blocksOf(t *testing.T, m notify.Message) string {
	t.Helper()
	b, err := json.Marshal(m.Blocks())
	require.NoError(t, err)
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	var v any
	require.NoError(t, json.Unmarshal(b, &v))
	require.NoError(t, enc.Encode(v))
	return plain.String()
}

func TestAMessageReadsAsACase(t *testing.T) {
	m := notify.Message{
		Headline: "Jane Doe leaves today at 17:00",
		Fields:   []string{"Asked by: Ada Admin", "Partner: Northwind Outsourcing"},
		Rows:     []notify.Row{{Icon: "white_check_mark", System: "github", Text: "contained 14:03:02, proven 14:03:04"}},
		Footer:   "Case offboard:jane.doe@example.com",
		Links:    []notify.Link{{Text: "Open the case", URL: "http://127.0.0.1:8233/namespaces/default"}},
	}
	require.Equal(t, "Jane Doe leaves today at 17:00\nAsked by: Ada Admin\nPartner: Northwind Outsourcing\ngithub: contained 14:03:02, proven 14:03:04\nCase offboard:jane.doe@example.com", m.Text())
	got := blocksOf(t, m)
	for _, want := range []string{`"type":"header"`, `"name":"white_check_mark"`, `"bold":true`, `<http://127.0.0.1:8233/namespaces/default|Open the case>`, `"verbatim":true`} {
		require.Contains(t, got, want)
	}
}

func TestNothingInAMessageIsTakenForMarkup(t *testing.T) {
	evil := "<!channel> <@U0123> *VERIFIED* & <https://evil.example|click>\u202e@here\u2066 @CHANNEL\x00\x1b[31m"
	m := notify.Message{
		Headline: evil, Fields: []string{evil}, Rows: []notify.Row{{Icon: "x:><!channel", System: evil, Text: evil}}, Footer: evil,
		Links: []notify.Link{{Text: evil, URL: "https://ok.example/a|b>?x=1&y=2"}, {Text: "js", URL: "javascript:alert(1)"}, {Text: "rel", URL: "/x"}},
	}
	text := m.Text()
	require.NotContains(t, text, "<")
	require.NotContains(t, text, ">")
	require.Contains(t, text, "&lt;!channel&gt;")
	got := blocksOf(t, m)
	for _, s := range []string{text, got} {
		for _, bad := range []string{"\u202e", "\u2066", "@here", "@CHANNEL", "\\u0000", "\x1b"} {
			require.NotContains(t, s, bad)
		}
	}
	require.NotContains(t, got, "javascript")
	require.NotContains(t, got, "x:>")
	var blocks []struct {
		Type     string
		Elements []struct{ Type, Text string }
	}
	require.NoError(t, json.Unmarshal([]byte(got), &blocks))
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.Type == "mrkdwn" {
				require.Equal(t, 1, strings.Count(e.Text, "<"), "one link, and nothing else: %s", e.Text)
				require.Equal(t, 1, strings.Count(e.Text, "|"))
			}
		}
	}
}

func TestAnySizeFitsSlack(t *testing.T) {
	long := strings.Repeat("ŵ wide ", 2000)
	for _, n := range []int{0, 1, 11, 60, 400} {
		m := notify.Message{Headline: long, Footer: long}
		for i := range n {
			m.Fields = append(m.Fields, fmt.Sprintf("%d %s", i, long))
			m.Rows = append(m.Rows, notify.Row{Icon: "x", System: long, Text: long})
			m.Links = append(m.Links, notify.Link{Text: long, URL: "https://example.com/" + strings.Repeat("x", 900)})
		}
		require.LessOrEqual(t, len(m.Blocks()), 50)
		require.LessOrEqual(t, utf8.RuneCountInString(m.Text()), 4000)
		s, post := start(t, sandbox.Options{})
		_, err := post.Post(t.Context(), spot(1, ""), m)
		require.NoError(t, err, "the sandbox holds Slack's limits")
		require.Len(t, s.Messages(), 1)
		if n > 11 {
			require.Contains(t, s.Messages()[0].Blocks, "more")
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add("a", "b", "https://example.com")
	f.Add("<!here>", "\u202e\x00@everyone", "http://x/|>")
	f.Fuzz(func(t *testing.T, a, b, link string) {
		m := notify.Message{Headline: a, Fields: []string{b}, Rows: []notify.Row{{Icon: a, System: b, Text: a}}, Footer: b, Links: []notify.Link{{Text: a, URL: link}}}
		text := m.Text()
		require.NotContains(t, text, "<")
		require.NotContains(t, text, "\u202e")
		require.True(t, utf8.ValidString(text))
		require.NotEmpty(t, text)
		raw, err := json.Marshal(m.Blocks())
		require.NoError(t, err)
		require.Empty(t, sandbox.CheckBlocks(raw), "%s", raw)
		require.NotContains(t, strings.ToLower(string(raw)), "@everyone")
	})
}
