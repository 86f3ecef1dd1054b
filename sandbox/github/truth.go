package github

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Holds lists the live access a person truly has right now, as "class/id",
// sorted; empty when all is gone. A seat that ends with the billing cycle
// counts as live only while its holder is a member, as GitHub documents. It
// waits until no request is being handled.
func (sv *Server) Holds(email string) []string {
	var out []string
	sv.faults.View(func() { out = sv.st.holds(email, time.Now()) })
	return out
}

func (s *state) holds(email string, now time.Time) []string {
	var who int64
	if u := s.byEmail[fold(email)]; u != nil {
		who = u.id
	}
	out := []string{}
	add := func(class, format string, args ...any) { out = append(out, class+"/"+fmt.Sprintf(format, args...)) }
	for _, o := range s.orgs {
		_, member := o.members[who]
		if member {
			add("membership", "%s", o.login)
		}
		for _, t := range o.teams {
			if t.members[who] != "" {
				add("groups", "%s/%s", o.login, t.slug)
			}
		}
		for _, r := range o.roles {
			if r.users[who] {
				add("organization-roles", "%s/%d", o.login, r.id)
			}
		}
		for _, i := range o.invitations {
			if (i.invitee == 0 && fold(i.email) == fold(email)) || (who != 0 && i.invitee == who) {
				add("invitations", "%s/%d", o.login, i.id)
			}
		}
		for _, cr := range o.credentials {
			if cr.owner == who && cr.live(now) {
				add("sso-credentials", "%s/%d", o.login, cr.id)
			}
		}
		for _, t := range o.tokens {
			if t.owner == who {
				add("access-tokens", "%s/%d", o.login, t.id)
			}
		}
		if st := o.seats[who]; st != nil && (st.ending == "" || member) {
			add("seats", "%s", o.login)
		}
		if !member && o.outside(who) {
			add("outside-collaboration", "%s", o.login)
		}
		out = append(out, o.holdsInRepos(who)...)
	}
	slices.Sort(out)
	return out
}

func (o *org) holdsInRepos(who int64) []string {
	var out []string
	for _, r := range o.repos {
		if r.collaborators[who] != "" {
			out = append(out, fmt.Sprintf("repository-collaborations/%s/%s", o.login, r.name))
		}
		for _, i := range r.invitations {
			if i.invitee == who {
				out = append(out, fmt.Sprintf("repository-collaborations/%s/%s/invitations/%d", o.login, r.name, i.id))
			}
		}
		for _, k := range r.keys {
			if k.addedBy == who {
				out = append(out, fmt.Sprintf("deploy-keys/%s/%s/%d", o.login, r.name, k.id))
			}
		}
	}
	return out
}

// serveState gives what everybody truly holds, by login.
func (sv *Server) serveState(w http.ResponseWriter, _ *http.Request) {
	sv.mu.RLock()
	defer sv.mu.RUnlock()
	out, now := map[string][]string{}, time.Now()
	for _, u := range sv.st.byID {
		out[u.login] = sv.st.holds(u.email, now)
	}
	writeJSON(w, http.StatusOK, map[string]any{"people": out})
}

// SetRole makes a user a member with the role ("admin" or "member"), or with
// "" takes the membership away.
func (sv *Server) SetRole(org, login, role string) {
	sv.edit(func(s *state) {
		o, u := s.orgs[org], s.users[fold(login)]
		if role == "" {
			o.remove(u.id)
			return
		}
		o.members[u.id] = role
	})
}

// Rename gives an account another login; the old one is free for anybody.
func (sv *Server) Rename(login, to string) {
	sv.edit(func(s *state) {
		u := s.users[fold(login)]
		delete(s.users, fold(login))
		u.login = to
		u.prepare()
		s.put(u)
	})
}

// Register makes a new account that holds nothing.
func (sv *Server) Register(login, email string) {
	sv.edit(func(s *state) { s.add(s.id()+10_000_000, login, login, email) })
}

// Delete removes an account for good, with everything but the deploy keys it
// added, which GitHub then shows without an author.
func (sv *Server) Delete(login string) {
	sv.edit(func(s *state) {
		u := s.users[fold(login)]
		for _, o := range s.orgs {
			o.erase(u.id)
		}
		delete(s.users, fold(login))
		delete(s.byID, u.id)
		delete(s.byEmail, fold(u.email))
	})
}

func (o *org) erase(id int64) {
	o.remove(id)
	delete(o.seats, id)
	for k, v := range o.credentials {
		if v.owner == id {
			delete(o.credentials, k)
		}
	}
	for k, v := range o.tokens {
		if v.owner == id {
			delete(o.tokens, k)
		}
	}
	for k, v := range o.invitations {
		if v.invitee == id {
			delete(o.invitations, k)
		}
	}
	for _, r := range o.repos {
		delete(r.collaborators, id)
		for k, v := range r.invitations {
			if v.invitee == id {
				delete(r.invitations, k)
			}
		}
	}
	o.identities = slices.DeleteFunc(o.identities, func(i identity) bool { return i.user == id })
}

func (sv *Server) edit(f func(s *state)) {
	sv.faults.View(func() {
		sv.mu.Lock()
		defer sv.mu.Unlock()
		f(sv.st)
	})
}
