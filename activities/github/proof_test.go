package github_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

// instead answers every GET of a path with a body that looks like GitHub's own.
func instead(path, body string) func(http.ResponseWriter, *http.Request) bool {
	re := regexp.MustCompile("^" + path + "$")
	return func(w http.ResponseWriter, req *http.Request) bool {
		if req.Method != http.MethodGet || !re.MatchString(req.URL.Path) {
			return false
		}
		w.Header().Set("X-GitHub-Request-Id", "0001")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
		return true
	}
}

func TestAnEmptyListIsNoProofEvenFromGitHub(t *testing.T) {
	for path, body := range map[string]string{
		"/orgs/[^/]+/members": `[]`, "/orgs/[^/]+/teams": `[]`, "/orgs/[^/]+/outside_collaborators": `[]`, "/orgs/[^/]+/invitations": `[]`,
		"/orgs/[^/]+/credential-authorizations": `[]`, "/orgs/[^/]+/personal-access-tokens": `[]`, "/orgs/[^/]+/repos": `[]`,
		"/repos/[^/]+/[^/]+/keys": `[]`, "/repos/[^/]+/[^/]+/collaborators": `[]`, "/repos/[^/]+/[^/]+/invitations": `[]`,
		"/orgs/[^/]+/copilot/billing/seats":         `{"total_seats":0,"seats":[]}`,
		"/orgs/[^/]+/organization-roles":            `{"total_count":0,"roles":[]}`,
		"/orgs/[^/]+/organization-roles/\\d+/users": `[]`,
	} {
		for _, answer := range []string{body, "null", "{}", `{"message":"x"}`} {
			r := newRig(t, sandbox.Options{}, nil)
			r.answering(instead(path, answer))
			back, err := r.c.Observe(r.ctx, janeAccount)
			if err != nil {
				continue
			}
			honest(t, r, faults.Fault{Op: path, Kind: faults.Kind(answer)}, back)
			noticed := slices.ContainsFunc(back.Observations, func(o offboarding.Observation) bool { return o.Sight != offboarding.NotOffered && o.Reason != "" })
			assert.True(t, noticed, "%s %s: what is not shown must be said", path, answer)
		}
	}
}

func TestMayBeEmptyTakesAnEmptyListForAnAnswer(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.answering(instead("/orgs/acme-partners/outside_collaborators", `[]`))
	r.contain(janeAccount)
	o := r.observe(janeAccount)[offboarding.OutsideCollaboration]
	assert.Equal(t, offboarding.Blind, o.Sight)
	assert.Contains(t, o.Reason, "add acme-partners/outside-collaboration to may_be_empty")
	r.c = r.connect(func(c *github.Config) { c.MayBeEmpty = []string{"outside-collaboration"} })
	o = r.observe(janeAccount)[offboarding.OutsideCollaboration]
	assert.True(t, o.Proves())
	assert.Contains(t, o.Control, "acme-partners: nobody has outside collaborations, which may_be_empty allows")
}

func TestAnotherPersonsRecordIsNeverTakenForJanes(t *testing.T) {
	ada := `{"login":"ada-admin","id":583230,"type":"User"}`
	for path, body := range map[string]string{
		"/users/jane-doe":                                ada,
		"/orgs/acme/memberships/jane-doe":                `{"state":"active","role":"member","user":` + ada + `,"organization":{"login":"acme"}}`,
		"/orgs/acme-labs/memberships/jane-doe":           `{"state":"active","role":"member","user":{"login":"jane-doe","id":7},"organization":{"login":"acme-labs"}}`,
		"/orgs/acme/teams/everyone/memberships/jane-doe": `{"state":"active","role":"member","url":"https://api.github.com/x/memberships/ada-admin"}`,
		"/orgs/acme":                           `{"login":"another","plan":{"name":"free"}}`,
		"/orgs/acme/repos":                     `[{"name":"x","owner":{"login":"another"}}]`,
		"/orgs/acme/credential-authorizations": `[{"login":"ada-admin","credential_id":7}]`,
		"/orgs/acme/personal-access-tokens":    `[{"id":7,"owner":` + ada + `}]`,
	} {
		r := newRig(t, sandbox.Options{}, nil)
		r.answering(instead(path, body))
		_, err := r.c.Observe(r.ctx, janeAccount)
		assert.True(t, transport.IsKind(err, transport.Invalid), "%s: %v", path, err)
	}
}

func TestAnAnswerThatIsNotGitHubsIsRefused(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.answering(func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasPrefix(req.URL.Path, "/orgs/acme/memberships/") {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound) // a gateway that does not know the path
		fmt.Fprint(w, `{"message":"Not Found"}`)
		return true
	})
	_, err := r.c.Observe(r.ctx, janeAccount)
	assert.True(t, transport.IsKind(err, transport.Invalid), "%v", err)
	assert.ErrorContains(t, err, "X-GitHub-Request-Id")
}

