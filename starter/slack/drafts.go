package slack

import (
	"sync"
	"time"

	"lastday/offboarding"
)

const (
	maxDrafts = 2000
	draftFor  = time.Hour
)

// draft is a departure that somebody is filling in: what the dialog showed them
// is what they confirm. The dialog carries it, sealed; see seal.
type draft struct {
	ID        string
	User      string // the Slack user who may confirm it
	Departure offboarding.Departure
	Person    person
	Fields    fields
	Again     bool   // an earlier case has ended
	After     string // its id
	Told      bool   // and whoever asks may see it
	Planned   bool   // the plan was shown
	Until     time.Time

	spent bool // it was taken, as far as this process knows
}

// drafts are those that Slack would not carry, and which ones were taken. They
// are bounded; the oldest goes first. A restart forgets them.
type drafts struct {
	mu   sync.Mutex
	most int
	all  map[string]draft
}

func newDrafts(most int) *drafts { return &drafts{most: most, all: map[string]draft{}} }

// put keeps a draft, as one that was not taken.
func (d *drafts) put(v draft) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set(v)
}

func (d *drafts) set(v draft) {
	if _, there := d.all[v.ID]; !there && len(d.all) >= d.most {
		oldest := ""
		for k, o := range d.all {
			if oldest == "" || o.Until.Before(d.all[oldest].Until) {
				oldest = k
			}
		}
		delete(d.all, oldest)
	}
	d.all[v.ID] = v
}

func (d *drafts) get(id string) (draft, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	v, ok := d.all[id]
	return v, ok
}

// take reports whether the draft was not taken before, and remembers that it is
// now: whoever sends a dialog twice is not told that the first time came to
// nothing.
func (d *drafts) take(v draft) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.all[v.ID].spent {
		return false
	}
	d.set(draft{
		ID: v.ID, User: v.User, Departure: offboarding.Departure{Subject: v.Departure.Subject},
		Planned: v.Planned, Until: v.Until, spent: true,
	})
	return true
}
