// Package when reads the times that people type, in whichever door. What they
// mean depends on a clock and a time zone, and both are the caller's to give.
package when

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // zones work on machines without a zone database

	"lastday/offboarding"
)

// Parse reads a time in one of these forms, most with a time zone after it:
//
//	now                              at once: the zero time is returned
//	2026-12-01 17:00 Europe/Berlin   a date and a time
//	2026-12-01                       the end of that day, 23:59
//	today 17:00, tomorrow, friday    days from here; without a time the end of the day
//	17:00                            today
//	in 2 hours, in 3 days, in a week
//	2026-12-01T17:00:00+01:00        RFC 3339
//
// Where no zone is given, here is meant. It returns the instant and the zone's
// name, empty where the text has only an offset or here is the machine's own.
//
// A weekday is the next one that comes, today while its time is still ahead.
// Days and weeks keep the time of day, hours and minutes are counted as they
// pass. A time that the clocks skip that day does not exist and is an error; of
// one that comes twice the earlier is meant, since access then ends sooner. A
// time that is not after now, or is more than ten years ahead, is an error.
func Parse(text string, now time.Time, here *time.Location) (time.Time, string, error) {
	at, zone, err := parse(text, now, here)
	if err == nil {
		err = offboarding.CheckTime(at, now)
	}
	if err != nil {
		return time.Time{}, "", err
	}
	return at, zone, nil
}

// Until reads the end of a waiver: a date (its end in the zone of here) or a
// time, in the forms of Parse.
func Until(text string, now time.Time, here *time.Location) (time.Time, error) {
	at, _, err := parse(text, now, here)
	switch {
	case err != nil:
		return time.Time{}, err
	case at.IsZero():
		return time.Time{}, errors.New("now is no end: give a later date")
	case !at.After(now):
		return time.Time{}, fmt.Errorf("%s is in the past: give a later date", at.Format(time.RFC3339))
	}
	return at, nil
}

func parse(text string, now time.Time, here *time.Location) (time.Time, string, error) {
	s, err := read(text)
	if err != nil {
		return time.Time{}, "", err
	}
	if s.base == exact {
		return s.at, "", nil
	}
	loc := here
	if s.zone != "" {
		if loc, err = offboarding.LoadZone(s.zone); err != nil {
			return time.Time{}, "", err
		}
	}
	zone := loc.String()
	if zone == "Local" {
		zone = ""
	}
	at, err := s.resolve(now, loc)
	return at, zone, err
}

// resolve finds the instant that the words mean at now, on clocks in loc.
func (s said) resolve(now time.Time, loc *time.Location) (time.Time, error) {
	here := now.In(loc)
	switch s.base {
	case atOnce:
		return time.Time{}, nil
	case elapsed:
		return here.Add(s.after).Truncate(time.Second), nil
	case onDate:
		return s.on(s.date, loc)
	case inDays:
		if !s.hasClock && !s.endOfDay {
			s.hasClock, s.hour, s.minute = true, here.Hour(), here.Minute()
		}
		return s.on(day{here.Year(), here.Month(), here.Day() + s.days}, loc)
	case onWeekday:
		ahead := (int(s.weekday) - int(here.Weekday()) + 7) % 7
		at, err := s.on(day{here.Year(), here.Month(), here.Day() + ahead}, loc)
		if ahead == 0 && err == nil && !at.After(now) {
			return s.on(day{here.Year(), here.Month(), here.Day() + 7}, loc)
		}
		return at, err
	case exact:
	}
	return s.at, nil
}

// on is the instant of the words' time on a day; where they name none, the last
// minute of the day that clocks show.
func (s said) on(d day, loc *time.Location) (time.Time, error) {
	if s.hasClock {
		return instant(d.clock(s.hour, s.minute), loc)
	}
	for minute := 24*60 - 1; minute >= 0; minute-- {
		if at, err := instant(d.clock(0, minute), loc); err == nil {
			return at, nil
		}
	}
	return instant(d.clock(0, 24*60-1), loc)
}

// day is a date of the calendar, normalised like time.Date does.
type day struct {
	year  int
	month time.Month
	day   int
}

// clock is what clocks show at a time of the day, as if they stood in UTC.
func (d day) clock(hour, minute int) time.Time {
	return time.Date(d.year, d.month, d.day, hour, minute, 0, 0, time.UTC)
}

// instant finds the first moment at which clocks in loc show the wall time. It
// tries every offset that loc has around it: no zone is further from UTC than a day.
func instant(wall time.Time, loc *time.Location) (time.Time, error) {
	const around = 26 * time.Hour
	var first time.Time
	for probe := wall.Add(-around).In(loc); ; {
		_, offset := probe.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		if _, really := at.Zone(); really == offset && (first.IsZero() || at.Before(first)) {
			first = at
		}
		_, end := probe.ZoneBounds()
		if end.IsZero() || end.After(wall.Add(around)) {
			break
		}
		probe = end
	}
	if first.IsZero() {
		return time.Time{}, fmt.Errorf("%s does not exist in %s: the clocks skip it that day; give another time",
			wall.Format("2006-01-02 15:04"), loc)
	}
	return first, nil
}
