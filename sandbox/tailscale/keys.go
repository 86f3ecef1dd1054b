package tailscale

import (
	"net/http"
	"time"
)

// scopeOf is the scope that shows a key of this kind.
func scopeOf(k key) string {
	switch k.KeyType {
	case "auth":
		return "auth_keys"
	case "api":
		return "api_access_tokens"
	default:
		return "oauth_keys"
	}
}

// listKeys leaves out, without a word, what the caller has no scope for. A
// user's token sees only that user's keys unless all=true.
func (s *Server) listKeys(w http.ResponseWriter, r *http.Request, c caller) {
	all := r.URL.Query().Get("all") == "true"
	s.mu.Lock()
	list := []any{}
	for _, k := range sorted(s.state.keys) {
		if k.Invalid || !c.may(scopeOf(k)+":read") || !all && c.all && k.UserID != c.userID || !all && !c.all && k.KeyType != "client" {
			continue
		}
		if s.opts.BareKeys {
			list = append(list, map[string]string{"id": k.ID})
			continue
		}
		list = append(list, k)
	}
	s.mu.Unlock()
	s.answer(w, http.StatusOK, map[string]any{"keys": list})
}

// getKey goes on answering for a deleted key, with invalid set.
func (s *Server) getKey(w http.ResponseWriter, r *http.Request, c caller) {
	s.mu.Lock()
	k, ok := s.state.keys[r.PathValue("id")]
	s.mu.Unlock()
	switch {
	case !ok:
		s.refuse(w, http.StatusNotFound, "key not found")
	case !c.may(scopeOf(k) + ":read"):
		s.WriteError(w, http.StatusForbidden, "")
	default:
		s.answer(w, http.StatusOK, k)
	}
}

func (s *Server) deleteKey(w http.ResponseWriter, r *http.Request, c caller) {
	s.mu.Lock()
	k, ok := s.state.keys[r.PathValue("id")]
	switch {
	case !ok || k.Invalid:
		s.mu.Unlock()
		s.refuse(w, http.StatusNotFound, "key not found")
	case !c.may(scopeOf(k)):
		s.mu.Unlock()
		s.WriteError(w, http.StatusForbidden, "")
	default:
		k.Invalid, k.Revoked = true, time.Now().UTC()
		s.state.keys[k.ID] = k
		s.mu.Unlock()
		s.answer(w, http.StatusOK, struct{}{})
	}
}
