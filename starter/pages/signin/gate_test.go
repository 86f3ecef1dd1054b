package signin_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/secret"
	"lastday/starter/pages/signin"
	"lastday/starter/pages/signin/optest"
)

// house is the pages with a sign-in, and a provider.
type house struct {
	t        *testing.T
	url      string
	provider *optest.Provider
	clock    atomic.Pointer[time.Time]
	entered  chan struct{} // /record/slow was entered
	leave    chan struct{}
}

func people() map[string]optest.Person {
	return map[string]optest.Person{
		"ann":      {Email: "Ann.Auditor@Example.com", Name: "Ann Auditor", Groups: []string{"Everyone", "Auditors"}},
		"hanna":    {Email: "hanna.hr@example.com", Name: "Hanna", Groups: []string{"HR"}},
		"oli":      {Email: "oli@example.com", Name: "Oli", Groups: "Ops"},
		"stranger": {Email: "stranger@example.com", Name: "Sam Stranger", Groups: []string{"Everyone"}},
		"nobody":   {Email: "nobody@example.com", Name: "No Body"},
		"doubted":  {Email: "ceo@example.com", Name: "Not the CEO", Unchecked: true, Groups: []string{"Auditors"}},
	}
}

func open(t *testing.T, change func(*signin.Config, *signin.Options)) *house {
	t.Helper()
	h := &house{t: t, entered: make(chan struct{}), leave: make(chan struct{})}
	t.Setenv("OPTEST_SECRET", optest.ClientSecret)
	ref, err := secret.Parse("env:OPTEST_SECRET")
	require.NoError(t, err)
	now := time.Now()
	h.clock.Store(&now)
	server := httptest.NewUnstartedServer(nil)
	h.url = "http://" + server.Listener.Addr().String()
	h.provider = optest.Start(t, people(), h.url+signin.Callback)
	c := &signin.Config{
		Issuer: h.provider.Issuer, ClientID: optest.ClientID, ClientSecret: ref, RedirectURL: h.url + signin.Callback,
		Roles: signin.Groups{Auditor: []string{"Auditors"}, HR: []string{"HR"}, Operator: []string{"Ops"}},
	}
	o := signin.Options{Show: show, Place: signin.Place{Listen: "0.0.0.0:8480"}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return *h.clock.Load() }}
	if change != nil {
		change(c, &o)
	}
	c.Defaults()
	require.NoError(t, c.Validate())
	g, err := signin.New(c, o)
	require.NoError(t, err)
	server.Config.Handler = g.Wrap(http.HandlerFunc(h.page))
	server.Start()
	t.Cleanup(server.Close)
	return h
}

func show(w http.ResponseWriter, _ *http.Request, n signin.Notice) {
	w.WriteHeader(n.Status)
	fmt.Fprintf(w, "%s|%s|%s", n.Title, strings.Join(n.Words, " "), n.Link)
}

func (h *house) page(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/record/slow" {
		h.entered <- struct{}{}
		<-h.leave
	}
	u, ok := signin.UserOf(r.Context())
	fmt.Fprintf(w, "page %s for %s <%s> %v %t token=%s", r.URL.RequestURI(), u.Name, u.Identity, u.Roles, ok, signin.TokenOf(r.Context()))
}

// visitor is a browser without scripts.
type visitor struct {
	h      *house
	client *http.Client
}

func (h *house) visitor() *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(h.t, err)
	return &visitor{h, &http.Client{Jar: secureJar{jar}, Transport: &http.Transport{}}}
}

// secureJar treats loopback as browsers do: a secure cookie may live there.
type secureJar struct{ *cookiejar.Jar }

func (j secureJar) SetCookies(u *url.URL, c []*http.Cookie) { j.Jar.SetCookies(https(u), c) }
func (j secureJar) Cookies(u *url.URL) []*http.Cookie       { return j.Jar.Cookies(https(u)) }

func https(u *url.URL) *url.URL {
	v := *u
	v.Scheme = "https"
	return &v
}

func (v *visitor) get(at string) (int, string) {
	v.h.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, at, nil)
	require.NoError(v.h.t, err)
	return v.do(r)
}

func (v *visitor) do(r *http.Request) (int, string) {
	v.h.t.Helper()
	resp, err := v.client.Do(r)
	require.NoError(v.h.t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(v.h.t, err)
	return resp.StatusCode, string(b)
}

// signIn goes the way a person goes, from a page to the provider and back.
func (v *visitor) signIn(as, to string) (int, string) {
	v.h.t.Helper()
	return v.get(v.answer(as, to))
}

// answer is the address that the provider sends the person back to.
func (v *visitor) answer(as, to string) string {
	v.h.t.Helper()
	v.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Path == signin.Callback {
			return http.ErrUseLastResponse
		}
		return nil
	}
	defer func() { v.client.CheckRedirect = nil }()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, v.h.url+"/record/sign-in/start?"+url.Values{"to": {to}}.Encode(), nil)
	require.NoError(v.h.t, err)
	resp, err := v.client.Do(r)
	require.NoError(v.h.t, err)
	resp.Body.Close()
	require.Equal(v.h.t, "/login/username", resp.Request.URL.Path)
	login := resp.Request.URL
	login.RawQuery += "&as=" + as
	r, err = http.NewRequestWithContext(context.Background(), http.MethodGet, login.String(), nil)
	require.NoError(v.h.t, err)
	resp, err = v.client.Do(r)
	require.NoError(v.h.t, err)
	resp.Body.Close()
	return resp.Header.Get("Location")
}

