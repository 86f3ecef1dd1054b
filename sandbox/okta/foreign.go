package okta

import (
	"lastday/sandbox/people"
)

// Foreign is the state of another company's org, in which people.Stranger works
// and the same tokens are good: what a wrong base URL or a mixed-up cache shows.
func (s *Server) Foreign() any {
	other := &Server{opts: s.opts, now: s.now, st: newState(), secrets: map[string]string{}}
	other.st.next = 900_000 // ids are one org's alone
	other.seed([]people.Person{people.Stranger})
	st := other.st
	for secret, id := range other.secrets {
		st.tokens[s.secrets[secret]] = st.tokens[id]
	}
	owner := st.users[st.byName[people.Admin.Email]]
	delete(st.byName, people.Admin.Email)
	delete(st.byEmail, people.Admin.Email)
	owner.profile["login"], owner.profile["email"] = "owner@elsewhere.example", "owner@elsewhere.example"
	delete(owner.profile, GitHubAttribute)
	st.byName[owner.login()] = owner.id
	st.byEmail[owner.email()] = []string{owner.id}
	return st
}
