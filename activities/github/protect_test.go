package github_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/github"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/github"
	"lastday/sandbox/people"
)

// writesIn lists the calls that were made to change something.
func writesIn(calls []faults.Call) []string {
	var out []string
	for _, c := range calls {
		if !strings.HasPrefix(c.Op, "GET ") && c.Op != "POST /graphql" && !strings.HasSuffix(c.Op, "/access_tokens") {
			out = append(out, c.Op)
		}
	}
	return out
}

// refusedEverywhere checks that neither writing step touches the account.
func (r *rig) refusedEverywhere(a offboarding.Account, kind transport.Kind) {
	r.Helper()
	r.sv.Faults().ForgetCalls()
	j := activities.NewJournal(1, nil, nil)
	err := r.c.Contain(r.ctx, a, j)
	require.True(r, transport.IsKind(err, kind), "contain: %v", err)
	err = r.c.Revoke(r.ctx, a, []offboarding.Grant{{Class: offboarding.Membership, ID: sandbox.Acme}}, j)
	require.True(r, transport.IsKind(err, kind), "revoke: %v", err)
	assert.Empty(r, writesIn(r.sv.Faults().Calls()))
	assert.Empty(r, j.Actions())
}

func TestTheOwnersOfTheTokensAreProtected(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.c = r.connect(r.tokens(sandbox.Token, sandbox.ObserverToken))
	for login, email := range map[string]string{people.Robot.GitHubLogin: people.Robot.Email, "lastday-observer": "observer@example.com"} {
		a := r.find(offboarding.Person{Email: offboarding.Subject(email), Logins: map[offboarding.System]string{github.System: login}})
		assert.Contains(t, a.Protected, "owns a token", login)
		r.refusedEverywhere(a, transport.Protected)
		a.Protected = "" // whatever the workflow carries, the connector looks again
		r.refusedEverywhere(a, transport.Protected)
	}
}

func TestTheLastOwnerIsProtected(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(jane())
	assert.Empty(t, a.Protected)
	r.sv.SetRole(sandbox.Labs, "jane-doe", "admin")
	assert.Empty(t, r.find(jane()).Protected, "there are other owners")
	for _, login := range []string{people.Admin.GitHubLogin, people.Robot.GitHubLogin, "lastday-observer"} {
		r.sv.SetRole(sandbox.Labs, login, "member")
	}
	assert.Contains(t, r.find(jane()).Protected, "the only owner of acme-labs")
	r.refusedEverywhere(a, transport.Protected)
}

func TestWhoOwnsAnOrganisationIsSaid(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	assert.Empty(t, r.find(jane()).Admin, "a member")
	r.sv.SetRole(sandbox.Labs, "jane-doe", "admin")
	assert.Equal(t, "owner of "+sandbox.Labs, r.find(jane()).Admin)
	r.sv.SetRole(sandbox.Acme, "jane-doe", "admin")
	assert.Equal(t, "owner of "+sandbox.Acme+", "+sandbox.Labs, r.find(jane()).Admin)
}

func TestARenamedAccountIsStillCut(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(jane())
	inv := r.inventory(a)
	r.sv.Rename("jane-doe", "jane-the-second")
	assert.Equal(t, offboarding.Present, r.observe(a)[offboarding.Membership].Sight, "a 404 for the old login proves nothing")
	r.contain(a)
	r.revoke(a, inv.Grants)
	assert.Empty(t, r.janeHolds())
	for class, o := range r.observe(a) {
		assert.True(t, o.Proves(), "%s: %s", class, o.Reason)
	}
}

func TestALoginTakenBySomebodyElseIsNeverCut(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(jane())
	r.sv.Rename("jane-doe", "jane-the-second")
	r.sv.Register("jane-doe", "other.jane@example.com")
	r.sv.SetRole(sandbox.Acme, "jane-doe", "member")
	r.contain(a)
	assert.Equal(t, []string{"membership/acme"}, r.sv.Holds("other.jane@example.com"))
	assert.NotContains(t, r.janeHolds(), "membership/acme")

	r.sv.Delete("jane-the-second")
	r.refusedEverywhere(a, transport.Identity)
	_, err := r.c.Observe(r.ctx, a)
	assert.True(t, transport.IsKind(err, transport.Identity), "%v", err)
}

func TestADeletedAccountHoldsNothing(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(jane())
	r.sv.Delete("jane-doe")
	r.contain(a)
	back, err := r.c.Observe(r.ctx, a)
	require.NoError(t, err)
	for class, o := range byClass(t, back) {
		switch class {
		case offboarding.Invitations: // the one by e-mail is still there
		case offboarding.DeployKeys:
			assert.Equal(t, offboarding.Blind, o.Sight)
			assert.Regexp(t, `acme: of 1 deploy keys GitHub does not say whose they are \(acme/payments-api/\d+\)`, o.Reason)
		default:
			assert.True(t, o.Proves(), "%s: %s", class, o.Reason)
		}
	}
}

