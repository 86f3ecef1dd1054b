package signin

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
)

// Cookie is the name of the session's cookie.
const Cookie = "__Host-lastday"

// newSessions keeps sessions in memory: they end with the process, after so long
// without a request, and after so long altogether.
func newSessions(idle, lifetime time.Duration, log *slog.Logger) *scs.SessionManager {
	s := scs.New()
	s.Store = &store{MemStore: memstore.New(), ended: map[string]time.Time{}, keep: lifetime}
	s.HashTokenInStore = true
	s.IdleTimeout, s.Lifetime = idle, lifetime
	s.Cookie.Name, s.Cookie.Secure, s.Cookie.Persist = Cookie, true, false
	s.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		log.ErrorContext(r.Context(), "a session could not be read or kept", "error", err)
		http.Error(w, "the session could not be read: sign in again", http.StatusInternalServerError)
	}
	return s
}

// store remembers which sessions were ended. A request that was under way when
// its session ended would otherwise put it back when it is through.
type store struct {
	*memstore.MemStore
	mu    sync.Mutex
	ended map[string]time.Time // until when it must be remembered
	keep  time.Duration
}

// Delete implements scs.Store.
func (s *store) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for t, until := range s.ended {
		if now.After(until) {
			delete(s.ended, t)
		}
	}
	s.ended[token] = now.Add(s.keep)
	return s.MemStore.Delete(token)
}

// Commit implements scs.Store. It keeps nothing of a session that was ended.
func (s *store) Commit(token string, b []byte, expiry time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if until, ended := s.ended[token]; ended && time.Now().Before(until) {
		return nil
	}
	return s.MemStore.Commit(token, b, expiry)
}
