package okta_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/okta"
	"lastday/offboarding"
	"lastday/sandbox/faults"
	sandbox "lastday/sandbox/okta"
	"lastday/sandbox/people"
	"lastday/secret"
)

const jane = "jane.doe@example.com"

// org is a stand-in org, and a connector to it.
type org struct {
	*sandbox.Server
	t    *testing.T
	url  string
	conn *okta.Connector
}

type change func(*okta.Config)

func newOrg(t *testing.T, o sandbox.Options, changes ...change) *org {
	t.Helper()
	s := sandbox.New(people.Staff(12), o)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() {
		srv.CloseClientConnections()
		srv.Close()
	})
	out := &org{Server: s, t: t, url: srv.URL}
	out.conn = out.connect(changes...)
	return out
}

func (o *org) connect(changes ...change) *okta.Connector {
	o.t.Helper()
	c := okta.Config{
		BaseURL:      o.url,
		Credential:   okta.Credential{APIToken: ref(o.t, sandbox.DefaultToken)},
		Observer:     okta.Credential{APIToken: ref(o.t, sandbox.DefaultReadOnlyToken)},
		ControlUsers: []string{people.Admin.Email},
		APITokens:    offboarding.Remove,
	}
	for _, f := range changes {
		f(&c)
	}
	conn, err := okta.New(c)
	if err != nil {
		o.t.Fatal(err)
	}
	return conn
}

// ref puts a secret into a file and refers to it.
func ref(t *testing.T, value string) secret.Ref {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := secret.Parse("file:" + name)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (o *org) find(email string) offboarding.Account {
	o.t.Helper()
	a, err := o.conn.Find(o.t.Context(), offboarding.Person{Email: offboarding.Subject(email)})
	if err != nil {
		o.t.Fatalf("find %s: %v", email, err)
	}
	return a
}

func (o *org) inventory(a offboarding.Account) offboarding.Inventory {
	o.t.Helper()
	inv, err := o.conn.Inventory(o.t.Context(), a)
	if err != nil {
		o.t.Fatalf("inventory: %v", err)
	}
	return inv
}

func (o *org) contain(a offboarding.Account) []offboarding.Action {
	o.t.Helper()
	j := activities.NewJournal(1, nil, nil)
	if err := o.conn.Contain(o.t.Context(), a, j); err != nil {
		o.t.Fatalf("contain: %v", err)
	}
	return j.Actions()
}

func (o *org) revoke(a offboarding.Account, grants []offboarding.Grant) []offboarding.Action {
	o.t.Helper()
	j := activities.NewJournal(1, nil, nil)
	if err := o.conn.Revoke(o.t.Context(), a, grants, j); err != nil {
		o.t.Fatalf("revoke: %v", err)
	}
	return j.Actions()
}

func (o *org) observe(a offboarding.Account) map[offboarding.Class]offboarding.Observation {
	o.t.Helper()
	back, err := o.conn.Observe(o.t.Context(), a)
	if err != nil {
		o.t.Fatalf("observe: %v", err)
	}
	return byClass(o.t, back)
}

// byClass checks that every class was observed exactly once.
func byClass(t *testing.T, back offboarding.Readback) map[offboarding.Class]offboarding.Observation {
	t.Helper()
	out := map[offboarding.Class]offboarding.Observation{}
	for _, obs := range back.Observations {
		if _, twice := out[obs.Class]; twice || !slices.Contains(okta.Classes(), obs.Class) {
			t.Errorf("class %s was observed twice or is none of Okta's", obs.Class)
		}
		out[obs.Class] = obs
	}
	if len(out) != len(okta.Classes()) {
		t.Errorf("observed %d of %d classes", len(out), len(okta.Classes()))
	}
	return out
}

// cut takes a person through all steps and gives the last readback.
func (o *org) cut(email string) map[offboarding.Class]offboarding.Observation {
	o.t.Helper()
	a := o.find(email)
	inv := o.inventory(a)
	o.contain(a)
	o.revoke(a, inv.Grants)
	return o.observe(a)
}

func wantProven(t *testing.T, seen map[offboarding.Class]offboarding.Observation) {
	t.Helper()
	for _, class := range okta.Classes() {
		if obs := seen[class]; !obs.Proves() {
			t.Errorf("%s is not proven: %+v", class, obs)
		}
	}
}

// wantHonest fails on any class called absent of which something is left.
func wantHonest(t *testing.T, left []string, back offboarding.Readback) {
	t.Helper()
	for _, obs := range back.Observations {
		if obs.Sight != offboarding.Absent && obs.Sight != offboarding.NotOffered {
			continue
		}
		for _, held := range left {
			if strings.HasPrefix(held, string(obs.Class)+"/") {
				t.Errorf("%s is called %s with control %q, but %s is there", obs.Class, obs.Sight, obs.Control, held)
			}
		}
	}
}

func answers(actions []offboarding.Action) map[string]string {
	out := map[string]string{}
	for _, a := range actions {
		out[string(a.Class)+": "+a.Do] = a.Answer
	}
	return out
}

// writes counts the calls that were no reads.
func (o *org) writes() int {
	n := 0
	for _, c := range o.Faults().Calls() {
		if !strings.HasPrefix(c.Op, "GET ") && !strings.HasPrefix(c.Op, "POST /oauth2") {
			n++
		}
	}
	return n
}

func (o *org) fault(op string, kind faults.Kind, times int) {
	o.Faults().Set(faults.Fault{Op: op, Kind: kind, Times: times, Millis: 5, RetryAfter: "7"})
}

func brief(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
