package slack_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities/slack"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
)

var kinds = []faults.Kind{
	faults.Latency, faults.Limit, faults.Fail, faults.Down, faults.AppliedFail, faults.AppliedHang, faults.Lie,
	faults.Stale, faults.Truncate, faults.HTML, faults.Empty, faults.EmptyList, faults.Unauthorized, faults.Forbidden,
}

var ops = []string{
	"GET /scim/v2/Users", "GET /scim/v2/Users/{id}", "DELETE /scim/v2/Users/{id}",
	"POST /api/auth.test", "POST /api/users.lookupByEmail", "POST /api/users.info", "POST /api/users.list", "*",
}

// TestNoFaultMakesAFalseProof breaks every operation in every way, at each
// step and in the read-back alone, with and without SCIM, and holds what
// Observe says against what Jane can still use.
func TestNoFaultMakesAFalseProof(t *testing.T) {
	for _, op := range ops {
		for _, kind := range kinds {
			for _, scim := range []bool{true, false} {
				t.Run(fmt.Sprintf("%s/%s/scim=%v", op, kind, scim), func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, sandbox.Options{})
					if !scim {
						w.withoutScim()
					}
					a := find(t, w.connector(t), jane)
					fault := faults.Fault{Op: op, Kind: kind, Millis: 5, RetryAfter: "1"}
					w.Faults().Set(fault)
					judge(t, w, w.connector(t), a, "nothing cut")
					broken := w.connector(t)
					if got, err := broken.Find(briefly(t), jane); err == nil {
						require.True(t, got.Found, "somebody who is there is not reported absent")
						require.Equal(t, a.ID, got.ID)
					}
					_, _ = broken.Inventory(briefly(t), a)
					_ = broken.Contain(briefly(t), a, journal())
					judge(t, w, broken, a, "cut while broken")

					w.Faults().Clear()
					healed := w.connector(t)
					if err := healed.Contain(t.Context(), a, journal()); err != nil {
						require.False(t, scim, "%v", err)
						w.Deactivate(people.Jane.Email)
					}
					require.Empty(t, w.Holds(people.Jane.Email))
					r, err := healed.Observe(t.Context(), a)
					require.NoError(t, err)
					requireSight(t, offboarding.Absent, r)
				})
			}
		}
	}
}

// judge holds the read-back against the truth.
func judge(t *testing.T, w *world, c *slack.Connector, a offboarding.Account, when string) {
	t.Helper()
	r, err := c.Observe(briefly(t), a)
	if err != nil {
		return
	}
	require.Len(t, r.Observations, 2)
	for _, o := range r.Observations {
		if len(w.Holds(people.Jane.Email)) > 0 {
			require.False(t, o.Proves(), "%s: %+v while she holds %v", when, o, w.Holds(people.Jane.Email))
			require.NotEqual(t, offboarding.Absent, o.Sight, when)
		}
	}
}

func TestAppliedAndUnansweredIsOneEffect(t *testing.T) {
	for _, kind := range []faults.Kind{faults.AppliedFail, faults.AppliedHang} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			c := w.connector(t)
			a := find(t, c, jane)
			w.Faults().Set(faults.Fault{Op: "DELETE /scim/v2/Users/{id}", Kind: kind, Times: 1})
			j := journal()
			require.Error(t, c.Contain(briefly(t), a, j))
			require.Empty(t, j.Actions())
			require.NoError(t, c.Contain(t.Context(), a, j))
			require.Equal(t, 1, w.calls("DELETE /scim/v2/Users/{id}"))
			require.Empty(t, w.Holds(people.Jane.Email))
		})
	}
}

func TestAnEmptyMemberListIsNotNobody(t *testing.T) {
	for _, body := range []string{
		`{"ok":true}`, `{"ok":true,"members":[]}`, `{"ok":true,"members":[{"id":"U0SOMEBODY1","profile":{}}]}`,
	} {
		c, err := slack.New(members(t, body).conf)
		require.NoError(t, err)
		_, err = c.Find(t.Context(), jane)
		require.ErrorContains(t, err, "control user", body)
	}
}
