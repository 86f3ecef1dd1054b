package wireguard_test

import (
	"fmt"
	"strings"
	"testing"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/sandbox/people"
	sandbox "lastday/sandbox/wireguard"
)

func TestJanesPingStopsAndTheRestGoesOn(t *testing.T) {
	for _, csv := range []bool{false, true} {
		t.Run(fmt.Sprintf("csv %t", csv), func(t *testing.T) {
			o := open(t, sandbox.Options{CSV: csv, ControlLaptop: true}, nil)
			jane, control := o.Laptop(), o.Control()
			wait(t, "both laptops to reach the office", func() bool { return jane.Pings() > 2 && control.Pings() > 2 })
			a := o.find(t, people.Jane.Email)
			inv, err := o.conn.Inventory(t.Context(), a)
			if err != nil || len(inv.Grants) != 1 || inv.Grants[0].ID != jane.PublicKey || inv.Grants[0].Closes != offboarding.StepContain {
				t.Fatalf("inventory %+v %v", inv, err)
			}
			if obs := o.observe(t, a); !strings.Contains(obs.Reason, "latest handshake at 2") || obs.Sight != offboarding.Present {
				t.Errorf("before: %+v", obs)
			}
			if acts := o.contain(t, a); len(acts) != 2 || !strings.Contains(acts[0].Do, "file") || !strings.Contains(acts[1].Do, "device") {
				t.Errorf("the file comes first, then the device: %+v", acts)
			}
			wait(t, "Jane's ping to stop", func() bool { return !jane.Alive() })
			stopped, others := jane.Pings(), control.Pings()
			wait(t, "the control's pings", func() bool { return control.Pings() > others+10 })
			if jane.Pings() != stopped {
				t.Error("Jane's ping goes on")
			}
			if left := o.Holds(people.Jane.Email); len(left) != 0 {
				t.Errorf("left %v", left)
			}
			obs := o.observe(t, a)
			if !obs.Proves() || !strings.Contains(obs.Control, "peer ") || obs.Credential != "primary" {
				t.Errorf("observation %+v", obs)
			}
		})
	}
}

