package github

import (
	"net/http"
)

// repo is the repository in the path; it answers 404 itself if there is none.
func (c *call) repo(o *org) *repo {
	r := o.repos[c.r.PathValue("repo")]
	if r == nil {
		c.notFound()
	}
	return r
}

func (c *call) listRepos() {
	c.read(func(_ *state, o *org) {
		out := []any{}
		for _, r := range page(c, byID(o.repos), 30) {
			out = append(out, r.minimal)
		}
		c.json(http.StatusOK, out)
	})
}

// listCollaborators lists the direct collaborators, and with another
// affiliation the owners and members who reach the repository too.
func (c *call) listCollaborators() {
	c.read(func(s *state, o *org) {
		r := c.repo(o)
		if r == nil {
			return
		}
		roles := map[int64]string{}
		if c.r.URL.Query().Get("affiliation") != "direct" {
			for id, role := range o.members {
				roles[id] = map[string]string{"admin": "admin", "member": "read"}[role]
			}
		}
		for id, permission := range r.collaborators {
			roles[id] = permission
		}
		list := make([]*user, 0, len(roles))
		for id := range roles {
			list = append(list, s.byID[id])
		}
		sortUsers(list)
		out := []any{}
		for _, u := range page(c, list, 30) {
			shape, role := userShape(u), roles[u.id]
			shape["role_name"] = role
			shape["permissions"] = object{
				"pull": true, "triage": role != "read", "push": role != "read" && role != "triage", "maintain": role == "maintain" || role == "admin", "admin": role == "admin",
			}
			out = append(out, shape)
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) removeCollaborator() {
	c.write(func(s *state, o *org) {
		r := c.repo(o)
		if r == nil {
			return
		}
		if u := c.user(s); u != nil {
			delete(r.collaborators, u.id)
		}
		c.noContent()
	})
}

func (c *call) listRepoInvitations() {
	c.read(func(s *state, o *org) {
		r := c.repo(o)
		if r == nil {
			return
		}
		out := []any{}
		for _, i := range page(c, byID(r.invitations), 30) {
			var invitee any
			if u := s.byID[i.invitee]; u != nil {
				invitee = u.simple
			}
			out = append(out, object{
				"id": i.id, "repository": r.minimal, "invitee": invitee, "inviter": s.byID[i.inviter].simple, "permissions": "write",
				"created_at": created, "expired": false, "url": api + "/user/repository_invitations/" + itoa(i.id),
				"html_url": "https://github.com/" + o.login + "/" + r.name + "/invitations", "node_id": node("RepositoryInvitation", i.id),
			})
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) cancelRepoInvitation() {
	c.write(func(_ *state, o *org) {
		r := c.repo(o)
		if r == nil {
			return
		}
		id := c.number("invitation_id")
		if r.invitations[id] == nil {
			c.notFound()
			return
		}
		delete(r.invitations, id)
		c.noContent()
	})
}

func (c *call) listKeys() {
	c.read(func(s *state, o *org) {
		r := c.repo(o)
		if r == nil {
			return
		}
		out := []any{}
		for _, k := range page(c, byID(r.keys), 30) {
			var by any
			if u := s.byID[k.addedBy]; u != nil {
				by = u.login
			}
			out = append(out, object{
				"id": k.id, "key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA" + node("key", k.id), "url": api + "/repos/" + o.login + "/" + r.name + "/keys/" + itoa(k.id),
				"title": k.title, "verified": true, "created_at": created, "read_only": false, "added_by": by, "last_used": nil, "enabled": true,
			})
		}
		c.json(http.StatusOK, out)
	})
}

func (c *call) removeKey() {
	c.write(func(_ *state, o *org) {
		r := c.repo(o)
		if r == nil {
			return
		}
		id := c.number("key_id")
		if r.keys[id] == nil {
			c.notFound()
			return
		}
		delete(r.keys, id)
		c.noContent()
	})
}

func (c *call) listHooks() {
	c.read(func(_ *state, o *org) {
		self := api + "/orgs/" + o.login + "/hooks/1"
		c.json(http.StatusOK, page(c, []object{{
			"id": 1, "url": self, "ping_url": self + "/pings", "deliveries_url": self + "/deliveries", "name": "web", "events": []string{"push"}, "active": true,
			"config": object{"url": "https://ci.example.com/hook", "content_type": "json", "insecure_ssl": "0"}, "updated_at": created, "created_at": created, "type": "Organization",
		}}, 30))
	})
}

func (c *call) listRunners() {
	c.read(func(_ *state, _ *org) {
		list := []object{{"id": 7, "name": "builder-1", "os": "linux", "status": "online", "busy": false, "labels": []object{}}}
		c.json(http.StatusOK, object{"total_count": len(list), "runners": page(c, list, 30)})
	})
}

func (c *call) listInstallations() {
	c.read(func(_ *state, o *org) {
		list := []object{installationShape(AppID, Installations()[o.login], orgShape(o))}
		c.json(http.StatusOK, object{"total_count": len(list), "installations": page(c, list, 30)})
	})
}
