package okta

import (
	"net/http"
	"strings"
	"time"
)

// done is the empty object that Okta's lifecycle operations answer.
func done() answer { return answer{status: http.StatusOK, body: map[string]any{}} }

func noContent() answer { return answer{status: http.StatusNoContent} }

func (s *Server) setStatus(u *user, status string) {
	u.status, u.statusChanged, u.lastUpdated = status, s.now(), s.now()
}

func (s *Server) suspend(c *call) answer {
	u, missing := s.user(c, "id")
	switch {
	case u == nil:
		return missing
	case u.status != "ACTIVE":
		return validation("suspendUser", "Cannot suspend a user that is not active")
	}
	s.setStatus(u, "SUSPENDED")
	u.sessions = 0
	s.record(c, "user.lifecycle.suspend", "Suspend Okta user", u)
	return done()
}

func (s *Server) unsuspend(c *call) answer {
	u, missing := s.user(c, "id")
	switch {
	case u == nil:
		return missing
	case u.status != "SUSPENDED":
		return validation("unsuspendUser", "Cannot unsuspend a user that is not suspended")
	}
	s.setStatus(u, "ACTIVE")
	s.record(c, "user.lifecycle.unsuspend", "Unsuspend Okta user", u)
	return done()
}

// deactivate answers 404 E0000007 for a user who is deactivated already.
func (s *Server) deactivate(c *call) answer {
	u, missing := s.user(c, "id")
	switch {
	case u == nil:
		return missing
	case u.status == "DEPROVISIONED":
		return notFound(u.id, "User")
	case u.goal == "DEPROVISIONED":
		return done()
	}
	s.startDeactivation(c, u)
	return done()
}

func (s *Server) startDeactivation(c *call, u *user) {
	s.record(c, "user.lifecycle.deactivate", "Deactivate Okta user", u)
	takes := s.opts.AsyncDeactivation
	if takes == 0 && strings.Contains(c.r.Header.Get("Prefer"), "respond-async") {
		takes = 250 * time.Millisecond
	}
	if takes > 0 {
		u.goal, u.goalAt = "DEPROVISIONED", s.now().Add(takes)
		return
	}
	s.deprovision(u)
}

// deprovision ends sessions, app assignments and direct admin roles. It leaves
// group memberships, factors, grants and tokens where they are.
func (s *Server) deprovision(u *user) {
	s.setStatus(u, "DEPROVISIONED")
	u.sessions = 0
	clear(u.apps)
	clear(u.roles)
}

// deleteUser deactivates a user who is not deactivated, and deletes one who is.
func (s *Server) deleteUser(c *call) answer {
	u, missing := s.user(c, "id")
	if u == nil {
		return missing
	}
	if u.status != "DEPROVISIONED" {
		s.startDeactivation(c, u)
		return noContent()
	}
	s.record(c, "user.lifecycle.delete.initiated", "Delete Okta user initiated", u)
	s.record(c, "user.lifecycle.delete.completed", "Delete Okta user completed", u)
	s.remove(u)
	return noContent()
}

// remove takes a user and everything of theirs out of the org.
func (s *Server) remove(u *user) {
	for id := range u.groups {
		delete(s.st.groups[id].members, u.id)
	}
	for id := range u.devices {
		delete(s.st.devices[id].users, u.id)
	}
	for id := range u.tokens {
		delete(s.st.tokens, id)
	}
	delete(s.st.users, u.id)
	delete(s.st.byName, strings.ToLower(u.login()))
	s.st.order = without(s.st.order, u.id)
	mail := strings.ToLower(u.email())
	s.st.byEmail[mail] = without(s.st.byEmail[mail], u.id)
}

func without(ids []string, id string) []string {
	out := make([]string, 0, len(ids))
	for _, have := range ids {
		if have != id {
			out = append(out, have)
		}
	}
	return out
}

// clearSessions ends the user's sessions, and with oauthTokens=true their
// OAuth tokens too. It does not reach sessions inside apps, nor consents.
func (s *Server) clearSessions(c *call) answer {
	u, missing := s.user(c, "userId")
	switch {
	case u == nil:
		return missing
	case u.status == "DEPROVISIONED":
		return notFound(u.id, "User")
	}
	u.sessions = 0
	s.record(c, "user.session.clear", "Clear user session", u)
	if c.r.URL.Query().Get("oauthTokens") == "true" {
		for _, cl := range sorted(u.clients) {
			if len(cl.tokens) == 0 {
				continue
			}
			clear(cl.tokens)
			u.tidy(cl)
			s.record(c, "app.oauth2.token.revoke.implicit.user", "The user's tokens of a client are revoked", u, party{cl.id, "PublicClientApp", cl.id, cl.name})
		}
	}
	return noContent()
}
