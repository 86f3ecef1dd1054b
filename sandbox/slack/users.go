package slack

import (
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // offsets are right on machines without a zone database
)

// userObject is Slack's user, with the address only for those who may see it.
func userObject(u *user, g grant) answer {
	profile := answer{
		"real_name": u.name(), "display_name": "", "first_name": u.First, "last_name": u.Last,
		"team": u.TeamID, "avatar_hash": "",
	}
	if u.Email != "" && slices.Contains(g.scopes, "users:read.email") {
		profile["email"] = u.Email
	}
	if u.Bot {
		profile["bot_id"] = u.BotID
	}
	out := answer{
		"id": u.ID, "team_id": u.TeamID, "name": u.Handle, "deleted": u.Deleted, "profile": profile,
		"is_bot": u.Bot, "is_app_user": false, "updated": u.Updated.Unix(),
	}
	if u.Deleted {
		return out // Slack leaves the rest out
	}
	out["real_name"], out["tz"] = u.name(), u.Zone
	if l, err := time.LoadLocation(u.Zone); err == nil {
		out["tz_label"], out["tz_offset"] = time.Now().In(l).Zone()
	}
	out["is_admin"], out["is_owner"], out["is_primary_owner"] = u.Admin, u.Owner, u.PrimaryOwner
	out["is_restricted"], out["is_ultra_restricted"], out["is_stranger"] = u.Guest, false, false
	return out
}

func (s *Server) usersLookup(c call) answer {
	u := s.state.users[s.state.byEmail[strings.ToLower(c.args.Get("email"))]]
	if u == nil || u.Deleted || !strings.EqualFold(u.Email, c.args.Get("email")) {
		return fail("users_not_found")
	}
	return answer{"ok": true, "user": userObject(u, c.grant)}
}

func (s *Server) usersInfo(c call) answer {
	u := s.state.users[c.args.Get("user")]
	if u == nil {
		return fail("user_not_found")
	}
	return answer{"ok": true, "user": userObject(u, c.grant)}
}

func (s *Server) usersList(c call) answer {
	from := 0
	if at := c.args.Get("cursor"); at != "" {
		id, ok := place("user", at)
		n, err := strconv.Atoi(id)
		if !ok || err != nil || n < 0 || n > len(s.state.order) {
			return fail("invalid_cursor")
		}
		from = n
	}
	to := min(from+s.limit(c.args, 100, 1000), len(s.state.order))
	members := make([]answer, 0, to-from)
	for _, id := range s.state.order[from:to] {
		members = append(members, userObject(s.state.users[id], c.grant))
	}
	next := ""
	if to < len(s.state.order) {
		next = cursor("user", strconv.Itoa(to))
	}
	return answer{"ok": true, "members": members, "response_metadata": answer{"next_cursor": next}}
}