func TestARefusedClassIsBlindByNameAndNotSkipped(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	for op, classes := range map[string][]offboarding.Class{
		"GET /orgs/{org}/teams":                     {offboarding.Groups},
		"GET /orgs/{org}/organization-roles":        {offboarding.Roles},
		"GET /orgs/{org}/outside_collaborators":     {offboarding.OutsideCollaboration},
		"GET /orgs/{org}/invitations":               {offboarding.Invitations},
		"GET /orgs/{org}/credential-authorizations": {offboarding.SSOCredentials},
		"GET /orgs/{org}/personal-access-tokens":    {offboarding.AccessTokens},
		"GET /orgs/{org}/repos":                     {offboarding.Collaborations, offboarding.DeployKeys},
		"GET /repos/{org}/{repo}/keys":              {offboarding.DeployKeys},
		"GET /repos/{org}/{repo}/collaborators":     {offboarding.Collaborations},
		"GET /repos/{org}/{repo}/invitations":       {offboarding.Collaborations},
		"GET /orgs/{org}/copilot/billing/seats":     {offboarding.Seats},
	} {
		fresh := newRig(t, sandbox.Options{}, nil)
		fresh.contain(janeAccount)
		fresh.sv.Faults().Set(faults.Fault{Op: op, Kind: faults.Forbidden})
		seen := fresh.observe(janeAccount)
		for _, class := range classes {
			o := seen[class]
			if o.Sight == offboarding.Present {
				continue // what another list still shows
			}
			assert.Equal(t, offboarding.Blind, o.Sight, "%s: %s", op, class)
			assert.Contains(t, o.Reason, "permission", op)
		}
	}
	for class, op := range map[offboarding.Class]string{
		offboarding.Seats: "GET /orgs/{org}/copilot/billing/seats", offboarding.SSOCredentials: "GET /orgs/{org}/credential-authorizations",
		offboarding.Roles: "GET /orgs/{org}/organization-roles",
	} {
		r.sv.Faults().Clear()
		r.sv.Faults().Set(faults.Fault{Op: op, Kind: faults.Forbidden})
		r.c = r.connect(func(c *github.Config) { c.NotOffered = []string{string(class)} })
		o := r.observe(janeAccount)[class]
		assert.Equal(t, offboarding.Blind, o.Sight, "%s: a missing permission and a line of configuration are no proof", class)
		assert.Contains(t, o.Reason, "not_offered in the configuration says that there are no "+string(class))
		assert.Contains(t, o.Reason, "attest")
		assert.False(t, o.Proves())
		r.sv.Faults().Clear()
		assert.Equal(t, offboarding.Present, r.observe(janeAccount)[class].Sight, "the setting does not hide what is shown")
	}
}

func TestFineGrainedTokensNeedAnApp(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.c = r.connect(r.tokens(sandbox.Token, sandbox.ObserverToken))
	o := r.observe(janeAccount)[offboarding.AccessTokens]
	assert.Equal(t, offboarding.Blind, o.Sight)
	assert.Contains(t, o.Reason, "GitHub App")
	err := r.c.Revoke(r.ctx, janeAccount, []offboarding.Grant{{Class: offboarding.AccessTokens, ID: "acme/7"}}, activities.NewJournal(1, nil, nil))
	assert.True(t, transport.IsKind(err, transport.Unauthorized), "%v", err)
	for _, class := range []string{"access-tokens", "invitations", "membership", "deploy-keys", "acme/groups"} {
		cfg := r.config()
		cfg.NotOffered = []string{class}
		_, err = github.New(cfg)
		assert.ErrorContains(t, err, "none of the classes that a plan can lack", "every plan has %s", class)
	}
}

func TestAnAppThatWasGivenSomeRepositoriesProvesNothing(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	r.answering(func(w http.ResponseWriter, req *http.Request) bool {
		return req.URL.Path == "/orgs/acme" && instead("/orgs/acme", `{"login":"acme","public_repos":1,"total_private_repos":40,"plan":{"name":"enterprise"}}`)(w, req)
	})
	inv := r.inventory(janeAccount)
	r.contain(janeAccount)
	r.revoke(janeAccount, inv.Grants)
	seen := r.observe(janeAccount)
	for _, class := range []offboarding.Class{offboarding.DeployKeys, offboarding.Collaborations} {
		assert.Equal(t, offboarding.Blind, seen[class].Sight)
		assert.Contains(t, seen[class].Reason, "acme: 4 of 41 repositories are shown")
	}
}

