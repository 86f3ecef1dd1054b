package okta

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Holds lists the live access that a person truly has now, as "class/id":
// what could be used today, and what would come back with the account. A
// session or an API token of a suspended or deactivated user is none, as Okta
// refuses it; groups, factors, roles, OAuth tokens and devices are. Empty when
// all is gone. It reads the state itself and none of the API's handlers.
func (s *Server) Holds(email string) []string {
	return s.truth(email, true)
}

// Left lists everything of a person's that is still on record, live or not:
// what an auditor would find in the org. Everyone is left out: every account
// is in it for good.
func (s *Server) Left(email string) []string {
	return s.truth(email, false)
}

func (s *Server) truth(email string, live bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, id := range s.st.byEmail[strings.ToLower(email)] {
		out = append(out, s.holdings(s.st.users[id], live)...)
	}
	slices.Sort(out)
	return out
}

func (s *Server) holdings(u *user, live bool) []string {
	status := u.status
	if u.goal != "" && !s.now().Before(u.goalAt) {
		status = u.goal
	}
	stopped := status == "SUSPENDED" || status == "DEPROVISIONED"
	gone := status == "DEPROVISIONED"
	var out []string
	add := func(class, id string) { out = append(out, class+"/"+id) }
	if !stopped || (!live && !gone) {
		add("login", u.id)
	}
	if u.sessions > 0 && !stopped {
		add("sessions", "all")
	}
	for id := range u.tokens {
		if !stopped || !live {
			add("api-tokens", id)
		}
	}
	for id, cl := range u.clients {
		if len(cl.tokens)+len(cl.grants) > 0 {
			add("oauth-tokens", id)
		}
	}
	for id := range u.factors {
		add("factors", id)
	}
	for id := range u.devices {
		add("devices", id)
	}
	for id := range u.groups {
		g := s.st.groups[id]
		if g.kind != "BUILT_IN" {
			add("groups", id)
		}
		for rid := range g.roles {
			if !gone {
				add("admin-roles", rid)
			}
		}
	}
	if !gone {
		for id := range u.roles {
			add("admin-roles", id)
		}
		for id := range u.apps {
			add("apps", id)
		}
	}
	return out
}

// Sessions counts a person's live sessions.
func (s *Server) Sessions(email string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, id := range s.st.byEmail[strings.ToLower(email)] {
		n += s.st.users[id].sessions
	}
	return n
}

// Status gives a person's status, empty for one the org does not have.
func (s *Server) Status(email string) string {
	status := ""
	s.edit(email, func(u *user) { status = u.status })
	return status
}

// Events lists the types of the System Log's events about a person, oldest
// first, those that are not to be seen yet included.
func (s *Server) Events(email string) []string {
	var out []string
	s.edit(email, func(u *user) {
		for _, n := range s.st.logOf[u.id] {
			if e := s.st.log[n]; slices.ContainsFunc(e.targets, func(p party) bool { return p.id == u.id }) {
				out = append(out, e.kind)
			}
		}
	})
	return out
}

// ID gives a person's user id, empty for one the org does not have.
func (s *Server) ID(email string) string {
	id := ""
	s.edit(email, func(u *user) { id = u.id })
	return id
}

func (s *Server) edit(email string, f func(*user)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range s.st.byEmail[strings.ToLower(email)] {
		s.settle(s.st.users[id])
		f(s.st.users[id])
	}
}

// serveState tells the truth about everybody.
func (s *Server) serveState(w http.ResponseWriter, _ *http.Request) {
	type one struct {
		ID       string   `json:"id"`
		Status   string   `json:"status"`
		Sessions int      `json:"sessions"`
		Holds    []string `json:"holds"`
		Left     []string `json:"left"`
	}
	s.mu.Lock()
	mails := slices.Sorted(maps.Keys(s.st.byEmail))
	s.mu.Unlock()
	out := map[string]one{}
	for _, mail := range mails {
		out[mail] = one{ID: s.ID(mail), Status: s.Status(mail), Sessions: s.Sessions(mail), Holds: s.Holds(mail), Left: s.Left(mail)}
	}
	write(w, answer{status: http.StatusOK, body: out})
}
