package slack_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
)

func TestWhoAdministersTheWorkspaceIsSaid(t *testing.T) {
	promoted := func(answer string) string { return strings.ReplaceAll(answer, `"is_admin":false`, `"is_admin":true`) }
	unknown := func(string) string { return `{"ok":false,"error":"users_not_found"}` }
	for name, c := range map[string]struct {
		email string
		scim  bool
		twist func(string) string
		says  string
	}{
		"a member":                      {people.Jane.Email, true, nil, ""},
		"a member, without SCIM":        {people.Jane.Email, false, nil, ""},
		"an admin":                      {people.Jane.Email, false, promoted, "admin of the workspace"},
		"an admin whom SCIM knows too":  {people.Jane.Email, true, promoted, "admin of the workspace"},
		"an owner":                      {people.Robot.Email, true, nil, "owner of the workspace"},
		"the primary owner":             {people.Admin.Email, true, nil, "primary owner of the workspace"},
		"one whose role nobody tells":   {people.Jane.Email, true, unknown, "its role in the workspace cannot be read"},
		"a member, by the whole list":   {people.Jane.Email, false, unknown, ""},
		"an owner, by the whole list":   {people.Robot.Email, false, unknown, "owner of the workspace"},
		"the first owner, by the whole": {people.Admin.Email, false, unknown, "primary owner of the workspace"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			if !c.scim {
				w.withoutScim()
			}
			if c.twist != nil {
				w.twist(t, "/api/users.lookupByEmail", c.twist)
			}
			require.Equal(t, c.says, find(t, w.connector(t), offboarding.Person{Email: offboarding.Subject(c.email)}).Admin)
		})
	}
}

func TestADeactivatedAccountAdministersNothing(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	require.True(t, w.Deactivate(people.Jane.Email))
	a := find(t, w.connector(t), jane)
	require.True(t, a.Found)
	require.Empty(t, a.Admin)
}

// twist changes the answers of a path.
func (w *world) twist(t *testing.T, path string, change func(string) string) {
	t.Helper()
	inner := w.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		inner.ServeHTTP(rec, r)
		body := rec.Body.String()
		if r.URL.Path == path {
			body = change(body)
		}
		rw.Header().Set("Content-Type", rec.Header().Get("Content-Type"))
		rw.WriteHeader(rec.Code)
		_, _ = rw.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	w.conf.BaseURL = srv.URL
}
