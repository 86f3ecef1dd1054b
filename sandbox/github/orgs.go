package github

import (
	"maps"
	"net/http"
	"strconv"
)

func (c *call) authenticatedUser() {
	c.sv.mu.RLock()
	defer c.sv.mu.RUnlock()
	u := c.sv.st.users[fold(c.who.login)]
	if u == nil {
		c.fail(http.StatusForbidden, "Resource not accessible by integration")
		return
	}
	c.json(http.StatusOK, privateUserShape(u))
}

func (c *call) userByLogin() {
	c.sv.mu.RLock()
	defer c.sv.mu.RUnlock()
	u := c.user(c.sv.st)
	if u == nil {
		c.notFound()
		return
	}
	c.json(http.StatusOK, publicUserShape(u))
}

func (c *call) userByID() {
	c.sv.mu.RLock()
	defer c.sv.mu.RUnlock()
	u := c.sv.st.byID[c.number("id")]
	if u == nil {
		c.notFound()
		return
	}
	c.json(http.StatusOK, publicUserShape(u))
}

func (c *call) getOrg() {
	c.read(func(_ *state, o *org) { c.json(http.StatusOK, o.fullShape()) })
}

func (c *call) listMembers() {
	c.read(func(s *state, o *org) {
		want := c.r.URL.Query().Get("role")
		keep := maps.Clone(o.members)
		maps.DeleteFunc(keep, func(_ int64, role string) bool { return want != "" && want != "all" && role != want })
		c.users(s, keep)
	})
}

// users answers with one page of the users whose ids are the map's keys.
func (c *call) users(s *state, ids map[int64]string) {
	list := make([]*user, 0, len(ids))
	for id := range ids {
		list = append(list, s.byID[id])
	}
	sortUsers(list)
	out := []any{}
	for _, u := range page(c, list, 30) {
		out = append(out, u.simple)
	}
	c.json(http.StatusOK, out)
}

func (c *call) getMembership() {
	c.read(func(s *state, o *org) {
		u := c.user(s)
		if u == nil {
			c.notFound()
			return
		}
		role, state := o.members[u.id], "active"
		if role == "" {
			if o.invitationOf(u.id) == nil {
				c.notFound()
				return
			}
			role, state = "member", "pending"
		}
		self := api + "/orgs/" + o.login
		c.json(http.StatusOK, object{
			"url": self + "/memberships/" + u.login, "state": state, "role": role, "organization_url": self,
			"organization": orgShape(o), "user": u.simple, "permissions": object{"can_create_repository": false}, "direct_membership": true,
			"enterprise_teams_providing_indirect_membership": []string{},
		})
	})
}

func (o *org) invitationOf(id int64) *invitation {
	for _, i := range o.invitations {
		if i.invitee == id {
			return i
		}
	}
	return nil
}

// removeMembership takes a member out, with teams, organisation roles, seat
// and private repositories, or cancels an invitation. SSO credentials,
// fine-grained tokens, deploy keys and direct collaborations on public
// repositories survive it.
func (c *call) removeMembership() {
	c.write(func(s *state, o *org) {
		u := c.user(s)
		if u == nil {
			c.notFound()
			return
		}
		role, member := o.members[u.id]
		invited := o.invitationOf(u.id)
		switch {
		case !member && invited == nil:
			c.notFound()
			return
		case !member:
			delete(o.invitations, invited.id)
			c.noContent()
			return
		case role == "admin" && o.owners() == 1:
			c.fail(http.StatusForbidden, "You cannot remove the last owner of the organization.")
			return
		}
		o.remove(u.id)
		c.noContent()
	})
}

func (o *org) owners() (n int) {
	for _, role := range o.members {
		if role == "admin" {
			n++
		}
	}
	return n
}

func (o *org) remove(id int64) {
	delete(o.members, id)
	for _, t := range o.teams {
		delete(t.members, id)
	}
	for _, r := range o.roles {
		delete(r.users, id)
	}
	for _, r := range o.repos {
		if r.private {
			delete(r.collaborators, id)
		}
	}
	if st := o.seats[id]; st != nil && st.ending == "" {
		st.ending = endOfCycle()
	}
}

func (c *call) listOutside() {
	c.read(func(s *state, o *org) {
		ids := map[int64]string{}
		for _, r := range o.repos {
			for id := range r.collaborators {
				if o.outside(id) {
					ids[id] = ""
				}
			}
		}
		c.users(s, ids)
	})
}

func (c *call) removeOutside() {
	c.write(func(s *state, o *org) {
		u := c.user(s)
		if u == nil {
			c.notFound()
			return
		}
		if _, member := o.members[u.id]; member {
			c.json(http.StatusUnprocessableEntity, object{
				"message":           "You cannot specify an organization member to remove as an outside collaborator.",
				"documentation_url": "https://docs.github.com/rest/orgs/outside-collaborators#remove-outside-collaborator-from-an-organization",
			})
			return
		}
		for _, r := range o.repos {
			delete(r.collaborators, u.id)
		}
		c.noContent()
	})
}

func (c *call) listInvitations() {
	c.read(func(s *state, o *org) {
		out := []any{}
		for _, i := range page(c, byID(o.invitations), 30) {
			var login, email any
			if i.invitee != 0 {
				login = s.byID[i.invitee].login
			} else {
				email = i.email
			}
			out = append(out, object{
				"id": i.id, "login": login, "email": email, "role": "direct_member", "created_at": created, "failed_at": nil, "failed_reason": nil,
				"inviter": s.users[fold(robotLogin)].simple, "team_count": 0, "node_id": node("OrganizationInvitation", i.id),
				"invitation_teams_url": api + "/organizations/" + itoa(o.id) + "/invitations/" + itoa(i.id) + "/teams", "invitation_source": "member",
			})
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) cancelInvitation() {
	c.write(func(_ *state, o *org) {
		id := c.number("invitation_id")
		if o.invitations[id] == nil {
			c.notFound()
			return
		}
		delete(o.invitations, id)
		c.noContent()
	})
}

// listSCIM answers userName eq "…", and the whole list without a filter.
func (c *call) listSCIM() {
	c.read(func(s *state, o *org) {
		if o.plan != "enterprise" {
			c.json(http.StatusNotFound, object{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "detail": "Not Found", "status": 404})
			return
		}
		q := c.r.URL.Query()
		var found []identity
		for _, i := range o.identities {
			if f := q.Get("filter"); f == "" || f == `userName eq "`+i.email+`"` {
				found = append(found, i)
			}
		}
		total, count := len(found), 100
		if n, err := strconv.Atoi(q.Get("count")); err == nil && n >= 0 {
			count = n
		}
		out := []any{}
		for _, i := range found[:min(count, total)] {
			out = append(out, object{
				"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "id": i.guid, "externalId": i.guid, "userName": i.email,
				"displayName": s.byID[i.user].name, "name": object{"givenName": "", "familyName": "", "formatted": s.byID[i.user].name},
				"emails": []object{{"value": i.email, "primary": true, "type": "work"}}, "active": true,
				"meta": object{"resourceType": "User", "created": created, "lastModified": created, "location": api + "/scim/v2/organizations/" + o.login + "/Users/" + i.guid},
			})
		}
		c.w.Header().Set("Content-Type", "application/scim+json; charset=utf-8")
		c.json(http.StatusOK, object{
			"schemas":      []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
			"totalResults": total, "itemsPerPage": len(out), "startIndex": 1, "Resources": out,
		})
	})
}
