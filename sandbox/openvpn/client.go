package openvpn

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Client is a machine with a certificate that tries to be let in, again and
// again, as one of staff does. It takes no address and no route.
type Client struct{ proc *process }

const (
	up      = "Initialization Sequence Completed"
	refused = "AUTH_FAILED"
)

// Connect starts a client with the certificate. Lines are more of its
// configuration. Close closes it too.
func (o *Office) Connect(c *Cert, lines ...string) (*Client, error) {
	proto, server := "udp4", "127.0.0.1"
	if o.opts.IPv6 {
		proto, server = "udp6", "::1"
	}
	conf := append([]string{
		"client", "dev tun", "ifconfig-noexec", "route-noexec", "proto " + proto, "remote " + server + " " + o.port, "nobind",
		"ca " + o.path("ca.crt"), "cert " + c.crt, "key " + c.crt + ".key",
		"remote-cert-tls server", "connect-retry 1 1", "hand-window 5", "verb 3",
	}, lines...)
	o.mu.Lock()
	o.count++
	path := o.path(fmt.Sprintf("client%d.conf", o.count))
	o.mu.Unlock()
	if err := os.WriteFile(path, []byte(strings.Join(conf, "\n")+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("write client's configuration: %w", err)
	}
	p, err := run(filepath.Dir(path), "--config", path)
	if err != nil {
		return nil, err
	}
	client := &Client{proc: p}
	o.mu.Lock()
	o.clients = append(o.clients, client)
	o.mu.Unlock()
	return client, nil
}

// LetIn waits until the client is let in; an error has its log.
func (c *Client) LetIn(patience time.Duration) error {
	_, err := c.proc.says(patience, up)
	return err
}

// Log is what the client has said so far.
func (c *Client) Log() string { return c.proc.log() }

// Close ends the client; again is fine.
func (c *Client) Close() { c.proc.stop() }

// LetsIn tries whether the server lets the certificate in: what is true in the
// end, whatever files say. It is false if the server refuses it within patience.
func (o *Office) LetsIn(c *Cert, patience time.Duration, lines ...string) (bool, error) {
	client, err := o.Connect(c, lines...)
	if err != nil {
		return false, err
	}
	defer client.Close()
	for late := time.Now().Add(patience); ; {
		said, err := client.proc.says(100*time.Millisecond, up, refused)
		switch {
		case err == nil:
			return said == up, nil
		case o.server.refuses(c):
			return false, nil
		case time.Now().After(late):
			return false, fmt.Errorf("neither let in nor refused: %w", err)
		}
	}
}

// refuses looks for the server's own words about the serial.
func (p *process) refuses(c *Cert) bool {
	return strings.Contains(p.log(), "serial="+c.Serial.String()+" is revoked")
}
