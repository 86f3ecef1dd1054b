package slack

import "slices"

func (s *Server) groupObject(g group) answer {
	return answer{
		"id": g.ID, "team_id": TeamID, "is_usergroup": true, "name": g.Name, "handle": g.Handle,
		"description": "", "is_external": false, "date_create": 1700000000, "date_update": 1700000000, "date_delete": 0,
		"auto_type": nil, "prefs": answer{"channels": []string{}, "groups": []string{}}, "user_count": len(s.membersOf(g)),
	}
}

// membersOf leaves out who was deactivated: Slack takes them out of their
// groups.
func (s *Server) membersOf(g group) []string {
	out := make([]string, 0, len(g.Members))
	for _, id := range g.Members {
		if u := s.state.users[id]; u != nil && !u.Deleted {
			out = append(out, id)
		}
	}
	return out
}

func (s *Server) groupsList(c call) answer {
	list := make([]answer, 0, len(s.state.groups))
	for _, g := range s.state.groups {
		o := s.groupObject(g)
		if truth(c.args.Get("include_users")) {
			o["users"] = s.membersOf(g)
		}
		list = append(list, o)
	}
	return answer{"ok": true, "usergroups": list}
}

func (s *Server) groupsMembers(c call) answer {
	i := slices.IndexFunc(s.state.groups, func(g group) bool { return g.ID == c.args.Get("usergroup") })
	if i < 0 {
		return fail("no_such_subteam")
	}
	return answer{"ok": true, "users": s.membersOf(s.state.groups[i])}
}

// SetGroup gives a user group these members, named by e-mail or user id, and
// makes the group where there is none.
func (s *Server) SetGroup(id, handle string, members ...string) {
	s.change(func() {
		g := group{ID: id, Handle: handle, Name: handle}
		for _, m := range members {
			if u := s.member(m); u != nil {
				g.Members = append(g.Members, u.ID)
			}
		}
		groups := slices.DeleteFunc(slices.Clone(s.state.groups), func(g group) bool { return g.ID == id })
		s.state.groups = append(groups, g)
	})
}
