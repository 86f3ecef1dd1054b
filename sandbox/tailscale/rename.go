package tailscale

import "strings"

// Rename gives the user another login name, as an identity provider does after
// a marriage: ids stay, and machines name their user by the new one. It reports
// whether there is such a user.
func (s *Server) Rename(email, login string) bool {
	renamed := false
	s.inj.View(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for id, u := range s.state.users {
			if strings.EqualFold(u.LoginName, email) {
				u.LoginName, renamed = login, true
				s.state.users[id] = u
			}
		}
		for id, d := range s.state.devices {
			if strings.EqualFold(d.User, email) {
				d.User = login
				s.state.devices[id] = d
			}
		}
	})
	return renamed
}
