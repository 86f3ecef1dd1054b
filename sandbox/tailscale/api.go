package tailscale

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) route(mux *http.ServeMux) {
	handle := func(op, scope string, h func(http.ResponseWriter, *http.Request, caller)) {
		mux.HandleFunc(op, func(w http.ResponseWriter, r *http.Request) { s.gate(w, r, scope, h) })
	}
	handle("GET /api/v2/tailnet/{tailnet}/users", "users:read", s.listUsers)
	handle("GET /api/v2/users/{id}", "users:read", s.getUser)
	handle("POST /api/v2/users/{id}/suspend", "users", s.suspendUser)
	handle("POST /api/v2/users/{id}/restore", "users", s.restoreUser)
	handle("POST /api/v2/users/{id}/delete", "users", s.deleteUser)
	handle("GET /api/v2/tailnet/{tailnet}/devices", "devices:core:read", s.listDevices)
	handle("GET /api/v2/device/{id}", "devices:core:read", s.getDevice)
	handle("DELETE /api/v2/device/{id}", "devices:core", s.deleteDevice)
	handle("GET /api/v2/tailnet/{tailnet}/keys", "", s.listKeys)
	handle("GET /api/v2/tailnet/{tailnet}/keys/{id}", "", s.getKey)
	handle("DELETE /api/v2/tailnet/{tailnet}/keys/{id}", "", s.deleteKey)
	mux.HandleFunc("POST /api/v2/oauth/token", s.issueToken)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { s.refuse(w, http.StatusNotFound, "not found") })
	mux.HandleFunc("GET /_sandbox/state", s.showState)
	mux.HandleFunc("POST /_sandbox/rejoin", func(w http.ResponseWriter, r *http.Request) {
		s.answer(w, http.StatusOK, map[string]int{"rejoined": s.rejoin(r.URL.Query().Get("email"), "")})
	})
}

// gate checks credential, rate limit, tailnet and scope before a handler.
func (s *Server) gate(w http.ResponseWriter, r *http.Request, scope string, h func(http.ResponseWriter, *http.Request, caller)) {
	c, ok := s.identify(r)
	switch t := r.PathValue("tailnet"); {
	case !ok:
		s.WriteError(w, http.StatusUnauthorized, "")
	case s.limited(c.credential):
		s.WriteError(w, http.StatusTooManyRequests, "6")
	case t != "" && t != "-" && t != Tailnet:
		s.refuse(w, http.StatusNotFound, "tailnet not found")
	case scope != "" && !c.may(scope):
		s.WriteError(w, http.StatusForbidden, "")
	default:
		h(w, r, c)
	}
}

func sorted[T any](m map[string]T) []T {
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	out := make([]T, 0, len(m))
	for _, id := range ids {
		out = append(out, m[id])
	}
	return out
}

func (s *Server) listUsers(w http.ResponseWriter, r *http.Request, _ caller) {
	kind, role := r.URL.Query().Get("type"), r.URL.Query().Get("role")
	if kind == "" {
		kind = "member"
	}
	s.mu.Lock()
	list := slices.DeleteFunc(sorted(s.state.users), func(u user) bool {
		return kind != "all" && u.Type != kind || role != "" && role != "all" && u.Role != role
	})
	count := map[string]int{}
	for _, d := range s.state.devices {
		count[d.User]++
	}
	s.mu.Unlock()
	for i := range list {
		list[i].DeviceCount = count[list[i].LoginName]
	}
	s.answer(w, http.StatusOK, map[string]any{"users": list})
}

func (s *Server) getUser(w http.ResponseWriter, r *http.Request, _ caller) {
	s.mu.Lock()
	u, ok := s.state.users[r.PathValue("id")]
	s.mu.Unlock()
	if !ok {
		s.refuse(w, http.StatusNotFound, "user not found")
		return
	}
	s.answer(w, http.StatusOK, u)
}

func (s *Server) suspendUser(w http.ResponseWriter, r *http.Request, c caller) {
	s.setStatus(w, r.PathValue("id"), c, "suspended")
}

func (s *Server) restoreUser(w http.ResponseWriter, r *http.Request, c caller) {
	s.setStatus(w, r.PathValue("id"), c, "active")
}

func (s *Server) setStatus(w http.ResponseWriter, id string, c caller, status string) {
	s.mu.Lock()
	u, ok := s.state.users[id]
	switch {
	case !ok:
		s.mu.Unlock()
		s.refuse(w, http.StatusNotFound, "user not found")
	case id == c.userID:
		s.mu.Unlock()
		s.refuse(w, http.StatusForbidden, "cannot suspend or restore your own user")
	case u.Role == "owner":
		s.mu.Unlock()
		s.refuse(w, http.StatusBadRequest, "cannot suspend the owner of the tailnet")
	case u.Provisioned:
		s.mu.Unlock()
		s.refuse(w, http.StatusForbidden, "user is provisioned by your identity provider; suspend it there")
	default:
		u.Status, u.Connected = status, status == "active"
		s.state.users[id] = u
		s.mu.Unlock()
		s.answer(w, http.StatusOK, nil)
	}
}

