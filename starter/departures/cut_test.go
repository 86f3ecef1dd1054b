package departures_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/starter/departures"
)

func checked(t *testing.T, text string, o departures.Options) (departures.Summary, []departures.Problem, []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	f, err := departures.Open(t.Context(), path, nil)
	require.NoError(t, err)
	defer f.Close()
	o.Now, o.Zone = time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC), time.UTC
	var all []departures.Problem
	sum, err := f.Check(t.Context(), o, func(p departures.Problem) { all = append(all, p) })
	require.NoError(t, err)
	var who []string
	for row, err := range f.Rows(t.Context()) {
		require.NoError(t, err)
		who = append(who, string(row.Departure.Subject)+" "+row.Departure.At.Format(time.RFC3339))
	}
	return sum, all, who
}

// A line that breaks off after the e-mail begins at once where --at now is given for others.
func TestALineThatBreaksOffIsBad(t *testing.T) {
	_, all, who := checked(t, "email,last day,note\njane@example.com,2026-12-31,x\nbob@example.com\n", departures.Options{At: "now"})
	require.NotEmpty(t, all, "%v", who)
}

// A spreadsheet's formula sign or text mark is part of the address that is offboarded.
func TestASpreadsheetsMarkIsNoAddress(t *testing.T) {
	for _, line := range []string{"=jane@example.com,2026-12-31", "'jane@example.com,2026-12-31"} {
		_, all, who := checked(t, "email,last day\n"+line+"\n", departures.Options{})
		require.NotEmpty(t, all, "%q is taken for %v", line, who)
	}
}
