package slack

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/secret"
	"lastday/starter/serve"
)

// closed is a workspace in which every dialog has been closed. It gives what is
// said in the channel, as "user text".
func closed(t *testing.T, channel string) (*Door, *[]string) {
	t.Helper()
	var said []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api/") { // a response_url that is used up
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/api/chat.postEphemeral" {
			_, _ = w.Write([]byte(`{"ok":false,"error":"not_found"}`))
			return
		}
		said = append(said, r.FormValue("channel")+" "+r.FormValue("user")+" "+r.FormValue("text"))
		_, _ = w.Write([]byte(`{"ok":true,"message_ts":"1.1"}`))
	}))
	t.Cleanup(srv.Close)
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte("xoxb-1-abcdefghijk"), 0o600))
	token, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	d, err := New(Options{
		BaseURL: srv.URL, AllowHTTP: true, BotToken: token, Channel: channel, Policy: freely{}, Log: slog.New(slog.DiscardHandler),
		Conf: serve.Slack{ResponseBase: srv.URL},
	})
	require.NoError(t, err)
	return d, &said
}

func TestWhatNoDialogTakesIsSaidInTheChannelAlsoAfterTheTimeIsOver(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	d, said := closed(t, "C1")
	for name, s := range map[string]*screen{
		"closed":                 {door: d, who: who{user: "U1"}, view: "V1"},
		"none":                   {door: d, who: who{user: "U1"}},
		"a line that is refused": {door: d, who: who{user: "U1"}, response: d.answer.base.String() + "/x"},
	} {
		*said = nil
		s.say(over, "Not done: <@U2>")
		require.Equal(t, []string{"C1 U1 Not done: &lt;@U2&gt;"}, *said, name)
	}
	*said = nil
	(&screen{door: d, who: who{user: "U1"}, response: "https://evil.example/x"}).say(over, "x")
	require.Empty(t, *said, "not asked for by Slack")

	silent, said := closed(t, "")
	(&screen{door: silent, who: who{user: "U1"}, view: "V1"}).say(over, "x")
	require.Empty(t, *said, "there is no channel")
}

func TestAJobThatBreaksTellsAndEndsNoOther(t *testing.T) {
	d, said := closed(t, "C1")
	s := &screen{door: d, who: who{user: "U1"}, view: "V1", about: "jane@example.com"}
	d.work(nil, inWhen, s, func(context.Context) { panic("nil map") })
	ran := false
	d.queue.add(func(context.Context) { ran = true })
	d.queue.drain(drainFor)
	require.True(t, ran)
	require.Equal(t, []string{"C1 U1 Something broke inside Lastday. It is not certain whether this was done: look at /offboard status jane@example.com."}, *said)
}

func TestTheEndWaitsLongerThanAStartTakes(t *testing.T) {
	require.Greater(t, drainFor, startWithin)
	require.Greater(t, drainFor, actWithin)
}
