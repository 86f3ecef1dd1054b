package okta

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// state is everything that a fault may roll back.
type state struct {
	users   map[string]*user
	order   []string          // user ids, ascending
	byName  map[string]string // lower-case login -> id
	byEmail map[string][]string
	groups  map[string]*group
	tokens  map[string]*apiToken
	devices map[string]*device
	log     []*event
	logOf   map[string][]int // user id -> positions in log
	next    int              // for new ids
}

type user struct {
	id            string
	profile       map[string]any
	status        string
	statusChanged time.Time
	created       time.Time
	lastUpdated   time.Time
	lastLogin     time.Time
	goal          string // transitioningToStatus
	goalAt        time.Time
	sessions      int
	clients       map[string]*client
	roles         map[string]*role
	factors       map[string]*factor
	apps          map[string]*app
	groups        map[string]bool // group ids
	devices       map[string]bool // device ids
	tokens        map[string]bool // API token ids
}

func (u *user) login() string { return u.profile["login"].(string) }
func (u *user) email() string { return u.profile["email"].(string) }
func (u *user) name() string {
	return u.profile["firstName"].(string) + " " + u.profile["lastName"].(string)
}

type client struct {
	id, name string
	tokens   map[string]refreshToken
	grants   map[string]scopeGrant
}

type refreshToken struct {
	id      string
	created time.Time
	scopes  []string
}

type scopeGrant struct {
	id, scope string
	created   time.Time
}

// role is a direct assignment (on a user) or a group's.
type role struct {
	id, kind, label string
	created         time.Time
}

type factor struct {
	id, kind, provider string
	profile            map[string]any
	created            time.Time
}

type app struct{ id, instance, name, label string }

type group struct {
	id, name, kind, description string
	created                     time.Time
	members                     map[string]bool
	roles                       map[string]*role
}

type apiToken struct {
	id, name, userID, clientName string
	created, expires             time.Time
}

type device struct {
	id, name, platform, status string
	created                    time.Time
	users                      map[string]bool
}

func newState() *state {
	return &state{
		users: map[string]*user{}, byName: map[string]string{}, byEmail: map[string][]string{},
		groups: map[string]*group{}, tokens: map[string]*apiToken{}, devices: map[string]*device{},
		logOf: map[string][]int{},
	}
}

func (st *state) clone() *state {
	out := newState()
	out.order, out.next, out.log = slices.Clone(st.order), st.next, slices.Clone(st.log)
	maps.Copy(out.byName, st.byName)
	for k, v := range st.byEmail {
		out.byEmail[k] = slices.Clone(v)
	}
	for k, v := range st.logOf {
		out.logOf[k] = slices.Clone(v)
	}
	for id, u := range st.users {
		out.users[id] = u.clone()
	}
	for id, g := range st.groups {
		c := *g
		c.members, c.roles = maps.Clone(g.members), cloneMap(g.roles)
		out.groups[id] = &c
	}
	for id, d := range st.devices {
		c := *d
		c.users = maps.Clone(d.users)
		out.devices[id] = &c
	}
	out.tokens = cloneMap(st.tokens)
	return out
}

func (u *user) clone() *user {
	c := *u
	c.profile = maps.Clone(u.profile)
	c.clients = cloneMap(u.clients)
	for _, cl := range c.clients {
		cl.tokens, cl.grants = maps.Clone(cl.tokens), maps.Clone(cl.grants)
	}
	c.roles, c.factors, c.apps = cloneMap(u.roles), cloneMap(u.factors), cloneMap(u.apps)
	c.groups, c.devices, c.tokens = maps.Clone(u.groups), maps.Clone(u.devices), maps.Clone(u.tokens)
	return &c
}

func cloneMap[T any](m map[string]*T) map[string]*T {
	out := make(map[string]*T, len(m))
	for k, v := range m {
		c := *v
		out[k] = &c
	}
	return out
}

// newID gives an id of Okta's form: the prefix of its kind, 20 characters in all.
func (st *state) newID(prefix string) string {
	st.next++
	digits := make([]byte, 20-len(prefix)-3)
	for i, n := len(digits)-1, st.next; i >= 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	return prefix + "sbx" + string(digits)
}

func (st *state) addUser(u *user) {
	st.users[u.id] = u
	st.order = append(st.order, u.id)
	st.byName[strings.ToLower(u.login())] = u.id
	mail := strings.ToLower(u.email())
	st.byEmail[mail] = append(st.byEmail[mail], u.id)
}

func (st *state) join(u *user, g *group) {
	u.groups[g.id] = true
	g.members[u.id] = true
}

// settle brings a user's asynchronous transition to its end once it is due.
func (s *Server) settle(u *user) {
	if u.goal == "" || s.now().Before(u.goalAt) {
		return
	}
	u.goal = ""
	s.deprovision(u)
}

// find resolves what Okta takes for a user: an id, a login (any case), or the
// part of a login before the @ where only one user has it.
func (s *Server) find(ref string) *user {
	u := s.st.users[ref]
	if u == nil {
		u = s.st.users[s.st.byName[strings.ToLower(ref)]]
	}
	if u == nil && ref != "" && !strings.Contains(ref, "@") {
		for login, id := range s.st.byName {
			if short, _, _ := strings.Cut(login, "@"); short == strings.ToLower(ref) {
				if u != nil {
					return nil
				}
				u = s.st.users[id]
			}
		}
	}
	if u != nil {
		s.settle(u)
	}
	return u
}
