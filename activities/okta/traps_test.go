package okta_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/okta"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/okta"
	"lastday/sandbox/people"
)

// meddle puts something between the connector and the org that changes
// answers; it gives a connector that goes through it.
func (o *org) meddle(change func(r *http.Request, h http.Header, body []byte) []byte, more ...change) *okta.Connector {
	o.t.Helper()
	at := o.between(change)
	return o.connect(append(more, func(c *okta.Config) { c.BaseURL = at })...)
}

// between is the address of what meddles.
func (o *org) between(change func(r *http.Request, h http.Header, body []byte) []byte) string {
	o.t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		o.Handler().ServeHTTP(rec, r)
		body := change(r, rec.Header(), rec.Body.Bytes())
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(body)
	}))
	o.t.Cleanup(srv.Close)
	return srv.URL
}

// Trap: the SDK answers reads from a cache for five minutes, and files and
// variables of the machine can switch that on again or lead elsewhere.
func TestNothingIsReadFromACacheWhateverTheMachineSays(t *testing.T) {
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".okta"), 0o700); err != nil {
		t.Fatal(err)
	}
	yaml := "okta:\n  client:\n    orgUrl: http://127.0.0.1:9\n    token: fromTheFile\n    cache:\n      enabled: true\n    rateLimit:\n      maxRetries: 5\n"
	if err := os.WriteFile(filepath.Join(home, ".okta", "okta.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{
		"HOME": home, "OKTA_CLIENT_CACHE_ENABLED": "true", "OKTA_CLIENT_ORGURL": "http://127.0.0.1:9",
		"OKTA_CLIENT_TOKEN": "fromTheEnvironment", "OKTA_CLIENT_REQUEST_TIMEOUT": "1", "OKTA_CLIENT_RATE_LIMIT_MAX_RETRIES": "5",
	} {
		t.Setenv(k, v)
	}
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	if obs := o.observe(a)[offboarding.Login]; obs.Sight != offboarding.Present {
		t.Fatalf("%+v", obs)
	}
	o.revoke(a, o.inventory(a).Grants)
	if obs := o.observe(a)[offboarding.Login]; obs.Sight != offboarding.Absent {
		t.Errorf("read from a cache: %+v", obs)
	}
	o.SignIn(jane)
	o.Faults().ForgetCalls()
	o.observe(a)
	o.observe(a)
	n := 0
	for _, c := range o.Faults().Calls() {
		if c.Path == "/api/v1/users/"+a.ID {
			n++
		}
	}
	if n != 2 {
		t.Errorf("two looks made %d calls", n)
	}
}

