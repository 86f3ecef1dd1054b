package when_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/starter/when"
)

// A Sunday.
var march = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func TestTimesPeopleType(t *testing.T) {
	for text, want := range map[string]string{
		"2026-12-01 17:00 Europe/Berlin": "2026-12-01T16:00:00Z",
		"2026-12-01 17:00 europe/berlin": "2026-12-01T16:00:00Z",
		"2026-12-01 at 9:00, UTC":        "2026-12-01T09:00:00Z",
		"2026-12-01T17:00":               "2026-12-01T17:00:00Z",
		"2026-12-01T17:00 Asia/Kolkata":  "2026-12-01T11:30:00Z",
		"  2026-12-01   17:00 ":          "2026-12-01T17:00:00Z",
		"2026-12-01":                     "2026-12-01T23:59:00Z",
		"2026-12-01 Europe/Berlin":       "2026-12-01T22:59:00Z",
		"2026-12-01T17:00:00+01:00":      "2026-12-01T16:00:00Z",
		"2028-02-29 17:00":               "2028-02-29T17:00:00Z",

		"today 17:00":                        "2026-03-01T17:00:00Z",
		"17:00":                              "2026-03-01T17:00:00Z",
		"17:00 America/New_York":             "2026-03-01T22:00:00Z",
		"Today":                              "2026-03-01T23:59:00Z",
		"tomorrow":                           "2026-03-02T23:59:00Z",
		"tomorrow 17:00 Europe/Berlin":       "2026-03-02T16:00:00Z",
		"TOMORROW at 17:00":                  "2026-03-02T17:00:00Z",
		"tomorrow 08:00 Pacific/Kiritimati":  "2026-03-02T18:00:00Z", // there it is the 2nd already
		"tomorrow 08:00 Pacific/Pago_Pago":   "2026-03-02T19:00:00Z",
		"friday 17:00":                       "2026-03-06T17:00:00Z",
		"Fri":                                "2026-03-06T23:59:00Z",
		"monday 09:00 Australia/Lord_Howe":   "2026-03-01T22:00:00Z",
		"sunday 17:00":                       "2026-03-01T17:00:00Z", // today, its time is ahead
		"sunday 12:00":                       "2026-03-08T12:00:00Z", // today, its time is now
		"sunday 11:00":                       "2026-03-08T11:00:00Z", // today, its time has passed
		"sunday":                             "2026-03-01T23:59:00Z",
		"in 2 hours":                         "2026-03-01T14:00:00Z",
		"in 90 minutes":                      "2026-03-01T13:30:00Z",
		"In an Hour":                         "2026-03-01T13:00:00Z",
		"in 3 days":                          "2026-03-04T12:00:00Z",
		"in a week 17:00 Europe/Berlin":      "2026-03-08T16:00:00Z",
		"in 2 weeks":                         "2026-03-15T12:00:00Z",
		"in 28 days 09:00 Europe/Berlin":     "2026-03-29T07:00:00Z",
		"in 365 days 17:00 America/New_York": "2027-03-01T22:00:00Z",
	} {
		at, _, err := when.Parse(text, march, time.UTC)
		require.NoError(t, err, text)
		require.Equal(t, want, at.UTC().Format(time.RFC3339), text)
	}
}

func TestNowIsAtOnceAndNamesNoTime(t *testing.T) {
	for text, want := range map[string]string{"now": "UTC", " NOW ": "UTC", "now Europe/Berlin": "Europe/Berlin"} {
		at, name, err := when.Parse(text, march, time.UTC)
		require.NoError(t, err)
		require.Zero(t, at)
		require.Equal(t, want, name)
	}
}

func TestTheZoneIsTheOneTypedOrElseTheCallers(t *testing.T) {
	for text, want := range map[string]string{
		"tomorrow 17:00":               "Asia/Tokyo",
		"tomorrow 17:00 Europe/Berlin": "Europe/Berlin",
		"tomorrow 17:00 EUROPE/BERLIN": "Europe/Berlin",
		"2026-12-01T17:00:00+01:00":    "",
		"in 2 hours":                   "Asia/Tokyo",
		"in 2 hours UTC":               "UTC",
	} {
		_, name, err := when.Parse(text, march, zone(t, "Asia/Tokyo"))
		require.NoError(t, err, text)
		require.Equal(t, want, name, text)
	}
	_, name, err := when.Parse("tomorrow", march, time.Local) //nolint:gosmopolitan // what a command line gives
	require.NoError(t, err)
	require.Empty(t, name, "the machine's own zone has no name that another machine knows")
}

