package wireguard_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities"
	"lastday/activities/activitytest"
	"lastday/activities/transport"
	"lastday/activities/wireguard"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/wireguard"
)

func ownKey(t *testing.T, o *office) string {
	t.Helper()
	k, err := wgtypes.ParseKey(o.privateKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return k.PublicKey().String()
}

func TestSuite(t *testing.T) {
	activitytest.Run(t, activitytest.Fixture{
		Classes: wireguard.Classes(),
		New: func(t *testing.T) activitytest.Subject {
			o := open(t, sandbox.Options{}, nil)
			return activitytest.Subject{
				Connector:  o.conn,
				Leaver:     offboarding.Person{Email: offboarding.Subject(people.Jane.Email)},
				Absent:     offboarding.Person{Email: "nobody@example.com"},
				Holds:      func() []string { return o.Holds(people.Jane.Email) },
				Others:     func() []string { return o.HoldsBesides(people.Jane.Email) },
				Bystanders: people.Staying(),
				Secrets:    []string{o.privateKey(t)},
			}
		},
	})
}

// Whatever the control socket does, the class is not called proven while the
// person holds a peer, and once it is over the case comes to its end.
func TestNoFaultGivesAFalseProof(t *testing.T) {
	for _, f := range sandbox.Faults() {
		for _, when := range []string{"from the start", "before observing", "after containing"} {
			t.Run(fmt.Sprintf("%s/%s", f, when), func(t *testing.T) {
				t.Parallel()
				o := open(t, sandbox.Options{}, nil)
				a := o.find(t, people.Jane.Email)
				patience := 3 * time.Second
				if f == sandbox.Hang {
					patience = 50 * time.Millisecond
				}
				secret := o.privateKey(t)
				check := func() {
					back, err := o.conn.Observe(soon(t, patience), a)
					if err == nil && back.Observations[0].Proves() && len(o.Holds(people.Jane.Email)) > 0 {
						t.Errorf("proven while the person holds %v: %+v", o.Holds(people.Jane.Email), back)
					}
					if err != nil && strings.Contains(err.Error(), secret) {
						t.Errorf("the error shows the private key: %v", err)
					}
				}
				if when != "after containing" {
					set(t, o, f)
				}
				if when != "before observing" {
					err := o.conn.Contain(soon(t, patience), a, activities.NewJournal(1, nil, nil))
					if err == nil && len(o.Holds(people.Jane.Email)) > 0 {
						t.Errorf("contain says it is done, and the person holds %v", o.Holds(people.Jane.Email))
					}
				}
				if when == "after containing" {
					set(t, o, f)
				}
				check()
				set(t, o, sandbox.None)
				o.contain(t, a)
				if left := o.Holds(people.Jane.Email); len(left) != 0 || !o.observe(t, a).Proves() {
					t.Errorf("left %v after the fault was over", left)
				}
			})
		}
	}
}

func set(t *testing.T, o *office, f sandbox.Fault) {
	t.Helper()
	if err := o.SetFault(f); err != nil {
		t.Fatal(err)
	}
}

func TestALyingDeviceIsNotBelieved(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	set(t, o, sandbox.Lie)
	j := activities.NewJournal(1, nil, nil)
	if err := o.conn.Contain(t.Context(), a, j); !transport.IsKind(err, transport.Invalid) || !strings.Contains(err.Error(), "still there") {
		t.Errorf("%v", err)
	}
	for _, act := range j.Actions() {
		if strings.Contains(act.Do, "device") {
			t.Errorf("journaled %+v", act)
		}
	}
}

func TestAnotherInterfaceProvesNothing(t *testing.T) {
	o, other := open(t, sandbox.Options{}, nil), open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	conf := o.conf
	conf.UAPISocket = other.Socket()
	if _, err := connect(t, conf).Observe(t.Context(), a); !transport.IsKind(err, transport.Invalid) {
		t.Errorf("with the file of this one: %v", err)
	}
	conf.ConfigFile = ""
	for _, allow := range []bool{false, true} {
		conf.AllowUnmapped = allow
		back, err := connect(t, conf).Observe(t.Context(), a)
		if err != nil || back.Observations[0].Sight != offboarding.Blind || back.Observations[0].Proves() {
			t.Errorf("allow_unmapped %t: %+v %v", allow, back, err)
		}
	}
}

func TestControlKey(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a, admin := o.find(t, people.Jane.Email), o.find(t, people.Admin.Email)
	conf := o.conf
	conf.ControlKey = admin.ID
	o.conn = connect(t, conf)
	o.contain(t, a)
	if obs := o.observe(t, a); !obs.Proves() || !strings.Contains(obs.Control, admin.ID) {
		t.Errorf("%+v", obs)
	}
	if err := o.RemoveFromDevice(admin.ID); err != nil {
		t.Fatal(err)
	}
	if obs := o.observe(t, a); obs.Sight != offboarding.Blind || !strings.Contains(obs.Reason, "control_key") {
		t.Errorf("without the control: %+v", obs)
	}
}

func TestTheLastPeerIsProvenByTheInterfacesOwnKey(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	for _, h := range o.HoldsBesides(people.Jane.Email) {
		key := strings.TrimSuffix(strings.TrimPrefix(h, "peers/"), " (file)")
		if err := o.RemoveFromDevice(key); err != nil {
			t.Fatal(err)
		}
	}
	o.contain(t, a)
	if obs := o.observe(t, a); !obs.Proves() || !strings.Contains(obs.Control, ownKey(t, o)) {
		t.Errorf("%+v", obs)
	}
	conf := o.conf
	conf.ConfigFile = ""
	o.conn = connect(t, conf)
	if obs := o.observe(t, a); obs.Sight != offboarding.Blind {
		t.Errorf("an interface that nothing says is the right one: %+v", obs)
	}
}

func TestWithoutAConfigurationFileItSaysWhatIsNotKnown(t *testing.T) {
	for file, proves := range map[string]bool{"": false, wireguard.NoConfigFile: true} {
		o := open(t, sandbox.Options{}, func(c *wireguard.Config) { c.ConfigFile = file })
		a := o.find(t, people.Jane.Email)
		if obs := o.observe(t, a); obs.Sight != offboarding.Present {
			t.Errorf("config_file %q, before: %+v", file, obs)
		}
		o.contain(t, a)
		obs := o.observe(t, a)
		if obs.Proves() != proves || !proves && (obs.Sight != offboarding.Blind || !strings.Contains(obs.Reason, "config_file: none")) {
			t.Errorf("config_file %q: %+v", file, obs)
		}
		found, err := o.conn.Check(t.Context())
		warned := slices.ContainsFunc(found, func(f activities.Finding) bool { return strings.Contains(f.Do, "config_file: none") })
		if err != nil || warned == proves {
			t.Errorf("config_file %q: check says %+v, %v", file, found, err)
		}
	}
}

// The library for kernel interfaces also finds userspace ones at the standard
// place, where only root may put one.
func TestStandardInterfaces(t *testing.T) {
	const dir = "/var/run/wireguard"
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Skipf("no standard place for sockets: %v", err)
	}
	name := fmt.Sprintf("wgt%d", rand.IntN(1_000_000))
	socket := filepath.Join(dir, name+".sock")
	probe, err := os.Create(socket)
	if err != nil {
		t.Skipf("no standard place for sockets: %v", err)
	}
	probe.Close()
	os.Remove(socket)
	o := open(t, sandbox.Options{Interface: name, Socket: socket}, func(c *wireguard.Config) { c.UAPISocket = "" })
	a := o.find(t, people.Jane.Email)
	o.contain(t, a)
	if left := o.Holds(people.Jane.Email); len(left) != 0 || !o.observe(t, a).Proves() {
		t.Errorf("left %v", left)
	}
	conf := o.conf
	conf.Interface = name + "x"
	if _, err := connect(t, conf).Find(t.Context(), offboarding.Person{Email: "jane.doe@example.com"}); !transport.IsKind(err, transport.Unavailable) {
		t.Errorf("an interface that is not there: %v", err)
	}
}

func TestCheckSaysWhatWouldStopOrBlurADeparture(t *testing.T) {
	o := open(t, sandbox.Options{SaveConfig: true}, nil)
	if _, err := o.AddPeer(""); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(o.ConfigFile(), 0o644); err != nil {
		t.Fatal(err)
	}
	before := read(t, o.ConfigFile())
	found, err := o.conn.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"SaveConfig", "in no inventory", "read by others", "7 peers"} {
		if !slices.ContainsFunc(found, func(f activities.Finding) bool { return strings.Contains(f.What, want) }) {
			t.Errorf("no finding says %q: %+v", want, found)
		}
	}
	if read(t, o.ConfigFile()) != before {
		t.Error("the check changed the file")
	}
	set(t, o, sandbox.Down)
	if found, err = o.conn.Check(t.Context()); err != nil || len(found) != 1 || found[0].Level != activities.Bad {
		t.Errorf("with the device down: %+v %v", found, err)
	}
}
