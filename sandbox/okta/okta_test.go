package okta_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"lastday/sandbox/okta"
	"lastday/sandbox/people"
)

const jane = "jane.doe@example.com"

type org struct {
	*okta.Server
	t   *testing.T
	url string
}

func newOrg(t *testing.T, o okta.Options) *org {
	s := okta.New(people.Staff(30), o)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(srv.Close)
	return &org{s, t, srv.URL}
}

// call makes one call and gives status, headers and body.
func (o *org) call(token, method, path string, headers ...string) (int, http.Header, string) {
	o.t.Helper()
	req, err := http.NewRequestWithContext(o.t.Context(), method, o.url+path, nil)
	if err != nil {
		o.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "SSWS "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := (&http.Client{}).Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header, string(body)
}

// code is the status and Okta's error code of a call with the full token.
func (o *org) code(method, path string) string {
	o.t.Helper()
	status, _, body := o.call(okta.DefaultToken, method, path)
	var e struct {
		Code string `json:"errorCode"`
	}
	_ = json.Unmarshal([]byte(body), &e) // a success has no code
	return strings.TrimSpace(fmt.Sprint(status, " ", e.Code))
}

func TestCredentials(t *testing.T) {
	o := newOrg(t, okta.Options{})
	path := "/api/v1/users/" + o.ID(jane)
	for _, c := range []struct {
		token, method, path string
		want                int
	}{
		{"", "GET", path, 401},
		{"wrong", "GET", path, 401},
		{okta.DefaultReadOnlyToken, "GET", path, 200},
		{okta.DefaultReadOnlyToken, "POST", path + "/lifecycle/suspend", 403},
		{okta.DefaultToken, "GET", path, 200},
		{okta.DefaultToken, "POST", path + "/lifecycle/suspend", 200},
	} {
		status, h, body := o.call(c.token, c.method, c.path)
		if status != c.want || h.Get("X-Okta-Request-Id") == "" {
			t.Errorf("%s %s with %q: %d %s", c.method, c.path, c.token, status, body)
		}
		if status >= 400 && !strings.Contains(body, `"errorCode":"E00`) {
			t.Errorf("not Okta's error: %s", body)
		}
	}
	// The token of a suspended owner is refused.
	o.SetStatus(people.Robot.Email, "SUSPENDED")
	if status, _, _ := o.call(okta.DefaultToken, "GET", path); status != 401 {
		t.Errorf("a suspended owner's token: %d", status)
	}
}

func TestLifecycle(t *testing.T) {
	classes := func(o *org) string {
		var out []string
		for _, held := range o.Left(jane) {
			class, _, _ := strings.Cut(held, "/")
			out = append(out, class)
		}
		return strings.Join(slices.Compact(out), " ")
	}
	o := newOrg(t, okta.Options{})
	at := "/api/v1/users/" + o.ID(jane)
	steps := []struct{ method, path, want, left string }{
		{"POST", "/lifecycle/suspend", "200", "admin-roles api-tokens apps devices factors groups login oauth-tokens"},
		{"POST", "/lifecycle/suspend", "400 E0000001", "admin-roles api-tokens apps devices factors groups login oauth-tokens"},
		{"POST", "/lifecycle/unsuspend", "200", "admin-roles api-tokens apps devices factors groups login oauth-tokens"},
		{"POST", "/lifecycle/deactivate", "200", "api-tokens devices factors groups oauth-tokens"},
		{"POST", "/lifecycle/deactivate", "404 E0000007", "api-tokens devices factors groups oauth-tokens"},
		{"DELETE", "", "204", ""},
		{"GET", "", "404 E0000007", ""},
	}
	if o.Sessions(jane) == 0 {
		t.Fatal("no sessions to end")
	}
	for i, s := range steps {
		if got := o.code(s.method, at+s.path); got != s.want {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
		if got := classes(o); got != s.left {
			t.Errorf("step %d leaves %s, want %s", i, got, s.left)
		}
		if o.Sessions(jane) != 0 {
			t.Errorf("step %d left sessions", i)
		}
	}
}

func TestHoldsCountsWhatIsLive(t *testing.T) {
	o := newOrg(t, okta.Options{})
	has := func(class string) bool {
		return slices.ContainsFunc(o.Holds(jane), func(h string) bool { return strings.HasPrefix(h, class+"/") })
	}
	for _, class := range []string{"login", "sessions", "oauth-tokens", "api-tokens", "admin-roles", "factors", "groups", "apps", "devices"} {
		if !has(class) {
			t.Errorf("Jane holds nothing of %s", class)
		}
	}
	o.SetStatus(jane, "DEPROVISIONED")
	o.SignIn(jane)
	if has("login") || has("sessions") || has("api-tokens") || has("apps") || !has("factors") || !has("groups") || !has("oauth-tokens") {
		t.Errorf("deactivated: %v", o.Holds(jane))
	}
	if held := o.Holds("nobody@example.com"); len(held) > 0 {
		t.Errorf("nobody holds %v", held)
	}
}

func TestFactorsOfADeactivatedUserAreNotUnenrolled(t *testing.T) {
	o := newOrg(t, okta.Options{})
	at := "/api/v1/users/" + o.ID(jane) + "/factors"
	_, _, body := o.call(okta.DefaultToken, "GET", at)
	var factors []struct{ ID, FactorType string }
	if err := json.Unmarshal([]byte(body), &factors); err != nil || len(factors) != 3 {
		t.Fatal(err, body)
	}
	for _, f := range factors {
		if f.FactorType == "push" {
			if got := o.code("DELETE", at+"/"+f.ID); got != "204" {
				t.Error(got)
			}
		}
	}
	if left := strings.Count(strings.Join(o.Left(jane), " "), "factors/"); left != 1 {
		t.Errorf("unenrolling push takes the code generator along; %d factors are left", left)
	}
	o.SetStatus(jane, "DEPROVISIONED")
	for _, held := range o.Left(jane) {
		if id, ok := strings.CutPrefix(held, "factors/"); ok && o.code("DELETE", at+"/"+id) != "403 E0000038" {
			t.Errorf("factor %s of a deactivated user", id)
		}
	}
}

func TestPagesFollowLinks(t *testing.T) {
	o := newOrg(t, okta.Options{PageSize: 4})
	seen := map[string]bool{}
	pages := 0
	for next := "/api/v1/users?limit=200"; next != ""; pages++ {
		_, h, body := o.call(okta.DefaultToken, "GET", next)
		var users []struct{ ID string }
		if err := json.Unmarshal([]byte(body), &users); err != nil || len(users) > 4 {
			t.Fatal(err, body)
		}
		for _, u := range users {
			if seen[u.ID] {
				t.Errorf("%s twice", u.ID)
			}
			seen[u.ID] = true
		}
		next = ""
		for _, l := range h.Values("Link") {
			if target, _, _ := strings.Cut(strings.TrimPrefix(l, "<"), ">"); strings.Contains(l, `rel="next"`) {
				next = strings.TrimPrefix(target, o.url)
			}
		}
	}
	if len(seen) != 33 || pages != 9 {
		t.Errorf("%d users on %d pages", len(seen), pages)
	}
}

func TestSearchesDifferAsOktasDo(t *testing.T) {
	o := newOrg(t, okta.Options{})
	hits := func(how, expr string) int {
		_, _, body := o.call(okta.DefaultToken, "GET", "/api/v1/users?"+how+"="+url.QueryEscape(expr))
		var users []map[string]any
		if err := json.Unmarshal([]byte(body), &users); err != nil {
			t.Fatal(err, body)
		}
		return len(users)
	}
	o.SetStatus(jane, "DEPROVISIONED")
	for expr, want := range map[string][2]int{ // filter, search
		`profile.login eq "jane.doe@example.com"`:                                     {1, 1},
		`profile.login eq "Jane.Doe@example.com"`:                                     {0, 1},
		`profile.email eq "x@y.zz" or profile.login eq "jane.doe@example.com"`:        {1, 1},
		`(profile.email eq "jane.doe@example.com") and status eq "ACTIVE"`:            {0, 0},
		`status eq "DEPROVISIONED"`:                                                   {1, 1},
		`profile.firstName sw "Jan" and (status eq "X" or status eq "DEPROVISIONED")`: {1, 1},
	} {
		if f, s := hits("filter", expr), hits("search", expr); f != want[0] || s != want[1] {
			t.Errorf("%s: filter %d, search %d", expr, f, s)
		}
	}
	_, _, plain := o.call(okta.DefaultToken, "GET", "/api/v1/users")
	if strings.Contains(plain, jane) {
		t.Error("the plain list holds a deactivated user")
	}
	if got := o.code("GET", "/api/v1/users?filter="+url.QueryEscape(`status eq "X`)); got != "400 E0000031" {
		t.Error(got)
	}
	for ref, want := range map[string]string{"JANE.DOE@example.com": "200", "jane.doe": "200", "me": "200", "nobody": "404 E0000007"} {
		if got := o.code("GET", "/api/v1/users/"+ref); got != want {
			t.Errorf("user %s: %s", ref, got)
		}
	}
}

func TestRateLimits(t *testing.T) {
	o := newOrg(t, okta.Options{RateLimits: true})
	limited := false
	for range 61 {
		status, h, body := o.call(okta.DefaultToken, "GET", "/api/v1/logs?limit=1")
		reset, err := strconv.ParseInt(h.Get("X-Rate-Limit-Reset"), 10, 64)
		if err != nil || h.Get("X-Rate-Limit-Limit") != "60" || time.Until(time.Unix(reset, 0)) > 62*time.Second {
			t.Fatalf("headers: %v", h)
		}
		if status == 429 {
			limited = strings.Contains(body, "E0000047") && h.Get("X-Rate-Limit-Remaining") == "0"
		}
	}
	if !limited {
		t.Error("the 61st call within a minute was let through")
	}
	if status, _, _ := o.call(okta.DefaultReadOnlyToken, "GET", "/api/v1/logs?limit=1"); status != 200 {
		t.Error("another token has its own half")
	}
}

func TestALimitOnOneOperationIsEverybodysAndNoOthers(t *testing.T) {
	o := newOrg(t, okta.Options{PerMinute: map[string]int{"GET /api/v1/users/{id}": 3}})
	at := "/api/v1/users/" + o.ID(jane)
	for i, token := range []string{okta.DefaultToken, okta.DefaultReadOnlyToken, okta.DefaultToken, okta.DefaultReadOnlyToken} {
		status, h, _ := o.call(token, "GET", at)
		if limited := status == 429; limited != (i == 3) || h.Get("X-Rate-Limit-Limit") != "3" || h.Get("X-Rate-Limit-Remaining") != strconv.Itoa(max(2-i, 0)) {
			t.Errorf("call %d: %d %v", i+1, status, h)
		}
	}
	for range 700 {
		if status, h, _ := o.call(okta.DefaultToken, "GET", at+"/groups"); status != 200 || h.Get("X-Rate-Limit-Remaining") == "0" {
			t.Fatalf("an operation without an enforced limit: %d %v", status, h)
		}
	}
	tally := o.Faults().Tally()
	if got := tally["GET /api/v1/users/{id}"]; got.Calls != 4 || got.Limited != 1 {
		t.Errorf("tally %+v", got)
	}
	if got := tally["GET /api/v1/users/{id}/groups"]; got.Calls != 700 || got.Limited != 0 {
		t.Errorf("tally %+v", got)
	}
}

func TestAsynchronousDeactivationByHeader(t *testing.T) {
	o := newOrg(t, okta.Options{})
	at := "/api/v1/users/" + o.ID(jane)
	o.call(okta.DefaultToken, "POST", at+"/lifecycle/deactivate", "Prefer", "respond-async")
	_, _, body := o.call(okta.DefaultToken, "GET", at)
	if !strings.Contains(body, `"transitioningToStatus":"DEPROVISIONED"`) || !strings.Contains(body, `"status":"ACTIVE"`) {
		t.Errorf("under way: %s", body)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(5 * time.Second); o.Status(jane) != "DEPROVISIONED"; {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it did not come to an end")
		}
	}
}

func TestSnapshotIsACopy(t *testing.T) {
	o := newOrg(t, okta.Options{})
	before := o.Left(jane)
	kept := o.Snapshot()
	o.SetStatus(jane, "DEPROVISIONED")
	o.Join(jane, "Domain Users")
	o.Restore(kept)
	o.Promote(jane, "ORG_ADMIN", "Organization Administrator")
	o.Restore(kept)
	if after := o.Left(jane); !slices.Equal(before, after) {
		t.Errorf("before %v\nafter %v", before, after)
	}
}

func TestStateTellsTheTruth(t *testing.T) {
	o := newOrg(t, okta.Options{})
	_, _, body := o.call("", "GET", "/_sandbox/state")
	var all map[string]struct {
		Status string
		Holds  []string
	}
	if err := json.Unmarshal([]byte(body), &all); err != nil || len(all) != 33 || !slices.Equal(all[jane].Holds, o.Holds(jane)) {
		t.Errorf("%v %d %v", err, len(all), all[jane])
	}
}
