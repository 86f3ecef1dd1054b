package github

import (
	"fmt"

	"lastday/sandbox/people"
)

// People beside the staff.
const (
	observerLogin   = "lastday-observer" // owns the read-only token
	contractorLogin = "zoe-contractor"   // an outside collaborator who stays
	invitedLogin    = "max-invited"      // invited to a repository, and never accepts
	newcomerEmail   = "new.hire@" + people.Domain
)

// KnownAccounts are the logins of the organisations that are not linked to any
// of the company's people.
func KnownAccounts() []string { return []string{robotLogin, observerLogin, contractorLogin} }

var robotLogin = people.Robot.GitHubLogin

// firstUser is the id of the person with index 0.
const firstUser = int64(583231)

// seed builds the company. The same staff gives the same state.
func seed(staff []people.Person) *state {
	s := &state{nextID: 9000, users: map[string]*user{}, byID: map[int64]*user{}, byEmail: map[string]*user{}, orgs: map[string]*org{}}
	admin := s.employ(people.Admin)
	robot := s.employ(people.Robot)
	watcher := s.add(firstUser-3, observerLogin, "Lastday Observer", "")
	zoe := s.add(firstUser-4, contractorLogin, "Zoe Contractor", "zoe@contractor.example")
	s.add(firstUser-5, invitedLogin, "Max Invited", "max@contractor.example")
	for i, o := range []*org{
		s.org(Acme, "enterprise", true, "website", "payments-api", "infrastructure", "mobile-app"),
		s.org(Labs, "team", false, "prototype", "benchmarks"),
		s.org(Partners, "team", false, "integration-kit"),
	} {
		o.id = int64(77000 + i)
		for _, owner := range []int64{admin, robot, watcher} {
			o.members[owner] = "admin"
		}
		s.keep(o, admin, robot, zoe)
	}
	for _, p := range staff {
		id := s.employ(p)
		s.hire(p, id)
	}
	for _, o := range s.orgs {
		for _, r := range o.repos {
			r.prepare(o)
		}
	}
	return s
}

func (s *state) employ(p people.Person) int64 {
	return s.add(firstUser+int64(p.Index), p.GitHubLogin, p.Name(), p.Email)
}

func (s *state) add(id int64, login, name, email string) int64 {
	u := &user{id: id, login: login, name: name, email: email}
	u.prepare()
	s.put(u)
	return id
}

func (s *state) org(login, plan string, copilot bool, repos ...string) *org {
	o := &org{
		login: login, plan: plan, copilot: copilot, members: map[int64]string{}, teams: map[string]*team{}, roles: map[int64]*role{},
		repos: map[string]*repo{}, invitations: map[int64]*invitation{}, credentials: map[int64]*credential{}, tokens: map[int64]*accessToken{},
		seats: map[int64]*seat{},
	}
	for i, name := range repos {
		o.repos[name] = &repo{
			id: s.id(), name: name, private: i > 0, collaborators: map[int64]string{},
			invitations: map[int64]*repoInvitation{}, keys: map[int64]*deployKey{},
		}
	}
	for _, t := range []string{"Everyone", "Platform"} {
		o.teams[fold(t)] = &team{id: s.id(), name: t, slug: fold(t), members: map[int64]string{}}
	}
	for i, name := range []string{"all_repo_read", "all_repo_triage"} {
		id := int64(8132 + i)
		o.roles[id] = &role{id: id, name: name, users: map[int64]bool{}}
	}
	s.orgs[login] = o
	return o
}

// keep gives those who stay something of every class.
func (s *state) keep(o *org, admin, robot, zoe int64) {
	first := o.first()
	o.teams["everyone"].members[admin] = "maintainer"
	o.roles[8132].users[admin] = true
	first.collaborators[zoe] = "push"
	s.inviteTo(first, s.users[invitedLogin].id, admin)
	s.deployKey(first, robot, "ci")
	s.token(o, admin, "release notes")
	s.invite(o, 0, newcomerEmail)
	if o.plan == "enterprise" {
		s.credential(o, admin, "SSH key", "ada's laptop")
		o.identities = append(o.identities, identity{guid: guid(admin), email: people.Admin.Email, user: admin})
	}
	if o.copilot {
		o.seats[admin] = &seat{user: admin}
	}
}

// first is the organisation's public repository.
func (o *org) first() *repo {
	for _, r := range o.repos {
		if !r.private {
			return r
		}
	}
	return nil
}

// hire gives one member of staff a realistic set; the person with index 0
// holds something of every class.
func (s *state) hire(p people.Person, id int64) {
	acme, labs, partners := s.orgs[Acme], s.orgs[Labs], s.orgs[Partners]
	every := func(n int) bool { return p.Index%n == 0 }
	acme.members[id] = "member"
	acme.teams["everyone"].members[id] = "member"
	acme.identities = append(acme.identities, identity{guid: guid(id), email: p.Email, user: id})
	s.credential(acme, id, "SSH key", p.First+"'s laptop")
	if every(2) {
		acme.seats[id] = &seat{user: id}
	}
	if every(3) {
		acme.teams["platform"].members[id] = "member"
		s.token(acme, id, "backup script")
	}
	if every(5) {
		s.credential(acme, id, "personal access token", "deploy from "+p.First+"'s laptop")
		acme.roles[8133].users[id] = true
		labs.repos["prototype"].collaborators[id] = "push"
	}
	if every(7) {
		s.deployKey(acme.repos["payments-api"], id, p.First+"'s build server")
		acme.repos["website"].collaborators[id] = "maintain"
		acme.repos["infrastructure"].collaborators[id] = "admin"
	}
	if every(11) {
		s.inviteTo(labs.repos["benchmarks"], id, firstUser+int64(people.Admin.Index))
		s.invite(labs, id, "")
		s.invite(partners, 0, p.Email)
	}
}

func (s *state) credential(o *org, owner int64, kind, title string) {
	id := s.id()
	o.credentials[id] = &credential{id: id, owner: owner, kind: kind, title: title}
}

func (s *state) token(o *org, owner int64, name string) {
	id := s.id()
	o.tokens[id] = &accessToken{id: id, owner: owner, name: name}
}

func (s *state) deployKey(r *repo, by int64, title string) {
	id := s.id()
	r.keys[id] = &deployKey{id: id, addedBy: by, title: title}
}

func (s *state) invite(o *org, invitee int64, email string) {
	id := s.id()
	o.invitations[id] = &invitation{id: id, invitee: invitee, email: email}
}

func (s *state) inviteTo(r *repo, invitee, inviter int64) {
	id := s.id()
	r.invitations[id] = &repoInvitation{id: id, invitee: invitee, inviter: inviter}
}

func guid(id int64) string { return fmt.Sprintf("77f3a0c0-0000-4000-8000-%012x", id) }
