package report

import (
	"slices"
	"time"
)

// axis lays instants out from left to right. Where one stretch without events
// would push all others together, as when a case waits for two weeks and is then
// over in 100 ms, it is broken: each part has its own scale.
type axis struct {
	parts []part
}

// part is a stretch of the axis with one scale.
type part struct {
	at       []time.Time // what happens in it, in order, none twice
	from, to float64
}

const (
	mostParts = 6
	// crowd is how much a stretch without events may take from those beside it
	// before the axis is broken there.
	crowd   = 12.0
	between = 34.0 // the width of a break
	least   = 78.0 // the width of a part in which there is one instant
)

// newAxis lays the instants out between from and to.
func newAxis(instants []time.Time, from, to float64) axis {
	instants = slices.DeleteFunc(slices.Clone(instants), time.Time.IsZero)
	slices.SortFunc(instants, time.Time.Compare)
	instants = slices.CompactFunc(instants, time.Time.Equal)
	if len(instants) == 0 {
		return axis{}
	}
	a := axis{parts: []part{{at: instants}}}
	for len(a.parts) < mostParts && a.split() {
		continue
	}
	a.place(from, to)
	return a
}

// split breaks the axis where it gains most by it: where a long stretch without
// events pushes the most together. It reports whether there was such a place.
func (a *axis) split() bool {
	best, where, most := -1, 0, crowd
	for i, p := range a.parts {
		for n := 1; n < len(p.at); n++ {
			if c := p.crowding(n); c > most {
				best, where, most = i, n, c
			}
		}
	}
	if best < 0 {
		return false
	}
	p := a.parts[best]
	a.parts = slices.Replace(a.parts, best, best+1, part{at: p.at[:where]}, part{at: p.at[where:]})
	return true
}

// crowding says how much the stretch before the n-th instant takes from what
// happens beside it: how many times longer it is than the events next to it that
// are close together, and how much of the whole part it fills.
func (p part) crowding(n int) float64 {
	gap := p.at[n].Sub(p.at[n-1])
	near := time.Duration(float64(gap) / crowd)
	first := n - 1
	for first > 0 && p.at[first].Sub(p.at[first-1]) < near {
		first--
	}
	last := n
	for last < len(p.at)-1 && p.at[last+1].Sub(p.at[last]) < near {
		last++
	}
	most := 0.0
	for _, run := range []time.Duration{p.at[n-1].Sub(p.at[first]), p.at[last].Sub(p.at[n])} {
		if run > 0 {
			most = max(most, float64(gap)/float64(run))
		}
	}
	return most * float64(gap) / float64(p.length())
}

func (p part) length() time.Duration { return p.at[len(p.at)-1].Sub(p.at[0]) }

// place gives each part its width: the more happens in it, the more.
func (a *axis) place(from, to float64) {
	weights := 0
	for _, p := range a.parts {
		weights += weight(p)
	}
	n := float64(len(a.parts))
	free := max(0, to-from-n*least-(n-1)*between)
	x := from
	for i := range a.parts {
		p := &a.parts[i]
		p.from, p.to = x, x+least
		if weights > 0 {
			p.to += free * float64(weight(*p)) / float64(weights)
		}
		x = p.to + between
	}
}

// weight grows slower than the number of instants, so that no part starves.
func weight(p part) int { return min(len(p.at)-1, 12) }

// x is where an instant stands. What is before the first or after the last
// stands with them.
func (a axis) x(t time.Time) float64 {
	last := 0.0
	for i, p := range a.parts {
		first, end := p.at[0], p.at[len(p.at)-1]
		if t.Before(first) {
			if i == 0 {
				return p.from
			}
			return (last + p.from) / 2 // in the break
		}
		if !t.After(end) {
			if end.Equal(first) {
				return p.from
			}
			return p.from + (p.to-p.from)*float64(t.Sub(first))/float64(p.length())
		}
		last = p.at0(end)
	}
	return last
}

// at0 is where the part's last instant stands.
func (p part) at0(end time.Time) float64 {
	if end.Equal(p.at[0]) {
		return p.from
	}
	return p.to
}

// steps are lengths of time that people count in.
var steps = []time.Duration{
	time.Microsecond, 10 * time.Microsecond, 100 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
	20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 2 * 24 * time.Hour, 7 * 24 * time.Hour,
	14 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour, 365 * 24 * time.Hour,
}

// ticks are round lengths of time since the part's first instant, so far apart
// that their labels have room.
func (p part) ticks(room float64) []time.Duration {
	length := p.length()
	if length <= 0 {
		return nil
	}
	for _, step := range steps {
		if float64(step)/float64(length)*(p.to-p.from) < room {
			continue
		}
		var out []time.Duration
		for d := step; d <= length; d += step {
			out = append(out, d)
		}
		return out
	}
	return nil
}
