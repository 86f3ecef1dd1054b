package slack

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

const scimCore = "urn:ietf:params:scim:schemas:core:2.0:User"

// scim wraps a SCIM operation: plan, token, permission and rate limit.
func (s *Server) scim(name string, do func(w http.ResponseWriter, r *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || token == "" {
			scimFail(w, http.StatusUnauthorized, "missing_authentication")
			return
		}
		g := s.grants[token]
		switch {
		case !g.scim:
			scimFail(w, http.StatusUnauthorized, "invalid_authentication")
			return
		case s.opt.NoScim:
			scimFail(w, http.StatusForbidden, "plus_teams_only")
			return
		case r.Method != http.MethodGet && !g.write:
			scimFail(w, http.StatusForbidden, "permission_denied")
			return
		}
		if wait, ok := s.limits.allow("scim."+name, token, ""); !ok {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
			scimFail(w, http.StatusTooManyRequests, "too_many_requests")
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		do(w, r)
	}
}

// scimFail writes SCIM 2.0's error, whose status is a number in Slack's.
func scimFail(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer{
		"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "detail": word, "status": status,
	})
}

func scimObject(u *user, host string) answer {
	emails := []answer{{"value": u.Email, "primary": true}}
	if u.Other != "" {
		emails = append(emails, answer{"value": u.Other, "primary": false})
	}
	return answer{
		"schemas": []string{scimCore, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"},
		"id":      u.ID, "externalId": "", "userName": u.Handle, "nickName": u.Handle,
		"meta":        answer{"created": "2024-05-27T15:19:18-07:00", "location": "http://" + host + "/scim/v2/Users/" + u.ID},
		"name":        answer{"givenName": u.First, "familyName": u.Last},
		"displayName": u.name(), "profileUrl": "https://sandbox.slack.com/team/" + u.Handle,
		"title": "", "timezone": "Europe/Amsterdam", "active": !u.Deleted, "emails": emails, "groups": []answer{},
	}
}

var filter = regexp.MustCompile(`(?i)^\s*(userName|email|emails|emails\.value)\s+eq\s+("(?:[^"\\]|\\.)*")\s*$`)

// filtered gives the members that a filter matches; the word is Slack's error.
func (s *Server) filtered(text string) ([]*user, string) {
	var all []*user
	part := filter.FindStringSubmatch(text)
	if text == "" || s.opt.NoFilter {
		for _, id := range s.state.order {
			if u := s.state.users[id]; !u.Bot {
				all = append(all, u)
			}
		}
		return all, ""
	}
	var value string
	if part == nil || json.Unmarshal([]byte(part[2]), &value) != nil {
		return nil, "invalid_query"
	}
	if !strings.EqualFold(part[1], "userName") {
		if u := s.state.users[s.state.byEmail[strings.ToLower(value)]]; u != nil {
			all = append(all, u)
		}
		return all, ""
	}
	for _, id := range s.state.order {
		if u := s.state.users[id]; !u.Bot && strings.EqualFold(u.Handle, value) {
			all = append(all, u)
		}
	}
	return all, ""
}

func (s *Server) scimList(w http.ResponseWriter, r *http.Request) {
	all, word := s.filtered(r.URL.Query().Get("filter"))
	if word != "" {
		scimFail(w, http.StatusBadRequest, word)
		return
	}
	start, err := strconv.Atoi(r.URL.Query().Get("startIndex"))
	if err != nil || start < 1 {
		start = 1
	}
	count, err := strconv.Atoi(r.URL.Query().Get("count"))
	if err != nil || count < 0 {
		count = 10
	}
	from := min(start-1, len(all))
	to := min(from+min(count, 1000, s.opt.PageSize), len(all))
	page := make([]answer, 0, to-from)
	for _, u := range all[from:to] {
		page = append(page, scimObject(u, r.Host))
	}
	reply(w, answer{
		"schemas":   []string{"urn:ietf:params:scim:api:messages:2.0:ListResponse"},
		"Resources": page, "totalResults": len(all), "itemsPerPage": len(page), "startIndex": start,
	})
}

func (s *Server) scimUser(w http.ResponseWriter, r *http.Request) *user {
	u := s.state.users[r.PathValue("id")]
	if u == nil {
		scimFail(w, http.StatusNotFound, "no_such_user")
	}
	return u
}

func (s *Server) scimGet(w http.ResponseWriter, r *http.Request) {
	if u := s.scimUser(w, r); u != nil {
		reply(w, scimObject(u, r.Host))
	}
}

// keeps says why SCIM does not touch a member.
func keeps(u *user) string {
	switch {
	case u.PrimaryOwner:
		return "cannot_disable_primary_owner"
	case u.Bot:
		return "cannot_disable_bot_user_with_scim"
	}
	return ""
}

func (s *Server) scimDelete(w http.ResponseWriter, r *http.Request) {
	u := s.scimUser(w, r)
	if u == nil {
		return
	}
	if word := keeps(u); word != "" {
		scimFail(w, http.StatusForbidden, word)
		return
	}
	u.deactivate()
	w.WriteHeader(http.StatusNoContent)
}

func (s *Server) scimPatch(w http.ResponseWriter, r *http.Request) {
	u := s.scimUser(w, r)
	if u == nil {
		return
	}
	var in struct {
		Schemas    []string `json:"schemas"`
		Operations []struct {
			Op, Path string
			Value    any
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		scimFail(w, http.StatusBadRequest, "invalid_request_payload")
		return
	}
	if len(in.Schemas) == 0 {
		scimFail(w, http.StatusBadRequest, "missing_schema_element")
		return
	}
	for _, op := range in.Operations {
		active, isBool := op.Value.(bool)
		if !strings.EqualFold(op.Op, "replace") || op.Path != "active" || !isBool {
			scimFail(w, http.StatusBadRequest, "invalid_request_payload")
			return
		}
		if word := keeps(u); word != "" && !active {
			scimFail(w, http.StatusForbidden, word)
			return
		}
		if u.Deleted = !active; u.Deleted {
			u.deactivate()
		}
	}
	reply(w, scimObject(u, r.Host))
}