func TestTwiceIsTheSameAsOnce(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	inv, err := o.conn.Inventory(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	o.contain(t, a)
	after := read(t, o.ConfigFile())
	again := o.contain(t, a)
	j := activities.NewJournal(1, nil, nil)
	if err := o.conn.Revoke(t.Context(), a, inv.Grants, j); err != nil {
		t.Fatal(err)
	}
	for _, act := range append(again, j.Actions()...) {
		if act.Answer != activities.AlreadyAbsent {
			t.Errorf("%+v", act)
		}
	}
	if read(t, o.ConfigFile()) != after {
		t.Error("the file changed the second time")
	}
}

// WireGuard answers errno=0 for a peer that is not there.
func TestRemovingAnAbsentPeerSaysSo(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	if err := o.RemoveFromDevice(o.Laptop().PublicKey); err != nil {
		t.Fatal(err)
	}
	acts := o.contain(t, a)
	if len(acts) != 2 || acts[0].Answer == activities.AlreadyAbsent || acts[1].Answer != activities.AlreadyAbsent {
		t.Errorf("%+v", acts)
	}
	if a = o.find(t, people.Jane.Email); !a.Found || !strings.HasPrefix(a.Status, "0 of 1") || !o.observe(t, a).Proves() {
		t.Errorf("account %+v", a)
	}
}

func TestTrapSyncConfFromTheOldFileBringsThePeerBack(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	if err := o.RemoveFromDevice(o.Laptop().PublicKey); err != nil {
		t.Fatal(err)
	}
	if obs := o.observe(t, a); obs.Sight != offboarding.Present {
		t.Errorf("gone from the device and still in the file: %+v", obs)
	}
	if err := o.SyncConf(); err != nil {
		t.Fatal(err)
	}
	if len(o.Holds(people.Jane.Email)) != 2 {
		t.Fatal("syncconf did not bring the peer back, so this test tests nothing")
	}
	o.contain(t, a)
	if err := o.SyncConf(); err != nil {
		t.Fatal(err)
	}
	if left := o.Holds(people.Jane.Email); len(left) != 0 || !o.observe(t, a).Proves() {
		t.Errorf("left %v", left)
	}
}

func TestAPeerThatCameBackIsRevoked(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	inv, err := o.conn.Inventory(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	old := read(t, o.ConfigFile())
	o.contain(t, a)
	write(t, o.ConfigFile(), old)
	if err := o.SyncConf(); err != nil {
		t.Fatal(err)
	}
	if err := o.conn.Revoke(t.Context(), a, inv.Grants, activities.NewJournal(1, nil, nil)); err != nil {
		t.Fatal(err)
	}
	if left := o.Holds(people.Jane.Email); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}

func TestSeveralKeysOfOnePersonInAnyLetterCase(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	if _, err := o.AddPeer("Jane.Doe@Example.COM"); err != nil {
		t.Fatal(err)
	}
	a := o.find(t, strings.ToUpper(people.Jane.Email))
	if strings.Count(a.ID, ",") != 1 {
		t.Fatalf("account %+v", a)
	}
	later, err := o.AddPeer(people.Jane.Email) // after she was found
	if err != nil {
		t.Fatal(err)
	}
	if obs := o.observe(t, a); len(obs.Present) != 3 {
		t.Errorf("%+v", obs)
	}
	o.contain(t, a)
	if left := o.Holds(people.Jane.Email); len(left) != 0 {
		t.Errorf("left %v, added later %s", left, later)
	}
}

func TestKeysUnderAnAliasAreThePersons(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	const alias = "jane.miller@example.com"
	if _, err := o.AddPeer(alias); err != nil {
		t.Fatal(err)
	}
	aliasOnly := offboarding.Person{Email: "jd@example.com", Emails: []string{"Jane.Miller@example.com"}}
	if a, err := o.conn.Find(t.Context(), aliasOnly); err != nil || !a.Found || strings.Contains(a.ID, ",") {
		t.Errorf("under the alias alone: %+v %v", a, err)
	}
	both := offboarding.Person{Email: offboarding.Subject(people.Jane.Email), Emails: []string{alias, people.Jane.Email}}
	a, err := o.conn.Find(t.Context(), both)
	if err != nil || strings.Count(a.ID, ",") != 1 || a.Protected != "" {
		t.Fatalf("under both: %+v %v", a, err)
	}
	if _, err := o.AddPeer(alias); err != nil { // after she was found
		t.Fatal(err)
	}
	if obs := o.observe(t, a); len(obs.Present) != 3 {
		t.Errorf("%+v", obs)
	}
	o.contain(t, a)
	for _, email := range []string{alias, people.Jane.Email} {
		if left := o.Holds(email); len(left) != 0 {
			t.Errorf("%s: left %v", email, left)
		}
	}
	if obs := o.observe(t, a); !obs.Proves() {
		t.Errorf("%+v", obs)
	}
}

func TestAbsentPersonIsNotFoundWithAControl(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, "nobody@example.com")
	if a.Found || a.ID != "" || !strings.Contains(a.Evidence, "one of somebody else is ") {
		t.Errorf("%+v", a)
	}
	if a := o.find(t, sandbox.Machine); a.Found {
		t.Errorf("a machine is a person: %+v", a)
	}
}

func TestAnInventoryThatForgetsTheLeaverHidesNothing(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a := o.find(t, people.Jane.Email)
	var kept strings.Builder
	for line := range strings.Lines(read(t, o.Inventory())) {
		if !strings.Contains(line, people.Jane.Email) {
			kept.WriteString(line)
		}
	}
	write(t, o.Inventory(), kept.String())
	if obs := o.observe(t, a); obs.Sight != offboarding.Present {
		t.Errorf("%+v", obs)
	}
	o.contain(t, a)
	if left := o.Holds(people.Jane.Email); len(left) != 0 || !o.observe(t, a).Proves() {
		t.Errorf("left %v", left)
	}
}

func TestAnUnmappedPeerMayBeTheLeavers(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	stranger, err := o.AddPeer("")
	if err != nil {
		t.Fatal(err)
	}
	_, err = o.conn.Find(t.Context(), offboarding.Person{Email: "nobody@example.com"})
	if !transport.IsKind(err, transport.Identity) || !strings.Contains(err.Error(), stranger) || !strings.Contains(err.Error(), "allow_unmapped") {
		t.Errorf("a person without a key: %v", err)
	}
	a := o.find(t, people.Jane.Email)
	o.contain(t, a)
	if left := o.Holds(people.Jane.Email); len(left) != 0 {
		t.Errorf("the known key was not cut: %v", left)
	}
	if obs := o.observe(t, a); obs.Sight != offboarding.Blind || obs.Proves() || !strings.Contains(obs.Reason, stranger) {
		t.Errorf("%+v", obs)
	}
	conf := o.conf
	conf.AllowUnmapped = true
	o.conn = connect(t, conf)
	if obs := o.observe(t, a); !obs.Proves() {
		t.Errorf("with allow_unmapped: %+v", obs)
	}
	if a := o.find(t, "nobody@example.com"); a.Found {
		t.Errorf("%+v", a)
	}
}

func TestTheGatewaysOwnKeyIsProtected(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	own := ownKey(t, o)
	write(t, o.Inventory(), read(t, o.Inventory())+fmt.Sprintf("%q: gate@example.com\n", own))
	a := o.find(t, "gate@example.com")
	if !strings.Contains(a.Protected, "gateway") {
		t.Fatalf("%+v", a)
	}
	before := read(t, o.ConfigFile())
	for _, down := range []sandbox.Fault{sandbox.None, sandbox.Down} {
		if err := o.SetFault(down); err != nil {
			t.Fatal(err)
		}
		err := o.conn.Contain(t.Context(), a, activities.NewJournal(1, nil, nil))
		if down == sandbox.None && !transport.IsKind(err, transport.Protected) || err == nil || read(t, o.ConfigFile()) != before {
			t.Errorf("%s: %v", down, err)
		}
	}
}

func TestSomebodyElsesKeyIsRefused(t *testing.T) {
	o := open(t, sandbox.Options{}, nil)
	a, other := o.find(t, people.Jane.Email), o.find(t, people.Staff(2)[1].Email)
	before := read(t, o.ConfigFile())
	j := activities.NewJournal(1, nil, nil)
	for _, id := range []string{other.ID, "", "..", "x", a.ID + " ", a.ID + "," + other.ID} {
		err := o.conn.Revoke(t.Context(), a, []offboarding.Grant{{Class: offboarding.Peers, ID: id}}, j)
		if !transport.IsKind(err, transport.Identity) {
			t.Errorf("revoke %q: %v", id, err)
		}
	}
	stolen := a
	stolen.ID = other.ID
	if err := o.conn.Contain(t.Context(), stolen, j); !transport.IsKind(err, transport.Identity) {
		t.Errorf("an account with somebody else's key: %v", err)
	}
	if _, err := o.conn.Observe(t.Context(), stolen); !transport.IsKind(err, transport.Identity) {
		t.Errorf("observe somebody else's key: %v", err)
	}
	if read(t, o.ConfigFile()) != before || len(o.Holds(other.Email)) != 2 || len(j.Actions()) != 0 {
		t.Error("something was removed")
	}
}
