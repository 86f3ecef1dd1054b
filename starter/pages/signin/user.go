package signin

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"lastday/offboarding"
	"lastday/record"
)

// Role is what somebody may see.
type Role string

const (
	Auditor  Role = "auditor"
	HR       Role = "hr"
	Operator Role = "operator"
)

// User is somebody who is signed in, as the provider vouches for them.
type User struct {
	record.Person
	Roles []Role `json:"roles"`
	// Local is true for whoever uses the machine itself, where no provider is
	// configured: nobody knows who that is.
	Local bool `json:"local,omitempty"`
}

// Has reports whether the user has one of the roles. An auditor may see all.
func (u User) Has(roles ...Role) bool {
	return slices.ContainsFunc(u.Roles, func(r Role) bool { return r == Auditor || slices.Contains(roles, r) })
}

// String is the user for people to read.
func (u User) String() string { return cmp.Or(u.Name, u.Email, u.Identity) }

func local() User {
	return User{Person: record.Person{Identity: "pages:local", Name: "local"}, Roles: []Role{Auditor}, Local: true}
}

type key int

const (
	userKey key = iota
	tokenKey
)

// UserOf is who is signed in; false for a stranger.
func UserOf(ctx context.Context) (User, bool) {
	u, ok := ctx.Value(userKey).(User)
	return u, ok
}

// TokenOf is what a form must carry in the field token; empty where there is no
// session.
func TokenOf(ctx context.Context) string {
	t, _ := ctx.Value(tokenKey).(string)
	return t
}

// claims are what is read of an ID token, or of the user info endpoint.
type claims struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified any    `json:"email_verified"` // some providers write "false"
	Name     string `json:"name"`
	Username string `json:"preferred_username"`
}

// person is who the claims are about. An address that the provider says it has
// not checked is nobody's: then the provider's own id names the person.
func (c claims) person() record.Person {
	p := record.Person{Identity: "oidc:" + c.Subject, Name: cmp.Or(c.Name, c.Username)}
	doubted := c.Verified == false || c.Verified == "false"
	if s, err := offboarding.ParseSubject(c.Email); err == nil && !doubted {
		p.Email, p.Identity = string(s), s.Plain()
	}
	return p
}

// rolesOf are the roles that the groups give.
func (g Groups) rolesOf(groups []string) []Role {
	var out []Role
	for _, r := range []struct {
		role Role
		need []string
	}{{Auditor, g.Auditor}, {HR, g.HR}, {Operator, g.Operator}} {
		if slices.ContainsFunc(r.need, func(n string) bool { return slices.Contains(groups, n) }) {
			out = append(out, r.role)
		}
	}
	return out
}

// groupsIn reads a claim that is a list of texts, or one text.
func groupsIn(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		var out []string
		for _, g := range v {
			if s, ok := g.(string); ok {
				out = append(out, s)
			}
		}
		return out
	}
	return nil
}

// Inside reports whether a path with query leads to a page of ours: only such
// are gone to after a sign-in.
func Inside(to string) bool {
	path, _, _ := strings.Cut(to, "?")
	if path != Base && !strings.HasPrefix(path, Base+"/") {
		return false
	}
	plain := !strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' || r == '#' })
	return plain && len(to) <= 1000 && !strings.Contains(path, "//") && !strings.Contains(path, "..") &&
		!strings.HasPrefix(path, Base+"/sign-")
}
