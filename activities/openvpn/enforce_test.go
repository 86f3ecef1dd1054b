package openvpn_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"lastday/activities"
	"lastday/activities/openvpn"
	"lastday/activities/transport"
	"lastday/offboarding"
	sandbox "lastday/sandbox/openvpn"
	"lastday/sandbox/people"
	"lastday/secret"
)

// blind checks that a departure in which all was done proves neither class,
// that the reason has the words, and that Check says so beforehand.
func (o *office) blind(t *testing.T, words string) {
	t.Helper()
	found, err := o.conn.Check(t.Context())
	if err != nil || !slices.ContainsFunc(found, func(f activities.Finding) bool {
		return f.Level == activities.Bad && strings.Contains(f.What, words)
	}) {
		t.Errorf("check says %+v, %v; not %q", found, err, words)
	}
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	for _, obs := range both(o.observe(t, a)) {
		if obs.Proves() || obs.Sight == offboarding.Absent {
			t.Errorf("%s is called gone: %+v", obs.Class, obs)
		}
		if obs.Sight == offboarding.Blind && !strings.Contains(obs.Reason, words) {
			t.Errorf("%s: %q does not say %q", obs.Class, obs.Reason, words)
		}
	}
}

func both(a, b offboarding.Observation) []offboarding.Observation {
	return []offboarding.Observation{a, b}
}

func replaced(t *testing.T, from, to string) func(string) string {
	return func(conf string) string {
		if !strings.Contains(conf, from) {
			t.Errorf("the sandbox's configuration has no %s", from)
		}
		return strings.ReplaceAll(conf, from, to)
	}
}

func TestAServerWithOtherRulesIsNeverBelieved(t *testing.T) {
	t.Parallel()
	extra := func(line string) func(string) string { return func(conf string) string { return conf + line + "\n" } }
	for name, c := range map[string]struct {
		change func(string) string
		words  string
	}{
		"no crl-verify":              {replaced(t, "crl-verify", "#"), "does not run with crl-verify"},
		"no client-config-dir":       {replaced(t, "client-config-dir", "#"), "does not run with client-config-dir"},
		"another directory":          {func(c string) string { return c + "crl-verify /tmp dir\n" }, "is not"},
		"certificates not required":  {extra("verify-client-cert optional\nauth-user-pass-optional\nauth-user-pass-verify /bin/true via-file"), "verify-client-cert"},
		"another field for the name": {extra("x509-username-field O"), "x509-username-field"},
		"the login for the name":     {extra("verify-client-cert require\nusername-as-common-name\nauth-user-pass-optional\nauth-user-pass-verify /bin/true via-file"), "username-as-common-name"},
	} {
		t.Run(name, func(t *testing.T) {
			open(t, sandbox.Options{Change: c.change}).blind(t, c.words)
		})
	}
}

func TestACRLFileIsNoDirectory(t *testing.T) {
	t.Parallel()
	// The file does not have to be good: OpenVPN reads it at the first client.
	o := open(t, sandbox.Options{Change: func(conf string) string {
		conf = strings.ReplaceAll(conf, "/crl dir", "/crl.pem")
		for line := range strings.Lines(conf) {
			if path, ok := strings.CutPrefix(line, "crl-verify "); ok {
				if err := os.WriteFile(strings.TrimSpace(path), nil, 0o600); err != nil {
					panic(err)
				}
			}
		}
		return conf
	}})
	o.blind(t, "does not run with crl-verify")
}

func TestAConfigurationChangedAfterTheStartIsNotBelieved(t *testing.T) {
	t.Parallel()
	for _, nested := range []bool{false, true} {
		extra := filepath.Join(t.TempDir(), "extra.conf")
		o := open(t, sandbox.Options{Change: func(conf string) string {
			if !nested {
				return conf
			}
			i := strings.Index(conf, "crl-verify")
			if err := os.WriteFile(extra, []byte(conf[i:]), 0o600); err != nil {
				panic(err)
			}
			return conf[:i] + "config " + extra + "\n"
		}})
		a := o.find(t, people.Jane.Email)
		o.cut(t, a)
		if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
			t.Fatalf("%+v\n%+v", sessions, certs)
		}
		path := o.ServerConf()
		if nested {
			path = extra
		}
		text := read(t, filepath.Dir(path), filepath.Base(path))
		write(t, filepath.Dir(path), filepath.Base(path), text+"\n# harmless\n")
		o.blind(t, "changed after the server's start")
	}
}

