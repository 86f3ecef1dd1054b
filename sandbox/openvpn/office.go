// Package openvpn is a real OpenVPN server and real clients on loopback, with a
// CA made in Go and the files a gateway has: index.txt, an inventory, a
// directory of revoked serials and one of client configurations. It takes the
// openvpn binary, root, and /dev/net/tun: ask Available. It knows no connector.
package openvpn

import (
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"lastday/sandbox/people"
)

// ServerCN is the name in the server's own certificate.
const ServerCN = "vpn." + people.Domain

// Phone is the CN of the leaver's second machine, which only the inventory
// gives to people.Jane.
const Phone = "Jane: the 2nd, Büro"

// Options shape the office.
type Options struct {
	// Change turns the server's configuration into another one.
	Change func(conf string) string
	// Password is the management interface's.
	Password string
	// Args are more arguments of the server.
	Args []string
	// IPv6 has the server on ::1.
	IPv6 bool
	// Relative starts the server with the name of its file alone.
	Relative bool
}

// Office is the gateway. Safe for concurrent use.
type Office struct {
	opts   Options
	dir    string
	ca     *authority
	server *process
	port   string

	mu      sync.Mutex
	certs   []*Cert
	owner   map[string]string // CN to e-mail
	clients []*Client
	count   int
}

// Start brings up a server and gives certificates to the staff, people.Admin
// and people.Jane. Of Jane's, one is marked revoked in the index and let in all
// the same, and one has expired. Nobody is connected. Close it.
func Start(staff []people.Person, opts Options) (*Office, error) {
	dir, err := os.MkdirTemp("", "lastday-ovpn")
	if err != nil {
		return nil, fmt.Errorf("make the office's directory: %w", err)
	}
	o := &Office{opts: opts, dir: dir, owner: map[string]string{}}
	if err := o.start(staff); err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

func (o *Office) start(staff []people.Person) error {
	// The server may run as somebody who is not root.
	if err := os.Chmod(o.dir, 0o755); err != nil { //nolint:gosec // it holds throw-away keys, each of mode 0600
		return err
	}
	for _, d := range []string{o.CRLDir(), o.CCDDir(), o.path("issued"), o.path("live")} {
		if err := os.Mkdir(d, 0o755); err != nil { //nolint:gosec // as on a gateway
			return err
		}
	}
	var err error
	if o.ca, err = newAuthority(o.Index()); err != nil {
		return err
	}
	if err := os.WriteFile(o.path("ca.crt"), o.ca.pem, 0o600); err != nil {
		return err
	}
	if err := o.certify(staff); err != nil {
		return err
	}
	if err := appendTo(o.Inventory(), fmt.Sprintf("%q: %s\nbranch-office: machine:branch\n", Phone, people.Jane.Email)); err != nil {
		return err
	}
	return o.serve()
}

func (o *Office) certify(staff []people.Person) error {
	serial, err := bigSerial()
	if err != nil {
		return err
	}
	year := time.Now().AddDate(1, 0, 0)
	own, err := o.ca.issue(o.path("issued"), ServerCN, serial, year, x509.ExtKeyUsageServerAuth)
	if err != nil {
		return err
	}
	o.certs = append(o.certs, own)
	if err := o.ca.enter(own, "V"); err != nil {
		return err
	}
	for _, p := range append([]people.Person{people.Admin}, staff...) {
		if _, err := o.Issue(p.Email, p.Email); err != nil {
			return err
		}
	}
	for _, c := range []struct {
		serial  int64
		cn      string
		status  string
		expires time.Time
	}{
		{0x1A, Phone, "V", year}, // decimal 26
		{0x0B, people.Jane.Email, "R", year},
		{0x0C, people.Jane.Email, "V", time.Now().Add(-time.Hour)},
	} {
		if _, err := o.issue(c.cn, people.Jane.Email, big.NewInt(c.serial), c.status, c.expires); err != nil {
			return err
		}
	}
	_, err = o.issue("branch-office", "", big.NewInt(0x10), "V", year)
	return err
}

// Issue gives a person one more certificate, with a serial as easy-rsa's, and
// enters it in the index. An empty e-mail makes it nobody's.
func (o *Office) Issue(cn, email string) (*Cert, error) {
	serial, err := bigSerial()
	if err != nil {
		return nil, err
	}
	return o.issue(cn, email, serial, "V", time.Now().AddDate(1, 0, 0))
}

// IssueAsCA gives a person a certificate with the CA's own serial.
func (o *Office) IssueAsCA(cn, email string) (*Cert, error) {
	return o.issue(cn, email, o.ca.cert.SerialNumber, "V", time.Now().AddDate(1, 0, 0))
}

func (o *Office) issue(cn, email string, serial *big.Int, status string, expires time.Time) (*Cert, error) {
	c, err := o.ca.issue(o.path("issued"), cn, serial, expires, x509.ExtKeyUsageClientAuth)
	if err != nil {
		return nil, err
	}
	if err := o.ca.enter(c, status); err != nil {
		return nil, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.certs = append(o.certs, c)
	o.owner[cn] = email
	return c, nil
}

// Cert is the first certificate of a CN; nil if there is none.
func (o *Office) Cert(cn string) *Cert {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.certs {
		if c.CN == cn {
			return c
		}
	}
	return nil
}

// CertBySerial is the certificate with a small serial; nil if there is none.
func (o *Office) CertBySerial(serial int64) *Cert {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range o.certs {
		if c.Serial.Cmp(big.NewInt(serial)) == 0 {
			return c
		}
	}
	return nil
}

func (o *Office) path(name string) string { return filepath.Join(o.dir, name) }

// Management, Index, Inventory, CRLDir and CCDDir are what the gateway's
// administrator would put into Lastday's configuration.
func (o *Office) Management() string { return o.path("management.sock") }

// Index is the path of index.txt.
func (o *Office) Index() string { return o.path("index.txt") }

// Inventory is the path of the map from CN to person.
func (o *Office) Inventory() string { return o.path("inventory.yaml") }

// CRLDir is the directory of revoked serials.
func (o *Office) CRLDir() string { return o.path("crl") }

// CCDDir is the directory of client configurations.
func (o *Office) CCDDir() string { return o.path("ccd") }

// ServerConf is the path of the server's configuration.
func (o *Office) ServerConf() string { return o.path("server.conf") }

// Port is the server's UDP port.
func (o *Office) Port() string { return o.port }

// ServerLog is what the server has said so far.
func (o *Office) ServerLog() string { return o.server.log() }

// freePort is a UDP port of loopback that nobody has at this moment.
func freePort() (string, error) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return "", fmt.Errorf("look for a free port: %w", err)
	}
	defer func() { _ = c.Close() }()
	addr, ok := c.LocalAddr().(*net.UDPAddr)
	if !ok {
		return "", errors.New("look for a free port: no UDP address")
	}
	return strconv.Itoa(addr.Port), nil
}

