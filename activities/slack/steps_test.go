package slack_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/slack"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/slack"
)

func TestJaneIsCutAndProven(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	c := w.connector(t)
	a := find(t, c, jane)
	require.True(t, a.Found)
	require.Equal(t, sandbox.UserID(people.Jane.Email), a.ID)
	require.Equal(t, "active", a.Status)
	require.Empty(t, a.Protected)

	inv, err := c.Inventory(t.Context(), a)
	require.NoError(t, err)
	require.Len(t, inv.Grants, 2)
	for _, g := range inv.Grants {
		require.Equal(t, offboarding.StepContain, g.Closes)
		require.NotEmpty(t, g.ID)
	}
	require.Len(t, inv.Coverage, 2)
	require.NotEmpty(t, inv.Residuals)

	before, err := c.Observe(t.Context(), a)
	require.NoError(t, err)
	requireSight(t, offboarding.Present, before)

	j := journal()
	require.NoError(t, c.Contain(t.Context(), a, j))
	require.Len(t, j.Actions(), 1)
	require.Equal(t, "204", j.Actions()[0].Answer)
	require.NotEmpty(t, j.Actions()[0].RequestID)
	require.Empty(t, w.Holds(people.Jane.Email))

	after, err := c.Observe(t.Context(), a)
	require.NoError(t, err)
	requireSight(t, offboarding.Absent, after)
	require.Contains(t, after.Observations[0].Control, sandbox.UserID(people.Robot.Email))
	require.NotEmpty(t, after.Residuals)
}

func TestEachStepTwiceIsOneEffect(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	c := w.connector(t)
	a := find(t, c, jane)
	inv, err := c.Inventory(t.Context(), a)
	require.NoError(t, err)
	first, second := journal(), journal()
	require.NoError(t, c.Contain(t.Context(), a, first))
	require.NoError(t, c.Contain(t.Context(), a, second))
	require.NoError(t, c.Revoke(t.Context(), a, inv.Grants, second))
	require.NoError(t, c.Revoke(t.Context(), a, nil, second))
	require.Equal(t, 1, w.calls("DELETE /scim/v2/Users/{id}"))
	require.Len(t, second.Actions(), 1, "already done is taken down once")
	require.Equal(t, activities.AlreadyDone, second.Actions()[0].Answer)
	again := find(t, c, jane)
	require.True(t, again.Found)
	require.Equal(t, "deactivated", again.Status)
}

func TestRevokeEndsWhatItIsGiven(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	c := w.connector(t)
	a := find(t, c, jane)
	inv, err := c.Inventory(t.Context(), a)
	require.NoError(t, err)
	require.NoError(t, c.Revoke(t.Context(), a, inv.Grants, journal()))
	require.Empty(t, w.Holds(people.Jane.Email))
}

func TestGoneAlreadyIsSuccessWithEvidence(t *testing.T) {
	for name, scim := range map[string]bool{"scim": true, "by hand": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{PageSize: 4})
			if !scim {
				w.withoutScim()
			}
			require.True(t, w.Deactivate(people.Jane.Email))
			c := w.connector(t)
			a := find(t, c, jane)
			require.True(t, a.Found)
			require.Equal(t, "deactivated", a.Status)
			inv, err := c.Inventory(t.Context(), a)
			require.NoError(t, err)
			require.Empty(t, inv.Grants)
			require.Equal(t, offboarding.Absent, inv.Coverage[0].Sight)
			j := journal()
			require.NoError(t, c.Contain(t.Context(), a, j))
			require.Equal(t, activities.AlreadyDone, j.Actions()[0].Answer)
			require.Zero(t, w.calls("DELETE /scim/v2/Users/{id}"))
			r, err := c.Observe(t.Context(), a)
			require.NoError(t, err)
			requireSight(t, offboarding.Absent, r)
		})
	}
}

func TestNobodyIsAnAnswerWithAControl(t *testing.T) {
	for name, scim := range map[string]bool{"scim": true, "by hand": false} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{PageSize: 4})
			if !scim {
				w.withoutScim()
			}
			c := w.connector(t)
			a := find(t, c, offboarding.Person{Email: "nobody@example.com"})
			require.False(t, a.Found)
			require.Regexp(t, `of 1[0-9] members`, a.Evidence)
			require.Contains(t, a.Evidence, sandbox.BotUserID())
			require.Error(t, c.Contain(t.Context(), a, journal()))
			a.Email = "nobody@example.com"
			r, err := c.Observe(t.Context(), a)
			require.NoError(t, err)
			requireSight(t, offboarding.Absent, r)
			a.Email = people.Jane.Email
			r, err = c.Observe(t.Context(), a)
			require.NoError(t, err)
			requireSight(t, offboarding.Present, r)
		})
	}
}

// TestWithoutScimAPersonDoesIt goes the whole way of a case on Free or Pro.
func TestWithoutScimAPersonDoesIt(t *testing.T) {
	w := newWorld(t, sandbox.Options{NoScim: true}).withoutScim()
	c := w.connector(t)
	a := find(t, c, jane)
	require.True(t, a.Found)
	inv, err := c.Inventory(t.Context(), a)
	require.NoError(t, err)
	require.Equal(t, offboarding.Present, inv.Coverage[0].Sight)

	err = c.Contain(t.Context(), a, journal())
	require.Equal(t, transport.Refused, kindOf(t, err))
	for _, want := range []string{"https://sandbox.slack.com/admin", people.Jane.Email, "Deactivate account", "retry", "attest"} {
		require.Contains(t, err.Error(), want)
	}
	require.Equal(t, transport.Refused, kindOf(t, c.Revoke(t.Context(), a, inv.Grants, journal())))
	r, err := c.Observe(t.Context(), a)
	require.NoError(t, err)
	requireSight(t, offboarding.Present, r)

	require.True(t, w.Deactivate(people.Jane.Email))
	require.NoError(t, c.Contain(t.Context(), a, journal()), "after the person did it, retry succeeds")
	r, err = c.Observe(t.Context(), a)
	require.NoError(t, err)
	requireSight(t, offboarding.Absent, r)
}