func TestOtherDirectoriesThanTheServersProveNothing(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"crl", "ccd"} {
		o := open(t, sandbox.Options{})
		if key == "crl" {
			o.conf.CRLDir = t.TempDir()
		} else {
			o.conf.CCDDir = t.TempDir()
		}
		o.conn = connect(t, o.conf)
		a := o.find(t, people.Jane.Email)
		o.cut(t, a)
		for _, obs := range both(o.observe(t, a)) {
			if obs.Proves() || obs.Sight == offboarding.Absent {
				t.Errorf("%s: %+v", key, obs)
			}
		}
	}
}

func TestAnotherCAsIndexProvesNothing(t *testing.T) {
	t.Parallel()
	o, other := open(t, sandbox.Options{}), open(t, sandbox.Options{})
	a := o.find(t, people.Jane.Email)
	o.conf.Index = other.Index()
	o.conn = connect(t, o.conf)
	o.cut(t, a)
	if _, certs := o.observe(t, a); certs.Sight != offboarding.Blind || !strings.Contains(certs.Reason, "openvpn.index") {
		t.Errorf("%+v", certs)
	}
	// Its server's certificate is a stranger's here; only with that accepted
	// is the index itself in question.
	if _, err := o.conn.Find(t.Context(), offboarding.Person{Email: "nobody@example.com"}); !transport.IsKind(err, transport.Identity) {
		t.Errorf("nobody is found in the wrong index: %v", err)
	}
	o.conf.AllowUnmapped = true
	if _, err := connect(t, o.conf).Find(t.Context(), offboarding.Person{Email: "nobody@example.com"}); !transport.IsKind(err, transport.Refused) {
		t.Errorf("nobody is found in the wrong index: %v", err)
	}
}

func TestTwoCAsNeedAWord(t *testing.T) {
	t.Parallel()
	other := open(t, sandbox.Options{})
	o := open(t, sandbox.Options{Change: func(conf string) string {
		path := ""
		for line := range strings.Lines(conf) {
			if p, ok := strings.CutPrefix(line, "ca "); ok {
				path = strings.TrimSpace(p)
			}
		}
		mine, err1 := os.ReadFile(path)
		theirs, err2 := os.ReadFile(filepath.Join(filepath.Dir(other.Index()), "ca.crt"))
		if err1 != nil || err2 != nil || os.WriteFile(path, append(mine, theirs...), 0o600) != nil {
			t.Error("write ca")
		}
		return conf
	}})
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	if _, certs := o.observe(t, a); certs.Sight != offboarding.Blind || !strings.Contains(certs.Reason, "2 CAs") {
		t.Errorf("%+v", certs)
	}
}

func TestTheCommandLineAndTCPAreUnderstood(t *testing.T) {
	t.Parallel()
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	free.Close()
	o := open(t, sandbox.Options{
		Relative: true, Args: []string{"--management", "127.0.0.1", port, "--verb", "3"},
		Change: func(conf string) string { return strings.ReplaceAll(conf, "management /", "#") },
	})
	o.conf.Management = []string{"127.0.0.1:" + port}
	o.conn = connect(t, o.conf)
	a := o.find(t, people.Jane.Email)
	o.cut(t, a)
	if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
}

