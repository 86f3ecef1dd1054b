package offboarding_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

var leaving = offboarding.Departure{
	Subject: "jane@example.com", At: noon.Add(time.Hour), Zone: "Europe/Berlin", Kind: offboarding.Dismissal,
	Reason: "contract end", Partner: "Northwind", Successor: "joe@example.com", Note: "laptop is with IT",
}

// with is the good departure with one thing changed.
func with(change func(*offboarding.Departure)) offboarding.Departure {
	d := leaving
	change(&d)
	return d
}

func TestADepartureThatMakesSenseIsLetThrough(t *testing.T) {
	require.NoError(t, leaving.Check(noon))
	require.NoError(t, offboarding.Departure{Subject: "jane@example.com"}.Check(noon), "at once, and nothing else said")
	for _, k := range offboarding.Kinds() {
		require.NoError(t, with(func(d *offboarding.Departure) { d.Kind = k }).Check(noon))
	}
	longest := with(func(d *offboarding.Departure) {
		d.Reason, d.Partner, d.Note = strings.Repeat("é", 500), strings.Repeat("é", 200), strings.Repeat("é", 2000)
		d.At = noon.AddDate(10, 0, 0)
	})
	require.NoError(t, longest.Check(noon), "characters are counted, not bytes")
}

func TestADepartureThatMakesNoSenseIsRefusedFieldByField(t *testing.T) {
	type departure = offboarding.Departure
	for _, c := range []struct {
		field, why string
		change     func(*departure)
	}{
		{"subject", "is not a work e-mail address", func(d *departure) { d.Subject = "jane" }},
		{"subject", "it is empty", func(d *departure) { d.Subject = "" }},
		{"subject", "give jane@example.com", func(d *departure) { d.Subject = " Jane@Example.com" }},
		{"at", "is in the past", func(d *departure) { d.At = noon.Add(-time.Second) }},
		{"at", "is in the past", func(d *departure) { d.At = noon }},
		{"at", "is the year right?", func(d *departure) { d.At = noon.AddDate(10, 0, 1) }},
		{"zone", "is no time zone", func(d *departure) { d.Zone = "Europe/Berln" }},
		{"zone", "is no time zone", func(d *departure) { d.Zone = "Local" }},
		{"zone", "give Europe/Berlin", func(d *departure) { d.Zone = "europe/berlin" }},
		{"zone", "is no time zone", func(d *departure) { d.Zone = "../../etc/passwd" }},
		{"kind", "give one of resignation, dismissal", func(d *departure) { d.Kind = "fired" }},
		{"reason", "has 501 characters: at most 500 characters", func(d *departure) { d.Reason = strings.Repeat("é", 501) }},
		{"partner", "at most 200", func(d *departure) { d.Partner = strings.Repeat("x", 201) }},
		{"note", "at most 2000", func(d *departure) { d.Note = strings.Repeat("x", 2001) }},
		{"reason", "control character U+001B", func(d *departure) { d.Reason = "a\x1b[2Jb" }},
		{"partner", "control character U+202E", func(d *departure) { d.Partner = "a\u202eb" }},
		{"note", "control character U+2066", func(d *departure) { d.Note = "\u2066a" }},
		{"note", "control character U+000A", func(d *departure) { d.Note = "a\nb" }},
		{"note", "not valid UTF-8", func(d *departure) { d.Note = "a\xffb" }},
		{"successor", "is not a work e-mail address", func(d *departure) { d.Successor = "joe" }},
		{"successor", "cannot be their own successor", func(d *departure) { d.Successor = d.Subject }},
	} {
		got := offboarding.FieldErrors(with(c.change).Check(noon))
		require.Len(t, got, 1, c.why)
		require.Equal(t, c.field, got[0].Field)
		require.Contains(t, got[0].Why, c.why)
		require.NotContains(t, got[0].Why, "\n", "one line")
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	err := offboarding.Departure{Subject: "x", At: noon, Zone: "Mars", Kind: "fired", Successor: "y", Note: "\x00"}.Check(noon)
	for _, err := range []error{err, fmt.Errorf("line 3: %w", err)} {
		var fields []string
		for _, f := range offboarding.FieldErrors(err) {
			fields = append(fields, f.Field)
		}
		require.Equal(t, []string{"subject", "at", "zone", "kind", "note", "successor"}, fields)
	}
	require.Empty(t, offboarding.FieldErrors(nil))
	require.Equal(t, "plan: other", offboarding.FieldErrors(fmt.Errorf("plan: %w", errors.New("other")))[0].Why)
}

func TestTextsAreTidied(t *testing.T) {
	for in, want := range map[string]string{
		"  contract\tend ":            "contract end",
		"first line\r\nsecond line":   "first line second line",
		"a\u2028b\u00a0c\u0085d":      "a b c d",
		"esc\x1b[2J\x00\x07\u009bend": "esc[2Jend",
		"\u202etxt.exe\u202c":         "txt.exe",
		"\ufeffjane":                  "jane",
		"bad\xffbyte":                 "bad\uFFFDbyte",
		"Grüße, عمر, 🎉":               "Grüße, عمر, 🎉",
	} {
		d := offboarding.Departure{
			Subject: "jane@example.com", Reason: in, Partner: in, Note: in,
			RequestedBy: offboarding.Actor{Name: in},
		}.Tidy()
		require.Equal(t, want, d.Reason)
		require.Equal(t, want, d.Partner)
		require.Equal(t, want, d.Note)
		require.Equal(t, want, d.RequestedBy.Name)
		require.NoError(t, d.Check(noon))
		require.Equal(t, d, d.Tidy(), "tidying twice changes nothing more")
	}
}

func TestKindsAreReadAsPeopleWriteThem(t *testing.T) {
	for in, want := range map[string]offboarding.Kind{
		"Resignation": offboarding.Resignation, " contract end ": offboarding.ContractEnd,
		"PARTNER_CONTRACT": offboarding.PartnerContract, "death or illness": offboarding.DeathOrIllness,
	} {
		got, err := offboarding.ParseKind(in)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, in := range []string{"", "fired", "resignation dismissal", strings.Repeat("x", 9999)} {
		_, err := offboarding.ParseKind(in)
		require.ErrorContains(t, err, "give one of resignation, dismissal, contract-end")
		require.Less(t, len(err.Error()), 300)
	}
}

func TestZonesAreFoundWhateverTheirCase(t *testing.T) {
	for in, want := range map[string]string{
		"Europe/Berlin": "Europe/Berlin", "europe/berlin": "Europe/Berlin", "AMERICA/NEW_YORK": "America/New_York",
		"utc": "UTC", "America/Port-au-Prince": "America/Port-au-Prince",
	} {
		loc, err := offboarding.LoadZone(in)
		require.NoError(t, err, in)
		require.Equal(t, want, loc.String())
	}
	for _, in := range []string{"", "Local", "local", "LOCAL", "localtime", "right/Europe/Berlin", "posix/Europe/Berlin", "Europe", "Mars/Base", "../UTC", "Europe/Berlin\x00"} {
		_, err := offboarding.LoadZone(in)
		require.ErrorContains(t, err, "is no time zone", in)
	}
}

func FuzzDepartureCheck(f *testing.F) {
	f.Add("jane@example.com", "Europe/Berlin", "dismissal", "why", "joe@example.com", int64(60))
	f.Add("Jane@example.com", "right/UTC", "", "\u202e\xff\n", "", int64(-1))
	f.Add("jane@example.com", "Etc/GMT+5", "", "\u2067 \u0000", "jane@example.com", int64(1)<<40)
	f.Fuzz(func(t *testing.T, who, zone, kind, text, successor string, ahead int64) {
		d := offboarding.Departure{
			Subject: offboarding.Subject(who), At: noon.Add(time.Duration(ahead) * time.Second), Zone: zone,
			Kind: offboarding.Kind(kind), Reason: text, Partner: text, Note: text, Successor: offboarding.Subject(successor),
		}.Tidy()
		err := d.Check(noon)
		for _, e := range offboarding.FieldErrors(err) {
			require.NotEmpty(t, e.Field)
			require.NotEmpty(t, e.Why)
		}
		if err != nil {
			return
		}
		require.True(t, d.At.After(noon))
		require.LessOrEqual(t, utf8.RuneCountInString(d.Reason), offboarding.MaxReason)
		for _, r := range d.Reason + d.Note + d.Partner {
			require.False(t, unicode.IsControl(r), "%U", r)
		}
		b, err := json.Marshal(d)
		require.NoError(t, err)
		var back offboarding.Departure
		require.NoError(t, json.Unmarshal(b, &back))
		require.NoError(t, back.Check(noon), "what is kept is still good: %s", b)
	})
}
