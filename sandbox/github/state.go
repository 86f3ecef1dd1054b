package github

import (
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// state is everything that a request can read or change.
type state struct {
	nextID  int64
	users   map[string]*user // by lower-case login
	byID    map[int64]*user
	byEmail map[string]*user
	orgs    map[string]*org // by lower-case login
}

type user struct {
	id                 int64
	login, name, email string
	simple             json.RawMessage // the simple-user shape, prepared once
}

type org struct {
	id          int64
	login, plan string
	copilot     bool
	members     map[int64]string // user id to role: admin or member
	teams       map[string]*team // by slug
	roles       map[int64]*role
	repos       map[string]*repo // by name
	invitations map[int64]*invitation
	credentials map[int64]*credential
	tokens      map[int64]*accessToken
	seats       map[int64]*seat // by user id
	identities  []identity      // SAML and SCIM, in order of creation
}

type team struct {
	id         int64
	name, slug string
	members    map[int64]string // user id to role
}

type role struct {
	id    int64
	name  string
	users map[int64]bool
}

type repo struct {
	id            int64
	name          string
	private       bool
	collaborators map[int64]string // user id to permission; direct ones only
	invitations   map[int64]*repoInvitation
	keys          map[int64]*deployKey
	minimal       json.RawMessage // the minimal-repository shape, prepared once
}

type repoInvitation struct{ id, invitee, inviter int64 }

type deployKey struct {
	id, addedBy int64 // addedBy 0: the vendor no longer knows
	title       string
}

// invitation is to a login or, where invitee is 0, to an e-mail address.
type invitation struct {
	id, invitee int64
	email       string
}

type credential struct {
	id, owner   int64
	kind, title string
	gone        time.Time // when the queued revocation takes effect; zero: not queued
}

func (c *credential) live(now time.Time) bool { return c.gone.IsZero() || now.Before(c.gone) }

type accessToken struct {
	id, owner int64
	name      string
}

type seat struct {
	user   int64
	ending string // date of the pending cancellation, or empty
}

type identity struct {
	guid, email string
	user        int64
}

func (s *state) id() int64 { s.nextID++; return s.nextID }

// clone copies the state deeply; the prepared JSON is shared, as it never changes.
func (s *state) clone() *state {
	out := &state{nextID: s.nextID, users: map[string]*user{}, byID: map[int64]*user{}, byEmail: map[string]*user{}, orgs: map[string]*org{}}
	for _, u := range s.byID {
		out.put(ptr(*u))
	}
	for k, o := range s.orgs {
		out.orgs[k] = o.clone()
	}
	return out
}

func (s *state) put(u *user) {
	s.users[fold(u.login)], s.byID[u.id] = u, u
	if u.email != "" {
		s.byEmail[fold(u.email)] = u
	}
}

func (o *org) clone() *org {
	c := *o
	c.members, c.identities = maps.Clone(o.members), slices.Clone(o.identities)
	c.teams = copyMap(o.teams, func(t team) team { t.members = maps.Clone(t.members); return t })
	c.roles = copyMap(o.roles, func(r role) role { r.users = maps.Clone(r.users); return r })
	c.repos = copyMap(o.repos, func(r repo) repo {
		r.collaborators = maps.Clone(r.collaborators)
		r.invitations, r.keys = copyMap(r.invitations, same), copyMap(r.keys, same)
		return r
	})
	c.invitations, c.credentials = copyMap(o.invitations, same), copyMap(o.credentials, same)
	c.tokens, c.seats = copyMap(o.tokens, same), copyMap(o.seats, same)
	return &c
}

func copyMap[K comparable, V any](m map[K]*V, deep func(V) V) map[K]*V {
	out := make(map[K]*V, len(m))
	for k, v := range m {
		out[k] = ptr(deep(*v))
	}
	return out
}

func same[V any](v V) V { return v }

func ptr[V any](v V) *V { return &v }

// outside reports whether the user is on the organisation's list of outside
// collaborators: a direct collaborator of a repository, and not a member.
func (o *org) outside(id int64) bool {
	if _, member := o.members[id]; member {
		return false
	}
	for _, r := range o.repos {
		if _, ok := r.collaborators[id]; ok {
			return true
		}
	}
	return false
}
