package openvpn

import (
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"

	"lastday/offboarding"
	"lastday/secret"
)

// System is this connector's name.
const System offboarding.System = "openvpn"

// Certificates are the person's unexpired client certificates.
const Certificates offboarding.Class = "certificates"

// Classes lists every class of this connector, in the order of reports.
func Classes() []offboarding.Class { return []offboarding.Class{offboarding.Sessions, Certificates} }

// Config is the openvpn section of the configuration.
type Config struct {
	// Management is the management interface of each server on this gateway
	// that trusts the CA: the path of a unix socket, or HOST:PORT on loopback.
	Management []string `yaml:"management"`
	// Password is the management interface's, where it has one.
	Password secret.Ref `yaml:"password"`
	// Index is index.txt of easy-rsa or `openssl ca`, with every certificate of
	// the CA.
	Index string `yaml:"index"`
	// Inventory maps a CN to a person (YAML). A CN that is not in it and is an
	// e-mail address is that person's.
	Inventory string `yaml:"inventory"`
	// CRLDir is the directory of the servers' `crl-verify DIR dir`.
	CRLDir string `yaml:"crl_dir"`
	// CCDDir is the directory of the servers' client-config-dir.
	CCDDir string `yaml:"ccd_dir"`
	// AllowUnmapped accepts CNs that are nobody's, and CAs beside the index's.
	AllowUnmapped bool `yaml:"allow_unmapped"`
}

// Defaults fills what is empty; there is nothing that could be guessed safely.
func (c *Config) Defaults() {}

// maxDir keeps DIR/SERIAL below the 256 bytes OpenVPN has for it; a longer name
// shuts everybody out ("filename overflow" in ssl_verify.c).
const maxDir = 200

// Validate checks the section without touching a file. The error names the key
// and says what to do.
func (c *Config) Validate() error {
	if len(c.Management) == 0 {
		return fmt.Errorf("openvpn.management: empty; name the management interface of each server, such as [/run/openvpn/server.sock]")
	}
	for i, m := range c.Management {
		if !filepath.IsAbs(m) && !isLoopback(m) {
			return fmt.Errorf("openvpn.management: %q is neither the absolute path of a unix socket nor HOST:PORT on loopback", m)
		}
		if slices.Contains(c.Management[:i], m) {
			return fmt.Errorf("openvpn.management: %q is named twice", m)
		}
	}
	for _, f := range []struct{ key, path, what string }{
		{"index", c.Index, "the CA's index.txt, such as /etc/easy-rsa/pki/index.txt"},
		{"crl_dir", c.CRLDir, "the directory of `crl-verify DIR dir`; a server with a CRL file has to be changed to it first"},
		{"ccd_dir", c.CCDDir, "the directory of `client-config-dir DIR`"},
		{"inventory", c.Inventory, ""},
	} {
		if f.path == "" && f.what != "" {
			return fmt.Errorf("openvpn.%s: empty; name %s", f.key, f.what)
		}
		if f.path != "" && !filepath.IsAbs(f.path) {
			return fmt.Errorf("openvpn.%s: %q is not an absolute path", f.key, f.path)
		}
	}
	if len(c.CRLDir) > maxDir {
		return fmt.Errorf("openvpn.crl_dir: longer than %d bytes, and OpenVPN then refuses every client; give a shorter one", maxDir)
	}
	return nil
}

func isLoopback(address string) bool {
	host, port, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && port != "" && (strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback())
}
