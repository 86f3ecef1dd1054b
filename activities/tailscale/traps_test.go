package tailscale_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/tailscale"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/tailscale"
)

func post(t *testing.T, o *office, path string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth(sandbox.DefaultAPIKey, "")
	resp, err := (&http.Client{}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, resp.Status)
	}
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	late := time.After(5 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestTrapDotsInIDsAreNeverSent(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	for _, id := range []string{"", ".", "..", "../..", "n1/..", "n1%2f..", "n1?x", "n1#x", "n 1", "n1\x00"} {
		bad := a
		bad.ID = id
		j := activities.NewJournal(1, nil, nil)
		if err := o.conn.Contain(t.Context(), bad, j); !transport.IsKind(err, transport.Identity) {
			t.Errorf("user id %q: %v", id, err)
		}
		for _, class := range tailscale.Classes() {
			if err := o.conn.Revoke(t.Context(), a, []offboarding.Grant{{Class: class, ID: id}}, j); !transport.IsKind(err, transport.Identity) {
				t.Errorf("%s id %q: %v", class, id, err)
			}
		}
	}
	if w := o.writes(); len(w) != 0 {
		t.Errorf("sent %v", w)
	}
}

// over answers one path with a fixed answer and leaves the rest to the stand-in.
func over(t *testing.T, o *office, path string, status int, kind, body string) *tailscale.Connector {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, path) {
			o.Handler().ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	conf := o.conf
	conf.BaseURL = srv.URL
	conn, err := tailscale.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestTrapEmptyObjectReadsAsNoDevices(t *testing.T) {
	for path, classes := range map[string][]offboarding.Class{
		"/devices": {offboarding.Devices, tailscale.TaggedDevices},
		"/keys":    {offboarding.AuthKeys, offboarding.APITokens},
	} {
		for _, body := range []string{"{}", `{"devices":null,"keys":null}`, `{"devices":[],"keys":[]}`, `{"machines":[]}`} {
			o := open(t, sandbox.Options{}, nil)
			a := o.find(t, people.Jane.Email)
			back, err := over(t, o, path, http.StatusOK, "application/json", body).Observe(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			for _, class := range classes {
				if obs := byClass(t, back)[class]; obs.Sight != offboarding.Blind || obs.Proves() || obs.Reason == "" {
					t.Errorf("%s %s: %+v", path, body, obs)
				}
			}
		}
	}
	o := open(t, sandbox.Options{}, nil)
	if _, err := over(t, o, "/users", http.StatusOK, "application/json", "{}").Find(t.Context(), offboarding.Person{Email: "jane.doe@example.com"}); !transport.IsKind(err, transport.Invalid) {
		t.Errorf("find in an empty list: %v", err)
	}
}

func TestTrapErrorsThatAreNotJSONKeepTheirStatusAndProveNothing(t *testing.T) {
	for _, c := range []struct{ kind, body string }{
		{"text/html", "<html>404</html>"}, {"text/plain", "404 page not found"}, {"application/json", "{}"}, {"application/json", ""},
	} {
		o := open(t, sandbox.Options{}, nil)
		a := o.find(t, people.Jane.Email)
		conn := over(t, o, "/users/"+a.ID, http.StatusNotFound, c.kind, c.body)
		_, err := conn.Observe(t.Context(), a)
		var e *transport.Error
		if !errors.As(err, &e) || e.Status != http.StatusNotFound || e.Kind != transport.Invalid {
			t.Errorf("%q: %v", c.body, err)
		}
	}
}

func TestTrapUserGoneInAnotherTailnet(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	other := sandbox.New(people.Staff(300)[200:210], sandbox.Options{})
	a := o.find(t, people.Jane.Email)
	// The observer's calls land in a tailnet that has none of the same people.
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if u, _, basic := r.BasicAuth(); basic && u == sandbox.DefaultAPIKey {
			o.Handler().ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		other.Handler().ServeHTTP(rec, r)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write([]byte(strings.ReplaceAll(rec.Body.String(), `"u000`, `"x000`)))
	}))
	t.Cleanup(srv.Close)
	conf := o.conf
	conf.BaseURL = srv.URL
	withObserver(t)(&conf)
	conn, err := tailscale.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	back, err := conn.Observe(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	for class, obs := range byClass(t, back) {
		if obs.Proves() || !strings.Contains(obs.Reason, "another tailnet") {
			t.Errorf("%s: %+v", class, obs)
		}
	}
}

// serve answers over HTTP until the test ends, and gives the address.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// An observer of another tailnet sees nothing of the person, whichever lists
// it may read.
func TestTrapObserverOfAnotherTailnetWithHiddenLists(t *testing.T) {
	hides := func(hidden []string, path string) bool {
		for _, h := range hidden {
			if strings.HasSuffix(path, h) || h == "/users" && strings.Contains(path, "/users/") {
				return true
			}
		}
		return false
	}
	for name, c := range map[string]struct {
		hidden []string // from the observer
		other  bool
		want   string // in the reason of every class that is not hidden
	}{
		"another, all shown":            {other: true, want: "another tailnet"},
		"another, no users":             {other: true, hidden: []string{"/users"}, want: "another tailnet"},
		"another, keys alone":           {other: true, hidden: []string{"/users", "/devices"}, want: "another tailnet"},
		"the same, no users":            {hidden: []string{"/users"}},
		"the same, keys alone":          {hidden: []string{"/users", "/devices"}},
		"the same, and nothing is told": {hidden: []string{"/users", "/devices", "/keys"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, sandbox.Options{}, nil)
			foreign := sandbox.New(people.Staff(300)[200:210], sandbox.Options{})
			a := o.find(t, people.Jane.Email)
			o.conf.BaseURL = serve(t, func(w http.ResponseWriter, r *http.Request) {
				if u, _, basic := r.BasicAuth(); basic && u == sandbox.DefaultAPIKey {
					o.Handler().ServeHTTP(w, r)
					return
				}
				if hides(c.hidden, r.URL.Path) {
					o.refuse(w)
					return
				}
				if !c.other {
					o.Handler().ServeHTTP(w, r)
					return
				}
				rec := httptest.NewRecorder()
				foreign.Handler().ServeHTTP(rec, r)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(rec.Code)
				body := rec.Body.String()
				if strings.Contains(r.URL.Path, "/keys/") {
					_, _ = w.Write([]byte(body)) // the credential's own key
					return
				}
				for _, id := range []string{`"u0`, `"n0`, `"kO`, `"kA`, `"kR`} {
					body = strings.ReplaceAll(body, id, `"x`+id[1:])
				}
				_, _ = w.Write([]byte(strings.ReplaceAll(body, `"kC`, `"xkC`)))
			})
			withObserver(t)(&o.conf)
			conn, err := tailscale.New(o.conf)
			if err != nil {
				t.Fatal(err)
			}
			back, err := conn.Observe(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			o.truth(t, people.Jane.Email, back)
			lists := map[offboarding.Class]string{
				offboarding.Login: "/users", offboarding.Devices: "/devices", tailscale.TaggedDevices: "/devices", offboarding.AuthKeys: "/keys", offboarding.APITokens: "/keys",
			}
			for class, obs := range byClass(t, back) {
				want := c.want
				if hides(c.hidden, lists[class]) {
					want = "403 Forbidden"
				}
				if c.other && (obs.Sight != offboarding.Blind || !strings.Contains(obs.Reason, want)) {
					t.Errorf("%s: %+v", class, obs)
				}
			}
			if c.other {
				return
			}
			o.cut(t, a, o.inventory(t, a).Grants)
			if back, err = conn.Observe(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			seen := byClass(t, back)
			for class, list := range lists {
				if obs := seen[class]; obs.Proves() == hides(c.hidden, list) {
					t.Errorf("%s of the same tailnet: %+v", class, obs)
				}
			}
		})
	}
}

// refuse is Tailscale's answer to a credential that may not look.
func (o *office) refuse(w http.ResponseWriter) { o.WriteError(w, http.StatusForbidden, "") }

func TestASingleCredentialThatMayNotListUsersAnyMoreProvesNothing(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	o.cut(t, a, o.inventory(t, a).Grants)
	o.Faults().Set(faults.Fault{Op: "GET /api/v2/tailnet/{tailnet}/users", Kind: faults.Forbidden})
	for class, obs := range o.observe(t, a) {
		if obs.Sight != offboarding.Blind || !strings.Contains(obs.Reason, "users:read") {
			t.Errorf("%s: %+v", class, obs)
		}
	}
}

func TestAMissingScopeIsBlindByName(t *testing.T) {
	for op, want := range map[string]struct {
		class offboarding.Class
		scope string
	}{
		"GET /api/v2/tailnet/{tailnet}/users":   {offboarding.Login, "users:read"},
		"GET /api/v2/tailnet/{tailnet}/devices": {offboarding.Devices, "devices:core:read"},
		"GET /api/v2/tailnet/{tailnet}/keys":    {offboarding.AuthKeys, "auth_keys:read"},
	} {
		o := open(t, sandbox.Options{}, nil)
		a := o.find(t, people.Jane.Email)
		o.Faults().Set(faults.Fault{Op: op, Kind: faults.Forbidden})
		if obs := o.observe(t, a)[want.class]; obs.Sight != offboarding.Blind || !strings.Contains(obs.Reason, want.scope) {
			t.Errorf("%s: %+v", op, obs)
		}
		for _, cov := range o.inventory(t, a).Coverage {
			if cov.Class == want.class && (cov.Sight != offboarding.Blind || cov.Reason == "") {
				t.Errorf("%s: coverage %+v", op, cov)
			}
		}
	}
}

// Tailscale's list of keys leaves out, without a word, what the credential has
// no scope for.
func TestKeysHiddenByScopeAreBlind(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	only := `{"keys":[{"id":"` + sandbox.ReadOnlyClientID + `","keyType":"client","created":"2026-01-01T00:00:00Z","scopes":["oauth_keys:read"]}]}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/keys"):
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(only))
		case strings.HasSuffix(r.URL.Path, "/keys/"+sandbox.ReadOnlyClientID):
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(strings.TrimSuffix(strings.TrimPrefix(only, `{"keys":[`), `]}`)))
		default:
			o.Handler().ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	conf := o.conf
	conf.BaseURL = srv.URL
	withObserver(t)(&conf)
	conf.APIKey = o.conf.APIKey
	conn, err := tailscale.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	back, err := conn.Observe(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range []offboarding.Class{offboarding.AuthKeys, offboarding.APITokens} {
		if obs := byClass(t, back)[class]; obs.Sight != offboarding.Blind {
			t.Errorf("%s: %+v", class, obs)
		}
	}
}
