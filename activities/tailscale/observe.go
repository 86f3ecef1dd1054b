package tailscale

import (
	"context"

	"lastday/offboarding"
)

// Observe reads users, devices and keys through a client of its own, with the
// observer's credential where there is one. Look again some minutes later: a
// key that is left brings a deleted device back.
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
	s, err := c.look(ctx, cl, a)
	if err != nil {
		return offboarding.Readback{}, err
	}
	if s.user == nil && s.noUsers == "" && c.observer != nil {
		if s.tailnetOK, err = c.sameTailnet(ctx, s); err != nil {
			return offboarding.Readback{}, err
		}
	}
	return offboarding.Readback{Observations: c.judge(s), Residuals: s.residuals}, nil
}

// sameTailnet asks the primary credential, which found the person, whether the
// observer sees the same tailnet: to one of another tailnet everybody is gone.
func (c *Connector) sameTailnet(ctx context.Context, s *sighting) (bool, error) {
	cl, err := c.open(c.primary, opUsers)
	if err != nil {
		return false, err
	}
	defer cl.close()
	users, err := cl.users(ctx)
	if err != nil {
		return false, err
	}
	known := map[string]bool{}
	for _, u := range users {
		known[u.ID] = true
	}
	for _, u := range s.users {
		if known[u.ID] && u.ID != s.account.ID {
			return true, nil
		}
	}
	return false, nil
}
