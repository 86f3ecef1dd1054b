package github

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
)

func sortUsers(list []*user) {
	slices.SortFunc(list, func(a, b *user) int { return cmp.Compare(a.id, b.id) })
}

func (c *call) team(o *org) *team { return o.teams[c.r.PathValue("team_slug")] }

func (c *call) listTeams() {
	c.read(func(_ *state, o *org) {
		out := []any{}
		for _, t := range page(c, byID(o.teams), 30) {
			out = append(out, teamShape(o, t))
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) listTeamMembers() {
	c.read(func(s *state, o *org) {
		t := c.team(o)
		if t == nil {
			c.notFound()
			return
		}
		c.users(s, t.members)
	})
}

func (c *call) getTeamMembership() {
	c.read(func(s *state, o *org) {
		t, u := c.team(o), c.user(s)
		if t == nil || u == nil || t.members[u.id] == "" {
			c.notFound()
			return
		}
		self := api + "/organizations/" + itoa(o.id) + "/team/" + itoa(t.id) + "/memberships/" + u.login
		c.json(http.StatusOK, object{"url": self, "role": t.members[u.id], "state": "active"})
	})
}

func (c *call) removeTeamMembership() {
	c.write(func(s *state, o *org) {
		t, u := c.team(o), c.user(s)
		if t == nil || u == nil || t.members[u.id] == "" {
			c.notFound()
			return
		}
		delete(t.members, u.id)
		c.noContent()
	})
}

func (c *call) listRoles() {
	c.read(func(_ *state, o *org) {
		out := []any{}
		for _, r := range byID(o.roles) {
			out = append(out, object{
				"id": r.id, "name": r.name, "description": "a predefined role", "permissions": []string{}, "organization": nil,
				"source": "Predefined", "base_role": "read", "created_at": created, "updated_at": created,
			})
		}
		c.json(http.StatusOK, object{"total_count": len(out), "roles": out})
	})
}

func (c *call) listRoleUsers() {
	c.read(func(s *state, o *org) {
		r := o.roles[c.number("role_id")]
		if r == nil {
			c.notFound()
			return
		}
		out := []any{}
		for _, id := range page(c, slices.Sorted(maps.Keys(r.users)), 30) {
			u := userShape(s.byID[id])
			u["assignment"], u["inherited_from"] = "direct", []any{}
			out = append(out, u)
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) removeRoles() {
	c.write(func(s *state, o *org) {
		u := c.user(s)
		if u == nil {
			c.notFound()
			return
		}
		for _, r := range o.roles {
			delete(r.users, u.id)
		}
		c.noContent()
	})
}

func (c *call) removeRole() {
	c.write(func(s *state, o *org) {
		u, r := c.user(s), o.roles[c.number("role_id")]
		if u == nil || r == nil {
			c.notFound()
			return
		}
		delete(r.users, u.id)
		c.noContent()
	})
}
