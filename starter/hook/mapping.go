package hook

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/starter/when"
)

// mapping is a compiled Mapping. Safe for concurrent use.
type mapping struct {
	each, ignore, what, email, lastDay, at, zone, kind, reason, partner, successor, eventID, occurredAt *expr
}

// what is what an HR system tells of a person.
type what string

const (
	leaves    what = "leaves"
	changed   what = "changed"
	withdrawn what = "withdrawn"
	rehired   what = "rehired"
	// stays is a record without a last day, from a system that sends whole records:
	// it takes back only what the same system said before.
	stays what = "stays"
)

// event is one thing that an HR system tells of one person.
type event struct {
	id string // unlike any other event's of the source
	// delivery names the request, for the log: an id from a mapping may hold a name.
	delivery string
	what     what
	about    offboarding.Departure // without who asked; At is zero if the last day has passed
	word     offboarding.Word
	passed   time.Duration // how long ago the last day was
}

const (
	// mappingTime bounds the evaluation of one request's expressions.
	mappingTime = 2 * time.Second
	maxEventID  = 500
	// maxAhead is how far ahead of ours an HR system's clock, or a clock without
	// its zone, may be.
	maxAhead = 24 * time.Hour
)

// events turns a request into events, those that are to be ignored left out.
// Either all of it can be read, or it is an error that says what cannot.
func (m *mapping) events(ctx context.Context, body map[string]any, sender delivery, source string, now time.Time) ([]event, error) {
	ctx, cancel := context.WithTimeout(ctx, mappingTime)
	defer cancel()
	if m.each == nil {
		e, ignored, err := m.event(ctx, map[string]any{"event": body, "item": body}, sender.id, source, now)
		if err != nil || ignored {
			return nil, err
		}
		e.delivery = sender.id
		return []event{e}, nil
	}
	items, err := m.each.list(ctx, map[string]any{"event": body, "item": body})
	if err != nil {
		return nil, err
	}
	var out []event
	var errs []error
	seen := map[string]int{}
	for i, item := range items {
		e, ignored, err := m.event(ctx, map[string]any{"event": body, "item": item}, fmt.Sprintf("%s#%d", sender.id, i), source, now)
		if err != nil {
			errs = append(errs, fmt.Errorf("entry %d: %w", i+1, err))
			continue
		}
		if ignored {
			continue
		}
		if first, twice := seen[e.id]; twice {
			errs = append(errs, fmt.Errorf("entry %d: mapping.event_id gives the same id as for entry %d", i+1, first))
		}
		seen[e.id] = i + 1
		e.delivery = sender.id
		out = append(out, e)
	}
	return out, errors.Join(errs...)
}

func (m *mapping) event(ctx context.Context, vars map[string]any, id, source string, now time.Time) (_ event, ignored bool, err error) {
	if ignored, err = m.ignore.truth(ctx, vars); err != nil || ignored {
		return event{}, ignored, err
	}
	e := event{id: id, word: offboarding.Word{Source: source}}
	r := reader{ctx: ctx, vars: vars}
	r.use(m.what, func(s string) error {
		if e.what = what(s); !slices.Contains([]what{leaves, changed, withdrawn, rehired, stays}, e.what) {
			return fmt.Errorf("%.40q is not one of leaves, changed, withdrawn, rehired and stays", s)
		}
		return nil
	})
	r.use(m.email, func(s string) error {
		e.about.Subject, err = offboarding.ParseSubject(s)
		return err
	})
	r.use(m.eventID, func(s string) error {
		if e.id = s; s == "" || len(s) > maxEventID {
			return fmt.Errorf("the text has %d bytes: give 1 to %d", len(s), maxEventID)
		}
		return nil
	})
	r.use(m.occurredAt, func(s string) error {
		if e.word.AsOf, err = parseStamp(s); err == nil && e.word.AsOf.After(now.Add(maxAhead)) {
			err = fmt.Errorf("%.40q is in the future", s)
		}
		return err
	})
	r.use(m.reason, func(s string) error { e.about.Reason = s; return nil })
	e.about = e.about.Tidy()
	if e.what == leaves || e.what == changed {
		m.departure(&r, &e, now)
	}
	return e, false, errors.Join(r.errs...)
}

