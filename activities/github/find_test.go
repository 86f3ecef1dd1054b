package github_test

import (
	"slices"
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

func by(ways ...string) func(*github.Config) {
	return func(c *github.Config) { c.Find = ways }
}

func TestJaneIsFoundInEveryWay(t *testing.T) {
	for _, way := range []string{github.BySAML, github.BySCIM} {
		r := newRig(t, sandbox.Options{MaxPageSize: 2}, by(way))
		a := r.find(offboarding.Person{Email: offboarding.Subject(people.Jane.Email)})
		assert.Equal(t, "jane-doe", a.Login)
		assert.Equal(t, "found by "+way, a.Evidence)
	}
}

func TestEveryWayIsAskedAndTheFirstIsNamed(t *testing.T) {
	r := newRig(t, sandbox.Options{}, by(github.ByAttribute, github.BySAML))
	a := r.find(jane())
	assert.Equal(t, "found by attribute", a.Evidence)
	asked := slices.ContainsFunc(r.sv.Faults().Calls(), func(c faults.Call) bool { return c.Op == "POST /graphql" })
	assert.True(t, asked, "the other ways are asked too")
	r.c = r.connect(by(github.BySAML, github.ByAttribute))
	assert.Equal(t, "found by saml", r.find(jane()).Evidence)
}

func TestNobodyIsNotAnError(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(offboarding.Person{Email: "nobody@example.com"})
	assert.False(t, a.Found)
	assert.Contains(t, a.Evidence, "acme shows 4 identities")
	assert.Contains(t, a.Evidence, "every account belongs to somebody else: 7 of acme")
	assert.Contains(t, a.Evidence, "control: owners of acme, acme-labs, acme-partners are shown")
	assert.Empty(t, writesIn(r.sv.Faults().Calls()))
}

func TestALoginThatGitHubDoesNotKnowIsNoAbsence(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	_, err := r.c.Find(r.ctx, offboarding.Person{Email: "x@example.com", Logins: map[offboarding.System]string{github.System: "nobody-here"}})
	assert.True(t, transport.IsKind(err, transport.Identity), "%v", err)
	assert.ErrorContains(t, err, "correct the login there")
}

func TestNoFaultMakesJaneDisappear(t *testing.T) {
	for name, change := range map[string]func(*github.Config){"attribute": by(github.ByAttribute), "saml": by(github.BySAML), "scim": by(github.BySCIM)} {
		clean := newRig(t, sandbox.Options{}, change)
		clean.find(jane())
		ops := map[string]bool{}
		for _, c := range clean.sv.Faults().Calls() {
			ops[c.Op] = true
		}
		for op := range ops {
			for _, kind := range kinds {
				r := newRig(t, sandbox.Options{}, change)
				r.sv.Faults().Set(faults.Fault{Op: op, Kind: kind, Millis: 1, RetryAfter: "1"})
				ctx, cancel := short(r.ctx, kind)
				a, err := r.c.Find(ctx, jane())
				cancel()
				if err == nil {
					assert.True(t, a.Found, "%s: %s %s: %s", name, op, kind, a.Evidence)
					assert.Equal(t, janeAccount.ID, a.ID)
				}
			}
		}
	}
}

func TestOneWithAnInvitationByEmailOnly(t *testing.T) {
	const email = "new.hire@example.com"
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(offboarding.Person{Email: email})
	require.True(t, a.Found)
	assert.Regexp(t, `^invitation:acme/\d+$`, a.ID)
	inv := r.inventory(a)
	assert.Len(t, inv.Grants, 3, "one an organisation")
	require.Len(t, inv.Coverage, len(github.Classes()))
	assert.Empty(t, r.contain(a), "an invitation is no live access")

	err := r.c.Revoke(r.ctx, a, []offboarding.Grant{{Class: offboarding.Membership, ID: "acme"}}, activities.NewJournal(1, nil, nil))
	assert.True(t, transport.IsKind(err, transport.Identity), "%v", err)
	assert.Empty(t, writesIn(r.sv.Faults().Calls()))
	assert.Len(t, r.revoke(a, inv.Grants), 3)
	assert.Empty(t, r.sv.Holds(email))

	seen := r.observe(a)
	assert.True(t, seen[offboarding.Membership].Proves())
	assert.Contains(t, seen[offboarding.Membership].Control, "acme: each of its 7 accounts belongs to somebody else")
	// Jane's invitation is the control in acme-partners and acme-labs; acme has none left.
	assert.Equal(t, offboarding.Blind, seen[offboarding.Invitations].Sight)
	r.c = r.connect(func(c *github.Config) { c.MayBeEmpty = []string{"acme/invitations"} })
	assert.True(t, r.observe(a)[offboarding.Invitations].Proves())
}

func TestAnInvitationThatWasAcceptedIsNotForgotten(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	// Jane, as if only her invitation by e-mail were known when the case began.
	a := offboarding.Account{System: github.System, Found: true, ID: "invitation:acme-partners/9033", Email: people.Jane.Email}
	_, err := r.c.Observe(r.ctx, a)
	assert.True(t, transport.IsKind(err, transport.Identity), "%v", err)
	assert.ErrorContains(t, err, "jane-doe")

	r.c = r.connect(func(c *github.Config) { c.Organizations = []string{sandbox.Partners} }) // no SAML there
	for class, o := range r.observe(a) {
		assert.False(t, o.Proves(), "%s: no list can say that there is no account", class)
	}
}

func TestAWrongOrganisationIsNoRemoval(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.c = r.connect(func(c *github.Config) {
		r.tokens(sandbox.Token, sandbox.ObserverToken)(c)
		c.Organizations = []string{"acmee"}
	})
	_, err := r.c.Find(r.ctx, jane())
	assert.True(t, transport.IsKind(err, transport.Unauthorized), "%v", err)
	_, err = r.c.Observe(r.ctx, janeAccount)
	assert.True(t, transport.IsKind(err, transport.Unauthorized), "%v", err)
	assert.ErrorContains(t, err, "look at organizations")
}

func TestNobodyCanBeMissingWhereNobodyCouldLook(t *testing.T) {
	r := newRig(t, sandbox.Options{}, func(c *github.Config) {
		c.Find, c.Organizations = []string{github.BySAML, github.ByEmail}, []string{sandbox.Labs} // no SAML there
	})
	_, err := r.c.Find(r.ctx, offboarding.Person{Email: "nobody@example.com"})
	assert.True(t, transport.IsKind(err, transport.Identity), "%v", err)
	assert.ErrorContains(t, err, "accounts of acme-labs belong to no known person (ada-admin, jane-doe)")
	assert.ErrorContains(t, err, "github.known_accounts")

	r = newRig(t, sandbox.Options{}, nil)
	r.sv.Faults().Set(faults.Fault{Op: "GET /orgs/{org}/invitations", Kind: faults.Forbidden})
	_, err = r.c.Find(r.ctx, offboarding.Person{Email: "nobody@example.com"})
	assert.True(t, transport.IsKind(err, transport.Unauthorized), "a way that is refused might have named somebody: %v", err)
	r.c = r.connect(by(github.ByAttribute, github.BySAML)) // as in an Enterprise Managed Users organisation
	assert.False(t, r.find(offboarding.Person{Email: "nobody@example.com"}).Found)
}
