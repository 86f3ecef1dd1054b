package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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

// asks checks that Find leaves it to a person, and returns what it says.
func (r *rig) asks(p offboarding.Person) string {
	r.Helper()
	a, err := r.c.Find(r.ctx, p)
	require.True(r, transport.IsKind(err, transport.Identity), "%+v, %v", a, err)
	return err.Error()
}

func TestTheDirectorysSilenceIsNoAbsence(t *testing.T) {
	nobody := offboarding.Person{Email: "nobody@example.com"}
	for name, change := range map[string]func(*github.Config){
		"attribute": by(github.ByAttribute), "all": by(github.ByAttribute, github.BySAML, github.BySCIM, github.ByEmail),
	} {
		r := newRig(t, sandbox.Options{}, change)
		assert.False(t, r.find(nobody).Found, "%s: each account is somebody else's", name)
		// One organisation's SAML says nothing about another's private account.
		r.sv.Register("private-jane", "private@mail.example")
		r.sv.SetRole(sandbox.Labs, "private-jane", "member")
		assert.Contains(t, r.asks(nobody), "1 accounts of acme-labs belong to no known person (private-jane)", name)
		r.c = r.connect(func(c *github.Config) { change(c); c.KnownAccounts = append(c.KnownAccounts, "Private-Jane") })
		assert.False(t, r.find(nobody).Found, name)
	}

	r := newRig(t, sandbox.Options{}, nil)
	r.sv.Register("unlinked", "unlinked@mail.example")
	r.sv.SetRole(sandbox.Acme, "unlinked", "member")
	assert.Contains(t, r.asks(nobody), "1 accounts of acme belong to no known person (unlinked)", "a member whom nobody linked to SAML")

	r = newRig(t, sandbox.Options{}, func(c *github.Config) { c.KnownAccounts = c.KnownAccounts[:2] })
	assert.Contains(t, r.asks(nobody), "acme-partners belong to no known person (zoe-contractor)", "outside collaborators have no identity")
}

func TestManyUnknownAccountsAreCountedAndFiveNamed(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	for i := range 7 {
		login := fmt.Sprintf("unknown-%d", i)
		r.sv.Register(login, login+"@mail.example")
		r.sv.SetRole(sandbox.Labs, login, "member")
	}
	said := r.asks(offboarding.Person{Email: "nobody@example.com"})
	assert.Contains(t, said, "7 accounts of acme-labs belong to no known person (unknown-0, unknown-1, unknown-2, unknown-3, unknown-4, …)")
}

func TestAnEmptyListOfOutsideCollaboratorsIsNoAbsence(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.answering(instead("/orgs/acme-labs/outside_collaborators", `[]`))
	nobody := offboarding.Person{Email: "nobody@example.com"}
	assert.Contains(t, r.asks(nobody), "add acme-labs/outside-collaboration to may_be_empty")
	r.c = r.connect(func(c *github.Config) { c.MayBeEmpty = []string{"acme-labs/outside-collaboration"} })
	assert.False(t, r.find(nobody).Found)

	r = newRig(t, sandbox.Options{}, nil)
	r.answering(func(w http.ResponseWriter, req *http.Request) bool {
		return req.URL.Query().Get("role") == "all" && instead("/orgs/acme/members", `[]`)(w, req)
	})
	_, err := r.c.Find(r.ctx, nobody)
	assert.True(t, transport.IsKind(err, transport.Invalid), "a list without its owners is no list: %v", err)
}

// The leaver renames the account and registers the old login again, so that
// the directory's attribute leads to somebody who holds nothing.
func TestAThrowawayUnderTheOldLoginIsNotTaken(t *testing.T) {
	for name, change := range map[string]func(*github.Config){
		"saml": nil, "attribute only": by(github.ByAttribute),
		"no SAML anywhere": func(c *github.Config) { c.Organizations = []string{sandbox.Labs} },
	} {
		r := newRig(t, sandbox.Options{}, change)
		r.sv.Rename("jane-doe", "jane-new")
		r.sv.Register("jane-doe", "throwaway@mail.example")
		said := r.asks(jane())
		assert.Contains(t, said, "jane-new", name)
		assert.Contains(t, said, "jane-doe", name)
	}
}

