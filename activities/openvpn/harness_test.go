package openvpn_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/openvpn"
	"lastday/offboarding"
	sandbox "lastday/sandbox/openvpn"
	"lastday/sandbox/people"
)

// office is a real server and a connector on it.
type office struct {
	*sandbox.Office
	conn *openvpn.Connector
	conf openvpn.Config
}

// watch is short here: what it is for has a test of its own.
const watch = 1500 * time.Millisecond

const patience = 20 * time.Second

// need skips without a real OpenVPN, or fails where it must be there.
func need(t *testing.T) {
	t.Helper()
	if err := sandbox.Available(); err != nil {
		if os.Getenv("LASTDAY_NEEDS_OPENVPN") == "1" {
			t.Fatalf("LASTDAY_NEEDS_OPENVPN=1, and %v", err)
		}
		t.Skip(err)
	}
}

func open(t *testing.T, o sandbox.Options) *office {
	t.Helper()
	need(t)
	off, err := sandbox.Start(people.Staff(3), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := off.Close(); err != nil {
			t.Error(err)
		}
	})
	out := &office{Office: off, conf: openvpn.Config{
		Management: []string{off.Management()}, Index: off.Index(), Inventory: off.Inventory(), CRLDir: off.CRLDir(), CCDDir: off.CCDDir(),
	}}
	out.conn = connect(t, out.conf)
	return out
}

func connect(t *testing.T, c openvpn.Config) *openvpn.Connector {
	t.Helper()
	conn, err := openvpn.New(c)
	if err != nil {
		t.Fatal(err)
	}
	conn.Watch(watch)
	return conn
}

// live connects the first certificate of each CN.
func (o *office) live(t *testing.T, names ...string) {
	t.Helper()
	var all []*sandbox.Client
	for _, cn := range names {
		all = append(all, o.join(t, o.Cert(cn)))
	}
	for _, c := range all {
		if err := c.LetIn(patience); err != nil {
			t.Fatal(err)
		}
	}
}

func (o *office) join(t *testing.T, c *sandbox.Cert, lines ...string) *sandbox.Client {
	t.Helper()
	client, err := o.Connect(c, lines...)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func (o *office) letsIn(t *testing.T, c *sandbox.Cert, lines ...string) bool {
	t.Helper()
	in, err := o.LetsIn(c, patience, lines...)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (o *office) find(t *testing.T, email string) offboarding.Account {
	t.Helper()
	a, err := o.conn.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(email)})
	if err != nil {
		t.Fatalf("find %s: %v", email, err)
	}
	return a
}

func journal() *activities.Journal { return activities.NewJournal(1, nil, nil) }

// cut contains and revokes all that is found.
func (o *office) cut(t *testing.T, a offboarding.Account) []offboarding.Action {
	t.Helper()
	inv, err := o.conn.Inventory(t.Context(), a)
	if err != nil {
		t.Fatalf("inventory: %v", err)
	}
	j := journal()
	if err := o.conn.Contain(t.Context(), a, j); err != nil {
		t.Fatalf("contain: %v", err)
	}
	if err := o.conn.Revoke(t.Context(), a, inv.Grants, j); err != nil {
		t.Fatalf("revoke: %v", err)
	}
	return j.Actions()
}

func (o *office) observe(t *testing.T, a offboarding.Account) (sessions, certs offboarding.Observation) {
	t.Helper()
	back, err := o.conn.Observe(t.Context(), a)
	if err != nil {
		t.Fatalf("observe: %v", err)
	}
	if len(back.Observations) != 2 || back.Observations[0].Class != offboarding.Sessions || back.Observations[1].Class != openvpn.Certificates {
		t.Fatalf("readback %+v", back)
	}
	return back.Observations[0], back.Observations[1]
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
