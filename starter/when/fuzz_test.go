package when_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/starter/when"
)

var (
	typedClock = regexp.MustCompile(`(?:^|[ T])(\d{1,2}:\d{2})(?:$|[ ,])`)
	typedDate  = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}`)
)

// FuzzParse: never a panic; what is read lies after now, and clocks in its zone
// then show what was typed.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"now", "today 17:00", "tomorrow", "tomorrow 17:00 Europe/Berlin", "friday 17:00", "in 2 hours", "in a week 09:30",
		"2026-12-01 17:00 Europe/Berlin", "2026-12-01", "2026-12-01T17:00:00+01:00", "2026-12-01T17:00", "2028-02-29 00:00",
		"2026-03-29 02:30 Europe/Berlin", "2026-10-25 02:30 Europe/Berlin", "2026-03-28 America/Nuuk", "2026-02-30", "in 9999 weeks",
		"9999-12-31T23:59:59-12:00", "now now", "tomorrow at 9:00, UTC", "in 2 days\u00a0America/St_Johns", "17:00 \xff", "sun, 24:00",
	} {
		f.Add(text, int64(1_772_366_400), uint8(0))
		f.Add(text, int64(1_774_744_200), uint8(1)) // half an hour before Berlin's clocks change
		f.Add(text, int64(-1), uint8(6))
	}
	zones := []string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Nuuk", "Africa/Cairo",
		"Pacific/Apia", "Pacific/Kiritimati", "Africa/Casablanca", "Antarctica/Troll", "America/St_Johns",
	}
	f.Fuzz(func(t *testing.T, text string, unix int64, in uint8) {
		now := time.Unix(unix%(1<<33), unix%1000*1_000_000)
		at, name, err := when.Parse(text, now, zone(t, zones[int(in)%len(zones)]))
		if err != nil {
			require.Zero(t, at)
			require.NotEmpty(t, err.Error())
			return
		}
		if at.IsZero() {
			require.Equal(t, "now", strings.ToLower(strings.Trim(strings.Fields(text)[0], ",")))
			return
		}
		require.True(t, at.After(now), "%s is not after %s", at, now)
		if name != "" {
			at = at.In(zone(t, name))
		}
		if m := typedClock.FindStringSubmatch(text); m != nil {
			require.Equal(t, strings.TrimLeft(m[1], "0"), strings.TrimLeft(at.Format("15:04"), "0"), "%q gave %s", text, at)
		}
		if m := typedDate.FindString(strings.TrimSpace(text)); m != "" {
			require.Equal(t, m, at.Format(time.DateOnly), "%q gave %s", text, at)
		}
		// What is shown of it is read as the same time, but for seconds and the
		// second pass of an hour that comes twice.
		again, _, err := when.Parse(at.Format("2006-01-02 15:04"), now.Add(-3*time.Hour), at.Location())
		if err == nil {
			require.Equal(t, at.Format("2006-01-02 15:04"), again.Format("2006-01-02 15:04"))
			require.False(t, again.After(at))
		}
	})
}