// Trap: "me" is the token's owner, and the SDK cuts an id at # or ?.
func TestIdsThatAreNotOktasAreNeverSent(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	id := o.ID(jane)
	for _, bad := range []string{"", "me", "#", "?", ".", "..", id + "#x", id + "?x=1", id + "/lifecycle/deactivate", "../groups", "jane.doe@example.com", id[:19], id + "0", "00g" + id[3:], id + "\n"} {
		a := offboarding.Account{System: okta.System, Found: true, ID: bad}
		j := activities.NewJournal(1, nil, nil)
		_, inventory := o.conn.Inventory(t.Context(), a)
		_, observe := o.conn.Observe(t.Context(), a)
		login := []offboarding.Grant{{Class: offboarding.Login, ID: bad}}
		for step, err := range map[string]error{
			"inventory": inventory, "observe": observe,
			"contain": o.conn.Contain(t.Context(), a, j), "revoke": o.conn.Revoke(t.Context(), a, login, j),
		} {
			if !transport.IsKind(err, transport.Identity) {
				t.Errorf("%s of %q: %v", step, bad, err)
			}
		}
	}
	if n := o.writes(); n > 0 {
		t.Errorf("%d writes", n)
	}
	a := o.find(jane)
	o.Faults().ForgetCalls()
	for _, g := range []offboarding.Grant{
		{Class: offboarding.Groups, ID: "../../users/" + a.ID},
		{Class: offboarding.Groups, ID: "me"},
		{Class: offboarding.AdminRoles, ID: ".."},
		{Class: offboarding.APITokens, ID: "current/../x"},
		{Class: offboarding.Devices, ID: ""},
		{Class: offboarding.Factors, ID: "a#b"},
		{Class: offboarding.Login, ID: o.ID(people.Admin.Email)},
		{Class: "deploy-keys", ID: "x1"},
		{Class: offboarding.OAuthTokens, ID: "x?y"},
	} {
		if err := o.conn.Revoke(t.Context(), a, []offboarding.Grant{g}, activities.NewJournal(1, nil, nil)); !transport.IsKind(err, transport.Identity) {
			t.Errorf("%+v: %v", g, err)
		}
	}
	if calls := o.Faults().Calls(); len(calls) > 0 {
		t.Errorf("%d calls were made", len(calls))
	}
	for _, mail := range []string{"", "me", "jane.doe", "a/b@example.com", "../x@example.com", "a b@example.com", "a#b@example.com"} {
		if _, err := o.conn.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(mail)}); !transport.IsKind(err, transport.Identity) {
			t.Errorf("find %q: %v", mail, err)
		}
	}
}

// Trap: the SDK repeats a call whose connection was closed for ever.
func TestAClosedConnectionIsOneCall(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	o.fault("POST /api/v1/users/{id}/lifecycle/suspend", faults.Down, 0)
	err := o.conn.Contain(brief(t, 5*time.Second), a, activities.NewJournal(1, nil, nil))
	if !transport.IsKind(err, transport.Unavailable) || o.writes() != 1 {
		t.Errorf("%v after %d writes", err, o.writes())
	}
}

// Trap: a deactivated user is not found by a second deactivation.
func TestDeactivatedMeanwhileIsSuccess(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	o.fault("GET /api/v1/users/{id}", faults.Stale, 3)
	o.SetStatus(jane, "DEPROVISIONED")
	got := answers(o.revoke(a, []offboarding.Grant{{Class: offboarding.Login, ID: a.ID, Label: "login"}}))
	if o.writes() != 1 || got["login: deactivate user"] != activities.AlreadyDone {
		t.Errorf("%d writes: %v", o.writes(), got)
	}
}

// Trap: suspending a user who is no longer active is 400 E0000001.
func TestStatusChangedMeanwhileIsReadAgain(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	o.fault("GET /api/v1/users/{id}", faults.Stale, 3)
	o.SetStatus(jane, "SUSPENDED")
	if err := o.conn.Contain(t.Context(), a, activities.NewJournal(1, nil, nil)); !transport.IsKind(err, transport.Unavailable) {
		t.Errorf("first: %v", err)
	}
	if got := answers(o.contain(a)); got["login: suspend user"] != activities.AlreadyDone {
		t.Errorf("second: %v", got)
	}
}

// Trap: the SDK sleeps through a 429 and loses its type. Okta says when in
// X-Rate-Limit-Reset; what makes no sense says nothing.
func TestRateLimitIsOneCallAndOktasOwnDelay(t *testing.T) {
	date := time.Now().Add(40 * time.Second).UTC().Format(http.TimeFormat)
	for after, want := range map[string][2]time.Duration{
		"17": {16 * time.Second, 18 * time.Second}, date: {10 * time.Second, 41 * time.Second},
		"0": {}, "-30": {}, "99999999999": {}, "soon": {}, "": {},
	} {
		o := newOrg(t, sandbox.Options{})
		a := o.find(jane)
		o.Faults().Set(faults.Fault{Op: "POST /api/v1/users/{id}/lifecycle/suspend", Kind: faults.Limit, RetryAfter: after})
		began := time.Now()
		err := o.conn.Contain(t.Context(), a, activities.NewJournal(1, nil, nil))
		var e *transport.Error
		if !transport.IsKind(err, transport.Limited) || !asError(err, &e) || e.RetryAfter < want[0] || e.RetryAfter > want[1] {
			t.Errorf("%q: %+v", after, err)
		}
		if o.writes() != 1 || time.Since(began) > 20*time.Second {
			t.Errorf("%q: %d writes in %s", after, o.writes(), time.Since(began))
		}
	}
}

