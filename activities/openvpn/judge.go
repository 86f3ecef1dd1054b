package openvpn

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"lastday/offboarding"
)

// verdict is what a look shows of one class.
type verdict struct {
	offboarding.Observation
	// passing says what is in the way and ends by itself, such as a client
	// without a name.
	passing string
}

// judge says what a look shows of the person's classes.
func (c *Connector) judge(s *sighting, names []string) []*verdict {
	sessions, certs := c.judgeSessions(s, names), c.judgeCertificates(s, names)
	for _, srv := range s.servers {
		sessions.doubt(srv.reasons...)
		certs.doubt(srv.reasons...)
	}
	sessions.settle()
	certs.settle()
	return []*verdict{sessions, certs}
}

func newVerdict(class offboarding.Class) *verdict {
	return &verdict{Observation: offboarding.Observation{Class: class, At: time.Now().UTC(), Credential: "primary"}}
}

// doubt notes why an absence would prove nothing.
func (v *verdict) doubt(reasons ...string) {
	for _, r := range reasons {
		v.Reason = strings.TrimPrefix(v.Reason+"; "+r, "; ")
	}
}

func (v *verdict) settle() {
	switch {
	case len(v.Present) > 0:
		v.Sight, v.Control = offboarding.Present, ""
	case v.Reason != "":
		v.Sight, v.Control = offboarding.Blind, ""
	default:
		v.Sight = offboarding.Absent
	}
}

func (c *Connector) judgeSessions(s *sighting, names []string) *verdict {
	v := newVerdict(offboarding.Sessions)
	for _, cn := range names {
		live := slices.ContainsFunc(s.live(), func(r row) bool { return r.cn == cn })
		if live || !c.shutOut(s, cn) {
			v.Present = append(v.Present, sessionGrant(cn))
		}
	}
	v.doubt(c.liveStrangers(s)...)
	var controls []string
	for _, srv := range s.servers {
		if nameless := srv.nameless(); len(nameless) > 0 {
			v.passing = fmt.Sprintf("%s has no name, so it may be this person's; it ends by itself, or with client-kill %d", nameless[0], nameless[0].cid)
		}
		controls = append(controls, fmt.Sprintf("the server at %s, process %d, up since %s, which reads %s and lists %d clients",
			srv.address, srv.pid, srv.since.UTC().Format(time.RFC3339), c.cfg.CCDDir, len(srv.rows)))
	}
	v.Control = strings.Join(controls, "; ")
	return v
}

func sessionGrant(cn string) offboarding.Grant {
	return offboarding.Grant{Class: offboarding.Sessions, ID: cn, Label: "connect as " + cn, Closes: offboarding.StepContain}
}

// nameless are the clients that may carry traffic under no name. On a server
// that gives out addresses, one without is a handshake not yet let in.
func (s *server) nameless() []row {
	var out []row
	for _, r := range s.rows {
		if r.cn == unnamed && (r.address != "" || r.routed || !s.tunnelsByAddress()) {
			out = append(out, r)
		}
	}
	return out
}

// shutOut reports whether the CN's file says disable, and every server that can
// be looked at reads it as well.
func (c *Connector) shutOut(s *sighting, cn string) bool {
	text, info, err := readOld(filepath.Join(c.cfg.CCDDir, cn))
	if err != nil || info == nil || !isDisabled(text) {
		return false
	}
	return s.allRead("client-config-dir", cn, filepath.Join(c.cfg.CCDDir, cn))
}

// allRead reports whether every server whose process is known opens our file.
func (s *sighting) allRead(option, name, ours string) bool {
	for _, srv := range s.servers {
		if srv.process == nil {
			continue // a reason says so
		}
		d, ok := srv.conf.last(option)
		if ok && srv.process.same(filepath.Join(srv.process.absolute(d.arg(0)), name), ours) != nil {
			return false
		}
	}
	return true
}

