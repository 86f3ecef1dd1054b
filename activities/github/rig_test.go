package github_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/github"
	"lastday/offboarding"
	sandbox "lastday/sandbox/github"
	"lastday/sandbox/people"
	"lastday/secret"
)

// The company is small, so that the whole fault table stays quick.
const staff = 3

// appKey is made once; a key a test would be most of the run.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// rig is a sandbox over HTTP with a connector in front of it.
type rig struct {
	*testing.T
	ctx context.Context
	sv  *sandbox.Server
	url string
	c   *github.Connector
}

// newRig starts a sandbox and connects as a GitHub App with a read-only second
// App; change may alter the configuration.
func newRig(t *testing.T, o sandbox.Options, change func(*github.Config)) *rig {
	t.Helper()
	o.AppKey = appKey()
	sv := sandbox.New(people.Staff(staff), o)
	ts := httptest.NewServer(sv.Handler())
	t.Cleanup(ts.Close)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	r := &rig{T: t, ctx: ctx, sv: sv, url: ts.URL}
	r.c = r.connect(change)
	return r
}

func (r *rig) config() github.Config {
	pem, err := r.sv.AppKeyPEM()
	require.NoError(r, err)
	key := r.secretFile("app.pem", string(pem))
	return github.Config{
		BaseURL:       r.url,
		Organizations: []string{sandbox.Acme, sandbox.Labs, sandbox.Partners},
		Credential:    github.Credential{AppID: sandbox.AppID, Installations: sandbox.Installations(), PrivateKey: key},
		Observer:      &github.Credential{AppID: sandbox.ObserverAppID, Installations: sandbox.ObserverInstallations(), PrivateKey: key},
		KnownAccounts: sandbox.KnownAccounts(),
		DeployKeys:    offboarding.Remove, AccessTokens: offboarding.Remove,
	}
}

func (r *rig) connect(change func(*github.Config)) *github.Connector {
	r.Helper()
	cfg := r.config()
	if change != nil {
		change(&cfg)
	}
	c, err := github.New(cfg)
	require.NoError(r, err)
	return c
}

func (r *rig) secretFile(name, value string) secret.Ref {
	path := filepath.Join(r.TempDir(), name)
	require.NoError(r, os.WriteFile(path, []byte(value), 0o600))
	ref, err := secret.Parse("file:" + path)
	require.NoError(r, err)
	return ref
}

// tokens makes a configuration use personal tokens instead of Apps.
func (r *rig) tokens(token, observer string) func(*github.Config) {
	return func(c *github.Config) {
		c.Credential = github.Credential{Token: r.secretFile("token", token)}
		c.Observer = &github.Credential{Token: r.secretFile("observer", observer)}
	}
}

func jane() offboarding.Person {
	return offboarding.Person{Email: offboarding.Subject(people.Jane.Email), Logins: map[offboarding.System]string{github.System: people.Jane.GitHubLogin}}
}

func (r *rig) find(p offboarding.Person) offboarding.Account {
	r.Helper()
	a, err := r.c.Find(r.ctx, p)
	require.NoError(r, err)
	return a
}

func (r *rig) inventory(a offboarding.Account) offboarding.Inventory {
	r.Helper()
	inv, err := r.c.Inventory(r.ctx, a)
	require.NoError(r, err)
	return inv
}

func (r *rig) contain(a offboarding.Account) []offboarding.Action {
	r.Helper()
	j := activities.NewJournal(1, nil, nil)
	require.NoError(r, r.c.Contain(r.ctx, a, j))
	return j.Actions()
}

func (r *rig) revoke(a offboarding.Account, g []offboarding.Grant) []offboarding.Action {
	r.Helper()
	j := activities.NewJournal(1, nil, nil)
	require.NoError(r, r.c.Revoke(r.ctx, a, g, j))
	return j.Actions()
}

func (r *rig) observe(a offboarding.Account) map[offboarding.Class]offboarding.Observation {
	r.Helper()
	back, err := r.c.Observe(r.ctx, a)
	require.NoError(r, err)
	return byClass(r, back)
}

func byClass(t testing.TB, back offboarding.Readback) map[offboarding.Class]offboarding.Observation {
	t.Helper()
	out := map[offboarding.Class]offboarding.Observation{}
	for _, o := range back.Observations {
		require.NotContains(t, out, o.Class, "a class is observed once")
		out[o.Class] = o
	}
	require.Len(t, out, len(github.Classes()))
	return out
}

func (r *rig) janeHolds() []string { return r.sv.Holds(people.Jane.Email) }

// toRevoke are the grants a plan gives to the revoke step.
func toRevoke(inv offboarding.Inventory) []offboarding.Grant {
	var out []offboarding.Grant
	for _, g := range inv.Grants {
		if g.Closes == offboarding.StepRevoke {
			out = append(out, g)
		}
	}
	return out
}

// janeAccount is what Find gives for Jane.
var janeAccount = offboarding.Account{
	System: github.System, Found: true, ID: "583231", Login: "jane-doe", Email: people.Jane.Email, Evidence: "found by attribute",
}
