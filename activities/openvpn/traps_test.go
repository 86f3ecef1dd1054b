package openvpn_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lastday/activities/transport"
	"lastday/offboarding"
	sandbox "lastday/sandbox/openvpn"
	"lastday/sandbox/people"
)

func TestAMissingDirectoryFailsOpen(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	if _, certs := o.observe(t, a); !certs.Proves() {
		t.Fatalf("%+v", certs)
	}
	if err := os.Rename(o.CRLDir(), o.CRLDir()+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(o.CCDDir(), people.Jane.Email)); err != nil {
		t.Fatal(err)
	}
	if !o.letsIn(t, o.Cert(people.Jane.Email)) {
		t.Error("the server refuses without its directory: the trap is gone")
	}
	if _, certs := o.observe(t, a); certs.Proves() || len(certs.Present) != 3 {
		t.Errorf("%+v", certs)
	}
	err := o.conn.Revoke(t.Context(), a, []offboarding.Grant{{Class: "certificates", ID: "26"}}, journal())
	if !transport.IsKind(err, transport.Unavailable) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(o.CRLDir()); err == nil {
		t.Error("the directory was made")
	}
}

// A server that has dropped its rights, and may not open what was written,
// lets the person in without a word.
func TestAFileTheServerMayNotReadProvesNothing(t *testing.T) {
	t.Parallel()
	crl := func(o *office) string { return o.CRLDir() }
	ccd := func(o *office) string { return o.CCDDir() }
	jane := people.Jane.Email
	for name, c := range map[string]struct {
		closed, other func(*office) string // other is taken away, to see what the closed one is worth
		file          func(*office) string
	}{
		"crl directory": {crl, ccd, nil},
		"ccd directory": {ccd, crl, nil},
		"crl file":      {crl, ccd, func(o *office) string { return o.Cert(jane).Serial.String() }},
		"ccd file":      {ccd, crl, func(*office) string { return jane }},
	} {
		t.Run(name, func(t *testing.T) {
			o := open(t, sandbox.Options{Change: func(conf string) string {
				return strings.ReplaceAll(conf, "client-connect", "user nobody\ngroup nogroup\npersist-tun\npersist-key\n#") // the hook could not write
			}})
			a := o.find(t, jane)
			o.cut(t, a)
			if err := os.Chmod(c.closed(o), 0o711); err != nil { // nobody has to list it
				t.Fatal(err)
			}
			if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
				t.Fatalf("%+v\n%+v", sessions, certs)
			}
			path, mode := c.closed(o), os.FileMode(0o700)
			if c.file != nil {
				path, mode = filepath.Join(path, c.file(o)), 0o600
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			sessions, certs := o.observe(t, a)
			if sessions.Proves() && certs.Proves() || c.file != nil && sessions.Sight != offboarding.Present && certs.Sight != offboarding.Present {
				t.Errorf("proven\n%+v\n%+v", sessions, certs)
			}
			for _, f := range files(t, c.other(o)) {
				if err := os.Remove(filepath.Join(c.other(o), f)); err != nil {
					t.Fatal(err)
				}
			}
			if !o.letsIn(t, o.Cert(jane)) {
				t.Error("the server refuses: the trap is gone")
			}
			if c.file != nil {
				if err := errors.Join(o.conn.Contain(t.Context(), a, journal()), o.revokeAgain(t, a)); err != nil {
					t.Fatal(err)
				}
				if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
					t.Errorf("not mended by doing it again\n%+v\n%+v", sessions, certs)
				}
			}
		})
	}
}

func (o *office) revokeAgain(t *testing.T, a offboarding.Account) error {
	t.Helper()
	inv, err := o.conn.Inventory(t.Context(), a)
	if err != nil {
		return err
	}
	return o.conn.Revoke(t.Context(), a, inv.Grants, journal())
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		out = append(out, f.Name())
	}
	return out
}

// manage says one command to the management interface, past the connector.
func manage(t *testing.T, o *office, command string) string {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "unix", o.Management())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := conn.Write([]byte(command + "\n")); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for buf := make([]byte, 4096); ; {
		n, err := conn.Read(buf)
		all.Write(buf[:n])
		if s := all.String(); err != nil || strings.Contains(s, "\nEND") || strings.Contains(s, "SUCCESS") || strings.Contains(s, "ERROR") {
			return s
		}
	}
}

func rows(t *testing.T, o *office, start string) [][]string {
	t.Helper()
	var out [][]string
	for line := range strings.Lines(manage(t, o, "status 3")) {
		if strings.HasPrefix(line, "CLIENT_LIST\t"+start) {
			out = append(out, strings.Split(line, "\t"))
		}
	}
	return out
}

