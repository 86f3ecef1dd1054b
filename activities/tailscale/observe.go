package tailscale

import (
	"context"

	"golang.org/x/sync/errgroup"
	ts "tailscale.com/client/tailscale/v2"

	"lastday/offboarding"
)

// Observe reads users, devices and keys through a client of its own, with the
// observer's credential where there is one. What it sees counts only if it is
// shown to be of the tailnet the person was found in. Look again some minutes
// later: a key that is left brings a deleted device back.
func (c *Connector) Observe(ctx context.Context, a offboarding.Account) (offboarding.Readback, error) {
	if err := checkAccount(a); err != nil {
		return offboarding.Readback{}, err
	}
	cred := c.primary
	if c.observer != nil {
		cred = c.observer
	}
	cl, err := c.open(cred, opUsers, opUser, opDevices, opKeys, opKey)
	if err != nil {
		return offboarding.Readback{}, err
	}
	defer cl.close()
	var s *sighting
	var known yardstick
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { s, err = c.look(gctx, cl, a); return err })
	if c.observer != nil {
		g.Go(func() (err error) { known, err = c.measure(gctx); return err })
	}
	if err := g.Wait(); err != nil {
		return offboarding.Readback{}, err
	}
	switch {
	case c.observer != nil:
		s.elsewhere = known.compare(s)
		s.logins = append(s.logins, known.login(a.ID))
	case s.noUsers != "":
		s.elsewhere = "the credential may not list users any more, so nothing shows that this is the tailnet the person was found in: " + s.noUsers
	}
	return offboarding.Readback{Observations: c.judge(s), Residuals: s.residuals}, nil
}

// yardstick is what the primary credential, which found the person, sees at
// the time the observer looks. A list it may not read is empty.
type yardstick struct {
	users   []ts.User
	devices []ts.Device
	keys    []ts.Key
}

// measure reads the yardstick.
func (c *Connector) measure(ctx context.Context) (yardstick, error) {
	var y yardstick
	cl, err := c.open(c.primary, opUsers, opDevices, opKeys)
	if err != nil {
		return y, err
	}
	defer cl.close()
	var noUsers, noDevices, noKeys string
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { y.users, err = cl.users(gctx); return blind(&noUsers, err) })
	g.Go(func() (err error) { y.devices, err = cl.devices(gctx); return blind(&noDevices, err) })
	g.Go(func() (err error) { y.keys, err = cl.keys(gctx, true); return blind(&noKeys, err) })
	return y, g.Wait()
}

// login is the user's present login name, by which machines are told to be
// theirs: the observer that may not list users knows only the one from before.
func (y yardstick) login(id string) string {
	for _, u := range y.users {
		if u.ID == id {
			return u.LoginName
		}
	}
	return ""
}

// compare says why the observer may see another tailnet; empty if both see a
// member, a machine or a key that only one tailnet has. Whoever or whatever is
// shared between tailnets has one id in both, and shows nothing. To one of
// another tailnet everybody is gone.
func (y yardstick) compare(s *sighting) string {
	users, devices, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, u := range y.users {
		users[u.ID] = u.Type != ts.UserTypeShared && u.ID != s.account.ID
	}
	for _, d := range y.devices {
		devices[deviceID(d)] = !d.IsExternal
	}
	for _, k := range y.keys {
		keys[k.ID] = true
	}
	for _, u := range s.users {
		if users[u.ID] && u.Type != ts.UserTypeShared {
			return ""
		}
	}
	comparable := len(users) > 0 && len(s.users) > 0
	// With both lists of users at hand, these decide.
	if !comparable {
		for _, d := range s.devices {
			if devices[deviceID(d)] && !d.IsExternal {
				return ""
			}
		}
		for _, k := range s.keys {
			if keys[k.ID] {
				return ""
			}
		}
		comparable = len(devices) > 0 && len(s.devices) > 0 || len(keys) > 0 && len(s.keys) > 0
	}
	if comparable {
		return "the observer's credential sees another tailnet than the primary one; give it one of the same tailnet"
	}
	return "nothing shows that the observer's credential sees the tailnet of the primary one; let both list users, or devices"
}
