package slack

import (
	"slices"
	"strings"
	"time"

	"lastday/sandbox/people"
)

func (s *Server) conversationsInfo(c call) answer {
	if c.args.Get("channel") != s.opt.Channel {
		return fail("channel_not_found")
	}
	return answer{"ok": true, "channel": answer{
		"id": s.opt.Channel, "name": s.opt.ChannelName, "name_normalized": s.opt.ChannelName,
		"is_channel": true, "is_private": false, "is_archived": false, "is_general": false,
		"is_member": c.grant.user == BotUserID(), "created": 1700000000, "creator": UserID(people.Admin.Email),
		"topic": answer{"value": topic}, "purpose": answer{"value": topic},
	}}
}

// conversationsHistory gives the newest messages first. A message younger than
// HistoryDelay is not there yet.
func (s *Server) conversationsHistory(c call) answer {
	if c.args.Get("channel") != s.opt.Channel {
		return fail("channel_not_found")
	}
	if c.grant.user != BotUserID() {
		return fail("not_in_channel")
	}
	oldest, latest := c.args.Get("oldest"), c.args.Get("latest")
	inclusive := truth(c.args.Get("inclusive"))
	before := "~" // after every ts
	if at := c.args.Get("cursor"); at != "" {
		ts, ok := place("next_ts", at)
		if !ok {
			return fail("invalid_cursor")
		}
		before = ts
	}
	size := s.limit(c.args, 100, 999)
	page := make([]answer, 0, size)
	next := ""
	for _, m := range slices.Backward(s.state.messages) {
		if m.Channel != s.opt.Channel || m.TS >= before || time.Since(m.Posted) < s.opt.HistoryDelay {
			continue
		}
		if latest != "" && (m.TS > latest || (m.TS == latest && !inclusive)) {
			continue
		}
		if oldest != "" && (m.TS < oldest || (m.TS == oldest && !inclusive)) {
			break
		}
		if len(page) == size {
			next = cursor("next_ts", page[size-1]["ts"].(string))
			break
		}
		page = append(page, s.messageObject(m, truth(c.args.Get("include_all_metadata"))))
	}
	out := answer{"ok": true, "messages": page, "has_more": next != "", "pin_count": 0}
	if next != "" {
		out["response_metadata"] = answer{"next_cursor": next}
	}
	return out
}

// conversationsOpen gives the channel between the app and a member.
func (s *Server) conversationsOpen(c call) answer {
	u := s.state.users[c.args.Get("users")]
	switch {
	case c.args.Get("users") == "":
		return fail("users_list_not_supplied")
	case u == nil:
		return fail("user_not_found")
	case u.Bot:
		return fail("cannot_dm_bot")
	case u.Deleted:
		return fail("user_disabled")
	}
	return answer{"ok": true, "no_op": false, "already_open": false, "channel": answer{"id": directID(u.ID)}}
}

func truth(s string) bool { return s == "1" || strings.EqualFold(s, "true") }
