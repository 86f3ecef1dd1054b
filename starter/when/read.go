package when

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lastday/offboarding"
)

// said is a time as it was typed, before a clock and a zone give it a meaning.
type said struct {
	base     base
	at       time.Time     // exact
	date     day           // onDate
	days     int           // inDays
	weekday  time.Weekday  // onWeekday
	after    time.Duration // elapsed
	endOfDay bool          // of inDays: without a time the end of the day is meant

	hasClock     bool
	hour, minute int
	zone         string
}

// base is what the words count from.
type base int

const (
	atOnce    base = iota
	exact          // an instant, with its offset
	onDate         // a date of the calendar
	inDays         // so many days from today
	onWeekday      // the next day of that name
	elapsed        // so much time from now
)

// longest is more than any time that makes sense.
const longest = 100

var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "sun": time.Sunday, "monday": time.Monday, "mon": time.Monday,
	"tuesday": time.Tuesday, "tue": time.Tuesday, "tues": time.Tuesday,
	"wednesday": time.Wednesday, "wed": time.Wednesday,
	"thursday": time.Thursday, "thu": time.Thursday, "thur": time.Thursday, "thurs": time.Thursday,
	"friday": time.Friday, "fri": time.Friday, "saturday": time.Saturday, "sat": time.Saturday,
}

var (
	dateLike  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	dateTime  = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2})$`)
	clockLike = regexp.MustCompile(`^\d{1,2}:\d{2}$`)
)

func notATime(text, why string) error {
	if why == "" {
		why = `give "2026-12-01 17:00 Europe/Berlin", "2026-12-01", "tomorrow 17:00", "friday", "in 2 hours", "now" or 2026-12-01T17:00:00+01:00`
	}
	return fmt.Errorf("%q is not a time: %s", offboarding.Shorten(text, longest), why)
}

// read takes the words apart: a day, then a time, then a zone.
func read(text string) (said, error) {
	text = strings.TrimSpace(text)
	if len(text) > longest {
		return said{}, notATime(text, "it is too long")
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return said{base: exact, at: at}, nil
	}
	words := strings.Fields(text)
	for i, w := range words {
		words[i] = strings.TrimSuffix(w, ",")
	}
	if len(words) > 0 {
		if m := dateTime.FindStringSubmatch(words[0]); m != nil {
			words = append(m[1:], words[1:]...)
		}
	}
	var s said
	words, err := s.readDay(text, words)
	if err != nil {
		return said{}, err
	}
	if words, err = s.readClock(text, words); err != nil {
		return said{}, err
	}
	switch {
	case len(words) == 0:
		return s, nil
	case len(words) > 1:
		return said{}, notATime(text, "")
	}
	s.zone = words[0]
	return s, nil
}

// readDay reads what the time counts from and returns the words after it.
func (s *said) readDay(text string, words []string) ([]string, error) {
	if len(words) == 0 {
		return nil, notATime(text, "")
	}
	first, rest := strings.ToLower(words[0]), words[1:]
	if d, ok := weekdays[first]; ok {
		s.base, s.weekday = onWeekday, d
		return rest, nil
	}
	switch {
	case first == "now":
		s.base = atOnce
	case first == "today":
		s.base, s.endOfDay = inDays, true
	case first == "tomorrow":
		s.base, s.days, s.endOfDay = inDays, 1, true
	case first == "in":
		return s.readSpan(text, rest)
	case first == "next" || first == "this" || first == "on":
		return nil, notATime(text, "a weekday alone, such as friday, is the next one that comes; else give the date")
	case clockLike.MatchString(first):
		s.base = inDays
		return words, nil
	case dateLike.MatchString(first):
		date, err := time.Parse(time.DateOnly, first)
		if err != nil {
			return nil, notATime(text, noSuchDay(first))
		}
		s.base, s.date = onDate, day{date.Year(), date.Month(), date.Day()}
	default:
		return nil, notATime(text, "")
	}
	return rest, nil
}

// noSuchDay says why a date in the right form is none.
func noSuchDay(date string) string {
	if first, err := time.Parse(time.DateOnly, date[:8]+"01"); err == nil {
		return fmt.Sprintf("%s has %d days", first.Format("January 2006"), first.AddDate(0, 1, -1).Day())
	}
	return "a year has twelve months, and the month stands in the middle"
}

// readSpan reads "2 hours" or "a week".
func (s *said) readSpan(text string, words []string) ([]string, error) {
	const how = "say in 30 minutes, in 2 hours, in 3 days or in a week"
	if len(words) < 2 {
		return nil, notATime(text, how)
	}
	n, err := strconv.Atoi(words[0])
	if first := strings.ToLower(words[0]); first == "a" || first == "an" || first == "one" {
		n, err = 1, nil
	}
	if err != nil || n < 1 || n > 9999 {
		return nil, notATime(text, how)
	}
	switch unit := strings.ToLower(words[1]); strings.TrimSuffix(unit, "s") {
	case "minute", "min":
		s.base, s.after = elapsed, time.Duration(n)*time.Minute
	case "hour", "h":
		s.base, s.after = elapsed, time.Duration(n)*time.Hour
	case "day":
		s.base, s.days = inDays, n
	case "week":
		s.base, s.days = inDays, 7*n
	default:
		return nil, notATime(text, how)
	}
	return words[2:], nil
}

// readClock reads a time of day, where one may follow.
func (s *said) readClock(text string, words []string) ([]string, error) {
	if len(words) > 1 && strings.EqualFold(words[0], "at") && clockLike.MatchString(words[1]) {
		words = words[1:]
	}
	if len(words) == 0 || !clockLike.MatchString(words[0]) {
		return words, nil
	}
	if s.base == atOnce || s.base == elapsed {
		return nil, notATime(text, "it says twice when")
	}
	clock, err := time.Parse("15:04", words[0])
	if err != nil {
		return nil, notATime(text, "the time of day goes from 00:00 to 23:59")
	}
	s.hasClock, s.hour, s.minute = true, clock.Hour(), clock.Minute()
	return words[1:], nil
}
