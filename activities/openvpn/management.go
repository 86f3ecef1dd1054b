package openvpn

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"

	"lastday/activities/transport"
)

// patience bounds one conversation with a management interface.
const patience = 5 * time.Second

// management is one conversation (doc/management-notes.txt). It is short: the
// interface takes one client at a time, and another hears nothing meanwhile.
type management struct {
	ctx     context.Context
	address string
	conn    net.Conn
	in      *bufio.Reader
}

const passwordPrompt = "ENTER PASSWORD:"

// converse opens the interface, signs in, runs f and closes it again.
func (c *Connector) converse(ctx context.Context, address string, f func(*management) error) error {
	op := "open management interface " + address
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return transport.Classify(System, op, ctx.Err())
	}
	network := "tcp"
	if filepath.IsAbs(address) {
		network = "unix"
	}
	dial := net.Dialer{Timeout: patience}
	conn, err := dial.DialContext(ctx, network, address)
	if err != nil {
		return fileError(op, err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	defer context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })()
	m := &management{ctx: ctx, address: address, conn: conn, in: bufio.NewReader(conn)}
	if err := m.greet(c); err != nil {
		return err
	}
	return f(m)
}

// greet reads the first words, which are either the greeting or a prompt that
// does not end its line.
func (m *management) greet(c *Connector) error {
	const op = "sign in to management interface"
	first, err := m.in.Peek(1)
	if err != nil {
		return m.trouble(op, err)
	}
	if first[0] == passwordPrompt[0] {
		if err := m.signIn(c); err != nil {
			return err
		}
	}
	line, err := m.line()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, ">INFO:OpenVPN Management Interface") {
		return fail(transport.Invalid, op, m.address+" does not answer as OpenVPN does", "correct openvpn.management")
	}
	return nil
}

func (m *management) signIn(c *Connector) error {
	const op = "sign in to management interface"
	prompt := make([]byte, len(passwordPrompt))
	if _, err := io.ReadFull(m.in, prompt); err != nil || string(prompt) != passwordPrompt {
		return fail(transport.Invalid, op, m.address+" does not answer as OpenVPN does", "correct openvpn.management")
	}
	if !c.cfg.Password.IsSet() {
		return fail(transport.Unauthorized, op, m.address+" asks for a password", "set openvpn.password, then decide retry")
	}
	password, err := c.cfg.Password.Value()
	if err != nil {
		return fail(transport.Unauthorized, op, err.Error(), "correct openvpn.password, then decide retry")
	}
	if err := m.send(password); err != nil {
		return err
	}
	// To a wrong one it says nothing but the prompt again, without a line's end.
	first, err := m.in.Peek(1)
	if err != nil {
		return m.trouble(op, err)
	}
	if first[0] == passwordPrompt[0] {
		return fail(transport.Unauthorized, op, "the password is refused", "correct openvpn.password, then decide retry")
	}
	_, err = m.line() // SUCCESS: password is correct
	return err
}

func (m *management) send(line string) error {
	if _, err := io.WriteString(m.conn, line+"\n"); err != nil {
		return m.trouble("write to management interface", err)
	}
	return nil
}

func (m *management) line() (string, error) {
	l, err := m.in.ReadString('\n')
	if err != nil {
		return "", m.trouble("read from management interface", err)
	}
	return strings.TrimRight(l, "\r\n"), nil
}

// one asks for a single line; an ERROR line is Refused by the server.
func (m *management) one(command string) (string, error) {
	if err := m.send(command); err != nil {
		return "", err
	}
	for {
		l, err := m.line()
		if err != nil {
			return "", err
		}
		switch {
		case strings.HasPrefix(l, ">"): // news nobody asked for
		case strings.HasPrefix(l, "SUCCESS: "):
			return strings.TrimPrefix(l, "SUCCESS: "), nil
		default:
			return "", fail(transport.Invalid, command+" on management interface", l, "look at the server's log")
		}
	}
}

// many asks for lines that end with END.
func (m *management) many(command string) ([]string, error) {
	if err := m.send(command); err != nil {
		return nil, err
	}
	var out []string
	for {
		l, err := m.line()
		switch {
		case err != nil:
			return nil, err
		case l == "END":
			return out, nil
		case strings.HasPrefix(l, "ERROR:"):
			return nil, fail(transport.Invalid, command+" on management interface", l, "look at the server's log")
		case !strings.HasPrefix(l, ">"):
			out = append(out, l)
		}
	}
}

func (m *management) trouble(op string, err error) error {
	var slow net.Error
	switch {
	case m.ctx.Err() != nil:
		return transport.Classify(System, op, m.ctx.Err())
	case errors.As(err, &slow) && slow.Timeout():
		return fail(transport.Unavailable, op, m.address+" says nothing", "it takes one client at a time: see who else is connected to it")
	case errors.Is(err, io.EOF):
		return fail(transport.Unavailable, op, m.address+" hung up", "")
	}
	return transport.Classify(System, op, err)
}