// beforeStart lies between writing the configuration and starting the server:
// Linux tells a process's start in hundredths of a second.
const beforeStart = 60 * time.Millisecond

func (o *Office) serve() error {
	var err error
	if o.port, err = freePort(); err != nil {
		return err
	}
	if err := o.writeServer(); err != nil {
		return err
	}
	<-time.After(beforeStart)
	conf := o.ServerConf()
	if o.opts.Relative {
		conf = filepath.Base(conf)
	}
	if o.server, err = run(o.dir, append([]string{"--config", conf}, o.opts.Args...)...); err != nil {
		return err
	}
	_, err = o.server.says(15*time.Second, up)
	return err
}

func (o *Office) writeServer() error {
	management := "management " + o.Management() + " unix"
	if o.opts.Password != "" {
		management += " " + o.path("password")
		if err := os.WriteFile(o.path("password"), []byte(o.opts.Password+"\n"), 0o600); err != nil {
			return err
		}
	}
	// What truly is connected, told by the server's hooks and not by its
	// management interface.
	for name, script := range map[string]string{
		"up.sh":   "#!/bin/sh\nprintf %s \"$common_name\" > " + o.path("live") + "/$trusted_port\n",
		"down.sh": "#!/bin/sh\nrm -f " + o.path("live") + "/$trusted_port\n",
	} {
		if err := os.WriteFile(o.path(name), []byte(script), 0o755); err != nil { //nolint:gosec // a script
			return err
		}
	}
	own := o.certs[0].crt
	conf := strings.Join([]string{
		"# Office gateway", "local 127.0.0.1", "port " + o.port, "proto udp4", "dev tun", "ifconfig-noexec", "topology subnet",
		"server 10.88.0.0 255.255.255.0", "keepalive 10 60", "dh none",
		"ca " + o.path("ca.crt"), "cert " + own, "key " + own + ".key",
		"crl-verify " + o.CRLDir() + " dir", "client-config-dir " + o.CCDDir(), management,
		"script-security 2", "client-connect " + o.path("up.sh"), "client-disconnect " + o.path("down.sh"), "verb 3",
	}, "\n") + "\n"
	if o.opts.IPv6 {
		conf = strings.NewReplacer("local 127.0.0.1", "local ::1", "proto udp4", "proto udp6").Replace(conf)
	}
	if o.opts.Change != nil {
		conf = o.opts.Change(conf)
	}
	return os.WriteFile(o.ServerConf(), []byte(conf), 0o600)
}

