package wireguard_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"lastday/activities"
	"lastday/activities/wireguard"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/wireguard"
)

// office is a real gateway and a connector on it.
type office struct {
	*sandbox.Office
	conn *wireguard.Connector
	conf wireguard.Config
}

func open(t *testing.T, o sandbox.Options, change func(*wireguard.Config)) *office {
	t.Helper()
	o.PingEvery = 5 * time.Millisecond
	off, err := sandbox.Start(people.Staff(4), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := off.Close(); err != nil {
			t.Error(err)
		}
	})
	out := &office{Office: off, conf: wireguard.Config{
		Interface: off.Interface(), ConfigFile: off.ConfigFile(), Inventory: off.Inventory(), UAPISocket: off.Socket(),
	}}
	if change != nil {
		change(&out.conf)
	}
	out.conn = connect(t, out.conf)
	return out
}

func connect(t *testing.T, c wireguard.Config) *wireguard.Connector {
	t.Helper()
	conn, err := wireguard.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func soon(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return c
}

func (o *office) find(t *testing.T, email string) offboarding.Account {
	t.Helper()
	a, err := o.conn.Find(t.Context(), offboarding.Person{Email: offboarding.Subject(email)})
	if err != nil {
		t.Fatalf("find %s: %v", email, err)
	}
	return a
}

func (o *office) contain(t *testing.T, a offboarding.Account) []offboarding.Action {
	t.Helper()
	j := activities.NewJournal(1, nil, nil)
	if err := o.conn.Contain(t.Context(), a, j); err != nil {
		t.Fatalf("contain: %v", err)
	}
	return j.Actions()
}

func (o *office) observe(t *testing.T, a offboarding.Account) offboarding.Observation {
	t.Helper()
	back, err := o.conn.Observe(t.Context(), a)
	if err != nil {
		t.Fatalf("observe: %v", err)
	}
	if len(back.Observations) != 1 || back.Observations[0].Class != offboarding.Peers {
		t.Fatalf("readback %+v", back)
	}
	return back.Observations[0]
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.After(15 * time.Second)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// privateKey is the gateway's, which no error may show.
func (o *office) privateKey(t *testing.T) string {
	t.Helper()
	for line := range strings.Lines(read(t, o.ConfigFile())) {
		if v, ok := strings.CutPrefix(line, "PrivateKey = "); ok {
			return strings.TrimSpace(v)
		}
	}
	t.Fatal("no PrivateKey in the file")
	return ""
}