func TestAPlanWithoutScimSaysSo(t *testing.T) {
	w := newWorld(t, sandbox.Options{NoScim: true})
	_, err := w.connector(t).Find(t.Context(), jane)
	require.Equal(t, transport.Refused, kindOf(t, err))
	require.Contains(t, err.Error(), "remove scim_token")
}

func TestAnIgnoredFilterIsNotBelieved(t *testing.T) {
	w := newWorld(t, sandbox.Options{NoFilter: true})
	a := find(t, w.connector(t), jane)
	require.Equal(t, sandbox.UserID(people.Jane.Email), a.ID)
	require.Equal(t, "users.lookupByEmail", a.Evidence)
	w.Deactivate(people.Jane.Email)
	a = find(t, w.connector(t), jane)
	require.Equal(t, "deactivated", a.Status)
	require.Equal(t, "users.list", a.Evidence)
}

func TestProtectedAccountsAreNeverTouched(t *testing.T) {
	for name, c := range map[string]struct {
		email   string
		scim    bool
		protect bool
	}{
		"owner of the SCIM token":  {people.Robot.Email, true, false},
		"primary owner":            {people.Admin.Email, true, false},
		"primary owner, by hand":   {people.Admin.Email, false, false},
		"on the list":              {people.Jane.Email, true, true},
		"on the list, by hand":     {people.Jane.Email, false, true},
		"owner of observer's SCIM": {people.Robot.Email, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			if !c.scim {
				w.withoutScim()
			}
			if strings.Contains(name, "observer") {
				w.conf.Observer.ScimToken = token(t, sandbox.DefaultReadScimToken)
			}
			if c.protect {
				w.conf.ProtectedUserIDs = []string{sandbox.UserID(c.email)}
			}
			con := w.connector(t)
			a := find(t, con, offboarding.Person{Email: offboarding.Subject(c.email)})
			require.NotEmpty(t, a.Protected)
			held := w.Holds(c.email)
			require.NotEmpty(t, held)
			a.Protected = "" // an older Find did not know
			require.Equal(t, transport.Protected, kindOf(t, con.Contain(t.Context(), a, journal())))
			require.Equal(t, transport.Protected, kindOf(t, con.Revoke(t.Context(), a, []offboarding.Grant{{Class: offboarding.Login, ID: a.ID}}, journal())))
			require.Equal(t, held, w.Holds(c.email))
			require.Zero(t, w.calls("DELETE /scim/v2/Users/{id}"))
		})
	}
}

func TestTheObserverIsASecondReadOnlyCredential(t *testing.T) {
	for name, set := range map[string]func(t *testing.T, c *slack.Config){
		"bot":  func(t *testing.T, c *slack.Config) { c.Observer.BotToken = token(t, sandbox.DefaultReadBotToken) },
		"scim": func(t *testing.T, c *slack.Config) { c.Observer.ScimToken = token(t, sandbox.DefaultReadScimToken) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sandbox.Options{})
			set(t, &w.conf)
			c := w.connector(t)
			a := find(t, c, jane)
			require.NoError(t, c.Contain(t.Context(), a, journal()))
			r, err := c.Observe(t.Context(), a)
			require.NoError(t, err)
			requireSight(t, offboarding.Absent, r)
			for _, o := range r.Observations {
				require.Equal(t, "observer", o.Credential)
			}
		})
	}
}

func TestAConfiguredControlIsReadAtTheSameTime(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	w.conf.ControlUserID = sandbox.UserID(people.Admin.Email)
	c := w.connector(t)
	a := find(t, c, jane)
	require.NoError(t, c.Contain(t.Context(), a, journal()))
	w.Faults().ForgetCalls()
	r, err := c.Observe(t.Context(), a)
	require.NoError(t, err)
	requireSight(t, offboarding.Absent, r)
	require.Len(t, w.Faults().Calls(), 2)
	require.Contains(t, r.Observations[0].Control, sandbox.UserID(people.Admin.Email))
}

func TestWithoutAControlNothingIsProven(t *testing.T) {
	w := newWorld(t, sandbox.Options{})
	c := w.connector(t)
	a := find(t, c, jane)
	require.NoError(t, c.Contain(t.Context(), a, journal()))
	staff := people.Staff(9)
	for name, control := range map[string]string{
		"the leaver herself": a.ID,
		"not there":          "U0NOBODY000",
		"gone as well":       sandbox.UserID(staff[1].Email),
	} {
		t.Run(name, func(t *testing.T) {
			w.Deactivate(staff[1].Email)
			w.conf.ControlUserID = control
			r, err := w.connector(t).Observe(t.Context(), a)
			require.NoError(t, err)
			requireSight(t, offboarding.Blind, r)
		})
	}
	w.conf.ControlUserID = ""
	a.ID = "U0ELSEWHERE"
	r, err := w.connector(t).Observe(t.Context(), a)
	require.NoError(t, err)
	requireSight(t, offboarding.Blind, r)
}
