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
	sandbox "lastday/sandbox/okta"
	"lastday/sandbox/people"
)

func TestJaneHoldsEveryClassAndEveryClassIsFound(t *testing.T) {
	o := newOrg(t, sandbox.Options{PageSize: 2})
	a := o.find("Jane.Doe@example.com")
	if !a.Found || a.ID != o.ID(jane) || a.Status != "ACTIVE" || a.Protected != "" {
		t.Fatalf("account: %+v", a)
	}
	if a.Logins["github"] != people.Jane.GitHubLogin {
		t.Errorf("GitHub login is %q", a.Logins["github"])
	}
	inv := o.inventory(a)
	var found []string
	for _, g := range inv.Grants {
		found = append(found, string(g.Class)+"/"+g.ID)
	}
	slices.Sort(found)
	if truth := o.Holds(jane); !slices.Equal(found, truth) {
		t.Errorf("found %v\n want %v", found, truth)
	}
	for i, class := range okta.Classes() {
		if c := inv.Coverage[i]; c.Class != class || c.Sight != offboarding.Present {
			t.Errorf("coverage %d: %+v", i, c)
		}
	}
	if len(inv.Residuals) != 1 || inv.Residuals[0].Class != offboarding.Apps {
		t.Errorf("residuals: %+v", inv.Residuals)
	}
}

