package pages

import (
	"slices"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// Limits are where the distributions are cut: auditors hold leavers against
// them.
var limits = []struct {
	most  time.Duration
	slug  string
	label string
}{
	{time.Minute, "1m", "1 min"},
	{5 * time.Minute, "5m", "5 min"},
	{time.Hour, "1h", "1 h"},
	{4 * time.Hour, "4h", "4 h"},
	{8 * time.Hour, "8h", "8 h"},
	{24 * time.Hour, "24h", "24 h"},
}

// leaver reports whether the case ended somebody's access, or is about to. One
// that was cancelled or refused, or in which no system knew anybody, is counted
// apart.
func leaver(s record.Standing) bool {
	switch offboarding.State(s.State) {
	case offboarding.Cancelled, offboarding.NothingFound, offboarding.Refused:
		return false
	default:
		return true
	}
}

// proven reports whether all access was read back as gone, or is logged as
// ended: no class rests on a word, an exception or a setting.
func proven(s record.Standing) bool {
	return !s.ProvenAt.IsZero() && s.Open+s.Attested+s.Waived+s.Reported == 0
}

// step is what a distribution is of.
type step struct {
	name string // in addresses
	at   func(record.Standing) time.Time
}

var (
	contained = step{"contained", func(s record.Standing) time.Time { return s.ContainedAt }}
	shown     = step{"proven", func(s record.Standing) time.Time {
		if !proven(s) {
			return time.Time{}
		}
		return s.ProvenAt
	}}
)

// due is when the clock starts: when access was to end, or where nobody has said
// so yet, when the case began.
func due(s record.Standing) time.Time {
	if s.Due.IsZero() {
		return s.StartedAt
	}
	return s.Due
}

// after is how long the step took from when access was to end; false if it has
// not been taken. A step taken before that took no time.
func (st step) after(s record.Standing) (time.Duration, bool) {
	at := st.at(s)
	if at.IsZero() {
		return 0, false
	}
	return max(0, at.Sub(due(s))), true
}

// over reports whether the step took longer than the limit, or has for longer
// than that not been taken.
func (st step) over(s record.Standing, most time.Duration, now time.Time) bool {
	if !leaver(s) {
		return false
	}
	if d, ok := st.after(s); ok {
		return d > most
	}
	return now.Sub(due(s)) > most
}

// missed reports whether the step has not been taken though access was to have
// ended.
func (st step) missed(s record.Standing, now time.Time) bool {
	_, ok := st.after(s)
	return leaver(s) && !ok && !due(s).After(now)
}

// bucket is the slug of the bucket that a length of time falls into.
func bucket(d time.Duration) string {
	for _, l := range limits {
		if d <= l.most {
			return l.slug
		}
	}
	return "longer"
}

// figure is a number of cases, which can be listed: the name stands in
// addresses.
type figure struct {
	label string
	holds func(s record.Standing, now time.Time) bool
}

// figureNamed is the figure with that name.
func figureNamed(name string) (figure, bool) {
	f, ok := map[string]figure{
		"leavers":       {"leavers", func(s record.Standing, _ time.Time) bool { return leaver(s) }},
		"apart":         {"cancelled, refused or nothing found", func(s record.Standing, _ time.Time) bool { return !leaver(s) }},
		"proven":        {"all access proven to be gone", func(s record.Standing, _ time.Time) bool { return leaver(s) && proven(s) }},
		"unproven":      {"ended without proof of everything", func(s record.Standing, _ time.Time) bool { return leaver(s) && s.Ended() && !proven(s) }},
		"open":          {"not ended", func(s record.Standing, _ time.Time) bool { return !s.Ended() }},
		"late":          {"late", func(s record.Standing, now time.Time) bool { return s.Late(now) }},
		"late-open":     {"still open after the deadline", func(s record.Standing, now time.Time) bool { return s.Late(now) && !s.Ended() }},
		"exceptions":    {"with an exception", func(s record.Standing, _ time.Time) bool { return leaver(s) && s.Waived > 0 }},
		"attested":      {"with something attested by a person", func(s record.Standing, _ time.Time) bool { return leaver(s) && s.Attested > 0 }},
		"left":          {"with something left by the configuration", func(s record.Standing, _ time.Time) bool { return leaver(s) && s.Reported > 0 }},
		"residuals":     {"with access that goes on by itself", func(s record.Standing, now time.Time) bool { return leaver(s) && remains(s, now) }},
		"approved":      {"with an approval", func(s record.Standing, _ time.Time) bool { return leaver(s) && !s.ApprovedAt.IsZero() }},
		"not-contained": {"due and not contained", contained.missed},
		"not-proven":    {"due and not proven", shown.missed},
	}[name]
	if ok {
		return f, true
	}
	return timed(name)
}

// timed reads names such as contained-5m, which is a bucket, and
// proven-over-4h, which is all that took longer or still takes.
func timed(name string) (figure, bool) {
	for _, st := range []step{contained, shown} {
		rest, ok := strings.CutPrefix(name, st.name+"-")
		if !ok {
			continue
		}
		for _, l := range limits {
			if rest == "over-"+l.slug {
				return figure{"not " + st.name + " within " + l.label, func(s record.Standing, now time.Time) bool { return st.over(s, l.most, now) }}, true
			}
			if rest == l.slug {
				return figure{st.name + " within " + l.label + ", not sooner", st.in(l.slug)}, true
			}
		}
		if rest == "longer" {
			return figure{st.name + " after more than 24 h", st.in(rest)}, true
		}
	}
	return figure{}, false
}

func (st step) in(slug string) func(record.Standing, time.Time) bool {
	return func(s record.Standing, _ time.Time) bool {
		d, ok := st.after(s)
		return ok && leaver(s) && bucket(d) == slug
	}
}

// remains reports whether access goes on that nobody can revoke: until a later
// time, or until nobody knows when.
func remains(s record.Standing, now time.Time) bool {
	return s.Residuals > 0 && (s.ResidualsEnd.IsZero() || s.ResidualsEnd.After(now))
}

// distribution is how long a step took.
type distribution struct {
	Step    string
	N       int // how many times it was taken
	Missed  int // due, and not taken
	Ahead   int // access is to end later
	Min     time.Duration
	Median  time.Duration
	P90     time.Duration
	Max     time.Duration
	Buckets []slot
}

// slot is one bucket of a distribution.
type slot struct {
	Slug, Label string
	N           int
}

// distribute measures a step over the leavers among the cases. Median and P90
// are by nearest rank: the smallest length that so many are not longer than.
func distribute(cases []record.Summary, st step, now time.Time) distribution {
	d, all := distribution{Step: st.name}, []time.Duration{}
	counts := map[string]int{}
	for _, c := range cases {
		if !leaver(c.Standing) {
			continue
		}
		switch t, ok := st.after(c.Standing); {
		case ok:
			all = append(all, t)
			counts[bucket(t)]++
		case st.missed(c.Standing, now):
			d.Missed++
		default:
			d.Ahead++
		}
	}
	for i, l := range limits {
		label := "up to " + l.label
		if i > 0 {
			label = limits[i-1].label + " to " + l.label
		}
		d.Buckets = append(d.Buckets, slot{l.slug, label, counts[l.slug]})
	}
	d.Buckets = append(d.Buckets, slot{"longer", "over 24 h", counts["longer"]})
	if d.N = len(all); d.N > 0 {
		slices.Sort(all)
		d.Min, d.Median, d.P90, d.Max = all[0], rank(all, 50), rank(all, 90), all[len(all)-1]
	}
	return d
}

// rank is the nearest-rank percentile of sorted lengths.
func rank(sorted []time.Duration, percent int) time.Duration {
	return sorted[(len(sorted)*percent+99)/100-1]
}

// count is how many of the cases are in the figure.
func count(cases []record.Summary, name string, now time.Time) int {
	return len(pick(cases, name, now))
}

// pick is those of the cases that are in the figure.
func pick(cases []record.Summary, name string, now time.Time) []record.Summary {
	f, ok := figureNamed(name)
	if !ok {
		return nil
	}
	var out []record.Summary
	for _, c := range cases {
		if f.holds(c.Standing, now) {
			out = append(out, c)
		}
	}
	return out
}
