package okta

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// concurrency is Okta's limit on calls at once for a usual org.
const concurrency = 75

// published are Okta's limits a minute for a usual org, by the bucket an
// operation falls into; one token gets half of each by default.
func published(bucket string) int {
	switch bucket {
	case "get-user":
		return 2000
	case "write-user", "list-users":
		return 600
	case "groups":
		return 500
	case "logs":
		return 120
	case "devices", "clients":
		return 100
	default:
		return 1200
	}
}

// limiter counts calls in windows of a minute, for each credential and bucket.
type limiter struct {
	mu      sync.Mutex
	windows map[[2]string]*window
}

type window struct {
	ends time.Time
	used int
}

func newLimiter() *limiter { return &limiter{windows: map[[2]string]*window{}} }

// within counts one call of an operation and reports whether it may go on.
func (s *Server) within(rt route, r *http.Request, h http.Header) bool {
	if limit, ok := s.opts.PerMinute[rt.op]; ok {
		return s.limits.take(h, [2]string{rt.op}, limit, true, s.now())
	}
	fits := s.limits.take(h, [2]string{rt.bucket, r.Header.Get("Authorization")}, published(rt.bucket)/2, s.opts.RateLimits, s.now())
	return fits || !s.opts.RateLimits
}

// take counts one call, sets the three headers, and reports whether the call
// was within the limit.
func (l *limiter) take(h http.Header, key [2]string, limit int, enforced bool, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.windows[key]
	if w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Add(time.Minute)}
		l.windows[key] = w
	}
	w.used++
	left := max(limit-w.used, 0)
	if !enforced {
		left = max(left, limit*9/10) // who calls must not take for scarce what is not
	}
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(left))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(w.ends.Unix()+1, 10))
	return w.used <= limit
}
