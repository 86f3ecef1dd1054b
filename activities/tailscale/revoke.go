package tailscale

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	ts "tailscale.com/client/tailscale/v2"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// target is one grant to remove, with what was read of it.
type target struct {
	class     offboarding.Class
	id, label string
	absent    bool
	shared    bool // another tailnet's, which only a person can un-share
	offline   bool // not connected to the control plane when it was read
}

// Revoke deletes keys first and devices after them: a device that is deleted
// while an auth key lives registers again. It refuses a grant that is not this
// user's before anything is deleted.
func (c *Connector) Revoke(ctx context.Context, a offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	if err := checkAccount(a); err != nil {
		return err
	}
	for _, g := range grants {
		if !idPattern.MatchString(g.ID) || !slices.Contains(Classes(), g.Class) {
			return fail(transport.Identity, "check grant", "this is no id of a Tailscale "+string(g.Class)+", so nothing was removed", "take the inventory again")
		}
	}
	cl, err := c.open(c.primary, opUsers, opUser, opDevices, opDevice, opKeys, opKey, opSuspend, opDeleteKey, opDeleteDevice)
	if err != nil {
		return err
	}
	defer cl.close()
	var user *ts.User
	var keys, devices []target
	var refused, errKeys, errDevices error
	var g sync.WaitGroup
	g.Go(func() { user, refused = c.guard(ctx, cl, a) })
	g.Go(func() { keys, errKeys = c.keyTargets(ctx, cl, a, grants) })
	g.Go(func() { devices, errDevices = c.deviceTargets(ctx, cl, a, grants) })
	g.Wait()
	for _, err := range []error{refused, errKeys, errDevices} {
		if err != nil {
			return err
		}
	}
	var errLogin error
	for _, gr := range grants {
		if gr.Class == offboarding.Login {
			errLogin = c.suspendUser(ctx, cl, a, user, j)
		}
	}
	errKeys = c.remove(ctx, keys, j, cl.deleteKey)
	errDevices = c.remove(ctx, devices, j, cl.deleteDevice)
	return together(errLogin, errKeys, errDevices)
}

// together joins errors, those first that another try may mend: while one of
// these is left, the step is tried again before anybody is asked.
func together(errs ...error) error {
	var again, final []error
	for _, err := range errs {
		switch {
		case err == nil:
		case transport.IsKind(err, transport.Unavailable), transport.IsKind(err, transport.Limited), transport.IsKind(err, transport.Invalid):
			again = append(again, err)
		default:
			final = append(final, err)
		}
	}
	return errors.Join(append(again, final...)...)
}

// keyTargets reads each key to be deleted and checks whose it is.
func (c *Connector) keyTargets(ctx context.Context, cl *client, a offboarding.Account, grants []offboarding.Grant) ([]target, error) {
	var out []target
	for _, g := range grants {
		if g.Class == offboarding.AuthKeys || g.Class == offboarding.APITokens {
			out = append(out, target{class: g.Class, id: g.ID, label: "key " + g.ID})
		}
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range out {
		t := &out[i]
		if c.ownKey(t.id) {
			return nil, fail(transport.Protected, "check key "+t.id, "Lastday works with this key", "make a new credential as somebody else, then delete this one")
		}
		g.Go(func() error {
			k, err := cl.key(gctx, t.id)
			switch {
			case gone(err):
				t.absent = true
				return nil
			case err != nil:
				return err
			case k.UserID != a.ID:
				return fail(transport.Identity, opKey, "key "+t.id+" does not belong to "+a.Login+", so nothing was removed", "take the inventory again")
			}
			t.absent = !live(*k)
			return nil
		})
	}
	return out, g.Wait()
}

// deviceTargets reads each device to be deleted and checks whose it is. A
// machine of the same name and user that has another id is the same one,
// registered again, and is deleted too.
func (c *Connector) deviceTargets(ctx context.Context, cl *client, a offboarding.Account, grants []offboarding.Grant) ([]target, error) {
	var out []target
	for _, g := range grants {
		if g.Class == offboarding.Devices || g.Class == TaggedDevices {
			out = append(out, target{class: g.Class, id: g.ID, label: g.Label})
		}
	}
	if len(out) == 0 {
		return nil, nil
	}
	logins := []string{a.Login, a.Email}
	var list []ts.Device
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	g.Go(func() (err error) { list, err = cl.devices(gctx); return err })
	for i := range out {
		t := &out[i]
		g.Go(func() error {
			d, err := cl.device(gctx, t.id)
			switch {
			case err != nil:
				return err
			case d == nil:
				t.absent = true
			case belongs(*d, logins) && d.IsExternal && t.class == offboarding.Devices:
				t.shared = true
			case !belongs(*d, logins) || d.IsExternal || (len(d.Tags) > 0) != (t.class == TaggedDevices):
				return fail(transport.Identity, opDevice, "device "+t.id+" is not what it was when it was found, so nothing was removed", "take the inventory again")
			default:
				t.offline = !d.ConnectedToControl
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, d := range list {
		if belongs(d, logins) && len(d.Tags) == 0 && !d.IsExternal && again(out, d) {
			out = append(out, target{class: offboarding.Devices, id: deviceID(d), label: d.Name, offline: !d.ConnectedToControl})
		}
	}
	for i := range out {
		out[i].label = "device " + out[i].label
	}
	return out, nil
}

// again says whether d is a granted machine under another id.
func again(granted []target, d ts.Device) bool {
	same := false
	for _, t := range granted {
		if t.id == d.NodeID || t.id == d.ID {
			return false
		}
		same = same || t.class == offboarding.Devices && t.label == d.Name
	}
	return same
}

// remove deletes targets side by side; one that fails does not stop the others.
func (c *Connector) remove(ctx context.Context, all []target, j *activities.Journal, call func(context.Context, string) (note, error)) error {
	errs := make([]error, len(all))
	var g errgroup.Group
	g.SetLimit(parallel)
	for i, t := range all {
		g.Go(func() error {
			if t.shared {
				errs[i] = fail(transport.Refused, opDeleteDevice, t.label+" belongs to another tailnet, and the API ends no share",
					"end the share in the admin console (Machines, the device, Share), then decide retry")
				return nil
			}
			act := offboarding.Action{Do: "delete " + t.label, Class: t.class, ID: t.id, Answer: activities.AlreadyAbsent}
			if !t.absent {
				n, err := call(ctx, t.id)
				if err != nil && !gone(err) {
					errs[i] = err
					return nil
				}
				act.RequestID = n.requestID
				if err == nil {
					act.Answer = strconv.Itoa(n.status)
					if t.offline {
						act.Answer += ", while it was not connected to the control plane"
					}
				}
			}
			act.At = time.Now().UTC()
			j.Done(act)
			return nil
		})
	}
	_ = g.Wait() // the errors are in errs
	return together(errs...)
}

func (c *client) deleteKey(ctx context.Context, id string) (note, error) {
	return c.do(ctx, opDeleteKey, func(ctx context.Context) error { return c.api.Keys().Delete(ctx, id) })
}

func (c *client) deleteDevice(ctx context.Context, id string) (note, error) {
	return c.do(ctx, opDeleteDevice, func(ctx context.Context) error { return c.api.Devices().Delete(ctx, id) })
}