func TestTwoServersAreBothCut(t *testing.T) {
	t.Parallel()
	o, second := open(t, sandbox.Options{}), open(t, sandbox.Options{})
	o.live(t, people.Admin.Email)
	o.conf.Management = append(o.conf.Management, second.Management())
	o.conn = connect(t, o.conf)
	second.live(t, people.Jane.Email)
	a := o.find(t, people.Jane.Email)
	if a.Status != "1 live clients" {
		t.Errorf("%+v", a)
	}
	o.cut(t, a)
	if second.Live(people.Jane.Email) {
		t.Error("live on the second server")
	}
	// It has directories of its own, and we wrote to the first one's.
	for _, obs := range both(o.observe(t, a)) {
		if obs.Proves() || obs.Sight == offboarding.Absent {
			t.Errorf("%+v", obs)
		}
	}
	o.conf.Management = []string{o.Management(), filepath.Dir(o.Management()) + "/./management.sock"}
	if _, err := connect(t, o.conf).Find(t.Context(), offboarding.Person{Email: "x@example.com"}); !transport.IsKind(err, transport.Invalid) {
		t.Errorf("the same server twice: %v", err)
	}
}

func TestTheManagementInterface(t *testing.T) {
	o := open(t, sandbox.Options{Password: "right-canary"})
	who := offboarding.Person{Email: offboarding.Subject(people.Jane.Email)}
	if _, err := o.conn.Find(t.Context(), who); !transport.IsKind(err, transport.Unauthorized) || !strings.Contains(err.Error(), "openvpn.password") {
		t.Errorf("without a password: %v", err)
	}
	ref, err := secret.Parse("env:OPENVPN_MANAGEMENT")
	if err != nil {
		t.Fatal(err)
	}
	o.conf.Password = ref
	o.conn = connect(t, o.conf)
	t.Setenv("OPENVPN_MANAGEMENT", "wrong-canary")
	if _, err := o.conn.Find(t.Context(), who); !transport.IsKind(err, transport.Unauthorized) || strings.Contains(err.Error(), "canary") {
		t.Errorf("with a wrong password: %v", err)
	}
	t.Setenv("OPENVPN_MANAGEMENT", "right-canary")
	a := o.find(t, people.Jane.Email)

	o.StopServer()
	if err := o.conn.Contain(t.Context(), a, journal()); !transport.IsKind(err, transport.Unavailable) {
		t.Errorf("with the server down: %v", err)
	}
	if !strings.Contains(read(t, o.CCDDir(), people.Jane.Email), "\ndisable\n") {
		t.Error("a server that is down keeps the file from being written")
	}
	if _, err := o.conn.Observe(t.Context(), a); !transport.IsKind(err, transport.Unavailable) {
		t.Errorf("observe with the server down: %v", err)
	}
}

func TestABusyManagementInterfaceIsUnavailable(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	a := o.find(t, people.Jane.Email)
	hold := occupy(t, o.Management())
	_, err := o.conn.Observe(t.Context(), a)
	if !transport.IsKind(err, transport.Unavailable) || !strings.Contains(err.Error(), "one client at a time") {
		t.Errorf("%v", err)
	}
	hold.Close()
	o.cut(t, a)
	if sessions, _ := o.observe(t, a); !sessions.Proves() {
		t.Errorf("%+v", sessions)
	}
}

func TestClasses(t *testing.T) {
	if c := openvpn.Classes(); len(c) != 2 {
		t.Errorf("%v", c)
	}
}

func TestAForgottenServerOfTheSameCAIsNoticed(t *testing.T) {
	t.Parallel()
	o := open(t, sandbox.Options{})
	second, err := o.StartSecond()
	if err != nil {
		t.Fatal(err)
	}
	o.blind(t, "another server that trusts the same CA")
	o.conf.Management = append(o.conf.Management, second)
	o.conn = connect(t, o.conf)
	a := o.find(t, people.Jane.Email)
	if sessions, certs := o.observe(t, a); !sessions.Proves() || !certs.Proves() {
		t.Errorf("%+v\n%+v", sessions, certs)
	}
}

func TestADirectoryThatChangesLeavesARelativeConfigurationInDoubt(t *testing.T) {
	t.Parallel()
	open(t, sandbox.Options{Relative: true, Args: []string{"--cd", "."}}).blind(t, "absolute")
}

// What came in over standard input is gone, and /dev/stdin is another file for
// whoever looks.
func TestAConfigurationFromNoFileIsNotBelieved(t *testing.T) {
	t.Parallel()
	open(t, sandbox.Options{Args: []string{"--config", "/dev/stdin"}}).blind(t, "/dev/stdin")
}
