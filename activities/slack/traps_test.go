package slack_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/slack"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
	"lastday/secret"
)

// members is a workspace whose member list is replaced by one answer, and in
// which nobody is found by e-mail.
func members(t *testing.T, body string) *world {
	t.Helper()
	w := newWorld(t, sandbox.Options{}).withoutScim()
	inner := w.Handler()
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/users.lookupByEmail":
			_, _ = rw.Write([]byte(`{"ok":false,"error":"users_not_found"}`))
		case "/api/users.list":
			_, _ = rw.Write([]byte(body))
		default:
			inner.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(srv.Close)
	w.conf.BaseURL = srv.URL
	return w
}

// TestEmptyObjectsAreNotSuccess: slack-go takes {} and {"ok":false} without an
// error word for success.
func TestEmptyObjectsAreNotSuccess(t *testing.T) {
	for _, body := range []string{`{}`, `{"ok":false}`, `{"ok":null}`, `[]`, `null`, `{"ok":true}`, `{"ok":true,"user":{}}`, `{"id":"","active":false}`, ``} {
		c, err := slack.New(fixed(t, http.StatusOK, nil, body))
		require.NoError(t, err)
		_, err = c.Find(t.Context(), jane)
		require.Error(t, err, body)
		a := offboarding.Account{System: "slack", Found: true, ID: "U0123456789"}
		_, err = c.Inventory(t.Context(), a)
		require.Error(t, err, body)
		_, err = c.Observe(t.Context(), a)
		require.Equal(t, transport.Invalid, kindOf(t, err), body)
	}
}

func TestAUserWithoutActiveIsNotDeactivated(t *testing.T) {
	conf := fixed(t, http.StatusOK, nil, `{"id":"U0123456789"}`)
	conf.ControlUserID = "U0CONTROL01"
	c, err := slack.New(conf)
	require.NoError(t, err)
	_, err = c.Observe(t.Context(), offboarding.Account{System: "slack", Found: true, ID: "U0123456789"})
	require.Equal(t, transport.Invalid, kindOf(t, err))
}

// TestRateLimitsOfEveryShape: 429 with and without Retry-After, as a date, as
// nonsense, and in the body of a 200.
func TestRateLimitsOfEveryShape(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		header map[string]string
		body   string
		after  time.Duration
	}{
		"seconds":        {429, map[string]string{"Retry-After": "30"}, `{"ok":false,"error":"ratelimited"}`, 30 * time.Second},
		"no header":      {429, nil, `{"ok":false,"error":"ratelimited"}`, 0},
		"absurd":         {429, map[string]string{"Retry-After": "-7 bananas"}, ``, 0},
		"date":           {429, map[string]string{"Retry-After": time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)}, ``, time.Hour},
		"body, header":   {200, map[string]string{"Retry-After": "3"}, `{"ok":false,"error":"ratelimited"}`, 3 * time.Second},
		"body":           {200, nil, `{"ok":false,"error":"rate_limited"}`, 0},
		"html, no hints": {429, map[string]string{"Content-Type": "text/html"}, `<h1>slow down</h1>`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			conf := fixed(t, c.status, c.header, c.body)
			conf.ScimToken = secret.Ref{}
			con, err := slack.New(conf)
			require.NoError(t, err)
			_, err = con.Find(t.Context(), jane)
			require.Equal(t, transport.Limited, kindOf(t, err))
			var e *transport.Error
			require.ErrorAs(t, err, &e)
			require.InDelta(t, c.after.Seconds(), e.RetryAfter.Seconds(), 2)
		})
	}
}

func TestSandboxLimitsAreHonouredWithoutSleeping(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.Faults().Set(faults.Fault{Op: "POST /api/users.list", Kind: faults.Limit, RetryAfter: "600"})
	begin := time.Now()
	_, err := w.connector(t).Find(t.Context(), offboarding.Person{Email: "nobody@example.com"})
	require.Equal(t, transport.Limited, kindOf(t, err))
	require.Less(t, time.Since(begin), 30*time.Second, "slack-go's own waiting is not used")
	require.Equal(t, 1, w.calls("POST /api/users.list"))
}

func TestWrongCredentialsAreFinalAndSayWhichScope(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.conf.BotToken = token(t, "xoxb-wrong-wrong")
	_, err := w.connector(t).Find(t.Context(), jane)
	require.Equal(t, transport.Unauthorized, kindOf(t, err))

	w = newWorld(t, sandbox.Options{})
	w.conf.ScimToken = token(t, "xoxp-wrong-wrong")
	_, err = w.connector(t).Find(t.Context(), jane)
	require.Equal(t, transport.Unauthorized, kindOf(t, err))

	w = newWorld(t, sandbox.Options{}).withoutScim()
	w.conf.BotToken = token(t, sandbox.DefaultReadBotToken)
	_, err = w.connector(t).Find(t.Context(), jane)
	require.Equal(t, transport.Unauthorized, kindOf(t, err))
	require.ErrorContains(t, err, "users:read.email")

	w = newWorld(t, sandbox.Options{})
	w.conf.ScimToken = token(t, sandbox.DefaultReadScimToken)
	c := w.connector(t)
	err = c.Contain(t.Context(), find(t, c, jane), journal())
	require.Equal(t, transport.Unauthorized, kindOf(t, err))
	require.Len(t, w.Holds(people.Jane.Email), 3)
}

