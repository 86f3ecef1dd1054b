package departures

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/starter/when"
)

// reader makes departures of lines.
type reader struct {
	header  *header
	options Options
	zones   map[string]*time.Location // those met so far: loading one takes longer than a line
}

func newReader(h *header, o Options) *reader {
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	return &reader{header: h, options: o, zones: map[string]*time.Location{}}
}

// read makes a departure of a line, or says all that is wrong with it. The
// subject is set whenever the e-mail is good.
func (r *reader) read(rec record, fields []string) (offboarding.Departure, []string) {
	var bad []string
	wrong := func(c column, err error) {
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s: %s", c, err))
		}
	}
	get := func(c column) string { return r.header.get(fields, c) }
	d := offboarding.Departure{
		Reason: get(colReason), Partner: get(colPartner), Note: get(colNote),
		RequestedBy: r.options.By, Bulk: true,
	}
	if i, ok := r.header.surplus(fields); ok {
		bad = append(bad, fmt.Sprintf("has the value %q in field %d, where the header names no column: is a separator too many, or are quotes missing?",
			offboarding.Shorten(fields[i], 60), i+1))
	}
	if r.options.At != "" && r.header.short(fields) {
		bad = append(bad, fmt.Sprintf("breaks off after %d of %d fields, before the last day: was it cut short, or is a separator missing?", len(fields), len(r.header.named)))
	}
	if n, who := r.swallowed(rec); n > 0 {
		bad = append(bad, fmt.Sprintf("a quoted field goes on to line %d, which looks like the line of %s: close the quote", n, who))
	}
	var err error
	d.Subject, err = subject(get(colEmail))
	wrong(colEmail, err)
	d.At, d.Zone, err = r.time(get(colLastDay), get(colTime), get(colZone))
	wrong(colLastDay, err)
	d.Kind, err = kind(get(colKind), d.Reason)
	wrong(colKind, err)
	d.Urgent, err = yes(get(colUrgent))
	wrong(colUrgent, err)
	if s := get(colSuccessor); s != "" {
		d.Successor, err = offboarding.ParseSubject(s)
		wrong(colSuccessor, err)
	}
	d = d.Tidy()
	if len(bad) == 0 {
		// The zone was looked up above; to do so again for each line is slow.
		unzoned := d
		unzoned.Zone = ""
		for _, f := range offboarding.FieldErrors(unzoned.Check(r.options.Now)) {
			bad = append(bad, f.Why)
		}
	}
	return d, bad
}

// subject reads an address. A spreadsheet's sign for a formula or for a text in
// front of it is no part of anybody's.
func subject(s string) (offboarding.Subject, error) {
	if strings.IndexAny(s, "=+-@'") == 0 {
		return "", fmt.Errorf("%q begins with a spreadsheet's sign: leave out the %q", offboarding.Shorten(s, 60), s[:1])
	}
	return offboarding.ParseSubject(s)
}

// swallowed finds a later line of the record that is a person's line of its
// own: a quote was left open above it, and that person would not be offboarded.
func (r *reader) swallowed(rec record) (int, offboarding.Subject) {
	at := r.header.fields[colEmail]
	for i, text := range rec.lines[1:] {
		cells := strings.Split(string(text), string(r.header.comma))
		if len(cells) < 2 || len(cells) <= at {
			continue
		}
		if who, err := offboarding.ParseSubject(strings.Trim(strings.TrimSpace(cells[at]), `"`)); err == nil {
			return rec.line + 1 + i, who
		}
	}
	return 0, ""
}

var (
	absolute  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}([ T]|$)`)
	clockOnly = regexp.MustCompile(`^\d{1,2}:\d{2}$`)
)

// time reads when access ends. In a file only dates of the calendar count, and
// the word now: "tomorrow" means something else each time the file is read.
func (r *reader) time(day, clock, zone string) (time.Time, string, error) {
	loc := r.options.Zone
	if zone != "" {
		var err error
		if loc, err = r.zone(zone); err != nil {
			return time.Time{}, "", err
		}
	}
	if day == "" {
		if day = r.options.At; day == "" {
			return time.Time{}, "", errors.New("is empty: give a date such as 2026-12-31, or the word now")
		}
	} else if !absolute.MatchString(day) && !strings.EqualFold(day, "now") {
		return time.Time{}, "", fmt.Errorf(`%q is not a date: write 2026-12-31, "2026-12-31 17:00", "2026-12-31 17:00 Europe/Berlin" or 2026-12-31T17:00:00+01:00, or the word now`,
			offboarding.Shorten(day, 60))
	}
	if clock != "" {
		if !clockOnly.MatchString(clock) {
			return time.Time{}, "", fmt.Errorf("the time %q is none: write it as 17:00", offboarding.Shorten(clock, 60))
		}
		if strings.Contains(day, ":") {
			return time.Time{}, "", fmt.Errorf("%q has a time, and the column time says %s: leave one out", offboarding.Shorten(day, 60), clock)
		}
		day += " " + clock
	}
	at, named, err := when.Parse(day, r.options.Now, loc)
	if err != nil {
		return time.Time{}, "", err
	}
	if zone != "" && named == "" {
		named = loc.String() // an offset in the day; the zone is for showing it
	}
	if zone != "" && named != loc.String() {
		return time.Time{}, "", fmt.Errorf("%q names another zone than the column zone, %s: leave one out", offboarding.Shorten(day, 60), loc)
	}
	return at, named, nil
}

// zone finds a zone, and keeps it. There are fewer of them than a thousand.
func (r *reader) zone(name string) (*time.Location, error) {
	if loc, ok := r.zones[name]; ok {
		return loc, nil
	}
	loc, err := offboarding.LoadZone(name)
	if err == nil && len(r.zones) < 1000 {
		r.zones[strings.Clone(name)] = loc
	}
	return loc, err
}

// kind reads the kind; where there is none, a reason that is one is taken as it.
func kind(text, reason string) (offboarding.Kind, error) {
	if text != "" {
		return offboarding.ParseKind(text)
	}
	if k, err := offboarding.ParseKind(reason); err == nil {
		return k, nil
	}
	return "", nil
}

func yes(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "yes", "y", "true", "1", "x", "urgent":
		return true, nil
	case "no", "n", "false", "0", "":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither yes nor no", offboarding.Shorten(text, 60))
}

// requestID names what a line asks for, and who does. It is the same whenever
// they read the same line again, wherever it then stands.
func requestID(d offboarding.Departure) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q %q %q %q %q %q %t %q", d.Subject, d.At.UTC().Format(time.RFC3339Nano), d.Zone, d.Kind,
		d.Reason, d.Partner, d.Successor, d.Note, d.Urgent, d.RequestedBy.String())
	return "file:" + hex.EncodeToString(h.Sum(nil)[:16])
}
