package when_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/starter/when"
)

func TestTimesPeopleType(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-12-01 17:00 Europe/Berlin": "2026-12-01T16:00:00Z",
		"2026-12-01 17:00":               "2026-12-01T17:00:00Z",
		"2026-12-01":                     "2026-12-01T23:59:00Z",
		"2026-12-01T17:00:00+01:00":      "2026-12-01T16:00:00Z",
		// comes twice when the clocks go back: the earlier one
		"2026-10-25 02:30 Europe/Berlin": "2026-10-25T00:30:00Z",
	} {
		at, _, err := when.Parse(text, now, time.UTC)
		require.NoError(t, err, text)
		require.Equal(t, want, at.UTC().Format(time.RFC3339), text)
	}
}

func TestTimesThatCannotBeAreRefusedWithWhatToDo(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"2026-02-30 10:00":               "is not a time",
		"2026-02-01 10:00":               "is in the past",
		"2026-12-01 17:00 Europe/Berln":  "is no time zone",
		"2026-03-29 02:30 Europe/Berlin": "does not exist in Europe/Berlin",
		"next tuesday":                   "is no time zone",
		"":                               "is not a time",
		"2026-12-01 17:00 Local":         "is no time zone",
	} {
		_, _, err := when.Parse(text, now, time.UTC)
		require.ErrorContains(t, err, want, text)
	}
}
