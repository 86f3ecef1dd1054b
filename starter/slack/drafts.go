package slack

import (
	"crypto/rand"
	"sync"
	"time"

	"lastday/offboarding"
)

const (
	maxDrafts = 2000
	draftFor  = time.Hour
)

// draft is a departure that somebody is filling in: what the dialog showed them
// is what they confirm. It is kept here and not in the dialog, so that nobody
// can put another in its place.
type draft struct {
	user      string // the Slack user who may confirm it
	departure offboarding.Departure
	person    person
	fields    fields
	again     bool // an earlier case has ended
	told      bool // and whoever asks may see it
	planned   bool // the plan was shown
	spent     bool // it was taken; the rest is empty but for whose it was
	until     time.Time
}

// drafts are bounded; the oldest goes first. A restart forgets them.
type drafts struct {
	mu   sync.Mutex
	most int
	all  map[string]draft
}

func newDrafts(most int) *drafts { return &drafts{most: most, all: map[string]draft{}} }

// put keeps a draft under a new id that nobody can guess.
func (d *drafts) put(v draft, now time.Time) string {
	id := rand.Text()
	d.set(id, v, now)
	return id
}

// set keeps a draft under an id that it had.
func (d *drafts) set(id string, v draft, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, there := d.all[id]; !there && len(d.all) >= d.most {
		oldest := ""
		for k, o := range d.all {
			if oldest == "" || o.until.Before(d.all[oldest].until) {
				oldest = k
			}
		}
		delete(d.all, oldest)
	}
	v.until = now.Add(draftFor)
	d.all[id] = v
}

// get gives the user's own draft.
func (d *drafts) get(id, user string, now time.Time) (draft, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.all[id]
	return v, ok && !v.spent && v.user == user && now.Before(v.until)
}

// take gives the user's own draft once. What it leaves behind says so: whoever
// sends a dialog twice is not told that the first time came to nothing.
func (d *drafts) take(id, user string, now time.Time) (draft, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.all[id]
	if !ok || v.spent || v.user != user || !now.Before(v.until) {
		return draft{}, false
	}
	d.all[id] = draft{user: user, departure: offboarding.Departure{Subject: v.departure.Subject}, spent: true, until: now.Add(draftFor)}
	return v, true
}

// taken reports whether the user's own draft was taken before, and whose
// departure it was.
func (d *drafts) taken(id, user string, now time.Time) (offboarding.Subject, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.all[id]
	return v.departure.Subject, ok && v.spent && v.user == user && now.Before(v.until)
}
