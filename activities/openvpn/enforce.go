package openvpn

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// enforcement is what is known of how a running server decides whom to let in.
//
// A file in a directory ends nothing by itself: the server may look elsewhere,
// may not be able to read it, or may not ask for certificates at all, and
// OpenVPN then lets everybody in without a word. The management interface does
// not tell the configuration. So the process behind it is looked at: its
// command line and its files, none changed since it began, say which
// directories it uses; these, found by its own path from its own working
// directory and mount namespace, must be the ones we write to; and each file
// must be one that its user may open. Both are opened anew at each handshake,
// so what is there now is what counts.
type enforcement struct {
	process *process
	conf    directives
	own     *x509.Certificate   // the server's, nil if it cannot be read
	cas     []*x509.Certificate // whom it trusts
	// reasons say why it is not known that the server enforces our
	// directories, each with what to do; none if it is.
	reasons []string
}

func (e *enforcement) doubt(format string, args ...any) {
	e.reasons = append(e.reasons, fmt.Sprintf(format, args...))
}

// inspect finds out what a server enforces. What it cannot find out is a
// reason, not an error: the person is cut all the same.
func (c *Connector) inspect(s *server) {
	e := &s.enforcement
	doubt := func(format string, args ...any) { e.doubt("the server at "+s.address+": "+format, args...) }
	p, err := readProcess(s.pid)
	if err != nil {
		doubt("its process %d cannot be looked at (%v); run this worker as root on the gateway, and the server without a chroot", s.pid, err)
		return
	}
	if p.started.After(s.since.Add(time.Second)) {
		doubt("it came up before its process began, so the clocks do not agree; run this worker outside of a container")
		return
	}
	if e.conf, err = readDirectives(p); err != nil {
		doubt("%v", err)
		return
	}
	e.process = p
	if why := e.otherServer(s.address); why != "" {
		doubt("%s", why)
	}
	for _, why := range e.otherRules() {
		doubt("%s", why)
	}
	for _, want := range []struct{ option, flag, dir, key string }{
		{"crl-verify", "dir", c.cfg.CRLDir, "openvpn.crl_dir"},
		{"client-config-dir", "", c.cfg.CCDDir, "openvpn.ccd_dir"},
	} {
		d, ok := e.conf.last(want.option)
		if !ok || d.arg(1) != want.flag || d.inline != "" {
			doubt("it does not run with %s", strings.TrimSpace(want.option+" "+want.dir+" "+want.flag))
		} else if err := p.same(d.arg(0), want.dir); err != nil {
			doubt("%s: %v; correct it or %s", want.option, err, want.key)
		}
	}
	if own := e.certificates("cert"); len(own) > 0 {
		e.own = own[0]
	}
	if e.cas = e.certificates("ca"); len(e.cas) == 0 {
		doubt("its ca cannot be read; name it with ca, not in a pkcs12 file")
	}
}

// otherServer says that the process is no server, or not the one that was asked.
func (e *enforcement) otherServer(address string) string {
	if !e.isServer() {
		return "it is no server"
	}
	if filepath.IsAbs(address) {
		return "" // the kernel said whose socket it is
	}
	d, _ := e.conf.last("management")
	if _, port, err := net.SplitHostPort(address); err != nil || d.arg(1) != port {
		return "process " + e.process.dir + " has another management interface; run this worker where the server runs"
	}
	return ""
}

func (e *enforcement) isServer() bool {
	return e.conf.has("server", "server-bridge", "server-ipv6", "mode") != ""
}

// otherRules names what makes a server go by something else than the CN and
// serial of a certificate of its CA (openvpn(8), 2.6).
func (e *enforcement) otherRules() []string {
	var out []string
	if name := e.conf.has("client-cert-not-required", "username-as-common-name", "capath", "peer-fingerprint", "secret"); name != "" {
		out = append(out, "it runs with "+name+", so a certificate's CN and serial do not say who is let in")
	}
	if d, ok := e.conf.last("verify-client-cert"); ok && d.arg(0) != "require" {
		out = append(out, "it does not require client certificates (verify-client-cert "+d.arg(0)+")")
	}
	if d, ok := e.conf.last("x509-username-field"); ok && (len(d.args) != 1 || d.arg(0) != "CN") {
		out = append(out, "it takes another field than CN for the name (x509-username-field)")
	}
	return out
}

// certificates reads a PEM file or block that the configuration names; none if
// that cannot be done.
func (e *enforcement) certificates(name string) []*x509.Certificate {
	d, ok := e.conf.last(name)
	if !ok {
		return nil
	}
	text := []byte(d.inline)
	if d.inline == "" {
		where, _, err := openAsRoot(e.process, d.arg(0))
		if err != nil {
			return nil
		}
		if text, err = os.ReadFile(filepath.Clean(where)); err != nil {
			return nil
		}
	}
	var out []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return out
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil
		}
		out = append(out, cert)
	}
}

// tunnelsByAddress reports whether the server gives every client that it lets
// in an address, so that one without carries nothing.
func (e *enforcement) tunnelsByAddress() bool {
	if e.process == nil {
		return false
	}
	dev, _ := e.conf.last("dev")
	kind, ok := e.conf.last("dev-type")
	tun := ok && kind.arg(0) == "tun" || !ok && strings.HasPrefix(dev.arg(0), "tun")
	return tun && e.conf.has("server") != ""
}
