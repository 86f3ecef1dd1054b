package web_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/slack-go/slack"
	"github.com/stretchr/testify/require"

	"lastday/activities/slack/web"
	"lastday/activities/transport"
	"lastday/secret"
)

func ask(t *testing.T, status int, body string) error {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/some/where/api/chat.postMessage" {
			t.Errorf("called %s", r.URL.Path)
		}
		w.Header().Set("X-Slack-Req-Id", "req-1")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte("xoxb-a-token"), 0o600))
	ref, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	c, err := web.New(web.Options{Base: srv.URL + "/some/where/", Methods: []string{"chat.postMessage"}})
	require.NoError(t, err)
	api, err := c.With(ref)
	require.NoError(t, err)
	_, err = api.AuthTestContext(t.Context())
	require.True(t, transport.IsKind(err, transport.Identity), "auth.test is not on the list: %v", err)
	_, _, err = api.PostMessageContext(t.Context(), "C0", slack.MsgOptionText("x", true))
	return err
}

func TestOnlyOKIsSuccess(t *testing.T) {
	require.NoError(t, ask(t, 200, `{"ok":true,"ts":"1.2","channel":"C0"}`))
	for body, kind := range map[string]transport.Kind{
		``:                                      transport.Invalid,
		`{}`:                                    transport.Invalid,
		`[]`:                                    transport.Invalid,
		`{"ok":false}`:                          transport.Invalid,
		`{"ok":"yes"}`:                          transport.Invalid,
		`{"ts":"1.2"}`:                          transport.Invalid,
		`{"ok":false,"error":"ratelimited"}`:    transport.Limited,
		`{"ok":false,"error":"invalid_auth"}`:   transport.Unauthorized,
		`{"ok":false,"error":"missing_scope"}`:  transport.Unauthorized,
		`{"ok":false,"error":"not_in_channel"}`: transport.Refused,
		`{"ok":false,"error":"invalid_blocks"}`: transport.Refused,
		`{"ok":false,"error":"internal_error"}`: transport.Unavailable,
		`{"ok":false,"error":"never_heard_before"}`: transport.Unavailable,
		`{"ok":false,"error":"user_not_found"}`:     transport.Identity,
	} {
		err := ask(t, 200, body)
		var e *transport.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, kind, e.Kind, body)
		require.Equal(t, "req-1", e.RequestID, body)
	}
}

func TestSlacksWordIsKept(t *testing.T) {
	err := web.Named("post message", ask(t, 200, `{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"users:read"}`))
	require.Equal(t, "missing_scope", web.Code(err))
	require.ErrorContains(t, err, "slack: post message (")
	require.ErrorContains(t, err, "add the scope chat:write")
	require.Empty(t, web.Code(ask(t, 503, `<html>`)))
}