func TestATokenOfAnotherWorkspaceIsRefused(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	a := find(t, w.connector(t), jane)
	w.conf.TeamID = "T0ANOTHER01"
	c := w.connector(t)
	_, err := c.Find(t.Context(), jane)
	require.Equal(t, transport.Identity, kindOf(t, err))
	require.Equal(t, transport.Identity, kindOf(t, c.Contain(t.Context(), a, journal())))
	_, err = c.Observe(t.Context(), a)
	require.Equal(t, transport.Identity, kindOf(t, err))
	require.Len(t, w.Holds(people.Jane.Email), 3)
	w.conf.TeamID = sandbox.TeamID
	require.NoError(t, w.connector(t).Contain(t.Context(), a, journal()))
}

func TestIDsThatAreNoneAreRefusedBeforeAnyCall(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	c := w.connector(t)
	for _, id := range []string{"", "..", "../../x", "U1", "me", "U0123456789/..", "U0123456789?x", "U0123456789#", "u0123456789", strings.Repeat("U", 40)} {
		a := offboarding.Account{System: "slack", Found: true, ID: id}
		require.Equal(t, transport.Identity, kindOf(t, c.Contain(t.Context(), a, journal())), id)
		_, err := c.Observe(t.Context(), a)
		require.Equal(t, transport.Identity, kindOf(t, err), id)
		_, err = c.Inventory(t.Context(), a)
		require.Equal(t, transport.Identity, kindOf(t, err), id)
	}
	for _, email := range []string{"", "jane", `jane"@example.com`, "jane@example.com/..", "a@b.c or email pr"} {
		_, err := c.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(email)})
		require.Equal(t, transport.Identity, kindOf(t, err), email)
	}
	require.Empty(t, w.Faults().Calls())
}

func TestAnotherPersonsRecordIsRefused(t *testing.T) {
	conf := fixed(t, http.StatusOK, nil, `{"ok":true,"id":"U0SOMEBODY1","active":false,"user_id":"U0ROBOT0001","team_id":"T0SANDBOX01","user":{"id":"U0SOMEBODY1","deleted":true,"profile":{"email":"other@example.com"}}}`)
	for _, scim := range []bool{true, false} {
		if !scim {
			conf.ScimToken = secret.Ref{}
		}
		conf.ControlUserID = "U0CONTROL01"
		c, err := slack.New(conf)
		require.NoError(t, err)
		a := offboarding.Account{System: "slack", Found: true, ID: "U0123456789"}
		_, err = c.Observe(t.Context(), a)
		require.Equal(t, transport.Invalid, kindOf(t, err))
		require.Error(t, c.Contain(t.Context(), a, journal()))
		_, err = c.Find(t.Context(), jane)
		require.Error(t, err)
	}
}

