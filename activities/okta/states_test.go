package okta_test

import (
	"slices"
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

func TestStatusesThatCannotBeSuspendedAreDeactivatedAtOnce(t *testing.T) {
	for _, status := range []string{"PASSWORD_EXPIRED", "LOCKED_OUT", "RECOVERY", "PROVISIONED", "STAGED"} {
		o := newOrg(t, sandbox.Options{})
		o.SetStatus(jane, status)
		a := o.find(jane)
		grants := o.inventory(a).Grants
		if obs := o.observe(a)[offboarding.Sessions]; obs.Sight != offboarding.Present {
			t.Errorf("%s: a user who can sign in may have sessions: %+v", status, obs)
		}
		got := answers(o.contain(a))
		if !strings.Contains(got["login: suspend user"], status) || got["sessions: clear sessions and OAuth tokens"] != "204" || got["login: deactivate user"] != "200" {
			t.Errorf("%s: %v", status, got)
		}
		if events := o.Events(jane); slices.Index(events, "user.mfa.factor.reset_all") > slices.Index(events, "user.lifecycle.deactivate") ||
			!slices.Contains(events, "user.mfa.factor.reset_all") || o.Status(jane) != "DEPROVISIONED" {
			t.Errorf("%s: is %s after %v", status, o.Status(jane), events)
		}
		seen := o.observe(a)
		for _, class := range []offboarding.Class{offboarding.Login, offboarding.Sessions, offboarding.Factors} {
			if !seen[class].Proves() {
				t.Errorf("%s: contained, and %s is %+v", status, class, seen[class])
			}
		}
		before := o.writes()
		o.contain(a)
		if n := o.writes() - before; n != 0 {
			t.Errorf("%s: contained twice, with %d more writes", status, n)
		}
		o.revoke(a, grants)
		wantProven(t, o.observe(a))
		if left := o.Left(jane); len(left) > 0 {
			t.Errorf("%s: left %v", status, left)
		}
	}
}

// What a retry can cure comes before the deactivation, which makes factors
// unremovable; what only a person can cure does not hold it up.
func TestALockedOutUsersFactorsThatDoNotGo(t *testing.T) {
	for kind, contained := range map[faults.Kind]bool{faults.Fail: false, faults.Forbidden: true} {
		o := newOrg(t, sandbox.Options{})
		o.SetStatus(jane, "LOCKED_OUT")
		a := o.find(jane)
		o.fault("POST /api/v1/users/{id}/lifecycle/reset_factors", kind, 0)
		err := o.conn.Contain(t.Context(), a, activities.NewJournal(1, nil, nil))
		if (err == nil) != contained || (o.Status(jane) == "DEPROVISIONED") != contained || o.Sessions(jane) != 0 {
			t.Errorf("%s: %v, status %s, %d sessions", kind, err, o.Status(jane), o.Sessions(jane))
		}
		o.Faults().Clear()
		if !contained {
			o.contain(a)
			if !o.observe(a)[offboarding.Factors].Proves() {
				t.Errorf("%s: the factors are left", kind)
			}
		}
	}
	o := newOrg(t, sandbox.Options{})
	o.SetStatus(jane, "PASSWORD_EXPIRED")
	a := o.find(jane)
	o.fault("POST /api/v1/users/{id}/lifecycle/deactivate", faults.Forbidden, 0)
	if err := o.conn.Contain(t.Context(), a, activities.NewJournal(1, nil, nil)); !transport.IsKind(err, transport.Unauthorized) {
		t.Errorf("a login that goes on is called contained: %v", err)
	}
}

func TestAsynchronousDeactivationIsNotAbsentUntilItIsThrough(t *testing.T) {
	o := newOrg(t, sandbox.Options{AsyncDeactivation: 150 * time.Millisecond})
	seen := o.cut(jane)
	login := seen[offboarding.Login]
	if login.Sight != offboarding.Present || !strings.Contains(login.Reason, "DEPROVISIONED") {
		t.Fatalf("while it is under way: %+v", login)
	}
	if seen[offboarding.Sessions].Sight != offboarding.Absent {
		t.Errorf("a suspended user has no sessions: %+v", seen[offboarding.Sessions])
	}
	before := count(o.Events(jane), "user.lifecycle.deactivate")
	o.revoke(o.find(jane), []offboarding.Grant{{Class: offboarding.Login, ID: o.ID(jane)}})
	if count(o.Events(jane), "user.lifecycle.deactivate") != before {
		t.Error("a deactivation under way was asked for again")
	}
	until(t, func() bool { return o.Status(jane) == "DEPROVISIONED" })
	wantProven(t, o.observe(o.find(jane)))
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(5 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("it did not happen within 5 s")
		}
	}
}