// Clocks in Berlin go from 02:00 to 03:00 on 29 March 2026 and from 03:00 to
// 02:00 on 25 October; in Nuuk from 23:00 to midnight on 28 March; on Lord Howe
// half an hour; in Beirut at midnight; Samoa left out 30 December 2011.
func TestDaysOnWhichTheClocksChange(t *testing.T) {
	for _, c := range []struct{ now, text, zone, want string }{
		{"2026-03-28T12:00:00Z", "tomorrow 17:00", "Europe/Berlin", "2026-03-29T15:00:00Z"},
		{"2026-03-29T00:30:00Z", "today 17:00", "Europe/Berlin", "2026-03-29T15:00:00Z"},
		{"2026-03-28T12:00:00Z", "sunday", "Europe/Berlin", "2026-03-29T21:59:00Z"},
		{"2026-03-28T12:00:00Z", "tomorrow 02:30", "Europe/Berlin", "does not exist in Europe/Berlin"},
		{"2026-03-28T01:30:00Z", "in a day", "Europe/Berlin", "does not exist in Europe/Berlin"},
		{"2026-03-29T00:30:00Z", "in 1 hour", "Europe/Berlin", "2026-03-29T01:30:00Z"},
		{"2026-10-24T12:00:00Z", "2026-10-25 02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"},
		{"2026-10-24T12:00:00Z", "tomorrow 03:00", "Europe/Berlin", "2026-10-25T02:00:00Z"},
		{"2026-10-25T00:45:00Z", "today 02:30", "Europe/Berlin", "is in the past"},
		{"2026-10-24T16:00:00Z", "in 24 hours", "Europe/Berlin", "2026-10-25T16:00:00Z"},
		{"2026-10-24T16:00:00Z", "in 1 day", "Europe/Berlin", "2026-10-25T17:00:00Z"},
		{"2026-04-04T12:00:00Z", "2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00Z"},
		{"2026-10-02T12:00:00Z", "2026-10-04 02:15", "Australia/Lord_Howe", "does not exist"},
		{"2026-03-27T12:00:00Z", "2026-03-28", "America/Nuuk", "2026-03-29T00:59:00Z"},
		{"2026-03-27T12:00:00Z", "2026-03-28 23:30", "America/Nuuk", "does not exist"},
		{"2026-03-27T12:00:00Z", "2026-03-29 00:30", "Asia/Beirut", "does not exist"},
		{"2011-12-29T12:00:00Z", "2011-12-30 12:00", "Pacific/Apia", "does not exist"},
		{"2011-12-29T12:00:00Z", "2011-12-30", "Pacific/Apia", "does not exist"},
		{"2011-12-29T12:00:00Z", "2011-12-31", "Pacific/Apia", "2011-12-31T09:59:00Z"},

		{"2026-12-31T12:00:00Z", "tomorrow 17:00", "UTC", "2027-01-01T17:00:00Z"},
		{"2026-12-31T12:00:00Z", "friday 17:00", "UTC", "2027-01-01T17:00:00Z"},
		{"2026-12-31T23:30:00Z", "today 17:00", "Asia/Tokyo", "2027-01-01T08:00:00Z"},
		{"2028-02-28T12:00:00Z", "tomorrow", "UTC", "2028-02-29T23:59:00Z"},
		{"2027-02-28T12:00:00Z", "tomorrow", "UTC", "2027-03-01T23:59:00Z"},
		{"2026-03-01T12:34:56Z", "in 30 minutes", "UTC", "2026-03-01T13:04:56Z"},
		{"2026-03-01T12:34:56Z", "in 2 days", "UTC", "2026-03-03T12:34:00Z"},
		{"2026-03-01T23:59:30Z", "today", "UTC", "is in the past"},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		require.NoError(t, err)
		at, _, err := when.Parse(c.text, now, zone(t, c.zone))
		if !strings.HasSuffix(c.want, "Z") {
			require.ErrorContains(t, err, c.want, c.text)
			require.Zero(t, at)
			continue
		}
		require.NoError(t, err, c.text)
		require.Equal(t, c.want, at.UTC().Format(time.RFC3339), "%s at %s", c.text, c.now)
	}
}

func TestTimesThatCannotBeAreRefusedWithWhatToDo(t *testing.T) {
	for text, want := range map[string]string{
		"2026-02-30 10:00":               "is not a time: February 2026 has 28 days",
		"2027-02-29":                     "is not a time: February 2027 has 28 days",
		"2026-13-01":                     "a year has twelve months",
		"2026-02-01 10:00":               "is in the past",
		"today 12:00":                    "is in the past",
		"11:59":                          "is in the past",
		"2226-02-01":                     "is the year right?",
		"2026-12-01 17:00 Europe/Berln":  "is no time zone",
		"tomorrow 17:00 right/UTC":       "is no time zone",
		"2026-03-29 02:30 Europe/Berlin": "does not exist in Europe/Berlin",
		"next tuesday":                   "a weekday alone",
		"":                               "is not a time: give",
		"soon":                           "is not a time: give",
		"01.12.2026":                     "is not a time: give",
		"12/01/2026":                     "is not a time: give",
		"2026-12-01 17:00 Local":         "is no time zone",
		"2026-12-01 25:00":               "from 00:00 to 23:59",
		"2026-12-01 17:00 Europe Berlin": "is not a time",
		"2026-12-01 00:00:00":            "is no time zone",
		"now 17:00":                      "it says twice when",
		"in 2 hours 17:00":               "it says twice when",
		"in 2":                           "say in 30 minutes",
		"in 0 hours":                     "say in 30 minutes",
		"in -2 hours":                    "say in 30 minutes",
		"in 2 moons":                     "say in 30 minutes",
		"in 99999999999999999999 hours":  "say in 30 minutes",
		"in 9999 weeks":                  "is the year right?",
		strings.Repeat("x", 5000):        "it is too long",
	} {
		at, name, err := when.Parse(text, march, time.UTC)
		require.ErrorContains(t, err, want, text)
		require.Less(t, len(err.Error()), 400)
		require.Zero(t, at)
		require.Empty(t, name)
	}
}

func TestAWaiversEndIsATimeThatComes(t *testing.T) {
	at, err := when.Until("2026-12-04", march, time.UTC)
	require.NoError(t, err)
	require.Equal(t, "2026-12-04T23:59:00Z", at.Format(time.RFC3339))
	for text, want := range map[string]string{"now": "is no end", "2026-02-01": "is in the past", "soon": "is not a time"} {
		_, err := when.Until(text, march, time.UTC)
		require.ErrorContains(t, err, want)
	}
}
