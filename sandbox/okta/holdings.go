package okta

import (
	"maps"
	"net/http"
)

func (s *Server) listAppLinks(c *call) answer {
	u, missing := s.user(c, "id")
	if u == nil {
		return missing
	}
	view := func(a *app) map[string]any {
		return map[string]any{
			"id": u.id, "label": a.label, "appName": a.name, "appInstanceId": a.instance, "appAssignmentId": a.id,
			"linkUrl": "http://" + c.r.Host + "/home/" + a.name + "/" + a.instance, "logoUrl": "http://" + c.r.Host + "/logo.png",
			"credentialsSetup": false, "hidden": false, "sortOrder": 0,
		}
	}
	return list(s, c, sorted(u.apps), func(a *app) string { return a.id }, view, 200, 200)
}

func (s *Server) listAppUsers(c *call) answer {
	instance := c.r.PathValue("appId")
	var found []*user
	known := false
	for _, id := range s.st.order {
		for _, a := range s.st.users[id].apps {
			if a.instance == instance {
				known = true
				found = append(found, s.st.users[id])
			}
		}
	}
	if !known {
		return notFound(instance, "AppInstance")
	}
	view := func(u *user) map[string]any {
		return map[string]any{
			"id": u.id, "scope": "USER", "status": "ACTIVE", "statusChanged": stamp(u.created), "created": stamp(u.created),
			"lastUpdated": stamp(u.created), "profile": map[string]any{}, "credentials": map[string]any{"userName": u.login()},
		}
	}
	return list(s, c, found, func(u *user) string { return u.id }, view, 50, 500)
}

type assigned struct {
	*role
	group string // the id of the group that brings the role; empty: direct
}

// rolesOf are the user's direct roles and those that their groups bring. A
// deactivated user has none: the groups stay, the roles do not apply.
func (s *Server) rolesOf(u *user) map[string]assigned {
	out := map[string]assigned{}
	if u.status == "DEPROVISIONED" {
		return out
	}
	for id, r := range u.roles {
		out[id] = assigned{role: r}
	}
	for gid := range u.groups {
		for id, r := range s.st.groups[gid].roles {
			out[id] = assigned{role: r, group: gid}
		}
	}
	return out
}

func (s *Server) listRoles(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	view := func(r assigned) map[string]any {
		kind, assignee := "USER", "/api/v1/users/"+u.id
		if r.group != "" {
			kind, assignee = "GROUP", "/api/v1/groups/"+r.group
		}
		return map[string]any{
			"id": r.id, "label": r.label, "type": r.kind, "status": "ACTIVE", "assignmentType": kind,
			"created": stamp(r.created), "lastUpdated": stamp(r.created), "_links": map[string]any{"assignee": c.href(assignee)},
		}
	}
	return list(s, c, sorted(s.rolesOf(u)), func(r assigned) string { return r.id }, view, 200, 200)
}

// removeRole unassigns a direct role; a role that a group brings is not found
// on the user.
func (s *Server) removeRole(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	r := u.roles[c.r.PathValue("roleAssignmentId")]
	if r == nil {
		return notFound(c.r.PathValue("roleAssignmentId"), "Role")
	}
	delete(u.roles, r.id)
	s.record(c, "user.account.privilege.revoke", "Revoke user privilege", u, party{r.id, "ROLE", r.kind, r.label})
	return noContent()
}

func (s *Server) listFactors(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	view := func(f *factor) map[string]any {
		return map[string]any{
			"id": f.id, "factorType": f.kind, "provider": f.provider, "vendorName": f.provider, "status": "ACTIVE",
			"created": stamp(f.created), "lastUpdated": stamp(f.created), "profile": maps.Clone(f.profile),
			"_links": map[string]any{"self": c.href("/api/v1/users/" + u.id + "/factors/" + f.id)},
		}
	}
	return list(s, c, sorted(u.factors), func(f *factor) string { return f.id }, view, 200, 200)
}

// removeFactor refuses for a deactivated user, as the description of the
// operation says. Unenrolling Okta Verify push takes its code generator along.
func (s *Server) removeFactor(c *call) answer {
	u, missing := s.user(c, "userId")
	if u == nil {
		return missing
	}
	f := u.factors[c.r.PathValue("factorId")]
	switch {
	case f == nil:
		return notFound(c.r.PathValue("factorId"), "UserFactor")
	case u.status == "DEPROVISIONED":
		return wrongStatus()
	}
	delete(u.factors, f.id)
	if f.kind == "push" || f.kind == "signed_nonce" {
		maps.DeleteFunc(u.factors, func(_ string, other *factor) bool {
			return other.provider == "OKTA" && (other.kind == "token:software:totp" || other.kind == "push" || other.kind == "signed_nonce")
		})
	}
	s.record(c, "user.mfa.factor.deactivate", "Reset factor for user", u)
	return noContent()
}

func (s *Server) resetFactors(c *call) answer {
	u, missing := s.user(c, "id")
	if u == nil {
		return missing
	}
	clear(u.factors)
	s.record(c, "user.mfa.factor.reset_all", "Reset all factors for user", u)
	return answer{status: http.StatusOK, body: map[string]any{}}
}
