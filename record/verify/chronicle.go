package verify

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"lastday/record"
)

// name16 stands for a name that may be long; two names never share one.
type name16 [16]byte

func short(s string) name16 {
	h := sha256.Sum256([]byte(s))
	return name16(h[:16])
}

// line is what the order of entries is judged by.
type line struct {
	index         int64
	event, of     name16 // of: the case
	id, kase      string
	seq           int64
	at, recorded  time.Time
	inCase, valid bool
}

func lineOf(index int64, e record.Entry) line {
	return line{
		index: index, event: short(e.Event), of: short(e.Case), id: e.Event, kase: e.Case, seq: e.Seq,
		at: e.At, recorded: e.Recorded, inCase: e.Case != "", valid: true,
	}
}

// chronicle judges entries in the log's order: event ids, the counting within
// cases, and clocks.
type chronicle struct {
	now    time.Time
	events []eventAt
	counts map[name16]int64
	// latest is the last instant of recording so far; back, that the entry
	// before was recorded before its time, too.
	latest time.Time
	back   bool
	seen   []sighting // by size, rising
	gaps   faults
	clock  faults
}

type eventAt struct {
	event name16
	index int64
}

// sighting is when a witness saw the first entries of the log.
type sighting struct {
	size int64
	cosigner
}

// newChronicle starts one. What a witness has seen was recorded before it did.
func newChronicle(now time.Time, seen []sighting) *chronicle {
	seen = slices.Clone(seen)
	slices.SortFunc(seen, func(a, b sighting) int { return int(min(1, max(-1, a.size-b.size))) })
	for i := len(seen) - 2; i >= 0; i-- {
		if seen[i+1].at.Before(seen[i].at) {
			seen[i].cosigner = seen[i+1].cosigner // it saw these entries as well, and earlier
		}
	}
	return &chronicle{now: now, counts: map[name16]int64{}, seen: seen}
}

// take judges the next entry.
func (c *chronicle) take(l line) {
	if !l.valid {
		return // what is wrong with it was said already
	}
	c.events = append(c.events, eventAt{l.event, l.index})
	c.count(l)
	c.tick(l)
}

func (c *chronicle) count(l line) {
	if !l.inCase {
		if l.seq != 0 {
			c.gaps.add("Entry %d is number %d of no case.", l.index, l.seq)
		}
		return
	}
	want := c.counts[l.of] + 1
	if l.seq != want {
		c.gaps.add("Entry %d is number %d of the case %s, where number %d should come: entries are missing, or out of order.", l.index, l.seq, l.kase, want)
	}
	c.counts[l.of] = l.seq
}

func (c *chronicle) tick(l line) {
	back := l.recorded.Before(c.latest.Add(-stepBack))
	if back && !c.back {
		c.clock.add("Entry %d was recorded at %s, though an entry before it was recorded at %s: the clock was set back, or the entries were made up.",
			l.index, instant(l.recorded), instant(c.latest))
	}
	c.back = back
	if l.recorded.After(c.latest) {
		c.latest = l.recorded
	}
	if l.at.After(l.recorded.Add(ahead)) {
		c.clock.add("Entry %d says that something happened at %s, and was recorded before that, at %s.", l.index, instant(l.at), instant(l.recorded))
	}
	if l.recorded.After(c.now.Add(ahead)) {
		c.clock.add("Entry %d was recorded at %s, which is still to come.", l.index, instant(l.recorded))
	}
	for len(c.seen) > 0 && c.seen[0].size <= l.index {
		c.seen = c.seen[1:]
	}
	if len(c.seen) > 0 && l.recorded.After(c.seen[0].at.Add(ahead)) {
		c.clock.add("Entry %d says that it was recorded at %s, and the witness %s had seen it at %s already.",
			l.index, instant(l.recorded), c.seen[0].name, instant(c.seen[0].at))
	}
}

// twice finds events that stand in the log more than once.
func (c *chronicle) twice() faults {
	var f faults
	slices.SortFunc(c.events, func(a, b eventAt) int {
		if d := bytes.Compare(a.event[:], b.event[:]); d != 0 {
			return d
		}
		return int(min(1, max(-1, a.index-b.index)))
	})
	for i := 1; i < len(c.events); i++ {
		if c.events[i].event == c.events[i-1].event {
			f.add("Entries %d and %d are the same event.", c.events[i-1].index, c.events[i].index)
		}
	}
	return f
}

func instant(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05.000 UTC") }
