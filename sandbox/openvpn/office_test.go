package openvpn

import (
	"os"
	"slices"
	"testing"
	"time"

	"lastday/sandbox/people"
)

const patience = 20 * time.Second

func start(t *testing.T) *Office {
	t.Helper()
	if err := Available(); err != nil {
		if os.Getenv("LASTDAY_NEEDS_OPENVPN") == "1" {
			t.Fatalf("LASTDAY_NEEDS_OPENVPN=1, and %v", err)
		}
		t.Skip(err)
	}
	o, err := Start(people.Staff(2), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// What Holds says is what the server does.
func TestHoldsIsTrue(t *testing.T) {
	o := start(t)
	jane, phone := o.Cert(people.Jane.Email), o.Cert(Phone)
	want := []string{"certificates/11", "certificates/" + jane.Serial.String(), "certificates/26", "sessions/" + Phone, "sessions/" + people.Jane.Email}
	slices.Sort(want)
	if got := o.Holds(people.Jane.Email); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, c := range []*Cert{jane, phone, o.CertBySerial(0x0B)} {
		if in, err := o.LetsIn(c, patience); err != nil || !in {
			t.Errorf("%s of %s: %t %v", c.Serial, c.CN, in, err)
		}
	}
	// The disabled name is refused, and so is the revoked serial of the other.
	for path, text := range map[string]string{o.CCDDir() + "/" + Phone: "disable\n", o.CRLDir() + "/" + jane.Serial.String(): ""} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []*Cert{jane, phone} {
		if in, err := o.LetsIn(c, patience); err != nil || in {
			t.Errorf("%s of %s: %t %v", c.Serial, c.CN, in, err)
		}
	}
	got := o.Holds(people.Jane.Email)
	if slices.Contains(got, "sessions/"+Phone) || slices.Contains(got, "certificates/"+jane.Serial.String()) || !slices.Contains(got, "certificates/26") {
		t.Errorf("afterwards %v", got)
	}
}

func TestAClientIsLiveWhileItIsConnected(t *testing.T) {
	o := start(t)
	c, err := o.Connect(o.Cert(people.Admin.Email))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.LetIn(patience); err != nil {
		t.Fatal(err)
	}
	if !o.Live(people.Admin.Email) || o.Live(people.Jane.Email) {
		t.Error("the wrong people are live")
	}
}
