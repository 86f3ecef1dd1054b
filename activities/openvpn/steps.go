package openvpn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Inventory lists the CNs that are let in and the certificates that are not
// refused. Contain ends the first, Revoke the second.
func (c *Connector) Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error) {
	s, names, err := c.lookAt(ctx, a)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	var out offboarding.Inventory
	for _, v := range c.judge(s, names) {
		out.Grants = append(out.Grants, v.Present...)
		out.Coverage = append(out.Coverage, offboarding.Coverage{Class: v.Class, Sight: v.Sight, Reason: v.Reason})
	}
	return out, nil
}

// lookAt checks the account, and reads everything.
func (c *Connector) lookAt(ctx context.Context, a offboarding.Account) (*sighting, []string, error) {
	s, err := c.look(ctx)
	if err != nil {
		return nil, nil, err
	}
	names, err := namesOf(a, s.roster, s.live())
	return s, names, err
}

// Contain disables every CN of the person in client-config-dir, ends their live
// clients, and reads both back. It can be undone: see the comment in the file.
// Calling it twice is safe.
func (c *Connector) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	return c.cut(ctx, a, j, func(w *work) error { return w.shutOut(ctx, w.names) })
}

// Revoke puts the serials of the given certificates into the servers' crl
// directory and ends live clients again: one that renegotiates with a revoked
// certificate goes on under no name. Calling it twice is safe.
func (c *Connector) Revoke(ctx context.Context, a offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	if len(grants) == 0 {
		return nil
	}
	return c.cut(ctx, a, j, func(w *work) error {
		var shut []string
		var serials []string
		for _, g := range grants {
			switch {
			case g.Class == offboarding.Sessions && slices.Contains(w.names, g.ID):
				shut = append(shut, g.ID)
			case g.Class == Certificates && w.has(g.ID):
				serials = append(serials, g.ID)
			default:
				return fail(transport.Identity, "check grant", fmt.Sprintf("%s %q is not of %s, so nothing was changed", g.Class, g.ID, a.Email), "take the inventory again")
			}
		}
		failed := w.shutOut(ctx, shut)
		if w.s == nil {
			return failed // without the servers nobody knows the CA's own serial
		}
		return errors.Join(failed, w.revoke(ctx, serials))
	})
}

// work is one writing step.
type work struct {
	c     *Connector
	s     *sighting // nil where a server does not answer
	names []string
	certs []certificate
	j     *activities.Journal
}

// cut checks the account, writes with f, then ends live clients. A server that
// does not answer keeps nobody from being disabled: its error is told at the
// end, and first, for it is the one that leaves a tunnel open.
func (c *Connector) cut(ctx context.Context, a offboarding.Account, j *activities.Journal, f func(*work) error) error {
	if err := ctx.Err(); err != nil {
		return transport.Classify(System, "cut", err)
	}
	r, err := c.readRoster()
	if err != nil {
		return err
	}
	w := &work{c: c, j: j}
	var live []row
	s, errServer := c.look(ctx)
	if ctx.Err() != nil {
		return transport.Classify(System, "cut", ctx.Err())
	}
	if errServer == nil {
		w.s, r, live = s, s.roster, s.live()
	}
	if w.names, err = namesOf(a, r, live); err != nil {
		return err
	}
	for _, cn := range w.names {
		w.certs = append(w.certs, r.of(cn)...)
	}
	if w.s != nil {
		if why := w.s.protection(w.names); why != "" {
			return fail(transport.Protected, "cut", "this person "+why, "correct openvpn.inventory")
		}
	}
	errFile := f(w)
	if transport.IsKind(errFile, transport.Identity) {
		return errFile
	}
	if errServer == nil {
		errServer = w.end(ctx)
	}
	return errors.Join(errServer, errFile)
}

func (w *work) has(serial string) bool {
	return slices.ContainsFunc(w.certs, func(c certificate) bool { return c.serial == serial })
}

// shutOut disables CNs; one that fails keeps no other from it.
func (w *work) shutOut(ctx context.Context, names []string) error {
	var failed error
	for _, cn := range names {
		if err := transport.Pass(ctx, System, opDisable); err != nil {
			return errors.Join(failed, err)
		}
		changed, err := w.c.disable(cn)
		failed = errors.Join(failed, err)
		if err == nil {
			w.done(opDisable, offboarding.Sessions, cn, answer(changed, "written, and read back"))
		}
	}
	return failed
}

// revoke puts serials into the directory. The serial of a CA would shut out
// everybody: OpenVPN asks the directory about the whole chain.
func (w *work) revoke(ctx context.Context, serials []string) error {
	var failed error
	for _, serial := range serials {
		if w.s.isCA(serial) {
			failed = errors.Join(failed, fail(transport.Refused, opRevoke, "the serial "+serial+" is the CA's own too, and its file would shut everybody out", "give the CA another serial, or attest: disable in client-config-dir keeps the person out"))
			continue
		}
		if err := transport.Pass(ctx, System, opRevoke); err != nil {
			return errors.Join(failed, err)
		}
		changed, err := w.c.revoke(serial)
		failed = errors.Join(failed, err)
		if err == nil {
			w.done(opRevoke, Certificates, serial, answer(changed, "written, and read back"))
		}
	}
	return failed
}

func (s *sighting) isCA(serial string) bool {
	for _, srv := range s.servers {
		for _, ca := range srv.cas {
			if ca.SerialNumber.String() == serial {
				return true
			}
		}
	}
	return false
}

func answer(changed bool, said string) string {
	if changed {
		return said
	}
	return activities.AlreadyDone
}

func (w *work) done(do string, class offboarding.Class, id, said string) {
	w.j.Done(offboarding.Action{Do: do, Class: class, ID: id, At: time.Now().UTC(), Answer: said})
}
