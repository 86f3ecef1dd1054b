package slack

import (
	"sync"
	"time"
)

const (
	// maxSeen bounds the table of what was taken in. Slack sends a workspace at
	// most a few requests a second.
	maxSeen = 20_000
	// seenFor covers the five minutes before and after now in which a signature
	// is valid.
	seenFor = 10*time.Minute + 10*time.Second
)

// seen remembers what was taken in, so that nothing is taken in twice.
type seen struct {
	mu    sync.Mutex
	most  int
	until map[string]time.Time
}

func newSeen(most int) *seen { return &seen{most: most, until: map[string]time.Time{}} }

// first reports whether the key is new, and remembers it. A full table says
// that it is not: better one request too few than one twice.
func (s *seen) first(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if end, there := s.until[key]; there && now.Before(end) {
		return false
	}
	if len(s.until) >= s.most {
		for k, end := range s.until {
			if !now.Before(end) {
				delete(s.until, k)
			}
		}
	}
	if len(s.until) >= s.most {
		return false
	}
	s.until[key] = now.Add(seenFor)
	return true
}