func TestWhoIsSignedInHasTheRolesOfTheirGroups(t *testing.T) {
	h := open(t, nil)
	for as, want := range map[string]string{
		"ann":     "for Ann Auditor <ann.auditor@example.com> [auditor] true",
		"hanna":   "for Hanna <hanna.hr@example.com> [hr] true",
		"oli":     "for Oli <oli@example.com> [operator] true",
		"doubted": "for Not the CEO <oidc:doubted> [auditor] true",
	} {
		v := h.visitor()
		status, body := v.signIn(as, "/record/cases/7?x=1")
		require.Equal(t, 200, status, body)
		require.Contains(t, body, "page /record/cases/7?x=1 "+want)
	}
	h.provider.NotInToken.Store(true)
	_, body := h.visitor().signIn("ann", "/record")
	require.Contains(t, body, "<ann.auditor@example.com> [auditor]", "asked at the user info endpoint")
}

func TestAStrangerLearnsNothingButTheSignIn(t *testing.T) {
	h := open(t, nil)
	var first string
	for _, path := range []string{"/record", "/record/cases/1", "/record/cases/2", "/record/nothing", "/record/log", "/record/sign-out"} {
		status, body := h.visitor().get(h.url + path)
		require.Equal(t, 401, status)
		body, _, _ = strings.Cut(body, "/record/sign-in/start")
		if first == "" {
			first = body
		}
		require.Equal(t, first, body)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/record", nil)
	require.NoError(t, err)
	resp, err := (&http.Transport{}).RoundTrip(r)
	require.NoError(t, err)
	resp.Body.Close()
	require.Empty(t, resp.Cookies(), "no session for strangers")
	for _, as := range []string{"stranger", "nobody"} {
		v := h.visitor()
		status, body := v.signIn(as, "/record")
		require.Equal(t, 403, status)
		require.Contains(t, body, "none of your groups has a role")
		status, _ = v.get(h.url + "/record")
		require.Equal(t, 401, status)
	}
}

func TestAnAnswerThatDoesNotFitSignsNobodyIn(t *testing.T) {
	refused := func(t *testing.T, v *visitor, answer, words string) {
		t.Helper()
		status, body := v.get(answer)
		require.GreaterOrEqual(t, status, 400)
		require.Contains(t, body, words)
		status, _ = v.get(v.h.url + "/record")
		require.Equal(t, 401, status)
	}
	alter := func(answer, key, value string) string {
		u, err := url.Parse(answer)
		require.NoError(t, err)
		q := u.Query()
		q.Set(key, value)
		u.RawQuery = q.Encode()
		return u.String()
	}
	t.Run("wrong state", func(t *testing.T) {
		v := open(t, nil).visitor()
		refused(t, v, alter(v.answer("ann", "/record"), "state", "x"), "not the one that this browser began")
	})
	t.Run("another browser's", func(t *testing.T) {
		h := open(t, nil)
		refused(t, h.visitor(), h.visitor().answer("ann", "/record"), "this browser has begun no sign-in")
	})
	t.Run("another's, in a browser that began one", func(t *testing.T) {
		h := open(t, nil)
		v := h.visitor()
		v.answer("hanna", "/record")
		refused(t, v, h.visitor().answer("ann", "/record"), "not the one that this browser began")
	})
	t.Run("another's code", func(t *testing.T) {
		h := open(t, nil)
		v := h.visitor()
		theirs, err := url.Parse(h.visitor().answer("ann", "/record"))
		require.NoError(t, err)
		refused(t, v, alter(v.answer("hanna", "/record"), "code", theirs.Query().Get("code")), "not accepted") // PKCE
	})
	t.Run("wrong nonce", func(t *testing.T) {
		h := open(t, nil)
		h.provider.OtherNonce.Store(true)
		v := h.visitor()
		refused(t, v, v.answer("ann", "/record"), "not accepted")
	})
	t.Run("expired token", func(t *testing.T) {
		h := open(t, nil)
		h.provider.Expired.Store(true)
		v := h.visitor()
		refused(t, v, v.answer("ann", "/record"), "not accepted")
	})
	t.Run("too late", func(t *testing.T) {
		h := open(t, nil)
		v := h.visitor()
		answer := v.answer("ann", "/record")
		later := h.clock.Load().Add(11 * time.Minute)
		h.clock.Store(&later)
		refused(t, v, answer, "longer than ten minutes")
	})
	t.Run("another provider", func(t *testing.T) {
		v := open(t, nil).visitor()
		refused(t, v, alter(v.answer("ann", "/record"), "iss", "https://evil.example"), "another provider answered")
	})
	t.Run("twice", func(t *testing.T) {
		h := open(t, nil)
		v := h.visitor()
		answer := v.answer("ann", "/record")
		status, _ := v.get(answer)
		require.Equal(t, 200, status)
		status, body := v.get(answer)
		require.Equal(t, 400, status)
		require.Contains(t, body, "begun no sign-in")
	})
	t.Run("wrong client secret", func(t *testing.T) {
		h := open(t, nil)
		v := h.visitor()
		answer := v.answer("ann", "/record")
		t.Setenv("OPTEST_SECRET", "something-else")
		refused(t, v, answer, "not accepted")
	})
	t.Run("provider down", func(t *testing.T) {
		h := open(t, func(c *signin.Config, _ *signin.Options) { c.Issuer = "http://127.0.0.1:1" })
		status, body := h.visitor().get(h.url + "/record/sign-in/start")
		require.Equal(t, 502, status)
		require.Contains(t, body, "cannot be reached now")
	})
}

func TestNobodyIsSentElsewhereAfterTheSignIn(t *testing.T) {
	h := open(t, nil)
	for _, to := range []string{
		"https://evil.example/record", "//evil.example/record", "/record/../../evil", "/record//evil.example", `/record/\evil.example`,
		"/recording", "record", "", "javascript:alert(1)", "/record/sign-out", "/record#x", "/record\r\nX: y", "/record/" + strings.Repeat("x", 1000),
	} {
		status, body := h.visitor().signIn("ann", to)
		require.Equal(t, 200, status, to)
		require.Contains(t, body, "page /record for ", to)
	}
}

func TestASessionEnds(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		h := open(t, func(_ *signin.Config, o *signin.Options) { o.Idle = 300 * time.Millisecond })
		v := h.visitor()
		_, body := v.signIn("ann", "/record")
		require.Contains(t, body, "page")
		last := time.Now()
		idle := time.NewTimer(350 * time.Millisecond)
		<-idle.C
		status, _ := v.get(h.url + "/record")
		require.Equal(t, 401, status, time.Since(last))
	})
	t.Run("absolutely, however much it is used", func(t *testing.T) {
		h := open(t, func(_ *signin.Config, o *signin.Options) { o.Lifetime = 500 * time.Millisecond })
		v := h.visitor()
		_, body := v.signIn("ann", "/record")
		require.Contains(t, body, "page")
		require.Eventually(t, func() bool {
			status, _ := v.get(h.url + "/record")
			return status == 401
		}, 5*time.Second, 20*time.Millisecond)
	})
	t.Run("by signing out, also for a request under way", func(t *testing.T) {
		h := open(t, nil)
		v := h.visitor()
		_, body := v.signIn("ann", "/record")
		_, token, _ := strings.Cut(body, "token=")
		cookies := v.client.Jar.Cookies(must(url.Parse(h.url)))
		require.Len(t, cookies, 1)
		slow := make(chan int)
		go func() {
			r, _ := http.NewRequestWithContext(context.Background(), http.MethodGet, h.url+"/record/slow", nil)
			r.AddCookie(cookies[0])
			resp, err := (&http.Transport{}).RoundTrip(r)
			if err != nil {
				slow <- 0
				return
			}
			resp.Body.Close()
			slow <- resp.StatusCode
		}()
		<-h.entered
		status, body := v.post(h.url+"/record/sign-out", url.Values{"token": {"wrong"}})
		require.Equal(t, 403, status)
		require.Contains(t, body, "not from a page of this session")
		status, _ = v.get(h.url + "/record/sign-out")
		require.Equal(t, 405, status)
		status, body = v.post(h.url+"/record/sign-out", url.Values{"token": {token}})
		require.Equal(t, 200, status)
		require.Contains(t, body, "Signed out")
		close(h.leave)
		require.Equal(t, 200, <-slow)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.url+"/record", nil)
		require.NoError(t, err)
		r.AddCookie(cookies[0])
		status, _ = h.visitor().do(r)
		require.Equal(t, 401, status, "the old cookie opens nothing")
	})
}

func (v *visitor) post(at string, form url.Values) (int, string) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, at, strings.NewReader(form.Encode()))
	require.NoError(v.h.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestTheCookieIsForThisHostAloneAndRenewed(t *testing.T) {
	h := open(t, nil)
	v := h.visitor()
	answer := v.answer("ann", "/record")
	fixed := &http.Cookie{Name: signin.Cookie, Value: "chosen-by-an-attacker"}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, answer, nil)
	require.NoError(t, err)
	for _, c := range v.client.Jar.Cookies(r.URL) {
		r.AddCookie(c)
	}
	r.AddCookie(fixed)
	resp, err := (&http.Transport{}).RoundTrip(r)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, 303, resp.StatusCode)
	var session *http.Cookie
	for _, c := range resp.Cookies() {
		if c.Name == signin.Cookie {
			session = c
		}
	}
	require.NotNil(t, session)
	require.NotEqual(t, fixed.Value, session.Value)
	require.True(t, session.Secure && session.HttpOnly && session.Path == "/" && session.Domain == "" && session.SameSite == http.SameSiteLaxMode)
	require.Zero(t, session.MaxAge, "it ends with the browser")
}
