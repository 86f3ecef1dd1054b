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

// take counts one call, sets the three headers, and reports whether the call
// was within the limit.
func (l *limiter) take(h http.Header, bucket, credential string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := [2]string{bucket, credential}
	w := l.windows[key]
	if w == nil || !now.Before(w.ends) {
		w = &window{ends: now.Add(time.Minute)}
		l.windows[key] = w
	}
	w.used++
	limit := published(bucket) / 2
	h.Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	h.Set("X-Rate-Limit-Remaining", strconv.Itoa(max(limit-w.used, 0)))
	h.Set("X-Rate-Limit-Reset", strconv.FormatInt(w.ends.Unix()+1, 10))
	return w.used <= limit
}
