package okta

import (
	"net/http"
	"slices"
	"strings"
)

func (c *call) viewGroup(g *group) map[string]any {
	class := "okta:user_group"
	profile := map[string]any{"name": g.name, "description": g.description}
	if g.kind == "APP_GROUP" {
		class = "okta:windows_security_principal"
		profile["dn"] = "CN=" + g.name + ",DC=example,DC=com"
	}
	return map[string]any{
		"id": g.id, "type": g.kind, "objectClass": []string{class}, "profile": profile,
		"created": stamp(g.created), "lastUpdated": stamp(g.created), "lastMembershipUpdated": stamp(g.created),
		"_links": map[string]any{"users": c.href("/api/v1/groups/" + g.id + "/users")},
	}
}

func groupKey(g *group) string { return g.id }

// listGroups takes search, which ignores the case of values.
func (s *Server) listGroups(c *call) answer {
	all := sorted(s.st.groups)
	if text := c.r.URL.Query().Get("search"); text != "" {
		f, err := parseFilter(text)
		if err != nil {
			return answer{status: http.StatusBadRequest, body: oktaError("E0000031", "Invalid search criteria.", err.Error())}
		}
		all = slices.DeleteFunc(all, func(g *group) bool { return !f.match(g.attribute, true) })
	}
	return list(s, c, all, groupKey, c.viewGroup, 200, 200)
}

func (g *group) attribute(name string) []string {
	switch name {
	case "id":
		return []string{g.id}
	case "type":
		return []string{g.kind}
	case "profile.name":
		return []string{g.name}
	}
	return nil
}

func (s *Server) listUserGroups(c *call) answer {
	u, missing := s.user(c, "id")
	if u == nil {
		return missing
	}
	mine := map[string]*group{}
	for id := range u.groups {
		mine[id] = s.st.groups[id]
	}
	return list(s, c, sorted(mine), groupKey, c.viewGroup, 200, 200)
}

func (s *Server) listMembers(c *call) answer {
	g := s.st.groups[c.r.PathValue("groupId")]
	if g == nil {
		return notFound(c.r.PathValue("groupId"), "UserGroup")
	}
	members := make([]*user, 0, len(g.members))
	for id := range g.members {
		members = append(members, s.find(id))
	}
	slices.SortFunc(members, func(a, b *user) int { return strings.Compare(a.id, b.id) })
	return list(s, c, members, func(u *user) string { return u.id }, c.viewUser, 1000, 1000)
}

// membership resolves the group and user of a request. Okta changes the
// members of its own groups only, not those of an app's or of Everyone.
func (s *Server) membership(c *call) (*group, *user, answer) {
	g := s.st.groups[c.r.PathValue("groupId")]
	if g == nil {
		return nil, nil, notFound(c.r.PathValue("groupId"), "UserGroup")
	}
	u, missing := s.user(c, "userId")
	switch {
	case u == nil:
		return nil, nil, missing
	case g.kind != "OKTA_GROUP":
		return nil, nil, answer{status: http.StatusForbidden, body: oktaError("E0000060", "Unsupported operation: group membership of this group cannot be changed.")}
	}
	return g, u, answer{}
}

func (s *Server) addMember(c *call) answer {
	g, u, refused := s.membership(c)
	if g == nil {
		return refused
	}
	s.st.join(u, g)
	s.record(c, "group.user_membership.add", "Add user to group membership", u, party{g.id, "UserGroup", "unknown", g.name})
	return noContent()
}

// removeMember answers 204 for a user who is not a member, as Okta does.
func (s *Server) removeMember(c *call) answer {
	g, u, refused := s.membership(c)
	if g == nil {
		return refused
	}
	if u.groups[g.id] {
		delete(u.groups, g.id)
		delete(g.members, u.id)
		s.record(c, "group.user_membership.remove", "Remove user from group membership", u, party{g.id, "UserGroup", "unknown", g.name})
	}
	return noContent()
}
