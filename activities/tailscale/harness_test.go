package tailscale_test

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
	"lastday/activities/tailscale"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/tailscale"
	"lastday/secret"
)

// office is a tailnet over HTTP and a connector that talks to it.
type office struct {
	*sandbox.Server
	url  string
	conn *tailscale.Connector
	conf tailscale.Config
}

func credential(t *testing.T, value string) secret.Ref {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
		t.Fatal(err)
	}
	ref, err := secret.Parse("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// open starts a tailnet of five; change adjusts the configuration, which
// removes every class.
func open(t *testing.T, o sandbox.Options, change func(*tailscale.Config)) *office {
	t.Helper()
	s := sandbox.New(people.Staff(5), o)
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); srv.CloseClientConnections(); srv.Close() })
	conf := tailscale.Config{
		BaseURL: srv.URL, APIKey: credential(t, sandbox.DefaultAPIKey),
		AuthKeys: offboarding.Remove, APITokens: offboarding.Remove, TaggedDevices: offboarding.Remove,
	}
	if change != nil {
		change(&conf)
	}
	conn, err := tailscale.New(conf)
	if err != nil {
		t.Fatal(err)
	}
	return &office{Server: s, url: srv.URL, conn: conn, conf: conf}
}

func withObserver(t *testing.T) func(*tailscale.Config) {
	return func(c *tailscale.Config) {
		c.Observer = tailscale.Credential{ClientID: sandbox.ReadOnlyClientID, ClientSecret: credential(t, sandbox.ReadOnlyClientSecret)}
	}
}

func withClient(t *testing.T) func(*tailscale.Config) {
	return func(c *tailscale.Config) {
		c.APIKey = secret.Ref{}
		c.ClientID, c.ClientSecret = sandbox.DefaultClientID, credential(t, sandbox.DefaultClientSecret)
	}
}

func ctx(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return c
}

func (o *office) find(t *testing.T, email string) offboarding.Account {
	t.Helper()
	a, err := o.conn.Find(ctx(t, 5*time.Second), offboarding.Person{Email: offboarding.Subject(email)})
	if err != nil {
		t.Fatalf("find %s: %v", email, err)
	}
	return a
}

func (o *office) inventory(t *testing.T, a offboarding.Account) offboarding.Inventory {
	t.Helper()
	inv, err := o.conn.Inventory(ctx(t, 5*time.Second), a)
	if err != nil {
		t.Fatalf("inventory: %v", err)
	}
	return inv
}

// cut contains and revokes, and returns what was taken down.
func (o *office) cut(t *testing.T, a offboarding.Account, grants []offboarding.Grant) []offboarding.Action {
	t.Helper()
	j := activities.NewJournal(1, nil, nil)
	if err := o.conn.Contain(ctx(t, 5*time.Second), a, j); err != nil {
		t.Fatalf("contain: %v", err)
	}
	if err := o.conn.Revoke(ctx(t, 5*time.Second), a, closedByRevoke(grants), j); err != nil {
		t.Fatalf("revoke: %v", err)
	}
	return j.Actions()
}

func closedByRevoke(grants []offboarding.Grant) []offboarding.Grant {
	return slices.DeleteFunc(slices.Clone(grants), func(g offboarding.Grant) bool { return g.Closes != offboarding.StepRevoke })
}

func (o *office) observe(t *testing.T, a offboarding.Account) map[offboarding.Class]offboarding.Observation {
	t.Helper()
	back, err := o.conn.Observe(ctx(t, 5*time.Second), a)
	if err != nil {
		t.Fatalf("observe: %v", err)
	}
	return byClass(t, back)
}

// byClass also checks that every class is there exactly once.
func byClass(t *testing.T, back offboarding.Readback) map[offboarding.Class]offboarding.Observation {
	t.Helper()
	out := map[offboarding.Class]offboarding.Observation{}
	for _, obs := range back.Observations {
		if _, twice := out[obs.Class]; twice {
			t.Errorf("class %s is observed twice", obs.Class)
		}
		out[obs.Class] = obs
	}
	for _, c := range tailscale.Classes() {
		if _, ok := out[c]; !ok {
			t.Errorf("class %s is not observed", c)
		}
	}
	return out
}

// truth fails the test where an observation proves a class closed that is not.
func (o *office) truth(t *testing.T, email string, back offboarding.Readback) {
	t.Helper()
	holds := o.Holds(email)
	for _, obs := range back.Observations {
		for _, h := range holds {
			if obs.Proves() && strings.HasPrefix(h, string(obs.Class)+"/") {
				t.Errorf("%s is said to be proven (%s, control %q) while the person holds %s", obs.Class, obs.Sight, obs.Control, h)
			}
		}
	}
}

// writes lists the calls that change something.
func (o *office) writes() []string {
	var out []string
	for _, c := range o.Faults().Calls() {
		if !strings.HasPrefix(c.Op, "GET ") && !strings.Contains(c.Op, "/oauth/token") {
			out = append(out, c.Op)
		}
	}
	return out
}
