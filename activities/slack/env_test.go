package slack_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/slack"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/secret"
)

// world is a sandbox and the configuration that reaches it.
type world struct {
	*sandbox.Server
	url  string
	conf slack.Config
}

func newWorld(t *testing.T, o sandbox.Options) *world {
	t.Helper()
	s := sandbox.New(people.Staff(9), o)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &world{Server: s, url: srv.URL, conf: slack.Config{
		BotToken: token(t, sandbox.DefaultBotToken), ScimToken: token(t, sandbox.DefaultScimToken),
		BaseURL: srv.URL, ScimBaseURL: srv.URL, Channel: sandbox.DefaultChannel,
	}}
}

// token puts a credential where a secret.Ref can point to.
func token(t *testing.T, value string) secret.Ref {
	t.Helper()
	path := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(path, []byte(value+"\n"), 0o600))
	ref, err := secret.Parse("file:" + path)
	require.NoError(t, err)
	return ref
}

func (w *world) connector(t *testing.T) *slack.Connector {
	t.Helper()
	c, err := slack.New(w.conf)
	require.NoError(t, err)
	return c
}

func (w *world) withoutScim() *world {
	w.conf.ScimToken = secret.Ref{}
	return w
}

func (w *world) calls(op string) int {
	n := 0
	for _, c := range w.Faults().Calls() {
		if c.Op == op {
			n++
		}
	}
	return n
}

var jane = offboarding.Person{Email: offboarding.Subject(people.Jane.Email)}

func find(t *testing.T, c *slack.Connector, p offboarding.Person) offboarding.Account {
	t.Helper()
	a, err := c.Find(t.Context(), p)
	require.NoError(t, err)
	return a
}

func journal() *activities.Journal { return activities.NewJournal(1, nil, nil) }

func sights(r offboarding.Readback) map[offboarding.Class]offboarding.Sight {
	out := map[offboarding.Class]offboarding.Sight{}
	for _, o := range r.Observations {
		out[o.Class] = o.Sight
	}
	return out
}

func requireSight(t *testing.T, want offboarding.Sight, r offboarding.Readback) {
	t.Helper()
	require.Len(t, r.Observations, 2)
	require.Equal(t, map[offboarding.Class]offboarding.Sight{offboarding.Login: want, offboarding.Sessions: want}, sights(r))
	for _, o := range r.Observations {
		require.Equal(t, want == offboarding.Absent, o.Proves(), "%+v", o)
		require.NotEmpty(t, o.Credential)
		if want == offboarding.Blind {
			require.NotEmpty(t, o.Reason)
		}
	}
}

func kindOf(t *testing.T, err error) transport.Kind {
	t.Helper()
	var e *transport.Error
	require.ErrorAs(t, err, &e)
	return e.Kind
}

func briefly(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

// fixed answers every call with one status, content type and body.
func fixed(t *testing.T, status int, header map[string]string, body string) slack.Config {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return slack.Config{
		BotToken: token(t, sandbox.DefaultBotToken), ScimToken: token(t, sandbox.DefaultScimToken),
		BaseURL: srv.URL, ScimBaseURL: srv.URL,
	}
}