func TestEveryStepForJane(t *testing.T) {
	o := newOrg(t, sandbox.Options{PageSize: 2})
	a := o.find(jane)
	inv := o.inventory(a)

	for _, act := range o.contain(a) {
		if act.RequestID == "" || act.At.IsZero() {
			t.Errorf("action without request id or time: %+v", act)
		}
	}
	if o.Status(jane) != "SUSPENDED" || o.Sessions(jane) != 0 {
		t.Errorf("contained: status %s, %d sessions", o.Status(jane), o.Sessions(jane))
	}

	actions := o.revoke(a, inv.Grants)
	for _, g := range inv.Grants {
		if g.Class != offboarding.Sessions && !slices.ContainsFunc(actions, func(act offboarding.Action) bool { return act.Class == g.Class && act.ID == g.ID }) {
			t.Errorf("no action for %s/%s", g.Class, g.ID)
		}
	}
	if left := o.Left(jane); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	back, err := o.conn.Observe(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	seen := byClass(t, back)
	wantProven(t, seen)
	if !seen[offboarding.Sessions].Logged || seen[offboarding.Login].Logged {
		t.Error("the log proves the sessions, and a read the login")
	}
	for class, obs := range seen {
		if obs.Credential != "observer" {
			t.Errorf("%s was read with %q", class, obs.Credential)
		}
	}
	if len(back.Residuals) != 1 || time.Until(back.Residuals[0].Ends) > time.Hour || time.Until(back.Residuals[0].Ends) < 59*time.Minute {
		t.Errorf("residuals: %+v", back.Residuals)
	}
	again, err := o.conn.Observe(t.Context(), a)
	if err != nil || again.Residuals[0] != back.Residuals[0] {
		t.Errorf("a residual does not change from look to look: %+v, %+v, %v", back.Residuals, again.Residuals, err)
	}
}

func TestEveryoneOnTheStaffCanBeCut(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	for _, p := range people.Staff(12) {
		wantProven(t, o.cut(p.Email))
		if held := o.Holds(p.Email); len(held) > 0 {
			t.Errorf("%s still holds %v", p.Email, held)
		}
	}
	if held := o.Holds(people.Admin.Email); len(held) < 10 {
		t.Errorf("the administrator lost something: %v", held)
	}
}

func TestEachStepTwiceHasOneNetEffect(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find(jane)
	grants := o.inventory(a).Grants
	o.contain(a)
	if got := answers(o.contain(a))["login: suspend user"]; got != activities.AlreadyDone {
		t.Errorf("suspended twice: %q", got)
	}
	o.revoke(a, grants)
	before := o.writes()
	for what, answer := range answers(o.revoke(a, grants)) {
		if answer != activities.AlreadyAbsent && answer != activities.AlreadyDone {
			t.Errorf("%s: %s", what, answer)
		}
	}
	o.contain(a)
	if n := o.writes() - before; n != 0 {
		t.Errorf("%d writes to what was gone", n)
	}
	wantProven(t, o.observe(a))
	events := o.Events(jane)
	for _, once := range []string{"user.lifecycle.suspend", "user.lifecycle.deactivate", "user.mfa.factor.reset_all", "system.api_token.revoke"} {
		if n := count(events, once); n != 1 {
			t.Errorf("%s happened %d times", once, n)
		}
	}
}

func count(all []string, one string) int {
	n := 0
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func TestSomeoneGoneAlreadyIsSuccessWithEvidence(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.cut(jane)
	a := o.find(jane)
	if !a.Found || a.Status != "DEPROVISIONED" {
		t.Fatalf("account: %+v", a)
	}
	inv := o.inventory(a)
	if len(inv.Grants) != 0 || len(inv.Coverage) != len(okta.Classes()) {
		t.Errorf("inventory: %+v", inv)
	}
	o.contain(a)
	o.revoke(a, inv.Grants)
	wantProven(t, o.observe(a))
}

// A deactivation by others leaves groups, factors and tokens, which still go.
func TestLeftoversOfADeactivationGo(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.SetStatus(jane, "DEPROVISIONED")
	if len(o.Left(jane)) == 0 {
		t.Fatal("the stand-in removed what Okta leaves")
	}
	wantProven(t, o.cut(jane))
	if left := o.Left(jane); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

func TestUnknownPersonIsAnAnswerWithAControl(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	a := o.find("nobody.here@example.com")
	if a.Found || a.ID != "" || !strings.Contains(a.Evidence, o.ID(people.Admin.Email)) {
		t.Errorf("account: %+v", a)
	}
	blind := o.connect(func(c *okta.Config) { c.ControlUsers = []string{"not.there@example.com"} })
	if _, err := blind.Find(t.Context(), offboarding.Person{Email: "nobody.here@example.com"}); !transport.IsKind(err, transport.Invalid) {
		t.Errorf("an org where the control is not found: %v", err)
	}
}

func TestFoundByEMailInAnyCase(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.SetProfile(jane, "login", "jdoe@corp.example.net")
	if a := o.find(jane); !a.Found || a.Login != "jdoe@corp.example.net" {
		t.Errorf("by e-mail: %+v", a)
	}
	o.SetProfile(jane, "email", "Jane.Doe@Example.com")
	if a := o.find(jane); !a.Found || a.ID != o.ID(jane) {
		t.Errorf("by an e-mail in mixed case: %+v", a)
	}
}

func TestTheProfileVouchesForLoginAndEMailAlone(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.SetProfile(jane, "secondEmail", "the.boss@example.com")
	if a := o.find(jane); !slices.Equal(a.Emails, []string{jane}) {
		t.Errorf("one address: %v", a.Emails)
	}
	o.SetProfile(jane, "login", "Jane.Miller@Example.com")
	if a := o.find(jane); !slices.Equal(a.Emails, []string{"jane.miller@example.com", jane}) {
		t.Errorf("login and e-mail: %v", a.Emails)
	}
	o = newOrg(t, sandbox.Options{})
	o.SetProfile(jane, "login", "jdoe")
	if a := o.find(jane); !slices.Equal(a.Emails, []string{jane}) {
		t.Errorf("a login that is no address: %v", a.Emails)
	}
}

func TestTwoUsersWithOneAddressAreAskedAbout(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.SetProfile(people.Staff(2)[1].Email, "email", jane)
	_, err := o.conn.Find(t.Context(), offboarding.Person{Email: jane})
	if !transport.IsKind(err, transport.Identity) {
		t.Errorf("got %v", err)
	}
}

func TestOwnersOfOurTokensAreProtected(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	for _, mail := range []string{people.Robot.Email, sandbox.ObserverEmail} {
		a := o.find(mail)
		if a.Protected == "" {
			t.Errorf("%s may be cut", mail)
		}
		a.Protected = "" // a workflow that lost the word
		wantRefused(t, o, a)
	}
}

func TestLastSuperAdministratorIsProtected(t *testing.T) {
	o := newOrg(t, sandbox.Options{})
	o.Promote(jane, "SUPER_ADMIN", "Super Administrator")
	if a := o.find(jane); a.Protected != "" {
		t.Errorf("another super administrator is there: %s", a.Protected)
	}
	o.conn = o.connect(func(c *okta.Config) {
		c.Credential, c.Observer = okta.Credential{APIToken: ref(t, sandbox.DefaultReadOnlyToken)}, okta.Credential{}
		c.ControlUsers = []string{people.Staff(2)[1].Email}
	})
	a := o.find(jane)
	if a.Protected == "" {
		t.Error("no other super administrator was seen, and she may be cut")
	}
	a.Protected = ""
	wantRefused(t, o, a)
}

func wantRefused(t *testing.T, o *org, a offboarding.Account) {
	t.Helper()
	j := activities.NewJournal(1, nil, nil)
	before := o.writes()
	if err := o.conn.Contain(t.Context(), a, j); !transport.IsKind(err, transport.Protected) {
		t.Errorf("contain: %v", err)
	}
	login := []offboarding.Grant{{Class: offboarding.Login, ID: a.ID}}
	if err := o.conn.Revoke(t.Context(), a, login, j); !transport.IsKind(err, transport.Protected) {
		t.Errorf("revoke: %v", err)
	}
	if len(j.Actions()) > 0 || o.writes() != before {
		t.Error("something was written")
	}
}