func TestAnAccountThatChangedHandsIsNotCut(t *testing.T) {
	for _, scim := range []bool{true, false} {
		w := newWorld(t, sandbox.Options{})
		if !scim {
			w.withoutScim()
		}
		c := w.connector(t)
		a := find(t, c, jane)
		a.ID = sandbox.UserID(people.Staff(9)[2].Email)
		require.Equal(t, transport.Identity, kindOf(t, c.Contain(t.Context(), a, journal())))
		require.Zero(t, w.calls("DELETE /scim/v2/Users/{id}"))
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	canary, canary2 := "xoxb-canary-7f3a9d", "xoxp-canary-55c1e0"
	for _, c := range []struct {
		status int
		body   string
	}{{200, `{"ok":false,"error":"bad ` + canary + `"}`}, {500, canary}, {403, `{"detail":"` + canary2 + `"}`}, {200, canary}, {302, canary}} {
		conf := fixed(t, c.status, map[string]string{"Location": "https://elsewhere.example/?t=" + canary}, c.body)
		conf.BotToken, conf.ScimToken = token(t, canary), token(t, canary2)
		con, err := slack.New(conf)
		require.NoError(t, err)
		a := offboarding.Account{System: "slack", Found: true, ID: "U0123456789"}
		_, e1 := con.Find(t.Context(), jane)
		e2 := con.Contain(t.Context(), a, journal())
		_, e3 := con.Observe(t.Context(), a)
		found, e4 := con.Check(t.Context())
		require.NoError(t, e4)
		text := errors.Join(e1, e2, e3).Error()
		for _, f := range found {
			text += f.What + f.Do
		}
		require.NotContains(t, text, "canary")
	}
}

func TestAMissingSecretIsNamedAndNotReadAtStart(t *testing.T) {
	ref, err := secret.Parse("env:LASTDAY_TEST_NO_SUCH_TOKEN")
	require.NoError(t, err)
	w := newWorld(t, sandbox.Options{})
	w.conf.BotToken = ref
	_, err = w.connector(t).Find(t.Context(), jane)
	require.Equal(t, transport.Unauthorized, kindOf(t, err))
	require.ErrorContains(t, err, "LASTDAY_TEST_NO_SUCH_TOKEN")
}

func TestCheckNamesOwnersAndScopes(t *testing.T) {
	w := newWorld(t, sandbox.Options{BotScopes: []string{
		"commands", "chat:write", "channels:read", "channels:history", "users:read", "users:read.email", "usergroups:read",
	}})
	w.conf.Observer.BotToken = token(t, sandbox.DefaultReadBotToken)
	found, err := w.connector(t).Check(t.Context())
	require.NoError(t, err)
	for _, f := range found {
		require.Equal(t, activities.OK, f.Level, f.What)
	}
	require.Len(t, found, 3)

	w.conf.BotToken = token(t, sandbox.DefaultReadBotToken)
	w.conf.Observer.BotToken = token(t, sandbox.DefaultScimToken)
	found, err = w.withoutScim().connector(t).Check(t.Context())
	require.NoError(t, err)
	var text string
	for _, f := range found {
		text += string(f.Level) + ": " + f.What + "\n"
	}
	require.Contains(t, text, "lacks users:read.email")
	require.Contains(t, text, "may do more than is needed: admin")
	require.Contains(t, text, "warning: no scim_token")
}

func TestConfigurationErrorsNameTheKey(t *testing.T) {
	for key, spoil := range map[string]func(*slack.Config){
		"slack.bot_token":          func(c *slack.Config) { c.BotToken = secret.Ref{} },
		"slack.base_url":           func(c *slack.Config) { c.BaseURL = "https://slack.com/api/" },
		"slack.scim_base_url":      func(c *slack.Config) { c.ScimBaseURL = "http://slack.example" },
		"slack.team_id":            func(c *slack.Config) { c.TeamID = "acme" },
		"slack.protected_user_ids": func(c *slack.Config) { c.ProtectedUserIDs = []string{"@ada"} },
		"slack.control_user_id":    func(c *slack.Config) { c.ControlUserID = "ada" },
		"slack.channel":            func(c *slack.Config) { c.Channel = "#offboarding" },
	} {
		conf := slack.Config{BotToken: token(t, "xoxb-any-token")}
		spoil(&conf)
		_, err := slack.New(conf)
		require.ErrorContains(t, err, key)
	}
}

// TestFoundUnderAnyAddress: the asked address is unknown to Slack, and another
// of the person's is not.
func TestFoundUnderAnyAddress(t *testing.T) {
	other := people.Staff(2)[1].Email
	for name, scim := range map[string]bool{"with SCIM": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			if !scim {
				w.withoutScim()
			}
			c := w.connector(t)
			p := offboarding.Person{Email: "jane.miller@example.com"}
			a := find(t, c, p)
			require.False(t, a.Found)
			require.Contains(t, a.Evidence, "jane.miller@example.com")

			p.Emails = []string{"Jane.Doe@Example.com"}
			a = find(t, c, p)
			require.True(t, a.Found)
			require.Equal(t, sandbox.UserID(people.Jane.Email), a.ID)
			require.Equal(t, people.Jane.Email, a.Email)
			if scim {
				require.NoError(t, c.Contain(t.Context(), a, journal()))
				require.Empty(t, w.Holds(people.Jane.Email))
			}

			_, err := c.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(people.Jane.Email), Emails: []string{other}})
			require.Equal(t, transport.Identity, kindOf(t, err))
			for _, email := range []string{people.Jane.Email, other} {
				require.ErrorContains(t, err, sandbox.UserID(email))
			}

			// Deactivated members are in SCIM and in the member list alone.
			require.True(t, w.Deactivate(people.Jane.Email))
			a = find(t, c, p)
			require.True(t, a.Found)
			require.Equal(t, "deactivated", a.Status)
			require.Equal(t, sandbox.UserID(people.Jane.Email), a.ID)
			back, err := c.Observe(t.Context(), a)
			require.NoError(t, err)
			requireSight(t, offboarding.Absent, back)
		})
	}
}

func TestAnAddressThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	_, err := w.connector(t).Find(t.Context(), offboarding.Person{Email: jane.Email, Emails: []string{"not an address"}})
	require.Equal(t, transport.Identity, kindOf(t, err))
	require.Empty(t, w.Faults().Calls())
}