func TestAQueuedRevocationIsNotDoneYet(t *testing.T) {
	r := newRig(t, sandbox.Options{AsyncRevocation: 400 * time.Millisecond}, nil)
	r.contain(janeAccount)
	assert.Equal(t, offboarding.Present, r.observe(janeAccount)[offboarding.SSOCredentials].Sight)
	require.Eventually(t, func() bool { return r.observe(janeAccount)[offboarding.SSOCredentials].Proves() }, 5*time.Second, 20*time.Millisecond)

	slow := newRig(t, sandbox.Options{AsyncRevocation: time.Hour}, nil)
	inv := slow.inventory(janeAccount)
	slow.contain(janeAccount)
	slow.revoke(janeAccount, toRevoke(inv))
	assert.True(t, slow.observe(janeAccount)[offboarding.SSOCredentials].Proves(), "revoke removes them one by one")
}

func TestALieIsSeenInTheReadBack(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	inv := r.inventory(janeAccount)
	for _, op := range []string{"DELETE *", "POST *"} {
		r.sv.Faults().Set(faults.Fault{Op: op, Kind: faults.Lie})
	}
	r.contain(janeAccount)
	_ = r.c.Revoke(r.ctx, janeAccount, inv.Grants, activities.NewJournal(1, nil, nil)) // some lies are noticed at once
	back, err := r.c.Observe(r.ctx, janeAccount)
	require.NoError(t, err)
	for class, o := range byClass(t, back) {
		assert.Equal(t, offboarding.Present, o.Sight, class)
	}
}

func TestRemovalFollowsTheSettings(t *testing.T) {
	r := newRig(t, sandbox.Options{}, func(c *github.Config) { c.DeployKeys, c.AccessTokens = "", offboarding.Report })
	for _, g := range r.inventory(janeAccount).Grants {
		switch g.Class {
		case offboarding.DeployKeys:
			assert.Equal(t, offboarding.Ask, g.Removal, "the default")
		case offboarding.AccessTokens:
			assert.Equal(t, offboarding.Report, g.Removal)
		default:
			assert.Empty(t, g.Removal)
		}
	}
	kept := r.inventory(janeAccount).Grants
	var rest []offboarding.Grant
	for _, g := range kept {
		if g.Class != offboarding.DeployKeys {
			rest = append(rest, g)
		}
	}
	r.contain(janeAccount)
	r.revoke(janeAccount, rest)
	assert.Len(t, r.janeHolds(), 1, "revoke ends exactly what it is given")
	assert.Equal(t, offboarding.Present, r.observe(janeAccount)[offboarding.DeployKeys].Sight)
}

func TestOthersKeepWhatTheyHave(t *testing.T) {
	r := newRig(t, sandbox.Options{}, nil)
	before := map[string][]string{}
	others := append(people.Staff(staff)[1:], people.Admin, people.Robot)
	for _, p := range others {
		before[p.Email] = r.sv.Holds(p.Email)
		require.NotEmpty(t, before[p.Email])
	}
	inv := r.inventory(janeAccount)
	r.contain(janeAccount)
	r.revoke(janeAccount, inv.Grants)
	for _, p := range others {
		assert.Equal(t, before[p.Email], r.sv.Holds(p.Email), p.Email)
	}
}

func TestWithoutAnObserverThePrimaryLooks(t *testing.T) {
	r := newRig(t, sandbox.Options{}, func(c *github.Config) { c.Observer = nil })
	for _, o := range r.observe(janeAccount) {
		assert.Equal(t, "primary", o.Credential)
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	const canary = "canary-9f8e7d6c5b4a"
	r := newRig(t, sandbox.Options{Token: canary + "-token", ObserverToken: canary + "-observer"}, nil)
	r.c = r.connect(r.tokens(canary+"-token", canary+"-observer"))
	for _, kind := range kinds {
		r.sv.Faults().Clear()
		r.sv.Faults().Set(faults.Fault{Op: "*", Kind: kind, Millis: 1, RetryAfter: "1"})
		ctx, cancel := short(r.ctx, kind)
		_, found := r.c.Find(ctx, jane())
		_, observed := r.c.Observe(ctx, janeAccount)
		contained := r.c.Contain(ctx, janeAccount, activities.NewJournal(1, nil, nil))
		cancel()
		for _, err := range []error{found, observed, contained} {
			if err != nil {
				assert.NotContains(t, fmt.Sprintf("%v %+v", err, err), canary, kind)
			}
		}
	}
	r.answering(func(w http.ResponseWriter, req *http.Request) bool {
		w.Header().Set("X-GitHub-Request-Id", "0001")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"message":"bad credential %s"}`, req.Header.Get("Authorization"))
		return true
	})
	r.c = r.connect(r.tokens(canary+"-token", canary+"-observer"))
	_, err := r.c.Find(r.ctx, jane())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), canary)
	assert.NotContains(t, fmt.Sprintf("%+v %#v", r.config(), r.c), canary)
}