// departure reads what only somebody who leaves has.
func (m *mapping) departure(r *reader, e *event, now time.Time) {
	var err error
	var zone string
	r.use(m.zone, func(s string) error { zone = s; return nil })
	r.use(m.lastDay, func(s string) error {
		e.word.At, e.about.Zone, err = lastDay(s, zone)
		return err
	})
	r.use(m.at, func(s string) error {
		e.word.At, e.about.Zone, err = instant(s, zone)
		return err
	})
	r.use(m.kind, func(s string) error {
		if s != "" {
			e.about.Kind, err = offboarding.ParseKind(s)
			return err
		}
		return nil
	})
	r.use(m.successor, func(s string) error {
		if s != "" {
			e.about.Successor, err = offboarding.ParseSubject(s)
			return err
		}
		return nil
	})
	r.use(m.partner, func(s string) error { e.about.Partner = s; return nil })
	if e.word.At.After(now) {
		e.about.At = e.word.At
	} else {
		e.passed = now.Sub(e.word.At)
	}
	e.about = e.about.Tidy()
	if len(r.errs) > 0 {
		return
	}
	for _, f := range offboarding.FieldErrors(e.about.Check(now)) {
		r.wrong("%s: %s", f.Field, f.Why)
	}
}

// reader evaluates expressions over one event and keeps what is wrong.
type reader struct {
	ctx  context.Context
	vars map[string]any
	errs []error
}

func (r *reader) wrong(format string, args ...any) {
	r.errs = append(r.errs, fmt.Errorf(format, args...))
}

// use hands on what an expression gives; one that is left out gives nothing.
func (r *reader) use(x *expr, take func(string) error) {
	if x == nil {
		return
	}
	s, err := x.text(r.ctx, r.vars)
	if err != nil {
		r.errs = append(r.errs, err)
		return
	}
	if err := take(s); err != nil {
		r.wrong("%s: %w", x.key, err)
	}
}

var (
	aDate  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
	aLocal = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2}(\.\d+)?)?$`)
)

// lastDay is the end of a day, as starter/when has it.
func lastDay(date, zone string) (time.Time, string, error) {
	if !aDate.MatchString(date) {
		return time.Time{}, "", fmt.Errorf("%.40q is not a date such as 2026-12-31; for a date and a time use mapping.at", date)
	}
	return local(date, date, zone)
}

// instant is a date and a time, with an offset or in a zone.
func instant(text, zone string) (time.Time, string, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700"} {
		if at, err := time.Parse(layout, text); err == nil {
			if zone == "" {
				return at, "", nil
			}
			loc, err := offboarding.LoadZone(zone)
			if err != nil {
				return time.Time{}, "", fmt.Errorf("mapping.zone: %w", err)
			}
			return at, loc.String(), nil
		}
	}
	part := aLocal.FindStringSubmatch(text)
	if part == nil {
		return time.Time{}, "", fmt.Errorf("%.40q is not a time such as 2026-12-31T17:00:00+01:00 or 2026-12-31T17:00; for a date use mapping.last_day", text)
	}
	return local(part[1]+" "+part[2], part[1], zone)
}

// local reads a time without an offset in the zone. The two days before make
// any time of that date one that is ahead: whether it has passed is decided
// elsewhere.
func local(text, date, zone string) (time.Time, string, error) {
	if strings.TrimSpace(zone) == "" {
		return time.Time{}, "", errors.New("no time zone: give mapping.zone, such as \"'Europe/Berlin'\"")
	}
	loc, err := offboarding.LoadZone(zone)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("mapping.zone: %w", err)
	}
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, "", fmt.Errorf("%q is no date of the calendar", date)
	}
	at, _, err := when.Parse(text, day.AddDate(0, 0, -2), loc)
	return at, loc.String(), err
}