func TestLateSystemLogIsWaitedFor(t *testing.T) {
	o := newOrg(t, sandbox.Options{LogDelay: 300 * time.Millisecond})
	sessions := o.cut(jane)[offboarding.Sessions]
	if sessions.Sight != offboarding.Blind || !strings.Contains(sessions.Reason, "late") {
		t.Fatalf("before the event is there: %+v", sessions)
	}
	a := o.find(jane)
	until(t, func() bool { return o.observe(a)[offboarding.Sessions].Proves() })
	if !o.observe(a)[offboarding.Sessions].Logged {
		t.Error("the log says it")
	}
}

func TestWithoutTheSystemLogTheStatusProvesTheSessions(t *testing.T) {
	o := newOrg(t, sandbox.Options{NoLogs: true})
	seen := o.cut(jane)
	wantProven(t, seen)
	sessions := seen[offboarding.Sessions]
	if sessions.Logged || !strings.Contains(sessions.Reason, "okta.logs.read") || !strings.Contains(sessions.Reason, "DEPROVISIONED") {
		t.Errorf("%+v", sessions)
	}
}

func TestSignInAfterwardsIsPresent(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.cut(jane)
	o.SignIn(jane)
	if obs := o.observe(o.find(jane))[offboarding.Sessions]; obs.Sight != offboarding.Present {
		t.Errorf("the log shows a sign-in after the end: %+v", obs)
	}
}

func TestDeletedUserIsProvenByTheLogAlone(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	grants := o.inventory(a).Grants
	o.Delete(jane)
	o.contain(a)
	for what, answer := range answers(o.revoke(a, grants)) {
		if answer != activities.AlreadyAbsent {
			t.Errorf("%s: %s", what, answer)
		}
	}
	seen := o.observe(a)
	wantProven(t, seen)
	if !seen[offboarding.Login].Logged {
		t.Error("nothing but the log shows a deletion")
	}

	o = newOrg(t, sandbox.Options{NoLogs: true})
	a = o.find(jane)
	o.Delete(jane)
	for class, obs := range o.observe(a) {
		if obs.Sight != offboarding.Blind || obs.Reason == "" {
			t.Errorf("%s without the log: %+v", class, obs)
		}
	}
}

func TestRevokeTakesExactlyWhatItIsGiven(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	given := map[offboarding.Class]offboarding.Grant{}
	for _, g := range o.inventory(a).Grants {
		if g.Class != offboarding.Login && g.Class != offboarding.Apps && g.Class != offboarding.Sessions && g.Label != "OKTA push" && !strings.Contains(g.Label, "by group") {
			given[g.Class] = g // the last of each class
		}
	}
	before := o.Left(jane)
	var gone []string
	for class, g := range given {
		gone = append(gone, string(class)+"/"+g.ID)
	}
	var grants []offboarding.Grant
	for _, g := range given {
		grants = append(grants, g)
	}
	o.revoke(a, grants)
	want := slices.DeleteFunc(slices.Clone(before), func(held string) bool {
		return slices.Contains(gone, held)
	})
	if got := o.Left(jane); !slices.Equal(got, want) {
		t.Errorf("left %v\nwant %v\ngiven %v", got, want, gone)
	}
	if o.Status(jane) != "ACTIVE" {
		t.Error("the login was not to be removed")
	}
}

func TestAppsWithoutTheLoginAreRefused(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	apps := slices.DeleteFunc(o.inventory(a).Grants, func(g offboarding.Grant) bool { return g.Class != offboarding.Apps })
	err := o.conn.Revoke(t.Context(), a, apps, activities.NewJournal(1, nil, nil))
	if !transport.IsKind(err, transport.Refused) || o.writes() != 0 {
		t.Errorf("%v, %d writes", err, o.writes())
	}
}