func asError(err error, to **transport.Error) bool {
	e, ok := err.(*transport.Error) //nolint:errorlint // the connector's own type, unwrapped
	*to = e
	return ok
}

func TestRoleLockIsTriedAgain(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.conn = o.meddle(func(r *http.Request, h http.Header, body []byte) []byte { return body })
	a := o.find(jane)
	grants := o.inventory(a).Grants
	locked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete && strings.Contains(r.URL.Path, "/roles/") {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, `{"errorCode":"E0000268","errorSummary":"Another role operation is in progress"}`)
			return
		}
		o.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(locked.Close)
	conn := o.connect(func(c *okta.Config) { c.BaseURL = locked.URL })
	err := conn.Revoke(t.Context(), a, grants, activities.NewJournal(1, nil, nil))
	if !transport.IsKind(err, transport.Unavailable) {
		t.Errorf("got %v", err)
	}
	if o.Status(jane) != "ACTIVE" {
		t.Error("deactivated before the roles were gone")
	}
}

// Answers that parse and are wrong: never a proof.
func TestAnswersThatMakeNoSenseProveNothing(t *testing.T) {
	o := newOrg(t, sandbox.Options{PageSize: 1})
	a := o.find(jane)
	left := o.Left(jane)
	other := o.find(people.Staff(2)[1].Email)
	replace := func(path, body string) func(*http.Request, http.Header, []byte) []byte {
		return func(r *http.Request, _ http.Header, was []byte) []byte {
			if strings.HasSuffix(r.URL.Path, path) {
				return []byte(body)
			}
			return was
		}
	}
	for name, f := range map[string]func(*http.Request, http.Header, []byte) []byte{
		"null user":          replace("/users/"+a.ID, "null"),
		"empty user":         replace("/users/"+a.ID, "{}"),
		"another user":       replace("/users/"+a.ID, `{"id":"`+other.ID+`","status":"DEPROVISIONED","profile":{"login":"x@example.com"}}`),
		"no status":          replace("/users/"+a.ID, `{"id":"`+a.ID+`","profile":{"login":"`+jane+`"}}`),
		"null list":          replace("/factors", "null"),
		"object for a list":  replace("/groups", `{"errorCode":"x"}`),
		"another's grants":   replace("/"+a.ID+"/grants", `[{"id":"oag1","clientId":"0oa1","userId":"`+other.ID+`"}]`),
		"ownerless token":    replace("/api-tokens", `[{"id":"00T1","name":"x"}]`),
		"typeless group":     replace("/"+a.ID+"/groups", `[{"id":"00g1"}]`),
		"nothing in a list":  replace("/appLinks", `[null]`),
		"an id with a slash": replace("/"+a.ID+"/factors", `[{"id":"a/b","factorType":"sms"}]`),
		"plain text": func(_ *http.Request, h http.Header, _ []byte) []byte {
			h.Set("Content-Type", "text/plain")
			return []byte("ok")
		},
		"a page that leads to itself": func(r *http.Request, h http.Header, was []byte) []byte {
			h.Set("Link", fmt.Sprintf("<http://%s%s?after=x>; rel=\"next\"", r.Host, r.URL.Path))
			return was
		},
		"a link that is none": func(_ *http.Request, h http.Header, was []byte) []byte {
			h.Set("Link", "<http://[::1>; rel=\"next\"")
			return was
		},
	} {
		back, err := o.meddle(f).Observe(brief(t, 5*time.Second), a)
		if err == nil {
			t.Errorf("%s: not noticed", name)
			wantHonest(t, left, back)
		} else if !transport.IsKind(err, transport.Invalid) && !transport.IsKind(err, transport.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Proxies join header lines; the SDK would take the first link for the next.
func TestJoinedLinkHeadersArePaged(t *testing.T) {
	o := newOrg(t, sandbox.Options{PageSize: 1})
	want := len(o.inventory(o.find(jane)).Grants)
	o.conn = o.meddle(func(_ *http.Request, h http.Header, body []byte) []byte {
		h.Set("Link", strings.Join(h.Values("Link"), ", "))
		return body
	})
	if got := len(o.inventory(o.find(jane)).Grants); got != want || got < 15 {
		t.Errorf("%d grants through a proxy, %d without", got, want)
	}
}

// The org under a path, as behind a gateway: pages do not repeat the path.
func TestBaseURLWithAPath(t *testing.T) {
	o := newOrg(t, sandbox.Options{PageSize: 1})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		http.StripPrefix("/gateway", o.Handler()).ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		links := rec.Header().Values("Link")
		w.Header().Del("Link")
		for _, l := range links {
			w.Header().Add("Link", strings.Replace(l, "/api/v1", "/gateway/api/v1", 1))
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	t.Cleanup(srv.Close)
	want := len(o.inventory(o.find(jane)).Grants)
	o.conn = o.connect(func(c *okta.Config) { c.BaseURL = srv.URL + "/gateway/" })
	if got := len(o.inventory(o.find(jane)).Grants); got != want {
		t.Errorf("%d grants behind a gateway, %d without", got, want)
	}
}

func TestNoCredentialIsEverInAnError(t *testing.T) {
	const canary, second = "00canaryCANARYcanaryCANARYcanaryCANARYca", "00watcherWATCHERwatcherWATCHERwatcherWATCH"
	o := newOrg(t, sandbox.Options{Token: canary, ReadOnlyToken: second})
	a := o.find2(canary, second)
	for _, kind := range kinds {
		o.fault("*", kind, 0)
		ctx := brief(t, stepTime(kind))
		j := activities.NewJournal(1, nil, nil)
		_, find := o.conn.Find(ctx, offboarding.Person{Email: jane})
		_, observe := o.conn.Observe(ctx, a)
		_, check := o.conn.Check(ctx)
		for _, err := range []error{find, observe, check, o.conn.Contain(ctx, a, j)} {
			if err != nil && (strings.Contains(err.Error(), canary) || strings.Contains(err.Error(), second)) {
				t.Errorf("%s: %v", kind, err)
			}
		}
		o.Faults().Clear()
	}
	// An org that echoes what it was sent.
	echo := o.meddle(func(r *http.Request, h http.Header, _ []byte) []byte {
		h.Set("Content-Type", "application/json")
		return []byte(`{"errorCode":"E0000011","errorSummary":"bad ` + r.Header.Get("Authorization") + `"`)
	}, func(c *okta.Config) {
		c.Credential, c.Observer = okta.Credential{APIToken: ref(t, canary)}, okta.Credential{APIToken: ref(t, second)}
	})
	if _, err := echo.Find(t.Context(), offboarding.Person{Email: jane}); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("echoed: %v", err)
	}
}

func (o *org) find2(primary, observer string) offboarding.Account {
	o.conn = o.connect(func(c *okta.Config) {
		c.Credential, c.Observer = okta.Credential{APIToken: ref(o.t, primary)}, okta.Credential{APIToken: ref(o.t, observer)}
	})
	return o.find(jane)
}

func TestWrongCredentialIsAPersonsMatter(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	wrong := func(c *okta.Config) {
		c.Credential = okta.Credential{APIToken: ref(t, "00thisTokenWasRevokedLongAgo000000000000")}
	}
	if err := o.connect(wrong).Contain(t.Context(), a, activities.NewJournal(1, nil, nil)); !transport.IsKind(err, transport.Unauthorized) {
		t.Errorf("primary: %v", err)
	}
	// A dead observer does not keep the leaver in.
	dead := o.connect(func(c *okta.Config) {
		c.Observer = okta.Credential{APIToken: ref(t, "00thisTokenWasRevokedLongAgo000000000000")}
	})
	if err := dead.Contain(t.Context(), a, activities.NewJournal(1, nil, nil)); err != nil {
		t.Errorf("contain with a dead observer: %v", err)
	}
	if _, err := dead.Observe(t.Context(), a); !transport.IsKind(err, transport.Unauthorized) {
		t.Errorf("observe with a dead observer: %v", err)
	}
	// A token that may only read.
	readOnly := o.connect(func(c *okta.Config) { c.Credential = okta.Credential{APIToken: ref(t, sandbox.DefaultReadOnlyToken)} })
	err := readOnly.Revoke(t.Context(), a, o.inventory(a).Grants, activities.NewJournal(1, nil, nil))
	if !transport.IsKind(err, transport.Unauthorized) || !strings.Contains(err.Error(), "okta.") {
		t.Errorf("read-only: %v", err)
	}
	// A secret that is not there names its place.
	missing := o.connect(func(c *okta.Config) {
		r := ref(t, "x")
		c.APIToken = r
		_ = os.Remove(strings.TrimPrefix(r.Source(), "file:"))
	})
	if _, err := missing.Find(t.Context(), offboarding.Person{Email: jane}); !transport.IsKind(err, transport.Unauthorized) || !strings.Contains(err.Error(), "secret") {
		t.Errorf("missing: %v", err)
	}
}

func TestObserverOnlyReads(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	o.contain(a)
	var bodies bytes.Buffer
	conn := o.meddle(func(r *http.Request, _ http.Header, body []byte) []byte {
		if r.Method != http.MethodGet || r.Header.Get("Authorization") != "SSWS "+sandbox.DefaultReadOnlyToken {
			fmt.Fprintln(&bodies, r.Method, r.URL.Path)
		}
		return body
	})
	if _, err := conn.Observe(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	if bodies.Len() > 0 {
		t.Errorf("not read with the observer's credential:\n%s", bodies.String())
	}
}

// Whatever is asked about one person alone, Okta shows nothing: no other user's
// list tells that it is not so, but Everyone is missing.
func TestAPersonOfWhomEveryListIsEmptyIsNotCleared(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	o.Faults().Set(faults.Fault{Op: "GET *", Kind: faults.Hollow, Path: a.ID})
	if _, err := o.conn.Inventory(t.Context(), a); !transport.IsKind(err, transport.Invalid) || !strings.Contains(err.Error(), "Everyone") {
		t.Errorf("inventory: %v", err)
	}
	if back, err := o.conn.Observe(t.Context(), a); !transport.IsKind(err, transport.Invalid) {
		t.Errorf("observe: %+v, %v", back, err)
	}
}

// The tokens of another org are no witness for this one.
func TestAnotherOrgsTokensProveNothing(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	o.Faults().Set(faults.Fault{Op: "GET /api/v1/api-tokens", Kind: faults.Foreign})
	if got := o.observe(a)[offboarding.APITokens]; got.Sight != offboarding.Blind {
		t.Errorf("%+v", got)
	}
}

// A list of somebody else's devices must not cost them theirs.
func TestADeviceThatSomebodyElseUsesIsNotTheLeavers(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	o.Faults().Set(faults.Fault{
		Op: "GET /api/v1/users/{userId}/devices", Kind: faults.Other, Path: a.ID, Instead: o.ID(people.Admin.Email),
	})
	if inv, err := o.conn.Inventory(t.Context(), a); !transport.IsKind(err, transport.Invalid) {
		t.Errorf("%+v, %v", inv, err)
	}
}
