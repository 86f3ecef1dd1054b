package offboarding

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The longest texts of a departure, in characters.
const (
	MaxReason  = 500
	MaxPartner = 200
	MaxNote    = 2000
)

// farthestYears is how many years ahead a departure may lie. What is later is a
// year mistyped.
const farthestYears = 10

// FieldError is what is wrong with one field of a departure and what to do.
type FieldError struct {
	Field string // its name in JSON: subject, at, zone, kind, reason, partner, successor, note
	Why   string
}

func (e *FieldError) Error() string { return e.Why }

// Tidy makes the texts fit to be kept and shown: one line each, without
// control characters and without marks that reorder what stands around them.
// Every door calls it on what people typed, before Check.
func (d Departure) Tidy() Departure {
	for _, s := range []*string{&d.Reason, &d.Partner, &d.Note, &d.RequestedBy.Name} {
		*s = tidy(*s)
	}
	return d
}

func tidy(s string) string {
	spaced := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unfit(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(spaced), " ")
}

// unfit are control characters, line and paragraph separators, and the marks
// that change the direction of a text, which can make it read as another
// (Unicode Standard Annex 9, explicit directional formatting).
func unfit(r rune) bool {
	return unicode.IsControl(r) || r == 0x2028 || r == 0x2029 || r == 0xfeff ||
		(r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
}

// Check refuses a departure that no door may pass on at the given time. It says
// all that is wrong, as FieldErrors joined in one error; FieldErrors takes them
// apart. It decides nothing that belongs to the policy.
func (d Departure) Check(now time.Time) error {
	var errs []error
	wrong := func(field string, err error) {
		if err != nil {
			errs = append(errs, &FieldError{Field: field, Why: err.Error()})
		}
	}
	wrong("subject", normal(d.Subject))
	wrong("at", CheckTime(d.At, now))
	wrong("zone", checkZone(d.Zone))
	if d.Kind != "" && !slices.Contains(Kinds(), d.Kind) {
		wrong("kind", fmt.Errorf("%q is no kind of departure: give one of %s", Shorten(string(d.Kind), 60), kindList()))
	}
	wrong("reason", checkText("reason", d.Reason, MaxReason))
	wrong("partner", checkText("partner", d.Partner, MaxPartner))
	wrong("note", checkText("note", d.Note, MaxNote))
	if d.Successor != "" {
		err := normal(d.Successor)
		if err == nil && d.Successor == d.Subject {
			err = fmt.Errorf("%s cannot be their own successor: name somebody else, or nobody", d.Subject)
		}
		wrong("successor", err)
	}
	return errors.Join(errs...)
}

// FieldErrors takes what Check returned apart, wrapped or not; empty for nil.
// An error of another origin comes back as one without a field.
func FieldErrors(err error) []*FieldError {
	if err == nil {
		return nil
	}
	//nolint:errorlint // every level is looked at in turn
	switch e := err.(type) {
	case *FieldError:
		return []*FieldError{e}
	case interface{ Unwrap() []error }:
		var out []*FieldError
		for _, one := range e.Unwrap() {
			out = append(out, FieldErrors(one)...)
		}
		return out
	case interface{ Unwrap() error }:
		if _, ok := errors.AsType[*FieldError](err); ok {
			return FieldErrors(e.Unwrap())
		}
	}
	return []*FieldError{{Why: err.Error()}}
}

// CheckTime refuses a time for access to end that has passed, or that lies so
// far ahead that its year must be mistyped. Zero, which means at once, is good.
func CheckTime(at, now time.Time) error {
	switch {
	case at.IsZero():
		return nil
	case !at.After(now):
		return fmt.Errorf("%s is in the past (now is %s): give a later time, or none to begin at once",
			at.Format(time.RFC3339), now.In(at.Location()).Format(time.RFC3339))
	case at.After(now.AddDate(farthestYears, 0, 0)):
		return fmt.Errorf("%s is more than %d years ahead: is the year right?", at.Format(time.RFC3339), farthestYears)
	}
	return nil
}

func normal(s Subject) error {
	parsed, err := ParseSubject(string(s))
	if err == nil && parsed != s {
		err = fmt.Errorf("%q is not in its normal form: give %s", s, parsed)
	}
	return err
}

func checkZone(name string) error {
	if name == "" {
		return nil
	}
	loc, err := LoadZone(name)
	if err == nil && loc.String() != name {
		err = fmt.Errorf("%q is not how the time zone is written: give %s", name, loc)
	}
	return err
}

func checkText(name, s string, most int) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("the %s is not valid UTF-8", name)
	}
	if n := utf8.RuneCountInString(s); n > most {
		return fmt.Errorf("the %s has %d characters: at most %d characters are kept", name, n, most)
	}
	if i := strings.IndexFunc(s, unfit); i >= 0 {
		r, _ := utf8.DecodeRuneInString(s[i:])
		return fmt.Errorf("the %s holds the control character %U: leave it out", name, r)
	}
	return nil
}

// LoadZone finds a time zone by its IANA name; case does not matter. Names that
// mean another zone on another machine are none.
func LoadZone(name string) (*time.Location, error) {
	for _, try := range []string{name, zoneCase(name), strings.ToUpper(name)} {
		switch first, _, _ := strings.Cut(try, "/"); first {
		case "", "Local", "localtime", "posixrules", "posix", "right", "Factory", "LOCAL":
			continue
		}
		if loc, err := time.LoadLocation(try); err == nil {
			return loc, nil
		}
	}
	return nil, fmt.Errorf("%q is no time zone: give one like Europe/Berlin or UTC", Shorten(name, 60))
}

// zoneCase writes a zone's name as most are written: america/new_york becomes
// America/New_York.
func zoneCase(name string) string {
	start := true
	return strings.Map(func(r rune) rune {
		out := unicode.ToLower(r)
		if start {
			out = unicode.ToUpper(r)
		}
		start = !unicode.IsLetter(r)
		return out
	}, name)
}
