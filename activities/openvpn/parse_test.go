package openvpn_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lastday/activities/openvpn"
)

// occupy connects to a management interface, and waits until it answers.
func occupy(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: patience}).DialContext(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(patience))
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestCommonNames(t *testing.T) {
	for subject, want := range map[string]string{
		"/CN=jane.doe@example.com":                       "jane.doe@example.com",
		"/C=DE/O=Example, Inc./CN=jane/emailAddress=j@x": "jane",
		`/CN=J\xC3\xB6rg: the 2nd`:                       "Jörg: the 2nd",
		"/O=No name":                                     "",
		"/CN=jane/CN=bob":                                "",
		"/CN=a/b":                                        "",
		`/CN=\x00J\x00a`:                                 "", // a BMPString
		"/CN=DEFAULT":                                    "", // everybody's file
		"/CN=UNDEF":                                      "", // nobody's row
		"/CN=..":                                         "",
		"/CN=":                                           "",
		"CN=jane":                                        "",
		"/CN=" + strings.Repeat("x", 65):                 "",
		"/CN=" + strings.Repeat("x", 64):                 strings.Repeat("x", 64),
		"/CN=jane/name=x/dnQualifier=y/1.2.3=z":          "",
	} {
		if got := openvpn.CommonName(subject); got != want {
			t.Errorf("%q: %q, want %q", subject, got, want)
		}
	}
}

func TestDisableCountsWhereTheServerReadsIt(t *testing.T) {
	for text, want := range map[string]bool{
		"disable\n": true, "  --disable # gone\n": true, "\uFEFFdisable": true, "push \"x\"\ndisable\n": true,
		"": false, "# disable\n": false, ";disable\n": false, "disabled\n": false, "disable now\n": false,
		"<push>\ndisable\n</push>\n": false, "push \"disable\"\n": false,
	} {
		if got := openvpn.Disabled(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestLinesAreSplitAsOpenVPNDoes(t *testing.T) {
	for line, want := range map[string][]string{
		`crl-verify "/etc/open vpn/crl" dir # comment`: {"crl-verify", "/etc/open vpn/crl", "dir"},
		`crl-verify '/a\b' dir`:                        {"crl-verify", `/a\b`, "dir"},
		`crl-verify /a\ b dir`:                         {"crl-verify", "/a b", "dir"},
		`push a#b`:                                     {"push", "a#b"},
		"\t; all comment":                              nil,
		`cd ""`:                                        {"cd", ""},
	} {
		got, err := openvpn.Split(line)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %q %v", line, got, err)
		}
	}
	if _, err := openvpn.Split(`cd "open`); err == nil {
		t.Error("an open quote")
	}
}

func TestConfig(t *testing.T) {
	good := func() openvpn.Config {
		return openvpn.Config{Management: []string{"/run/m.sock", "127.0.0.1:7505", "[::1]:7505"}, Index: "/i", CRLDir: "/crl", CCDDir: "/ccd"}
	}
	c := good()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if conn, err := openvpn.New(good()); err != nil || conn.Watches() <= 10*time.Second {
		t.Errorf("watches for too short a time: %v", err)
	}
	for key, spoil := range map[string]func(*openvpn.Config){
		"management": func(c *openvpn.Config) { c.Management = nil },
		"loopback":   func(c *openvpn.Config) { c.Management = []string{"10.0.0.1:7505"} },
		"twice":      func(c *openvpn.Config) { c.Management = []string{"/a", "/a"} },
		"index":      func(c *openvpn.Config) { c.Index = "index.txt" },
		"crl_dir":    func(c *openvpn.Config) { c.CRLDir = "" },
		"ccd_dir":    func(c *openvpn.Config) { c.CCDDir = "" },
		"inventory":  func(c *openvpn.Config) { c.Inventory = "x" },
		"200 bytes":  func(c *openvpn.Config) { c.CRLDir = "/" + strings.Repeat("x", 200) },
	} {
		c := good()
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

func TestABrokenIndexOrInventoryIsNotQuoted(t *testing.T) {
	dir := t.TempDir()
	const good = "V\t300101000000Z\t\t1A\tunknown\t/CN=jane@example.com\n"
	for name, text := range map[string]string{
		"empty": "", "half a line": good + "V\t3001", "a serial twice": good + good, "not hex": strings.Replace(good, "1A", "canary", 1),
		"no time": strings.Replace(good, "300101000000Z", "canary", 1), "spaces": strings.ReplaceAll(good, "\t", " "),
	} {
		write(t, dir, "index.txt", text)
		c, err := openvpn.New(openvpn.Config{Management: []string{"/nowhere"}, Index: filepath.Join(dir, "index.txt"), CRLDir: dir, CCDDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		found, err := c.Check(t.Context())
		if err != nil || len(found) != 1 || found[0].Level != "bad" || !strings.Contains(found[0].What, "index") || strings.Contains(found[0].What, "canary") {
			t.Errorf("%s: %+v %v", name, found, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "index.txt")); err != nil {
		t.Error(err)
	}
}
