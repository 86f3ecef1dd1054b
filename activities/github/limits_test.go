package github_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/github"
	"lastday/activities/transport"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/github"
)

// limitOf gives the delay of a Limited error.
func limitOf(t *testing.T, err error) time.Duration {
	t.Helper()
	var e *transport.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, transport.Limited, e.Kind, "%v", err)
	return e.RetryAfter
}

func TestA429SaysWhenToComeBack(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"7":     7 * time.Second,
		"":      time.Minute,
		"soon":  time.Minute,
		"-3":    time.Minute,
		"99999": 99999 * time.Second, // the wrapper clamps it
		time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat): 90 * time.Second,
	} {
		r := newRig(t, sandbox.Options{}, nil)
		r.sv.Faults().Set(faults.Fault{Op: "GET /orgs/{org}/members", Kind: faults.Limit, RetryAfter: value})
		_, err := r.c.Find(r.ctx, jane())
		assert.InDelta(t, want.Seconds(), limitOf(t, err).Seconds(), 3, value)
	}
}

// answering puts a handler in front of the sandbox that may answer itself.
func (r *rig) answering(f func(w http.ResponseWriter, req *http.Request) bool) {
	next := r.sv.Handler()
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !f(w, req) {
			next.ServeHTTP(w, req)
		}
	}))
	r.Cleanup(ts.Close)
	r.url = ts.URL
	r.c = r.connect(nil)
}

func TestEveryFormOfGitHubsLimits(t *testing.T) {
	reset := time.Now().Add(10 * time.Minute)
	for name, c := range map[string]struct {
		status  int
		headers map[string]string
		body    string
		want    time.Duration
	}{
		"nothing remaining":    {403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": fmt.Sprint(reset.Unix())}, `{"message":"API rate limit exceeded"}`, 10 * time.Minute},
		"reset in the past":    {403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1"}, `{}`, time.Second},
		"reset is nonsense":    {403, map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "x"}, `{}`, time.Minute},
		"retry after":          {403, map[string]string{"Retry-After": "30"}, `{"message":"slow down"}`, 30 * time.Second},
		"abuse without header": {403, nil, `{"message":"You have triggered an abuse detection mechanism."}`, time.Minute},
		"secondary, no header": {403, nil, `{"message":"You have exceeded a secondary rate limit."}`, time.Minute},
		"plain 429":            {429, nil, `{}`, time.Minute},
	} {
		r := newRig(t, sandbox.Options{}, nil)
		r.answering(func(w http.ResponseWriter, req *http.Request) bool {
			if req.URL.Path != "/users/jane-doe" {
				return false
			}
			w.Header().Set("X-GitHub-Request-Id", "0001")
			w.Header().Set("Content-Type", "application/json")
			for k, v := range c.headers {
				w.Header().Set(k, v)
			}
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
			return true
		})
		_, err := r.c.Find(r.ctx, jane())
		assert.InDelta(t, c.want.Seconds(), limitOf(t, err).Seconds(), 3, name)
	}
}

// After an answer with nothing remaining the SDK refuses calls by itself.
func TestTheSDKsOwnRefusalIsALimit(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.rewriting(func(h http.Header) {
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(20*time.Minute).Unix()))
	})
	_, err := r.c.Observe(r.ctx, janeAccount)
	assert.InDelta(t, (20 * time.Minute).Seconds(), limitOf(t, err).Seconds(), 5)
	for _, c := range r.sv.Faults().Calls() {
		assert.NotContains(t, c.Op, "/repos/{org}", "no call is made while nothing remains")
	}
	before := len(r.sv.Faults().Calls())
	_, err = r.c.Observe(r.ctx, janeAccount)
	assert.Error(t, err)
	assert.Greater(t, len(r.sv.Faults().Calls()), before, "the next attempt asks GitHub itself again")
}

// rewriting changes the headers of every answer of the sandbox.
func (r *rig) rewriting(change func(http.Header)) {
	next := r.sv.Handler()
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		rec := httptest.NewRecorder()
		next.ServeHTTP(rec, req)
		for k, v := range rec.Header() {
			w.Header()[k] = v
		}
		change(w.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	}))
	r.Cleanup(ts.Close)
	r.url = ts.URL
	r.c = r.connect(nil)
}

func TestTheHourlyLimitOfTheSandboxIsMet(t *testing.T) {
	r := newRig(t, sandbox.Options{RateLimits: true, HourlyLimit: 30}, nil)
	_, err := r.c.Observe(r.ctx, janeAccount)
	assert.InDelta(t, time.Hour.Seconds(), limitOf(t, err).Seconds(), 60)
}

// A sweep that a limit broke off goes on where it stopped, so that it ends
// although no single attempt may make all the calls.
func TestASweepGoesOnAfterALimit(t *testing.T) {
	r := newRig(t, sandbox.Options{}, func(c *github.Config) { c.Organizations = []string{sandbox.Acme} })
	const op = "GET /repos/{org}/{repo}/keys"
	keysRead := func() (n int) {
		for _, c := range r.sv.Faults().Calls() {
			if c.Op == op && c.Status == http.StatusOK {
				n++
			}
		}
		return n
	}
	r.sv.Faults().Set(faults.Fault{Op: op, Kind: faults.Limit, RetryAfter: "1", Times: 1})
	_, err := r.c.Inventory(r.ctx, janeAccount)
	limitOf(t, err)
	inv := r.inventory(janeAccount)
	assert.LessOrEqual(t, keysRead(), 4, "no repository is read twice")
	r.sv.Faults().ForgetCalls()
	assert.Equal(t, inv, r.inventory(janeAccount))
	assert.Equal(t, 4, keysRead(), "a finished sweep leaves nothing behind")
}

func TestPagesAreReadToTheEnd(t *testing.T) {
	whole := newRig(t, sandbox.Options{}, nil).inventory(janeAccount)
	small := newRig(t, sandbox.Options{MaxPageSize: 1}, nil)
	assert.Equal(t, whole, small.inventory(janeAccount), "one entry a page")

	// A proxy that drops Link headers: a full page is not taken for the last.
	r := newRig(t, sandbox.Options{MaxPageSize: 1}, nil)
	r.rewriting(func(h http.Header) { h.Del("Link") })
	r.c = r.connect(func(c *github.Config) { c.PageSize = 1 })
	assert.Equal(t, whole, r.inventory(janeAccount))
}

func TestAWrongCredentialAsksAPerson(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	for name, change := range map[string]func(*github.Config){
		"token": r.tokens("not-the-token", sandbox.ObserverToken),
		"app":   func(c *github.Config) { c.AppID = 4711 },
		"key":   func(c *github.Config) { c.PrivateKey = r.secretFile("bad.pem", "this is no key at all") },
		"install": func(c *github.Config) {
			c.Installations = map[string]int64{sandbox.Acme: 1, sandbox.Labs: 2, sandbox.Partners: 3}
		},
	} {
		r.c = r.connect(change)
		_, err := r.c.Find(r.ctx, jane())
		assert.True(t, transport.IsKind(err, transport.Unauthorized), "%s: %v", name, err)
		j := activities.NewJournal(1, nil, nil)
		assert.True(t, transport.IsKind(r.c.Contain(r.ctx, janeAccount, j), transport.Unauthorized), name)
	}
	r.c = r.connect(r.tokens(sandbox.ObserverToken, sandbox.ObserverToken))
	assert.True(t, transport.IsKind(r.c.Contain(r.ctx, janeAccount, activities.NewJournal(1, nil, nil)), transport.Unauthorized), "a read-only token cannot cut")
	assert.Contains(t, r.janeHolds(), "membership/acme")
}
