package okta

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// stamp is a time as Okta writes it; nil for one that never was.
func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (c *call) href(path string) map[string]any {
	return map[string]any{"href": "http://" + c.r.Host + path}
}

func (c *call) viewUser(u *user) map[string]any {
	view := map[string]any{
		"id": u.id, "status": u.status, "profile": maps.Clone(u.profile),
		"created": stamp(u.created), "activated": stamp(u.created), "statusChanged": stamp(u.statusChanged),
		"lastLogin": stamp(u.lastLogin), "lastUpdated": stamp(u.lastUpdated), "passwordChanged": stamp(u.created),
		"type":        map[string]any{"id": "otysbx00000000000001"},
		"credentials": map[string]any{"provider": map[string]any{"type": "OKTA", "name": "OKTA"}},
		"_links":      map[string]any{"self": c.href("/api/v1/users/" + u.id)},
	}
	if u.goal != "" {
		view["transitioningToStatus"] = u.goal
	}
	return view
}

// user resolves the user of a request, or answers as Okta does for none.
func (s *Server) user(c *call, param string) (*user, answer) {
	ref := c.r.PathValue(param)
	if ref == "me" {
		ref = c.owner
	}
	if u := s.find(ref); u != nil {
		return u, answer{}
	}
	return nil, notFound(c.r.PathValue(param), "User")
}

func (s *Server) getUser(c *call) answer {
	u, missing := s.user(c, "id")
	if u == nil {
		return missing
	}
	return answer{status: http.StatusOK, body: c.viewUser(u)}
}

// listUsers leaves deactivated users out of the plain list, and has them in
// answers to filter (which minds the case of values) and search (which does not).
func (s *Server) listUsers(c *call) answer {
	q := c.r.URL.Query()
	text, fold := q.Get("search"), true
	if text == "" {
		text, fold = q.Get("filter"), false
	}
	var f *filter
	if text != "" {
		var err error
		if f, err = parseFilter(text); err != nil {
			return answer{status: http.StatusBadRequest, body: oktaError("E0000031", "Invalid search criteria.", err.Error())}
		}
	}
	var found []*user
	for _, id := range s.candidates(f) {
		u := s.find(id)
		switch {
		case f == nil && u.status == "DEPROVISIONED":
		case f == nil && q.Get("q") != "" && !strings.HasPrefix(strings.ToLower(u.email()), strings.ToLower(q.Get("q"))):
		case f != nil && !f.match(u.attribute, fold):
		default:
			found = append(found, u)
		}
	}
	return list(s, c, found, func(u *user) string { return u.id }, c.viewUser, 200, 200)
}

// candidates narrows a search down by the indexes, in ascending order of id.
func (s *Server) candidates(f *filter) []string {
	if f == nil {
		return s.st.order
	}
	values, ok := f.pins("id", "profile.login", "profile.email")
	if !ok {
		return s.st.order
	}
	var ids []string
	for _, v := range values {
		ids = append(ids, s.st.byEmail[strings.ToLower(v)]...)
		ids = append(ids, s.st.byName[strings.ToLower(v)], v)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return s.st.users[id] == nil })
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (u *user) attribute(name string) []string {
	switch name {
	case "id":
		return []string{u.id}
	case "status":
		return []string{u.status}
	}
	if key, ok := strings.CutPrefix(name, "profile."); ok && u.profile[key] != nil {
		return []string{fmt.Sprint(u.profile[key])}
	}
	return nil
}