func (c *Connector) judgeCertificates(s *sighting, names []string) *verdict {
	v := newVerdict(Certificates)
	for _, cn := range names {
		for _, cert := range s.roster.of(cn) {
			if !cert.expired() && !c.refused(s, cert) {
				v.Present = append(v.Present, certGrant(cert))
			}
		}
	}
	control, reasons := c.indexControl(s, names)
	v.doubt(c.strangers(s)...)
	v.doubt(reasons...)
	v.Control = control
	return v
}

func certGrant(cert certificate) offboarding.Grant {
	return offboarding.Grant{Class: Certificates, ID: cert.serial, Label: cert.label(), Closes: offboarding.StepRevoke}
}

// refused reports whether the serial's file is there, for every server too.
func (c *Connector) refused(s *sighting, cert certificate) bool {
	path := filepath.Join(c.cfg.CRLDir, cert.serial)
	if _, err := os.Stat(path); err != nil {
		return false
	}
	return s.allRead("crl-verify", cert.serial, path)
}

// strangers says what to do about certificates that are let in and nobody's.
func (c *Connector) strangers(s *sighting) []string {
	if c.cfg.AllowUnmapped {
		return nil
	}
	var open []certificate
	for _, cert := range s.roster.certs {
		if s.roster.owner(cert.cn) == "" && !cert.expired() && !c.refused(s, cert) && !s.isServers(cert) {
			open = append(open, cert)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d certificates are nobody's, the first is serial %s of %s, so it may be this person's; map its CN in openvpn.inventory (to machine:NAME if it is nobody's), or set openvpn.allow_unmapped: true",
		len(open), open[0].hex, open[0].subject)}
}

func (s *sighting) isServers(cert certificate) bool {
	return slices.ContainsFunc(s.servers, func(srv *server) bool {
		return srv.own != nil && srv.own.SerialNumber.String() == cert.serial && srv.own.Subject.CommonName == cert.cn
	})
}

// liveStrangers says the same of live clients.
func (c *Connector) liveStrangers(s *sighting) []string {
	for _, r := range s.live() {
		if r.cn != unnamed && s.roster.owner(r.cn) == "" && !c.cfg.AllowUnmapped {
			return []string{fmt.Sprintf("%s has the CN %q, which is nobody's, so it may be this person's; map it in openvpn.inventory, or set openvpn.allow_unmapped: true", r, r.cn)}
		}
	}
	return nil
}

// indexControl names what shows that the index is the one of the CA that the
// servers trust: their own certificate stands in it, or that of a live client
// who is somebody else. Without one, or with another CA, it says so.
func (c *Connector) indexControl(s *sighting, names []string) (control string, reasons []string) {
	var controls []string
	for _, srv := range s.servers {
		if n := len(srv.cas); n > 1 && !c.cfg.AllowUnmapped {
			reasons = append(reasons, fmt.Sprintf("the server at %s trusts %d CAs, and %s is of one; take the others out of its ca, or set openvpn.allow_unmapped: true", srv.address, n, c.cfg.Index))
		}
		known := srv.knownIn(s.roster, names)
		if known == "" {
			reasons = append(reasons, fmt.Sprintf("neither the certificate of the server at %s nor that of a client of it is in %s, so it may be another CA's; correct openvpn.index", srv.address, c.cfg.Index))
			continue
		}
		controls = append(controls, known+" is in "+c.cfg.Index)
	}
	return strings.Join(controls, "; "), reasons
}

func (s *server) knownIn(r *roster, names []string) string {
	if s.own != nil {
		for _, cert := range r.of(s.own.Subject.CommonName) {
			if cert.serial == s.own.SerialNumber.String() {
				return "the certificate of the server at " + s.address + ", serial " + cert.hex + ","
			}
		}
	}
	for _, l := range s.rows {
		if slices.Contains(names, l.cn) {
			continue
		}
		for _, cert := range r.of(l.cn) {
			if !cert.expired() {
				return "the certificate of one of its clients, serial " + cert.hex + ","
			}
		}
	}
	return ""
}
