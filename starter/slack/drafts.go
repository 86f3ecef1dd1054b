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
	planned   bool // the plan was shown
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
	if len(d.all) >= d.most {
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
	return v, ok && v.user == user && now.Before(v.until)
}

// take gives the user's own draft once.
func (d *drafts) take(id, user string, now time.Time) (draft, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.all[id]
	if !ok || v.user != user || !now.Before(v.until) {
		return draft{}, false
	}
	delete(d.all, id)
	return v, true
}
