package tailscale

import (
	"context"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	ts "tailscale.com/client/tailscale/v2"

	"lastday/activities/transport"
	"lastday/offboarding"
)

// sighting is everything one look brought: the raw answers, and for each part
// the reason why this credential could not look, if it could not.
type sighting struct {
	users                      []ts.User
	user                       *ts.User
	devices                    []ts.Device
	keys                       []ts.Key
	own                        *ts.Key // the looking credential's own key, nil if it may not be read
	ownID                      string
	noUsers, noDevices, noKeys string
	credential                 string
	elsewhere                  string // why the answers may be from another tailnet than the person was found in
	account                    offboarding.Account
	logins                     []string
	at                         time.Time
	residuals                  []offboarding.Residual
}

// look reads users, devices and keys at once, and judges nothing.
func (c *Connector) look(ctx context.Context, cl *client, a offboarding.Account) (*sighting, error) {
	s := &sighting{credential: cl.cred.name, account: a, at: time.Now().UTC()}
	var err error
	if s.ownID, err = cl.cred.keyID(); err != nil {
		return nil, err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		s.users, err = cl.users(gctx)
		return blind(&s.noUsers, err)
	})
	noUser := ""
	g.Go(func() (err error) {
		s.user, err = cl.user(gctx, a.ID)
		return blind(&noUser, err)
	})
	g.Go(func() (err error) {
		s.devices, err = cl.devices(gctx)
		return blind(&s.noDevices, err)
	})
	g.Go(func() (err error) {
		s.keys, err = cl.allKeys(gctx)
		return blind(&s.noKeys, err)
	})
	if s.ownID != "" {
		g.Go(func() (err error) {
			s.own, err = cl.key(gctx, s.ownID)
			var reason string
			return blind(&reason, err)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	if s.noUsers == "" {
		s.noUsers = noUser
	}
	s.logins = []string{a.Login, a.Email}
	if s.user != nil {
		s.logins = append(s.logins, s.user.LoginName)
	}
	return s, s.consistent()
}

// blind turns "this credential may not look" into a reason; other errors stay.
func blind(reason *string, err error) error {
	if !hidden(err) {
		return err
	}
	*reason = err.Error()
	return nil
}

// consistent refuses answers that contradict each other or the account.
func (s *sighting) consistent() error {
	if s.noUsers != "" {
		return nil
	}
	listed := s.listed()
	switch {
	case (listed == nil) != (s.user == nil):
		return fail(transport.Invalid, opUser, "the list of users and the user's own record contradict each other", "")
	case listed == nil:
		return elsewhere(s.account, s.users)
	case listed.Status != s.user.Status:
		return fail(transport.Invalid, opUser, "the list of users and the user's own record give two different states", "")
	case !strings.EqualFold(s.user.LoginName, s.account.Login):
		return fail(transport.Invalid, opUser, "the record is of "+s.user.LoginName+", not of "+s.account.Login, "find the person again if the login was renamed")
	}
	return nil
}

func (s *sighting) listed() *ts.User {
	for i := range s.users {
		if s.users[i].ID == s.account.ID {
			return &s.users[i]
		}
	}
	return nil
}
