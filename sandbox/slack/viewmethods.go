package slack

import (
	"strconv"
	"time"
)

// trigger is what a trigger_id stands for.
type trigger struct {
	user string
	at   time.Time
	used bool
}

// newTrigger gives a trigger_id of Slack's form; it lives from now on, or has
// ended already.
func (s *Server) newTrigger(user string, ended bool) string {
	id := strconv.FormatInt(time.Now().UnixMilli(), 10) + "." + hashID("", TeamID)[:8] + "." + requestID()
	t := trigger{user: user, at: time.Now()}
	if ended {
		t.at = t.at.Add(-2 * s.opt.TriggerLife)
	}
	s.state.triggers[id] = t
	return id
}

// exchange uses a trigger_id up and gives whose it is.
func (s *Server) exchange(id string) (string, answer) {
	t, ok := s.state.triggers[id]
	refuse := func(word, what string) (string, answer) {
		return "", refusal(word, []string{"`trigger_id` " + what + " [json-pointer:/trigger_id]"})
	}
	switch {
	case id == "":
		return "", refusal("invalid_arguments", []string{"missing required field: trigger_id [json-pointer:]"})
	case !ok:
		return refuse("invalid_trigger_id", "is invalid")
	case time.Since(t.at) > s.opt.TriggerLife:
		return refuse("expired_trigger_id", "expired")
	case t.used:
		return refuse("exchanged_trigger_id", "was already exchanged")
	}
	t.used = true
	s.state.triggers[id] = t
	return t.user, nil
}

func (s *Server) viewsOpen(c call) answer {
	v, no := newView([]byte(c.args.Get("view")), "modal")
	if no != nil {
		return no
	}
	if s.state.usedElsewhere(v.ExternalID, "") {
		return fail("duplicate_external_id")
	}
	user, no := s.exchange(c.args.Get("trigger_id"))
	if no != nil {
		return no
	}
	delete(s.state.dialogs, user)
	s.state.push(user, v)
	return answer{"ok": true, "view": v.object()}
}

func (s *Server) viewsPush(c call) answer {
	v, no := newView([]byte(c.args.Get("view")), "modal")
	if no != nil {
		return no
	}
	if s.state.usedElsewhere(v.ExternalID, "") {
		return fail("duplicate_external_id")
	}
	user, no := s.exchange(c.args.Get("trigger_id"))
	if no != nil {
		return no
	}
	switch len(s.state.dialogs[user]) {
	case 0:
		return fail("invalid_trigger_id")
	case maxStack:
		return fail("push_limit_reached")
	}
	s.state.push(user, v)
	return answer{"ok": true, "view": v.object()}
}

func (s *Server) viewsUpdate(c call) answer {
	id, external := c.args.Get("view_id"), c.args.Get("external_id")
	if id == "" && external == "" {
		return refusal("invalid_arguments", []string{"must define either `view_id` or `external_id` [json-pointer:]"})
	}
	old := s.state.findView(func(v *view) bool {
		return (id != "" && v.ID == id) || (id == "" && v.ExternalID == external)
	})
	kind := "modal"
	if old != nil {
		kind = old.Type
	}
	v, no := newView([]byte(c.args.Get("view")), kind)
	switch hash := c.args.Get("hash"); {
	case no != nil:
		return no
	case old == nil:
		return fail("not_found")
	case hash != "" && hash != old.Hash:
		return fail("hash_conflict")
	case s.state.usedElsewhere(v.ExternalID, old.ID):
		return fail("duplicate_external_id")
	}
	v.after(old)
	s.state.put(v)
	return answer{"ok": true, "view": v.object()}
}

func (s *Server) viewsPublish(c call) answer {
	v, no := newView([]byte(c.args.Get("view")), "home")
	if no != nil {
		return no
	}
	u := s.state.users[c.args.Get("user_id")]
	if u == nil || u.Bot {
		return refusal("invalid_arguments", []string{"user_not_found [json-pointer:/user_id]"})
	}
	old := s.state.homes[u.ID]
	switch hash := c.args.Get("hash"); {
	case old != nil && hash != "" && hash != old.Hash:
		return fail("hash_conflict")
	case old != nil:
		v.after(old)
	default:
		v.ID, v.User = newViewID(), u.ID
		v.Root = v.ID
	}
	if s.state.usedElsewhere(v.ExternalID, v.ID) {
		return fail("duplicate_external_id")
	}
	s.state.put(v)
	return answer{"ok": true, "view": v.object()}
}
