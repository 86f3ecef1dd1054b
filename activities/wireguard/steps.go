package wireguard

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// Inventory lists the person's keys that are a peer, live or in the
// configuration file. Contain ends them.
func (c *Connector) Inventory(ctx context.Context, a offboarding.Account) (offboarding.Inventory, error) {
	if _, err := accountKeys(a); err != nil {
		return offboarding.Inventory{}, err
	}
	s, err := c.look(ctx)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	o, err := c.judge(s, a)
	if err != nil {
		return offboarding.Inventory{}, err
	}
	return offboarding.Inventory{
		Grants:   o.Present,
		Coverage: []offboarding.Coverage{{Class: o.Class, Sight: o.Sight, Reason: o.Reason}},
	}, nil
}

// Contain takes every key of the person out of the configuration file, then
// off the device, and reads both again. WireGuard drops a removed peer's
// packets at once and answers no new handshake.
func (c *Connector) Contain(ctx context.Context, a offboarding.Account, j *activities.Journal) error {
	return c.cut(ctx, a, nil, j)
}

// Revoke does the same as Contain, for the given peers: it finds nothing to do
// unless one came back.
func (c *Connector) Revoke(ctx context.Context, a offboarding.Account, grants []offboarding.Grant, j *activities.Journal) error {
	only := []wgtypes.Key{}
	for _, g := range grants {
		k, err := wgtypes.ParseKey(g.ID)
		if err != nil || g.Class != offboarding.Peers || k.String() != g.ID {
			return fail(transport.Identity, "check grant", "this is no peer's public key, so nothing was removed", "take the inventory again")
		}
		only = append(only, k)
	}
	return c.cut(ctx, a, only, j)
}

const (
	doFile   = "remove peer from configuration file"
	doDevice = "remove peer from device"
)

// cut removes the account's keys; only, if not nil, says which of them.
func (c *Connector) cut(ctx context.Context, a offboarding.Account, only []wgtypes.Key, j *activities.Journal) error {
	const op = "remove peers"
	if _, err := accountKeys(a); err != nil {
		return err
	}
	inv, err := readInventory(c.cfg.Inventory)
	if err != nil {
		return err
	}
	keys, err := keysOf(a, inv)
	if err != nil {
		return err
	}
	if only != nil {
		for _, k := range only {
			if !slices.Contains(keys, k) {
				return fail(transport.Identity, "check grant", "the key "+k.String()+" is not of "+a.Email+", so nothing was removed", "take the inventory again")
			}
		}
		keys = only
	}
	select {
	case c.edit <- struct{}{}:
		defer func() { <-c.edit }()
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		return transport.Classify(System, op, err)
	}
	before, errDevice := c.device().read(ctx)
	if errDevice == nil {
		if why := c.protection(before.own, keys); why != "" {
			return fail(transport.Protected, op, "this person "+why, "correct the inventory")
		}
	}
	// Neither of the two keeps the other from being done. The device's error
	// goes first: it is the one that leaves a tunnel open.
	errFile := c.cutFile(ctx, keys, j)
	if errDevice == nil && !transport.IsKind(errFile, transport.Protected) {
		errDevice = c.cutDevice(ctx, before, keys, j)
	}
	return errors.Join(errDevice, errFile)
}

func (c *Connector) cutFile(ctx context.Context, keys []wgtypes.Key, j *activities.Journal) error {
	if c.cfg.file() == "" {
		return nil
	}
	if err := transport.Pass(ctx, System, doFile); err != nil {
		return err
	}
	removed, err := c.rewrite(ctx, keys)
	if err == nil && len(removed) > 0 {
		var f *confFile
		if f, err = readConf(c.cfg.ConfigFile); err == nil {
			err = stillThere("configuration file", f.peers(), removed)
		}
	}
	for _, k := range keys {
		switch {
		case slices.Contains(removed, k):
			done(j, doFile, k, "written, and read back absent")
		case err == nil:
			done(j, doFile, k, activities.AlreadyAbsent)
		}
	}
	return err
}

func (c *Connector) cutDevice(ctx context.Context, before *gateway, keys []wgtypes.Key, j *activities.Journal) error {
	var live []wgtypes.Key
	for _, k := range keys {
		if _, ok := before.peers[k]; ok {
			live = append(live, k)
			continue
		}
		done(j, doDevice, k, activities.AlreadyAbsent)
	}
	if len(live) == 0 {
		return nil
	}
	if err := transport.Pass(ctx, System, doDevice); err != nil {
		return err
	}
	if err := c.device().remove(ctx, live); err != nil {
		return err
	}
	after, err := c.device().read(ctx)
	if err != nil {
		return err
	}
	left := map[wgtypes.Key]bool{}
	for k := range after.peers {
		left[k] = true
	}
	if err := stillThere("device", left, live); err != nil {
		return err
	}
	for _, k := range live {
		done(j, doDevice, k, "errno=0, and read back absent")
	}
	return nil
}

func stillThere(where string, left map[wgtypes.Key]bool, keys []wgtypes.Key) error {
	for _, k := range keys {
		if left[k] {
			return fail(transport.Invalid, "read "+where+" back", "the peer "+k.String()+" was removed without an error and is still there", "look for what puts it back")
		}
	}
	return nil
}

func done(j *activities.Journal, do string, k wgtypes.Key, answer string) {
	j.Done(offboarding.Action{Do: do, Class: offboarding.Peers, ID: k.String(), At: time.Now().UTC(), Answer: answer})
}
