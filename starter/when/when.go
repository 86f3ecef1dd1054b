// Package when reads the times that people type.
package when

import (
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // zones work on machines without a zone database
)

// Parse reads "2026-12-01 17:00 Europe/Berlin", "2026-12-01 17:00" or
// "2026-12-01" (in the zone of here), or RFC 3339. It returns the instant and
// the zone's name, empty where the text has only an offset.
//
// A time that the clocks skip that day does not exist and is an error; of one
// that comes twice the earlier is meant, since access then ends sooner. A date
// alone means the end of that day. A time that is not after now is an error.
func Parse(text string, now time.Time, here *time.Location) (time.Time, string, error) {
	text = strings.TrimSpace(text)
	at, zone, err := parse(text, here)
	if err != nil {
		return time.Time{}, "", err
	}
	if !at.After(now) {
		return time.Time{}, "", fmt.Errorf("%s is in the past (now is %s); leave out the time to begin at once",
			at.Format(time.RFC3339), now.In(at.Location()).Format(time.RFC3339))
	}
	return at, zone, nil
}

func parse(text string, here *time.Location) (time.Time, string, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, "", nil
	}
	local, loc := text, here
	if i := strings.LastIndexByte(text, ' '); i > 0 && !strings.Contains(text[i:], ":") {
		name := text[i+1:]
		l, err := time.LoadLocation(name)
		if err != nil || name == "Local" {
			return time.Time{}, "", fmt.Errorf("%q is no time zone: give one like Europe/Berlin or UTC", name)
		}
		local, loc = strings.TrimSpace(text[:i]), l
	}
	zone := loc.String()
	if zone == "Local" {
		zone = ""
	}
	wall, err := time.Parse("2006-01-02 15:04", local)
	if err != nil {
		if wall, err = time.Parse(time.DateOnly, local); err == nil {
			wall = wall.Add(24*time.Hour - time.Minute)
		}
	}
	if err != nil {
		return time.Time{}, "", fmt.Errorf(`%q is not a time: give "2026-12-01 17:00 Europe/Berlin", "2026-12-01 17:00", "2026-12-01" or 2026-12-01T17:00:00+01:00`, text)
	}
	at, err := instant(wall, loc)
	return at, zone, err
}

// instant finds the first moment at which clocks in loc show the wall time.
func instant(wall time.Time, loc *time.Location) (time.Time, error) {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), 0, 0, loc)
	if at.Hour() != wall.Hour() || at.Minute() != wall.Minute() {
		return time.Time{}, fmt.Errorf("%s does not exist in %s: the clocks skip it that day; give another time",
			wall.Format("2006-01-02 15:04"), loc)
	}
	for _, back := range []time.Duration{time.Hour, 30 * time.Minute, 2 * time.Hour} {
		earlier := at.Add(-back)
		if earlier.Format("2006-01-02 15:04") == at.Format("2006-01-02 15:04") {
			return earlier, nil
		}
	}
	return at, nil
}

// Until reads the end of a waiver: a date (its end in the zone of here) or a time.
func Until(text string, now time.Time, here *time.Location) (time.Time, error) {
	at, _, err := Parse(text, now, here)
	return at, err
}
