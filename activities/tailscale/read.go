package tailscale

import (
	"context"
	"strings"

	"golang.org/x/sync/errgroup"
	ts "tailscale.com/client/tailscale/v2"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// users lists members and those whom devices are shared with. A broken id or a
// repeated one makes the whole list worthless.
func (c *client) users(ctx context.Context) ([]ts.User, error) {
	var out []ts.User
	_, err := c.do(ctx, opUsers, func(ctx context.Context) error {
		all := ts.UserType("all") // the API's default is members only
		var err error
		out, err = c.api.Users().List(ctx, &all, nil)
		return err
	})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, u := range out {
		if u.ID == "" || seen[u.ID] {
			return nil, fail(transport.Invalid, opUsers, "the list has a user without an id, or one twice", "")
		}
		seen[u.ID] = true
	}
	return out, nil
}

// user reads one user. nil without an error: Tailscale says there is none.
func (c *client) user(ctx context.Context, id string) (*ts.User, error) {
	var u *ts.User
	_, err := c.do(ctx, opUser, func(ctx context.Context) error {
		var err error
		u, err = c.api.Users().Get(ctx, id)
		return err
	})
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if u.ID != id {
		return nil, fail(transport.Invalid, opUser, "asked for one user and got the record of another", "")
	}
	return u, nil
}

func (c *client) devices(ctx context.Context) ([]ts.Device, error) {
	var out []ts.Device
	_, err := c.do(ctx, opDevices, func(ctx context.Context) error {
		var err error
		out, err = c.api.Devices().List(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, d := range out {
		if id := deviceID(d); !idPattern.MatchString(id) || seen[id] {
			return nil, fail(transport.Invalid, opDevices, "the list has a device with a broken id, or one twice", "")
		}
		seen[deviceID(d)] = true
	}
	return out, nil
}

// device reads one device. nil without an error: Tailscale says there is none.
func (c *client) device(ctx context.Context, id string) (*ts.Device, error) {
	var d *ts.Device
	_, err := c.do(ctx, opDevice, func(ctx context.Context) error {
		var err error
		d, err = c.api.Devices().Get(ctx, id)
		return err
	})
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if d.NodeID != id && d.ID != id {
		return nil, fail(transport.Invalid, opDevice, "asked for one device and got the record of another", "")
	}
	return d, nil
}

// deviceID prefers the node id; the numeric id is the older one.
func deviceID(d ts.Device) string {
	if d.NodeID != "" {
		return d.NodeID
	}
	return d.ID
}

func (c *client) keys(ctx context.Context, all bool) ([]ts.Key, error) {
	var out []ts.Key
	_, err := c.do(ctx, opKeys, func(ctx context.Context) error {
		var err error
		out, err = c.api.Keys().List(ctx, all)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, k := range out {
		if !idPattern.MatchString(k.ID) {
			return nil, fail(transport.Invalid, opKeys, "the list has a key with a broken id", "")
		}
	}
	return out, nil
}

func (c *client) key(ctx context.Context, id string) (*ts.Key, error) {
	var k *ts.Key
	_, err := c.do(ctx, opKey, func(ctx context.Context) error {
		var err error
		k, err = c.api.Keys().Get(ctx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if k.ID != id {
		return nil, fail(transport.Invalid, opKey, "asked for one key and got the record of another", "")
	}
	return k, nil
}

// allKeys lists every key of the tailnet with kind and owner. The SDK's
// documentation has the list give ids alone; what it leaves out is read key by
// key, and so is a live key that names no owner. A key that goes away meanwhile is left out.
func (c *client) allKeys(ctx context.Context) ([]ts.Key, error) {
	list, err := c.keys(ctx, true)
	if err != nil {
		return nil, err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i := range list {
		if list[i].KeyType != "" && !list[i].Created.IsZero() && (list[i].UserID != "" || !live(list[i])) {
			continue
		}
		g.Go(func() error {
			k, err := c.key(gctx, list[i].ID)
			switch {
			case gone(err):
				list[i].Invalid = true
			case err != nil:
				return err
			default:
				list[i] = *k
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return list, nil
}

// live says whether a key still works by Tailscale's own word: a deleted,
// revoked or expired one has invalid or revoked set. This machine's clock has
// no say.
func live(k ts.Key) bool { return !k.Invalid && k.Revoked.IsZero() }

// keyClass sorts a key into its class.
func keyClass(k ts.Key) offboarding.Class {
	if k.KeyType == "auth" || k.KeyType == "" && k.Scopes == nil {
		return offboarding.AuthKeys
	}
	return offboarding.APITokens
}

// belongs says whether a device names one of the person's logins as its user.
func belongs(d ts.Device, logins []string) bool {
	for _, l := range logins {
		if l != "" && strings.EqualFold(d.User, l) {
			return true
		}
	}
	return false
}
