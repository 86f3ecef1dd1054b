package openvpn

import (
	"context"
	"fmt"
	"slices"
	"time"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// grace is how long a server may keep a client that client-kill has ended: it
// tells the client, and takes it off five seconds later (2.6.14).
const grace = 8 * time.Second

// end ends the live clients of the person and looks whether they are gone.
func (w *work) end(ctx context.Context) error {
	for _, srv := range w.s.servers {
		var killed []row
		err := w.c.converse(ctx, srv.address, func(m *management) error {
			now := server{address: srv.address}
			if err := m.read(&now); err != nil {
				return err
			}
			for _, r := range now.rows {
				if !slices.Contains(w.names, r.cn) {
					continue
				}
				if err := transport.Pass(ctx, System, "end client"); err != nil {
					return err
				}
				if err := m.kill(r); err != nil {
					return err
				}
				killed = append(killed, r)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(killed) == 0 {
			continue
		}
		if err := w.c.gone(ctx, srv.address, killed); err != nil {
			return err
		}
		for _, r := range killed {
			w.done(fmt.Sprintf("end client %d from %s", r.cid, r.real), offboarding.Sessions, r.cn, "SUCCESS, and read back absent")
		}
	}
	return nil
}

// kill ends one client. By its address the server drops it at once, whatever
// the client does; by its id the client is asked, and a rude one goes on for
// five seconds, so that is for addresses that kill does not take (IPv6). Never
// by its CN: a colon or space in one breaks the command.
func (m *management) kill(r row) error {
	if _, err := m.one("kill " + r.real); err == nil || !transport.IsKind(err, transport.Invalid) {
		return err
	}
	_, err := m.one(fmt.Sprintf("client-kill %d HALT", r.cid))
	return err
}

// gone waits until none of the clients is listed.
func (c *Connector) gone(ctx context.Context, address string, killed []row) error {
	for late := time.Now().Add(grace); ; {
		now, err := c.readServer(ctx, address)
		if err != nil {
			return err
		}
		left := slices.IndexFunc(now.rows, func(r row) bool {
			return slices.ContainsFunc(killed, func(k row) bool { return k.cid == r.cid })
		})
		if left < 0 {
			return nil
		}
		if time.Now().After(late) {
			return fail(transport.Invalid, "end client", now.rows[left].String()+" was ended without an error and is still there", "look at the server's log")
		}
		if err := pause(ctx, grace/40); err != nil {
			return err
		}
	}
}