// StartSecond starts a server beside the first, with the same CA, directories
// and hooks, and returns its management interface. Close ends it too.
func (o *Office) StartSecond() (string, error) {
	port, err := freePort()
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(o.ServerConf())
	if err != nil {
		return "", err
	}
	conf := strings.NewReplacer("port "+o.port, "port "+port, "management.sock", "second.sock", "10.88.", "10.89.").Replace(string(text))
	if err := os.WriteFile(o.path("second.conf"), []byte(conf), 0o600); err != nil {
		return "", err
	}
	<-time.After(beforeStart)
	p, err := run(o.dir, "--config", o.path("second.conf"))
	if err != nil {
		return "", err
	}
	o.mu.Lock()
	o.clients = append(o.clients, &Client{proc: p})
	o.mu.Unlock()
	_, err = p.says(15*time.Second, up)
	return o.path("second.sock"), err
}

// Holds lists what the person truly has at this moment: "sessions/CN" while a
// client is connected as CN or would be let in by its file, "certificates/N"
// for each that the server would accept. It reads the server's own directories
// and what its hooks wrote, and asks no management interface.
func (o *Office) Holds(email string) []string { return o.filter(email, true) }

// HoldsBesides lists what everybody but this person has, in the same form, and
// what stands in their files.
func (o *Office) HoldsBesides(email string) []string { return o.filter(email, false) }

func (o *Office) filter(email string, theirs bool) []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := []string{}
	live := o.live()
	for _, c := range o.certs {
		if (o.owner[c.CN] == email) != theirs || c.CN == ServerCN {
			continue
		}
		text, err := os.ReadFile(filepath.Join(o.CCDDir(), c.CN))
		if slices.Contains(live, c.CN) || err != nil || !strings.Contains("\n"+string(text), "\ndisable\n") {
			out = append(out, "sessions/"+c.CN)
		}
		if !theirs {
			out = append(out, fmt.Sprintf("file of %s: %q", c.CN, text))
		}
		if _, err := os.Stat(filepath.Join(o.CRLDir(), c.Serial.String())); err != nil && c.Expires.After(time.Now()) {
			out = append(out, "certificates/"+c.Serial.String())
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// live are the CNs of whoever is connected.
func (o *Office) live() []string {
	var out []string
	files, _ := filepath.Glob(filepath.Join(o.path("live"), "*"))
	for _, f := range files {
		if cn, err := os.ReadFile(f); err == nil {
			out = append(out, string(cn))
		}
	}
	return out
}

// Live reports whether a client is connected as the CN.
func (o *Office) Live(cn string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Contains(o.live(), cn)
}

// StopServer ends the server alone.
func (o *Office) StopServer() { o.server.stop() }

// Close stops everything and removes the office's directory; again is fine.
func (o *Office) Close() error {
	o.mu.Lock()
	clients := o.clients
	o.mu.Unlock()
	for _, c := range clients {
		c.Close()
	}
	if o.server != nil {
		o.server.stop()
	}
	return os.RemoveAll(o.dir)
}
