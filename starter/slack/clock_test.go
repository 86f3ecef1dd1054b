package slack

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestASpanIsTheSameInstantAfterTheForm(t *testing.T) {
	// In the night in which Berlin's clocks go back: from the first 02:00 (CEST).
	night := time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC)
	for words, zone := range map[string]string{"in 90 minutes": "UTC", "in 30 minutes": "Europe/Berlin", "in 3 hours": "Europe/Berlin"} {
		span := map[string]time.Duration{"in 90 minutes": 90 * time.Minute, "in 30 minutes": 30 * time.Minute, "in 3 hours": 3 * time.Hour}[words]
		var f fields
		require.NoError(t, f.at(words, night, "Europe/Berlin"))
		require.Equal(t, zone, f.Zone, words)
		due, _, err := f.due(person{Zone: "Asia/Tokyo"}, "Europe/Berlin", night)
		require.NoError(t, err)
		require.Equal(t, night.Add(span), due.UTC(), words)
	}
}

func TestASpanIsRoundedUpToAFullMinute(t *testing.T) {
	now := time.Date(2026, 6, 1, 10, 0, 50, 0, time.UTC)
	for words, want := range map[string]string{"in 1 minute": "10:02", "in 2 hours": "12:01"} {
		var f fields
		require.NoError(t, f.at(words, now, "UTC"))
		require.Equal(t, want, f.Time, words)
	}
	var f fields
	require.NoError(t, f.at("today 17:00", now, "UTC"))
	require.Equal(t, "17:00", f.Time, "a full minute stays")
}

func TestTheZoneChosenForTheEndOfTheDayCounts(t *testing.T) {
	now := time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC)
	for chosen, zone := range map[string]string{"Asia/Tokyo": "Asia/Tokyo", zoneTheirs: "America/Chicago", "": "America/Chicago"} {
		f := fields{When: whenDayEnd, Date: "2030-01-15", Zone: chosen}
		due, named, err := f.due(person{Zone: "America/Chicago"}, "Europe/Berlin", now)
		require.NoError(t, err)
		require.Equal(t, zone, named)
		require.Equal(t, "2030-01-15 17:00", due.Format("2006-01-02 15:04"), chosen)
	}
}
