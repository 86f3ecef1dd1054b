package github

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// The published secondary limit: a GET costs one point, a write five.
const pointsPerMinute = 900

const (
	primaryLimit   = "API rate limit exceeded. If you reach out to GitHub Support for help, please include the request ID."
	secondaryLimit = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)

var limitPages = map[string]string{
	primaryLimit:   "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
	secondaryLimit: "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
}

// limiter counts what each credential spends.
type limiter struct {
	max   int // requests an hour
	mu    sync.Mutex
	spent map[string]*budget
}

type budget struct {
	used   int
	reset  time.Time
	points int
	minute time.Time // when points starts again
}

// count adds one request and sets the rate headers. Where the limits are
// enforced and one is passed, it returns what GitHub says then.
func (l *limiter) count(h http.Header, key string, writes, enforce bool) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spent == nil {
		l.spent = map[string]*budget{}
	}
	now := time.Now()
	b := l.spent[key]
	if b == nil || now.After(b.reset) {
		b = &budget{reset: now.Add(time.Hour)}
		l.spent[key] = b
	}
	if now.After(b.minute) {
		b.points, b.minute = 0, now.Add(time.Minute)
	}
	over := ""
	switch {
	case enforce && b.used >= l.max:
		over = primaryLimit
	case enforce && b.points >= pointsPerMinute:
		over = secondaryLimit
		h.Set("Retry-After", strconv.Itoa(int(time.Until(b.minute).Seconds())+1))
	default:
		b.used++
		b.points++
		if writes {
			b.points += 4
		}
	}
	left := l.max - b.used
	if !enforce {
		left = max(left, 1) // an SDK that believes it has nothing left stops by itself
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.max))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	h.Set("X-RateLimit-Used", strconv.Itoa(b.used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(b.reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
	return over
}

func (c *call) rateLimit() {
	h := c.w.Header()
	n := func(k string) int {
		v, err := strconv.Atoi(h.Get(k))
		if err != nil {
			return 0
		}
		return v
	}
	rate := map[string]int{
		"limit": n("X-RateLimit-Limit"), "remaining": n("X-RateLimit-Remaining"),
		"reset": n("X-RateLimit-Reset"), "used": n("X-RateLimit-Used"),
	}
	c.json(http.StatusOK, map[string]any{"resources": map[string]any{"core": rate, "search": rate, "graphql": rate}, "rate": rate})
}
