package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/faults"
	"lastday/sandbox/slack"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(processVar); name != "" {
		if err := processes[name](); err != nil {
			fmt.Fprintln(os.Stderr, name+":", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// A short campaign; make campaign runs a long one.
func TestThePromiseHoldsWhileAllElseFails(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute")
	}
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	got, err := run(t.Context(), orders{
		cases: 30, atOnce: 30, workers: 3, seed: 1, rate: 0.005, stubborn: 0.2,
		deadline: 8 * time.Second, killWorker: 2500 * time.Millisecond, killServer: 12 * time.Second, limit: 30 * time.Second,
	})
	require.NoError(t, err)
	var table strings.Builder
	got.show(&table)
	t.Log("\n" + table.String())
	require.True(t, got.held(), "see the table")
	require.Equal(t, 30, got.orders.cases)
	require.Positive(t, got.states[string(offboarding.Verified)], "some cases came through")
	require.Greater(t, got.sum(), 100, "things went wrong")
	require.Greater(t, got.kills["worker"], 5)
	require.Positive(t, got.kills["server"])
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	drawn := func(seed uint64) string {
		d := dice{seed: seed, rate: 0.1}
		var out strings.Builder
		for n := range 200 {
			for _, reads := range []bool{true, false} {
				f, ok := d.draw("okta")(faults.Asked{Op: "GET /api/v1/users/{id}", Path: "/api/v1/users/00u1", Reads: reads, Nth: n})
				f.RetryAfter = "" // may be a date
				fmt.Fprintln(&out, ok, f)
			}
		}
		return out.String()
	}
	first := drawn(7)
	require.Equal(t, first, drawn(7))
	require.NotEqual(t, drawn(7), drawn(8))
	for _, kind := range []faults.Kind{
		faults.Latency, faults.Limit, faults.Fail, faults.Down, faults.AppliedFail, faults.AppliedHang, faults.Lie, faults.Stale,
		faults.Truncate, faults.HTML, faults.Empty, faults.EmptyList, faults.Hollow, faults.Foreign, faults.Other, faults.Unauthorized, faults.Forbidden,
	} {
		require.Contains(t, drawn(7)+drawn(8)+drawn(9), " "+string(kind)+" ", "every kind is drawn")
	}
}

func TestAWrongNameIsPutIntoThePath(t *testing.T) {
	r := dice{seed: 2}.roll("names")
	for _, at := range []struct{ system, path, text, other string }{
		{"okta", "/api/v1/users/00u7/groups", "/users/00u7", "/users/ada.admin@example.com"},
		{"slack", "/scim/v2/Users/U07?x=1", "/Users/U07", "/Users/"},
		{"tailscale", "/api/v2/users/u0001001CNTRL/suspend", "/users/u0001001CNTRL", "/users/u0000999CNTRL"},
		{"tailscale", "/api/v2/tailnet/-/devices", "", ""},
	} {
		text, other := somebodyElse(at.system, at.path, r)
		require.Equal(t, at.text, text, at.path)
		require.True(t, strings.HasPrefix(other, at.other), "%s: %s", at.path, other)
	}
	seen := map[string]string{}
	for range 50 {
		text, other := somebodyElse("github", "/orgs/acme/memberships/jane-doe", r)
		seen[text] = other
	}
	require.Equal(t, map[string]string{"/orgs/acme/": "/orgs/acme-partners/", "/memberships/jane-doe": "/memberships/ada-admin"}, seen)
}

func quietSite(t *testing.T, n int) *site {
	t.Helper()
	s, err := open(orders{cases: n, seed: 1})
	require.NoError(t, err)
	t.Cleanup(s.close)
	return s
}

// ends makes a leaver's case end as it is told, whatever is true.
func (l *leaver) ends(state offboarding.State, systems ...offboarding.SystemCase) {
	l.id, l.run, l.over = "offboard:"+l.Email, "run-"+l.Email, true
	l.end = offboarding.Case{ID: l.id, RunID: l.run, State: state, Systems: systems}
}

func TestEveryBrokenPromiseIsFound(t *testing.T) {
	s := quietSite(t, 6)
	proven := offboarding.SystemCase{
		System: "okta", Account: offboarding.Account{Found: true},
		Verdicts: []offboarding.Verdict{{Class: offboarding.Login, Proof: offboarding.Observed}},
	}
	unknown := offboarding.SystemCase{System: "github", Account: offboarding.Account{Evidence: "asked"}, FoundAt: time.Now()}
	s.leavers[0].ends(offboarding.Verified)
	s.leavers[1].ends(offboarding.Cancelled, proven)
	s.leavers[2].ends(offboarding.Closed, unknown)
	s.leavers[3].ends(offboarding.Cancelled)
	s.leavers[4].id = "offboard:x"
	var out result
	s.judge(&out)
	text := strings.Join(out.falsely, "\n")
	require.Contains(t, text, s.leavers[0].Email+": is called verified and holds okta: login/")
	require.Contains(t, text, s.leavers[1].Email+": okta/login is called observed and is there")
	require.Contains(t, text, s.leavers[2].Email+": is called unknown to github and holds github: membership/acme")
	require.NotContains(t, text, s.leavers[3].Email+":")
	require.Len(t, out.open, 2, "one was never begun")
	require.Empty(t, out.bystanders)
	require.False(t, out.held())

	for mail := range s.stayers {
		require.True(t, s.firm.Slack.Deactivate(mail))
	}
	out = result{}
	s.judge(&out)
	require.Len(t, out.bystanders, len(s.stayers))
	require.Greater(t, len(s.stayers), stay)
	require.True(t, (&result{}).held())
}

func TestTwoMessagesOfOneCaseAreFound(t *testing.T) {
	s := quietSite(t, 1)
	s.leavers[0].ends(offboarding.Cancelled)
	s.firm.Slack.Say(s.leavers[0].Email, "is verified, says somebody")
	var out result
	s.judge(&out)
	require.Empty(t, out.doubled)
	require.Equal(t, []string{s.leavers[0].Email}, out.untold)

	for range 2 {
		s.post(t, s.leavers[0], "Jane Doe is verified")
	}
	out = result{}
	s.judge(&out)
	require.Equal(t, []string{"2 messages about " + s.leavers[0].Email}, out.doubled)
	require.Contains(t, out.falsely[0], "the message says verified, and the case is cancelled")
	require.Empty(t, out.untold)
}

// post is what the messenger does.
func (s *site) post(t *testing.T, l *leaver, text string) {
	t.Helper()
	said := url.Values{
		"channel": {slack.DefaultChannel}, "text": {text},
		"metadata": {fmt.Sprintf(`{"event_type": "lastday_case", "event_payload": {"case": %q}}`, l.id+" "+l.run)},
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.firm.URL("slack")+"/api/chat.postMessage", strings.NewReader(said.Encode()))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+slack.DefaultBotToken)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	resp.Body.Close()
}

func TestBadOrdersAreRefused(t *testing.T) {
	good := orders{cases: 1, atOnce: 1, workers: 1, rate: 0.01, deadline: time.Minute, killWorker: time.Second, killServer: time.Second, limit: time.Hour}
	require.NoError(t, good.check())
	for _, spoil := range []func(*orders){
		func(o *orders) { o.cases = 0 }, func(o *orders) { o.atOnce = 0 }, func(o *orders) { o.workers = 0 }, func(o *orders) { o.rate = 0.5 },
		func(o *orders) { o.stubborn = 2 }, func(o *orders) { o.deadline = 0 }, func(o *orders) { o.limit = 0 },
	} {
		o := good
		spoil(&o)
		require.Error(t, o.check())
	}
}