// deleteUser takes the user's devices along; its keys stop working.
func (s *Server) deleteUser(w http.ResponseWriter, r *http.Request, c caller) {
	id := r.PathValue("id")
	s.mu.Lock()
	u, ok := s.state.users[id]
	if ok && id != c.userID && u.Role != "owner" {
		s.removeUser(u)
		s.mu.Unlock()
		s.answer(w, http.StatusOK, nil)
		return
	}
	s.mu.Unlock()
	if !ok {
		s.refuse(w, http.StatusNotFound, "user not found")
		return
	}
	s.refuse(w, http.StatusForbidden, "cannot delete this user")
}

func (s *Server) removeUser(u user) {
	delete(s.state.users, u.ID)
	s.formerIDs[u.ID] = u.LoginName
	for _, d := range s.state.devices {
		if d.User == u.LoginName && len(d.Tags) == 0 {
			s.state.dropDevice(d)
		}
	}
	for id, k := range s.state.keys {
		if k.UserID == u.ID && k.KeyType != "client" {
			k.Invalid, k.Revoked = true, time.Now().UTC()
			s.state.keys[id] = k
		}
	}
}

func (s *Server) listDevices(w http.ResponseWriter, _ *http.Request, _ caller) {
	s.mu.Lock()
	list := sorted(s.state.devices)
	s.mu.Unlock()
	s.answer(w, http.StatusOK, map[string]any{"devices": list})
}

func (s *Server) getDevice(w http.ResponseWriter, r *http.Request, _ caller) {
	s.mu.Lock()
	d, ok := s.state.device(r.PathValue("id"))
	s.mu.Unlock()
	if !ok {
		s.refuse(w, http.StatusNotFound, "no such device")
		return
	}
	s.answer(w, http.StatusOK, d)
}

func (s *Server) deleteDevice(w http.ResponseWriter, r *http.Request, _ caller) {
	s.mu.Lock()
	d, ok := s.state.device(r.PathValue("id"))
	if ok && !d.External {
		s.state.dropDevice(d)
		s.later(d)
	}
	s.mu.Unlock()
	switch {
	case !ok:
		s.refuse(w, http.StatusNotFound, "no such device")
	case d.External:
		s.refuse(w, http.StatusNotImplemented, "deleting a device of another tailnet is not implemented")
	default:
		s.answer(w, http.StatusOK, nil)
	}
}

// later lets a deleted machine restart, when Options.AutoRejoin says so.
func (s *Server) later(d device) {
	if s.opts.AutoRejoin <= 0 || s.closed {
		return
	}
	var t *time.Timer
	t = time.AfterFunc(s.opts.AutoRejoin, func() {
		s.inj.View(func() { s.rejoin(d.User, d.MachineKey) })
		s.mu.Lock()
		delete(s.timers, t)
		s.mu.Unlock()
	})
	s.timers[t] = struct{}{}
}

func (s *Server) showState(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	users, devices, keys := sorted(s.state.users), sorted(s.state.devices), sorted(s.state.keys)
	s.mu.Unlock()
	s.answer(w, http.StatusOK, map[string]any{"users": users, "devices": devices, "keys": keys})
}

func (s *Server) issueToken(w http.ResponseWriter, r *http.Request) {
	id, secret := r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	if id == "" {
		id, secret, _ = r.BasicAuth()
	}
	s.mu.Lock()
	k, ok := s.state.keys[id]
	ok = ok && !k.Invalid && (id == s.opts.ClientID && secret == s.opts.ClientSecret || id == s.opts.ReadOnlyClientID && secret == s.opts.ReadOnlyClientSecret)
	if !ok {
		s.mu.Unlock()
		s.refuse(w, http.StatusUnauthorized, "API token invalid")
		return
	}
	s.issued++
	t := "tskey-token-" + id + "-" + strconv.Itoa(s.issued)
	s.tokens[t] = token{client: id, expires: time.Now().Add(s.opts.TokenLife)}
	s.mu.Unlock()
	s.answer(w, http.StatusOK, map[string]any{
		"access_token": t, "token_type": "Bearer", "expires_in": int(s.opts.TokenLife.Seconds()), "scope": strings.Join(k.Scopes, " "),
	})
}