// A client that renegotiates after its certificate was revoked loses its name
// and keeps its tunnel.
func TestATunnelWithoutANameIsNoProof(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	jane := o.Cert(people.Jane.Email)
	a := o.find(t, people.Jane.Email)
	if err := o.join(t, jane, "reneg-sec 3").LetIn(patience); err != nil {
		t.Fatal(err)
	}
	// Somebody revokes by hand and waits.
	for _, s := range []string{jane.Serial.String(), "26", "11"} {
		write(t, o.CRLDir(), s, "")
	}
	wait(t, "the row to lose its name", func() bool {
		r := rows(t, o, "UNDEF")
		return len(r) == 1 && r[0][4-1] != "" && len(rows(t, o, people.Jane.Email)) == 0
	})
	if !o.Live(people.Jane.Email) {
		t.Error("the server has let go of the tunnel: the trap is gone")
	}
	if err := o.conn.Contain(t.Context(), a, journal()); err != nil {
		t.Fatal(err)
	}
	_, err := o.conn.Observe(t.Context(), a)
	if !transport.IsKind(err, transport.Unavailable) || !strings.Contains(err.Error(), "has no name") {
		t.Errorf("%v", err)
	}
	manage(t, o, "kill "+rows(t, o, "UNDEF")[0][2])
	wait(t, "the tunnel's end", func() bool { return !o.Live(people.Jane.Email) })
	if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
}

// Whoever begins a handshake and lets it lie is a row without a name for a
// minute, which was never let in: anybody on the internet can do that.
func TestKnockingIsNoTunnel(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	o.join(t, o.Cert(people.Jane.Email), "verify-x509-name somebody-else name")
	wait(t, "a row without a name", func() bool { return len(rows(t, o, "UNDEF")) > 0 })
	sessions, certs := o.observe(t, a)
	if !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
	if len(rows(t, o, "UNDEF")) == 0 {
		t.Error("the row went away, so nothing was shown")
	}
}

func TestObserveGoesOnLookingForAWhile(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	jane := o.Cert(people.Jane.Email)
	o.conn.Watch(patience)
	type answer struct {
		back offboarding.Readback
		err  error
	}
	came := make(chan answer, 1)
	looks := func() int { return strings.Count(o.ServerLog(), "CMD 'status 3'") }
	before := looks()
	go func() {
		back, err := o.conn.Observe(t.Context(), a)
		came <- answer{back, err}
	}()
	wait(t, "the first look to be over", func() bool { return looks() >= before+2 })
	// Somebody gives it back.
	if err := os.Remove(filepath.Join(o.CRLDir(), jane.Serial.String())); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(o.CCDDir(), people.Jane.Email)); err != nil {
		t.Fatal(err)
	}
	o.join(t, jane)
	got := <-came
	if got.err != nil || got.back.Observations[0].Sight != offboarding.Present {
		t.Errorf("%+v %v", got.back, got.err)
	}
}

func TestWithCCDExclusiveTheFileLetsNobodyIn(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{Change: func(conf string) string { return conf + "ccd-exclusive\n" }})
	write(t, o.CCDDir(), people.Admin.Email, "\n")
	a := o.find(t, people.Jane.Email)
	if o.letsIn(t, o.Cert(people.Jane.Email)) {
		t.Fatal("without a file she is let in: no ccd-exclusive")
	}
	if err := o.conn.Contain(t.Context(), a, journal()); err != nil {
		t.Fatal(err)
	}
	if o.letsIn(t, o.Cert(people.Jane.Email)) || !o.letsIn(t, o.Cert(people.Admin.Email)) {
		t.Error("our file lets her in, or nobody is let in")
	}
	o.cut(t, a)
	if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
}

// With auth-gen-token the password is asked once: taking it away ends nothing.
func TestAnAuthTokenKeepsASessionAlive(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := filepath.Join(dir, "ask.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexec test -e "+dir+"/good\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "good", "")
	write(t, dir, "login", "jane\npassword\n")
	o := open(t, sandbox.Options{Change: func(conf string) string {
		return conf + "auth-user-pass-verify " + script + " via-file\nauth-gen-token 3600\n"
	}})
	login := "auth-user-pass " + dir + "/login"
	client := o.join(t, o.Cert(people.Jane.Email), login, "reneg-sec 3")
	if err := client.LetIn(patience); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "good")); err != nil {
		t.Fatal(err)
	}
	a := o.find(t, people.Jane.Email)
	if o.letsIn(t, o.Cert(people.Admin.Email), login) {
		t.Error("the password is good still")
	}
	wait(t, "a renegotiation with the token", func() bool { return strings.Count(client.Log(), "Control Channel: TLS") > 1 })
	if sessions, _ := o.observe(t, a); sessions.Sight != offboarding.Present || !o.Live(people.Jane.Email) {
		t.Errorf("%+v", sessions)
	}
	o.cut(t, a)
	wait(t, "the session's end", func() bool { return !o.Live(people.Jane.Email) })
	if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
	if o.Live(people.Jane.Email) {
		t.Error("the token let her in again")
	}
}

// kill takes no IPv6 address, so these clients are ended by their ids, and a
// server keeps them for five seconds more.
func TestClientsOverIPv6AreEnded(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{IPv6: true})
	o.live(t, people.Jane.Email, people.Admin.Email)
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	if o.Live(people.Jane.Email) || !o.Live(people.Admin.Email) {
		t.Error("the wrong clients are live")
	}
	if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
}
