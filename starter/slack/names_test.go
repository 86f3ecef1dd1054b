package slack

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities/slack/web"
	"lastday/secret"
)

// "A name that fits two people shows both and asks": one of the two shows no
// e-mail, so the other one is taken without a question.
func TestANameThatFitsTwoAsksAlsoIfOneHasNoAddress(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"ok":true,"members":[
			{"id":"U0000000001","team_id":"T0","name":"jane.doe","real_name":"Jane Doe","profile":{"real_name":"Jane Doe","email":"jane.doe@example.com"}},
			{"id":"U0000000002","team_id":"T0","name":"jane.roe","real_name":"Jane Roe","profile":{"real_name":"Jane Roe"}}],
			"response_metadata":{"next_cursor":""}}`))
	}))
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte("xoxb-1-abcdefghijk"), 0o600))
	token, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	client, err := web.New(web.Options{Base: srv.URL, AllowHTTP: true, Methods: methods})
	require.NoError(t, err)
	d := newDirectory(client, Options{BotToken: token})
	found, err := d.personsByName(t.Context(), "jane")
	if err == nil {
		require.Len(t, found, 2, "the other Jane is not offered; %v is taken", found)
	}
}
