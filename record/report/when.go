package report

import (
	"fmt"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record/casefile"
)

const (
	toTheMilli  = "2006-01-02 15:04:05.000"
	toTheSecond = "2006-01-02 15:04:05"
	never       = "–"
)

// stamp is an instant in UTC to the millisecond; a dash if there is none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return never
	}
	return t.UTC().Format(toTheMilli)
}

// stampUTC says the zone, for where no heading does.
func stampUTC(t time.Time) string {
	if t.IsZero() {
		return never
	}
	return stamp(t) + " UTC"
}

// zoned is an instant in UTC and in the zone that the departure was given in.
func zoned(t time.Time, zone string) string {
	if t.IsZero() {
		return never
	}
	s := t.UTC().Format(toTheSecond) + " UTC"
	if zone != "" && zone != "UTC" {
		if local := offboarding.In(t, zone); !strings.HasSuffix(local, " UTC") {
			s += " (" + local + ", " + clean(zone) + ")"
		}
	}
	return s
}

// span is a length of time in at most two units: 13 d 22 h, 1.2 s, 40 ms.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 0 {
		return "-" + span(-d)
	}
	switch {
	case d >= day-30*time.Second:
		return units(d.Round(time.Hour), day, time.Hour, "d", "h")
	case d >= time.Hour-500*time.Millisecond:
		return units(d.Round(time.Minute), time.Hour, time.Minute, "h", "min")
	case d >= time.Minute-500*time.Microsecond:
		return units(d.Round(time.Second), time.Minute, time.Second, "min", "s")
	case d >= time.Second:
		return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%.3f", d.Seconds()), "0"), ".") + " s"
	case d >= time.Millisecond:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d == 0:
		return "0 s"
	}
	return fmt.Sprintf("%d µs", d.Microseconds())
}

func units(d, big, small time.Duration, bigName, smallName string) string {
	whole, rest := d/big, d%big/small
	switch {
	case whole == 0:
		return fmt.Sprintf("%d %s", rest, smallName)
	case rest == 0:
		return fmt.Sprintf("%d %s", whole, bigName)
	}
	return fmt.Sprintf("%d %s %d %s", whole, bigName, rest, smallName)
}

// since is how long after another instant something was: +1.2 s, -2 h.
func since(t, from time.Time) string {
	if t.IsZero() || from.IsZero() {
		return never
	}
	if d := t.Sub(from); d < 0 {
		return span(d)
	}
	return "+" + span(t.Sub(from))
}

// AsOf is the instant up to which a case is told: its end, or of one that is
// open the instant at which its newest entry was recorded.
func AsOf(c casefile.Case) time.Time {
	if !c.EndedAt.IsZero() {
		return c.EndedAt.UTC()
	}
	at := c.StartedAt
	for _, l := range c.Lines {
		if l.Recorded.After(at) {
			at = l.Recorded
		}
	}
	return at.UTC()
}

// lastAccess is the last moment at which what can be revoked can have been used
// in any system, or why nobody can say so.
func lastAccess(c casefile.Case) (time.Time, string) {
	var at time.Time
	known := false
	if why := unlooked(c); why != "" {
		return at, "not known: " + why
	}
	for _, s := range c.Systems {
		if !s.Account.Found {
			continue
		}
		known = true
		if !s.Verified() {
			return time.Time{}, "not known: not all of " + clean(string(s.System)) + " is shown to be gone"
		}
		if last := offboarding.LastAccess(s); last.After(at) {
			at = last
		}
	}
	switch {
	case !known:
		return at, "no system knows the person"
	case at.IsZero():
		return at, "not known: there was nothing left to cut"
	}
	return at, ""
}

// lastIn is the same for one system.
func lastIn(s offboarding.SystemCase) string {
	last := offboarding.LastAccess(s)
	switch {
	case !last.IsZero():
		return stamp(last)
	case s.FoundAt.IsZero():
		return "not looked at"
	case !s.Account.Found:
		return "no account"
	case !s.Verified():
		return "not known"
	}
	return "nothing was left to cut"
}

// unlooked says which system has not told who the person is there; empty if all
// have.
func unlooked(c casefile.Case) string {
	if len(c.Systems) == 0 {
		return "no system was looked at"
	}
	var names []string
	for _, s := range c.Systems {
		if s.FoundAt.IsZero() {
			names = append(names, clean(string(s.System)))
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0] + " was not looked at"
	}
	return strings.Join(names, ", ") + " were not looked at"
}