func TestTwoWaysThatDisagreeAskAPerson(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	other := people.Staff(staff)[1]
	said := r.asks(offboarding.Person{Email: jane().Email, Logins: map[offboarding.System]string{github.System: other.GitHubLogin}})
	assert.Contains(t, said, "attribute names the login "+other.GitHubLogin+", and saml names jane-doe")
}

func TestALoginThatHoldsNothingIsNotFound(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.sv.Register("holds-nothing", "holds@mail.example")
	p := offboarding.Person{Email: "nobody@example.com", Logins: map[offboarding.System]string{github.System: "holds-nothing"}}
	a := r.find(p)
	assert.False(t, a.Found)
	assert.Contains(t, a.Evidence, "the login holds-nothing holds nothing in any organisation")

	// With access to one repository only, the login is the person's.
	r = newRig(t, sandbox.Options{}, by(github.ByAttribute))
	for _, org := range []string{sandbox.Acme, sandbox.Labs, sandbox.Partners} {
		r.sv.SetRole(org, "jane-doe", "")
	}
	assert.Equal(t, janeAccount.ID, r.find(jane()).ID)
}

func TestAnInvitationAcceptedWithAPrivateAccountIsNotProvenGone(t *testing.T) {
	r := newRig(t, sandbox.Options{}, func(c *github.Config) {
		c.MayBeEmpty = []string{"invitations"}
	})
	a := r.find(offboarding.Person{Email: "new.hire@example.com"})
	inv := r.inventory(a)
	r.sv.Register("hire-private", "private@mail.example")
	r.sv.SetRole(sandbox.Labs, "hire-private", "member")
	r.revoke(a, inv.Grants)
	for class, o := range r.observe(a) {
		if class == offboarding.Invitations {
			continue
		}
		assert.Equal(t, offboarding.Blind, o.Sight, "%s: acme's SAML says nothing about acme-labs", class)
		assert.Contains(t, o.Reason, "1 accounts of acme-labs belong to no known person (hire-private)")
	}
	for _, act := range r.revoke(a, inv.Grants) {
		assert.Equal(t, "accepted or expired, or cancelled before", act.Answer)
	}
}

