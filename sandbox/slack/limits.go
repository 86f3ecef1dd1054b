package slack

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter enforces Slack's published limits: tiers a method and token
// (docs.slack.dev, "Rate limits"), about a message a second and channel, and
// SCIM's own a minute.
type limiter struct {
	on bool
	mu sync.Mutex
	by map[string]*rate.Limiter
}

func newLimiter(on bool) *limiter { return &limiter{on: on, by: map[string]*rate.Limiter{}} }

// perMinute are the published limits and the bursts allowed above them.
var perMinute = map[string]struct {
	n     float64
	burst int
}{
	"auth.test":             {600, 100},
	"users.lookupByEmail":   {50, 50},
	"users.info":            {100, 100},
	"users.list":            {20, 20},
	"conversations.info":    {50, 50},
	"conversations.history": {50, 50},
	"chat.postMessage":      {60, 3},
	"chat.update":           {50, 50},
	"chat.delete":           {50, 50},
	"chat.getPermalink":     {600, 100},
	"chat.postEphemeral":    {100, 100},
	"conversations.open":    {50, 50},
	"usergroups.list":       {20, 20},
	"usergroups.users.list": {20, 20},
	"views.open":            {100, 100},
	"views.push":            {100, 100},
	"views.update":          {100, 100},
	"views.publish":         {100, 100},
	"apps.connections.open": {50, 50},
	"scim.list":             {1000, 1000},
	"scim.get":              {300, 300},
	"scim.delete":           {180, 20},
	"scim.patch":            {180, 20},
}

// allow reports whether the call may go on; if not, after how many seconds.
func (l *limiter) allow(method, token, channel string) (int, bool) {
	if !l.on {
		return 0, true
	}
	key := method + " " + token
	if method == "chat.postMessage" {
		key += " " + channel
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.by[key]
	if b == nil {
		most := perMinute[method]
		b = rate.NewLimiter(rate.Limit(most.n/60), most.burst)
		l.by[key] = b
	}
	now := time.Now()
	r := b.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return int(math.Ceil(wait.Seconds())), false
	}
	return 0, true
}