func TestMalformedAccountsAndGrantsReachNobody(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	good := janeAccount
	for name, change := range map[string]func(*offboarding.Account){
		"another system":       func(a *offboarding.Account) { a.System = "okta" },
		"not found":            func(a *offboarding.Account) { a.Found = false },
		"empty id":             func(a *offboarding.Account) { a.ID = "" },
		"me":                   func(a *offboarding.Account) { a.ID = "me" },
		"zero":                 func(a *offboarding.Account) { a.ID = "0" },
		"leading zero":         func(a *offboarding.Account) { a.ID = "0583231" },
		"signed":               func(a *offboarding.Account) { a.ID = "+583231" },
		"empty login":          func(a *offboarding.Account) { a.Login = "" },
		"up":                   func(a *offboarding.Account) { a.Login = "../../acme" },
		"encoded":              func(a *offboarding.Account) { a.Login = "jane%2Fdoe" },
		"query":                func(a *offboarding.Account) { a.Login = "jane?x" },
		"fragment":             func(a *offboarding.Account) { a.Login = "jane#x" },
		"double hyphen":        func(a *offboarding.Account) { a.Login = "jane--doe" },
		"too long":             func(a *offboarding.Account) { a.Login = strings.Repeat("j", 40) },
		"unicode":              func(a *offboarding.Account) { a.Login = "jané" },
		"invitation elsewhere": func(a *offboarding.Account) { a.ID = "invitation:../acme/7" },
		"invitation to me":     func(a *offboarding.Account) { a.ID = "invitation:acme/me" },
	} {
		a := good
		change(&a)
		j := activities.NewJournal(1, nil, nil)
		_, err := r.c.Inventory(r.ctx, a)
		_, observed := r.c.Observe(r.ctx, a)
		for _, err := range []error{err, observed, r.c.Contain(r.ctx, a, j), r.c.Revoke(r.ctx, a, nil, j)} {
			assert.True(t, transport.IsKind(err, transport.Identity), "%s: %v", name, err)
		}
	}
	for _, g := range []offboarding.Grant{
		{Class: offboarding.Membership, ID: "other-org"},
		{Class: offboarding.Membership, ID: "acme/x"},
		{Class: offboarding.Membership, ID: ""},
		{Class: offboarding.Groups, ID: "acme/.."},
		{Class: offboarding.DeployKeys, ID: "acme/../7"},
		{Class: offboarding.DeployKeys, ID: "acme/website/me"},
		{Class: offboarding.Invitations, ID: "acme/0"},
		{Class: offboarding.Collaborations, ID: "acme/website/keys/7"},
		{Class: offboarding.Collaborations, ID: "acme/a b"},
		{Class: "passwords", ID: "acme/7"},
	} {
		err := r.c.Revoke(r.ctx, good, []offboarding.Grant{g}, activities.NewJournal(1, nil, nil))
		assert.True(t, transport.IsKind(err, transport.Identity), "%s: %v", g.ID, err)
	}
	assert.Empty(t, r.sv.Faults().Calls(), "nothing was sent")
}

func TestALoginFromElsewhereIsCheckedBeforeAnyCall(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	for _, login := range []string{"../../acme", "jane/doe", "jane doe", "-jane", "jane-", ".", "a_b_c", "jane_"} {
		_, err := r.c.Find(r.ctx, offboarding.Person{Email: "x@example.com", Logins: map[offboarding.System]string{github.System: login}})
		assert.True(t, transport.IsKind(err, transport.Identity), "%s: %v", login, err)
	}
	assert.Empty(t, r.sv.Faults().Calls())
	r.sv.Register("jane-doe_acme", "emu@example.com")
	r.sv.SetRole(sandbox.Acme, "jane-doe_acme", "member")
	a := r.find(offboarding.Person{Email: "emu@example.com", Logins: map[offboarding.System]string{github.System: "jane-doe_acme"}})
	assert.Equal(t, "jane-doe_acme", a.Login, "managed users have a short code")
}

// The SDK takes (user, org) for one removal and (org, user) for its sibling.
func TestTheArgumentsAreInGitHubsOrder(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.contain(r.find(jane()))
	var paths []string
	for _, c := range r.sv.Faults().Calls() {
		if strings.HasPrefix(c.Op, "DELETE ") {
			paths = append(paths, c.Path)
		}
	}
	assert.ElementsMatch(t, []string{
		"/orgs/acme/memberships/jane-doe", "/orgs/acme/outside_collaborators/jane-doe",
		"/orgs/acme-labs/memberships/jane-doe", "/orgs/acme-labs/outside_collaborators/jane-doe",
	}, paths)
}

func TestCredentialsAreRevokedBeforeTheMembershipEnds(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	acts := r.contain(r.find(jane()))
	order := map[string]int{}
	for i, a := range acts {
		order[a.Do+" "+a.ID] = i
		if a.Class == offboarding.SSOCredentials {
			assert.Equal(t, "202 accepted", a.Answer, "accepted is not an error")
		}
	}
	assert.Less(t, order["revoke SSO credentials acme"], order["remove from organisation acme"])
	assert.NotContains(t, strings.Join(r.janeHolds(), " "), "sso-credentials")
}

func TestACredentialListThatIsDownDoesNotHoldUpTheCut(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	inv := r.inventory(janeAccount)
	r.sv.Faults().Set(faults.Fault{Op: "POST /orgs/{org}/credential-authorizations/{username}/revoke", Kind: faults.Fail})
	r.contain(janeAccount)
	assert.NotContains(t, r.janeHolds(), "membership/acme")
	r.revoke(janeAccount, toRevoke(inv))
	assert.Empty(t, r.janeHolds(), "revoke removes the credentials one by one")
}