func TestAnInvitationThatIsGoneWhenCancelledWasAccepted(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	a := r.find(offboarding.Person{Email: "new.hire@example.com"})
	inv := r.inventory(a)
	r.answering(func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodDelete {
			return false
		}
		w.Header().Set("X-GitHub-Request-Id", "0001")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"Not Found"}`)
		return true
	})
	for _, act := range r.revoke(a, inv.Grants) {
		assert.Equal(t, "accepted or expired", act.Answer)
	}
}

func TestADeployKeyOutlivesItsAuthorsAccountAndIsStillDeleted(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	var keys []offboarding.Grant
	for _, g := range r.inventory(janeAccount).Grants {
		if g.Class == offboarding.DeployKeys {
			keys = append(keys, g)
		}
	}
	require.Len(t, keys, 1)
	r.sv.Delete("jane-doe")
	o := r.observe(janeAccount)[offboarding.DeployKeys]
	assert.Equal(t, offboarding.Blind, o.Sight)
	assert.Contains(t, o.Reason, keys[0].ID)
	known := r.connect(func(c *github.Config) { c.KnownDeployKeys = []string{keys[0].ID} })
	back, err := known.Observe(r.ctx, janeAccount)
	require.NoError(t, err)
	assert.True(t, byClass(t, back)[offboarding.DeployKeys].Proves(), "somebody looked at the key")

	done := r.revoke(janeAccount, keys)
	require.Len(t, done, 1)
	assert.Equal(t, "204", done[0].Answer, "the key is deleted by its id, whoever the author is")
	assert.True(t, r.observe(janeAccount)[offboarding.DeployKeys].Proves())
	assert.Equal(t, activities.AlreadyAbsent, r.revoke(janeAccount, keys)[0].Answer)
}

func TestEntriesThatNameNobodyAreNoControl(t *testing.T) {
	for path, c := range map[string]struct {
		body  string
		class offboarding.Class
		names string
	}{
		"/repos/[^/]+/[^/]+/keys":         {`[{"id":7,"title":"old","added_by":null}]`, offboarding.DeployKeys, "acme/website/7"},
		"/repos/acme/website/keys":        {`[{"id":7,"title":"old","added_by":null}]`, offboarding.DeployKeys, "acme/website/7"},
		"/repos/acme/website/invitations": {`[{"id":7,"invitee":null}]`, offboarding.Collaborations, "acme/website/invitations/7"},
		"/repos/[^/]+/[^/]+/invitations":  {`[{"id":7,"invitee":null}]`, offboarding.Collaborations, "acme/website/invitations/7"},
		"/repos/[^/]+/mobile-app/keys":    {`[{"id":8,"title":"x","added_by":""}]`, offboarding.DeployKeys, "acme/mobile-app/8"},
	} {
		r := newRig(t, sandbox.Options{}, nil)
		inv := r.inventory(janeAccount)
		r.contain(janeAccount)
		r.revoke(janeAccount, toRevoke(inv))
		r.answering(instead(path, c.body))
		o := r.observe(janeAccount)[c.class]
		assert.Equal(t, offboarding.Blind, o.Sight, path)
		assert.Contains(t, o.Reason, c.names, path)
	}
}

// A login given up while the classes are read answers 404 to all of them.
func TestARenameDuringTheReadBackIsNoticed(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	next := r.sv.Handler()
	var looked atomic.Bool
	ts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.URL.Path == "/users/jane-doe" && looked.CompareAndSwap(false, true):
			// The check that runs beside the reads still finds her.
			w.Header().Set("X-GitHub-Request-Id", "0001")
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"login": "jane-doe", "id": 583231, "type": "User"})
		default:
			next.ServeHTTP(w, req)
		}
	}))
	t.Cleanup(ts.Close)
	r.url = ts.URL
	r.c = r.connect(nil)
	r.sv.Rename("jane-doe", "jane-new")
	back, err := r.c.Observe(r.ctx, janeAccount)
	assert.True(t, transport.IsKind(err, transport.Invalid), "%+v %v", back, err)
	assert.ErrorContains(t, err, "renamed to jane-new")
	assert.Contains(t, strings.Join(r.janeHolds(), " "), "membership/acme")
	assert.Equal(t, offboarding.Present, r.observe(janeAccount)[offboarding.Membership].Sight, "the next attempt reads under the new login")
}

// zoe-contractor may be the person: no fault may hide that.
func TestNoFaultMakesAnUnknownAccountVanish(t *testing.T) {
	change := func(c *github.Config) { c.KnownAccounts = c.KnownAccounts[:2] }
	nobody := offboarding.Person{Email: "nobody@example.com"}
	clean := newRig(t, sandbox.Options{}, change)
	clean.asks(nobody)
	ops := map[string]bool{}
	for _, c := range clean.sv.Faults().Calls() {
		ops[c.Op] = true
	}
	require.Contains(t, ops, "GET /orgs/{org}/outside_collaborators")
	for op := range ops {
		for _, kind := range kinds {
			for _, times := range []int{0, 1} {
				r := newRig(t, sandbox.Options{}, change)
				r.sv.Faults().Set(faults.Fault{Op: op, Kind: kind, Millis: 1, RetryAfter: "1", Times: times})
				ctx, cancel := short(r.ctx, kind)
				a, err := r.c.Find(ctx, nobody)
				cancel()
				assert.Error(t, err, "%s %s times %d: %s", op, kind, times, a.Evidence)
			}
		}
	}
}