func TestImportedGroupsAreReportedAndEveryoneIsNoAccess(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.Join(jane, "Domain Users")
	a := o.find(jane)
	inv := o.inventory(a)
	var removable []offboarding.Grant
	reported := 0
	for _, g := range inv.Grants {
		if g.Class == offboarding.Groups && strings.Contains(g.Label, "Everyone") {
			t.Errorf("Everyone is a grant: %+v", g)
		}
		if g.Removal == offboarding.Report {
			reported++
			continue
		}
		removable = append(removable, g)
	}
	if reported != 1 {
		t.Fatalf("%d groups are reported", reported)
	}
	o.contain(a)
	o.revoke(a, removable)
	groups := o.observe(a)[offboarding.Groups]
	if groups.Sight != offboarding.Present || len(groups.Present) != 1 || groups.Present[0].Removal != offboarding.Report {
		t.Errorf("%+v", groups)
	}
}

func TestSharedDeviceAndAPITokensWaitForAPerson(t *testing.T) {
	o := newOrg(t, sandbox.Options{}, func(c *okta.Config) { c.APITokens = "" })
	o.Share(jane, people.Staff(2)[1].Email)
	asked := map[offboarding.Class]int{}
	for _, g := range o.inventory(o.find(jane)).Grants {
		if g.Removal == offboarding.Ask {
			asked[g.Class]++
		}
	}
	if len(asked) != 2 || asked[offboarding.APITokens] != 1 || asked[offboarding.Devices] != 2 {
		t.Errorf("asked about %v", asked)
	}
}

func TestClassicOrgHasNoDevices(t *testing.T) {
	o := newOrg(t, sandbox.Options{Classic: true})
	inv := o.inventory(o.find(jane))
	if c := inv.Coverage[len(inv.Coverage)-1]; c.Class != offboarding.Devices || c.Sight != offboarding.NotOffered {
		t.Errorf("coverage: %+v", c)
	}
	obs := o.cut(jane)[offboarding.Devices]
	if obs.Sight != offboarding.NotOffered || !obs.Proves() {
		t.Errorf("%+v", obs)
	}
	o.fault("GET /.well-known/okta-organization", faults.Fail, 0)
	if obs := o.observe(o.find(jane))[offboarding.Devices]; obs.Sight != offboarding.Blind {
		t.Errorf("unless the org says so itself: %+v", obs)
	}
}

func TestForbiddenClassIsBlindAndNamesTheScope(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	for op, scope := range map[string]string{
		"GET /api/v1/users/{userId}/roles":   "okta.roles.read",
		"GET /api/v1/api-tokens":             "okta.apiTokens.read",
		"GET /api/v1/users/{id}/groups":      "okta.groups.read",
		"GET /api/v1/users/{userId}/factors": "okta.users.read",
	} {
		o.fault(op, faults.Forbidden, 0)
		a := o.find(jane)
		blind := 0
		for _, c := range o.inventory(a).Coverage {
			if c.Sight == offboarding.Blind {
				blind++
				if !strings.Contains(c.Reason, scope) {
					t.Errorf("%s: %s", op, c.Reason)
				}
			}
		}
		if blind != 1 {
			t.Errorf("%s: %d classes are blind", op, blind)
		}
		o.Faults().Clear()
	}
}

func TestNoControlMeansBlind(t *testing.T) {
	o := newOrg(t, sandbox.Options{}, func(c *okta.Config) { c.ControlUsers = nil })
	seen := o.cut(jane)
	for _, class := range []offboarding.Class{offboarding.OAuthTokens, offboarding.Apps, offboarding.Devices} {
		if obs := seen[class]; obs.Sight != offboarding.Blind || !strings.Contains(obs.Reason, "control_users") {
			t.Errorf("the observer's owner holds nothing of %s: %+v", class, obs)
		}
	}
	for _, class := range []offboarding.Class{offboarding.Login, offboarding.AdminRoles, offboarding.Factors, offboarding.Groups, offboarding.APITokens} {
		if !seen[class].Proves() {
			t.Errorf("%s: %+v", class, seen[class])
		}
	}
	o.conn = o.connect(func(c *okta.Config) { c.ControlUsers = []string{jane} })
	if obs := o.observe(o.find(jane))[offboarding.Login]; obs.Sight != offboarding.Blind || !strings.Contains(obs.Reason, "leaver") {
		t.Errorf("the leaver is no control: %+v", obs)
	}
}
