package okta

import (
	"strings"

	"lastday/sandbox/people"
)

// SetStatus puts a person into a status. DEPROVISIONED is an administrator's
// deactivation, with what Okta does then; other statuses come by themselves.
func (s *Server) SetStatus(email, status string) {
	s.edit(email, func(u *user) {
		if status == "DEPROVISIONED" {
			s.append(&event{kind: "user.lifecycle.deactivate", message: "Deactivate Okta user", actor: u.party(), targets: []party{u.party()}})
			s.deprovision(u)
			return
		}
		s.setStatus(u, status)
	})
}

// SetProfile sets one attribute of a person's profile.
func (s *Server) SetProfile(email, key, value string) {
	s.edit(email, func(u *user) {
		switch key {
		case "login":
			delete(s.st.byName, strings.ToLower(u.login()))
			s.st.byName[strings.ToLower(value)] = u.id
		case "email":
			old, mail := strings.ToLower(u.email()), strings.ToLower(value)
			s.st.byEmail[old] = without(s.st.byEmail[old], u.id)
			s.st.byEmail[mail] = append(s.st.byEmail[mail], u.id)
		}
		u.profile[key] = value
	})
}

// Hire adds a person with an account and no more than the usual groups.
func (s *Server) Hire(p people.Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &seeder{s: s, st: s.st, at: s.now(), groups: map[string]*group{}}
	for _, g := range s.st.groups {
		b.groups[g.name] = g
	}
	b.user(p)
}

// Delete deletes a person for good, as an administrator would, with the
// System Log's events.
func (s *Server) Delete(email string) {
	s.edit(email, func(u *user) {
		me := u.party()
		s.append(&event{kind: "user.lifecycle.delete.initiated", message: "Delete Okta user initiated", actor: me, targets: []party{me}})
		s.append(&event{kind: "user.lifecycle.delete.completed", message: "Delete Okta user completed", actor: me, targets: []party{me}})
		s.remove(u)
	})
}

// SignIn starts a session of the person's, whatever their status is.
func (s *Server) SignIn(email string) {
	s.edit(email, func(u *user) {
		u.sessions++
		u.lastLogin = s.now()
		s.append(&event{kind: "user.session.start", message: "User login to Okta", actor: u.party(), targets: []party{u.party()}})
	})
}

// AddGroup adds a group of a type, OKTA_GROUP or APP_GROUP, with members who are
// there already. An APP_GROUP may have the name of another group, as imported
// groups do.
func (s *Server) AddGroup(kind, name string, members ...string) {
	s.mu.Lock()
	g := &group{id: s.st.newID("00g"), name: name, kind: kind, created: s.now(), members: map[string]bool{}, roles: map[string]*role{}}
	s.st.groups[g.id] = g
	s.mu.Unlock()
	for _, email := range members {
		s.edit(email, func(u *user) { s.st.join(u, g) })
	}
}

// Join adds a person to a group by its name, an imported one ("Domain Users")
// included.
func (s *Server) Join(email, name string) {
	s.edit(email, func(u *user) {
		for _, g := range s.st.groups {
			if g.name == name {
				s.st.join(u, g)
			}
		}
	})
}

// Share enrols a second person on every device of the first.
func (s *Server) Share(owner, other string) {
	id := s.ID(other)
	s.edit(owner, func(u *user) {
		for d := range u.devices {
			s.st.devices[d].users[id] = true
			s.st.users[id].devices[d] = true
		}
	})
}

// Promote gives a person a standard admin role.
func (s *Server) Promote(email, kind, label string) {
	s.edit(email, func(u *user) {
		r := &role{id: s.st.newID("ra1"), kind: kind, label: label, created: s.now()}
		u.roles[r.id] = r
	})
}
