package openvpn

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lastday/activities/transport"
)

// unnamed is what OpenVPN prints for a client without a CN.
const unnamed = "UNDEF"

// row is one client of a server.
type row struct {
	server  string // the management interface's address
	cn      string
	real    string // where it comes from
	address string // in the tunnel, IPv4 or IPv6; empty before it is let in
	cid     uint64
	routed  bool // the routing table sends something to it
}

// server is one read of a running server.
type server struct {
	address string
	pid     int
	since   time.Time // when it came up
	rows    []row
	enforcement
}

// readServers asks every server; one that does not answer is an error.
func (c *Connector) readServers(ctx context.Context) ([]*server, error) {
	var out []*server
	for _, address := range c.cfg.Management {
		s, err := c.readServer(ctx, address)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(out, func(o *server) bool { return o.pid == s.pid }); i >= 0 {
			return nil, fail(transport.Invalid, "look at the servers", fmt.Sprintf("%s and %s are the same server", out[i].address, address), "correct openvpn.management")
		}
		out = append(out, s)
	}
	return out, nil
}

func (c *Connector) readServer(ctx context.Context, address string) (*server, error) {
	s := &server{address: address}
	err := c.converse(ctx, address, func(m *management) error { return m.read(s) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (m *management) read(s *server) error {
	pid, err := m.one("pid")
	if err != nil {
		return err
	}
	if s.pid, err = strconv.Atoi(strings.TrimPrefix(pid, "pid=")); err != nil {
		return fail(transport.Invalid, "ask for the server's pid", "the answer is no number", "")
	}
	if kernel, ok := peerPID(m.conn); ok && kernel != s.pid {
		return fail(transport.Invalid, "ask for the server's pid", fmt.Sprintf("%s says %d, and the kernel says %d", m.address, s.pid, kernel), "run this worker where the server runs, outside of containers or in the same one")
	}
	state, err := m.many("state")
	if err != nil {
		return err
	}
	if s.since, err = connectedSince(state); err != nil {
		return err
	}
	status, err := m.many("status 3")
	if err != nil {
		return err
	}
	s.rows, err = parseStatus(m.address, status)
	return err
}

// connectedSince reads `state`: time, state and more, with commas between.
func connectedSince(lines []string) (time.Time, error) {
	const op = "ask for the server's state"
	if len(lines) == 0 {
		return time.Time{}, fail(transport.Unavailable, op, "it has none yet", "start the server")
	}
	f := strings.Split(lines[len(lines)-1], ",")
	sec, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || len(f) < 2 {
		return time.Time{}, fail(transport.Invalid, op, "the answer makes no sense", "")
	}
	if f[1] != "CONNECTED" {
		return time.Time{}, fail(transport.Unavailable, op, "it is "+f[1]+", not CONNECTED", "")
	}
	return time.Unix(sec, 0), nil
}

// parseStatus reads `status 3`. Columns go by the names in its HEADER lines;
// an answer without both headers is of no server.
func parseStatus(address string, lines []string) ([]row, error) {
	bad := func(what string) ([]row, error) {
		return nil, fail(transport.Invalid, "read status of "+address, what, "see that it is an OpenVPN server, 2.4 or later")
	}
	columns := map[string]map[string]int{}
	rows := []row{}
	routed := map[string]bool{}
	for _, l := range lines {
		f := strings.Split(l, "\t")
		kind := f[0]
		switch kind {
		case "HEADER":
			if len(f) < 3 {
				return bad("a header without columns")
			}
			named := map[string]int{}
			for i, n := range f[2:] {
				named[n] = i + 1
			}
			columns[f[1]] = named
		case "CLIENT_LIST":
			r, err := clientRow(columns[kind], f)
			if err != nil {
				return bad(err.Error())
			}
			r.server = address
			rows = append(rows, r)
		case "ROUTING_TABLE":
			i, ok := columns[kind]["Real Address"]
			if !ok || i >= len(f) {
				return bad("a route without its real address")
			}
			routed[f[i]] = true
		}
	}
	if columns["CLIENT_LIST"] == nil || columns["ROUTING_TABLE"] == nil {
		return bad("there are no clients' and routes' headers in it")
	}
	for i := range rows {
		rows[i].routed = routed[rows[i].real]
	}
	return rows, nil
}

func clientRow(columns map[string]int, f []string) (row, error) {
	get := func(name string) (string, error) {
		i, ok := columns[name]
		if !ok || i >= len(f) {
			return "", fmt.Errorf("a client without its %s", name)
		}
		return f[i], nil
	}
	var r row
	var v4, v6, cid string
	for _, want := range []struct {
		name string
		to   *string
	}{
		{"Common Name", &r.cn},
		{"Real Address", &r.real},
		{"Virtual Address", &v4},
		{"Virtual IPv6 Address", &v6},
		{"Client ID", &cid},
	} {
		v, err := get(want.name)
		if err != nil {
			return r, err
		}
		*want.to = v
	}
	r.address = v4 + v6
	var err error
	if r.cid, err = strconv.ParseUint(cid, 10, 64); err != nil {
		return r, fmt.Errorf("a client's id is no number")
	}
	return r, nil
}

func (r row) String() string {
	return fmt.Sprintf("client %d from %s at %s", r.cid, r.real, r.server)
}
