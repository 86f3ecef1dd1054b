package openvpn_test

import (
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lastday/activities/transport"
	"lastday/offboarding"
	sandbox "lastday/sandbox/openvpn"
	"lastday/sandbox/people"
)

func TestJaneIsOutAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	o.live(t, people.Jane.Email, sandbox.Phone, people.Admin.Email)
	a := o.find(t, people.Jane.Email)
	done := o.cut(t, a)
	if len(done) < 7 || done[0].Class != offboarding.Sessions || !strings.HasPrefix(done[0].Do, "disable") {
		t.Errorf("disable comes first: %+v", done)
	}
	if o.Live(people.Jane.Email) || o.Live(sandbox.Phone) || !o.Live(people.Admin.Email) {
		t.Error("the wrong clients are live")
	}
	sessions, certs := o.observe(t, a)
	if !sessions.Proves() || !certs.Proves() || !strings.Contains(certs.Control, "certificate of the server") {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
	// What the files say is what the server does, of each serial alone.
	for _, cn := range []string{people.Jane.Email, sandbox.Phone} {
		if err := os.Remove(filepath.Join(o.CCDDir(), cn)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []*sandbox.Cert{o.Cert(people.Jane.Email), o.Cert(sandbox.Phone), o.CertBySerial(0x0B)} {
		if o.letsIn(t, c) {
			t.Errorf("the server lets serial %s of %s in", c.Serial, c.CN)
		}
	}
	if !o.letsIn(t, o.Cert(people.Admin.Email)) {
		t.Error("the server lets nobody in")
	}
}

func TestContainAloneKeepsThePersonOut(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	o.live(t, people.Jane.Email)
	a := o.find(t, people.Jane.Email)
	if err := o.conn.Contain(t.Context(), a, journal()); err != nil {
		t.Fatal(err)
	}
	sessions, certs := o.observe(t, a)
	if certs.Sight != offboarding.Present || len(certs.Present) != 3 || sessions.Sight != offboarding.Absent {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
	if o.letsIn(t, o.Cert(people.Jane.Email)) || o.letsIn(t, o.Cert(sandbox.Phone)) {
		t.Error("let in although disabled")
	}
}

// index.txt's R is the CA's own word; the server in dir mode never reads it.
func TestRevokedInTheIndexIsStillLetInAndExpiredIsNot(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	if !o.letsIn(t, o.CertBySerial(0x0B)) {
		t.Error("a certificate that is revoked in index.txt alone is refused: the trap is gone")
	}
	inv, err := o.conn.Inventory(t.Context(), o.find(t, people.Jane.Email))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, g := range inv.Grants {
		ids = append(ids, g.ID)
	}
	if !slices.Contains(ids, "11") || slices.Contains(ids, "12") {
		t.Errorf("grants %v: 11 is R and good until next year, 12 has expired", ids)
	}
}

func TestFilesAreNamedByTheDecimalSerial(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	phone := o.CertBySerial(0x1A)
	for _, name := range []string{"1A", "1a", "0x1A"} {
		write(t, o.CRLDir(), name, "")
	}
	a := o.find(t, people.Jane.Email)
	if _, certs := o.observe(t, a); !slices.ContainsFunc(certs.Present, func(g offboarding.Grant) bool { return g.ID == "26" }) {
		t.Errorf("a file named in hex counts: %+v", certs)
	}
	if !o.letsIn(t, phone) {
		t.Error("a file named in hex shuts out: the trap is gone")
	}
	o.cut(t, a)
	if _, err := os.Stat(filepath.Join(o.CRLDir(), "26")); err != nil {
		t.Error(err)
	}
	if n, err := os.ReadDir(o.CRLDir()); err != nil || len(n) != 3+3 {
		t.Errorf("%d files: %v", len(n), err)
	}
}

func TestAnExistingFileIsKeptBelowDisable(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	shared := filepath.Join(o.CCDDir(), "staff")
	write(t, o.CCDDir(), "staff", "push \"route 10.1.0.0 255.255.0.0\"\n")
	if err := os.Symlink(shared, filepath.Join(o.CCDDir(), people.Jane.Email)); err != nil {
		t.Fatal(err)
	}
	// Within a block it is text, and the server would go on.
	block := "<push>\ndisable\n</push>\nifconfig-push 10.88.0.99 255.255.255.0\n"
	write(t, o.CCDDir(), sandbox.Phone, block)
	o.cut(t, o.find(t, people.Jane.Email))
	if got := read(t, o.CCDDir(), "staff"); strings.Contains(got, "disable") {
		t.Errorf("the file that others share says %q", got)
	}
	jane, phone := read(t, o.CCDDir(), people.Jane.Email), read(t, o.CCDDir(), sandbox.Phone)
	if !strings.Contains(jane, "\ndisable\npush \"route") || !strings.HasSuffix(phone, "\ndisable\n"+block) {
		t.Errorf("jane %q, phone %q", jane, phone)
	}
	if left, _ := filepath.Glob(filepath.Join(o.CCDDir(), ".lastday*")); len(left) != 0 {
		t.Errorf("left beside it: %v", left)
	}
}

func TestAnotherPersonsNameIsNotTouched(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	others := []string{"jane.doe@example.co", people.Jane.Email + ".au", "a.jane.doe@example.com"}
	for _, cn := range others {
		if _, err := o.Issue(cn, cn); err != nil {
			t.Fatal(err)
		}
	}
	o.live(t, append(others, people.Jane.Email)...)
	before := o.HoldsBesides(people.Jane.Email)
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	if after := o.HoldsBesides(people.Jane.Email); !slices.Equal(before, after) {
		t.Errorf("before %v\nafter %v", before, after)
	}
	for _, cn := range others {
		if !o.Live(cn) {
			t.Errorf("%s was thrown out", cn)
		}
	}
	if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
}

func TestSomebodyElsesSerialOrNameIsRefused(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	a := o.find(t, people.Jane.Email)
	before := o.HoldsBesides(people.Jane.Email)
	admin := o.Cert(people.Admin.Email)
	for _, g := range []offboarding.Grant{
		{Class: "certificates", ID: admin.Serial.String()},
		{Class: "certificates", ID: "1A"},
		{Class: "certificates", ID: "026"},
		{Class: offboarding.Sessions, ID: people.Admin.Email},
		{Class: offboarding.Sessions, ID: "DEFAULT"},
	} {
		good := offboarding.Grant{Class: "certificates", ID: "26"}
		if err := o.conn.Revoke(t.Context(), a, []offboarding.Grant{good, g}, journal()); !transport.IsKind(err, transport.Identity) {
			t.Errorf("%+v: %v", g, err)
		}
	}
	stolen := a
	stolen.ID += "," + people.Admin.Email
	if err := o.conn.Contain(t.Context(), stolen, journal()); !transport.IsKind(err, transport.Identity) {
		t.Errorf("%v", err)
	}
	if !slices.Equal(before, o.HoldsBesides(people.Jane.Email)) || len(o.Holds(people.Jane.Email)) != 5 {
		t.Error("something was changed")
	}
}

func TestTheGatewaysOwnNameIsProtected(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	write(t, filepath.Dir(o.Inventory()), filepath.Base(o.Inventory()), sandbox.ServerCN+": gate@example.com\nbranch-office: machine:b\n")
	a := o.find(t, "gate@example.com")
	if !strings.Contains(a.Protected, sandbox.ServerCN) {
		t.Fatalf("%+v", a)
	}
	if err := o.conn.Contain(t.Context(), a, journal()); !transport.IsKind(err, transport.Protected) {
		t.Errorf("%v", err)
	}
}

func TestTheCAsOwnSerialIsNeverWritten(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	c, err := o.IssueAsCA(people.Jane.Email, people.Jane.Email)
	if err != nil {
		t.Fatal(err)
	}
	a := o.find(t, people.Jane.Email)
	inv, err := o.conn.Inventory(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if err := o.conn.Revoke(t.Context(), a, inv.Grants, journal()); !transport.IsKind(err, transport.Refused) {
		t.Errorf("%v", err)
	}
	if _, certs := o.observe(t, a); len(certs.Present) != 1 || certs.Present[0].ID != c.Serial.String() {
		t.Errorf("the other serials are revoked all the same: %+v", certs)
	}
	if !o.letsIn(t, o.Cert(people.Admin.Email)) {
		t.Error("everybody is shut out")
	}
}

func TestACertificateOfNobodyMayBeTheLeavers(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	if _, err := o.Issue("old laptop", ""); err != nil {
		t.Fatal(err)
	}
	_, err := o.conn.Find(t.Context(), offboarding.Person{Email: "nobody@example.com"})
	if !transport.IsKind(err, transport.Identity) || !strings.Contains(err.Error(), "old laptop") || !strings.Contains(err.Error(), "allow_unmapped") {
		t.Errorf("%v", err)
	}
	o.live(t, "old laptop")
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	sessions, certs := o.observe(t, a)
	if sessions.Sight != offboarding.Blind || certs.Sight != offboarding.Blind || sessions.Proves() || certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
	o.conf.AllowUnmapped = true
	o.conn = connect(t, o.conf)
	if sessions, certs = o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
}

// A client with a certificate that no index knows still has its CN.
func TestACertificateBesideTheIndexIsShutOutByItsName(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	c := o.Cert(people.Staff(3)[2].Email)
	text, dir, base := read(t, filepath.Dir(o.Index()), "index.txt"), filepath.Dir(o.Index()), filepath.Base(o.Index())
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, c.CN) {
			kept.WriteString(line)
		}
	}
	write(t, dir, base, kept.String())
	o.join(t, c)
	wait(t, "the client", func() bool { return o.Live(c.CN) })
	a := o.find(t, c.CN)
	o.cut(t, a)
	if o.Live(c.CN) || o.letsIn(t, c) {
		t.Error("still let in")
	}
}

func TestSerialsKeepTheirLength(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	c := o.Cert(people.Jane.Email)
	if c.Serial.Cmp(new(big.Int).Lsh(big.NewInt(1), 64)) < 0 {
		t.Fatal("the sandbox's serial is a short one")
	}
	o.cut(t, o.find(t, people.Jane.Email))
	if _, err := os.Stat(filepath.Join(o.CRLDir(), c.Serial.String())); err != nil {
		t.Error(err)
	}
}
