package departures_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/departures"
)

// FuzzImport: no content makes it panic or say endless things, every line is
// judged once, and whatever is accepted is a departure that every door takes.
func FuzzImport(f *testing.F) {
	for _, content := range []string{
		"email,last day\njane@example.com,2026-12-31\n",
		"\uFEFFE-Mail;Last_Day;Zone;Kind;Urgent\r\njane@example.com;2026-12-31 17:00;Europe/Berlin;Contract End;yes\r\n",
		"email\tat\tnote\njane@example.com\tnow\t\"a \"\"b\"\"\nc\"\n",
		"sep=;\nmail;time;end date;partner;successor;reason\njane@example.com;17:00;2026-03-29;x;bob@example.com;dismissal\n",
		"email,last day,note\njane@example.com,now,\"open\nbob@example.com,now,5\"\nada@example.com,now,x\n",
		"email,last day\njane@example.com,2026-12-31\njane@example.com,2026-12-30\nJane@example.com,2026-02-30\n",
		"email,last day\njane@example.com,2026-02-30\njane@example.com,2026-12-30\nx,,,,\n\"\n",
		"email,last day,note\njane@example.com,2026-03-29 02:30 Europe/Berlin,\u202e\x1b[2J\n",
		"email,last day\n\xff\xfe", "\xff\xfee\x00m\x00", "email,last day\rjane@example.com,now\r", "email,last day\n,,,\n \n",
		"email,at,zone\njane@example.com,9999-12-31T23:59:59-12:00,Asia/Tokyo\nada@example.com,2026-12-31T00:00:00Z,right/UTC\n",
		"email,last day,urgent\n\"jane@example.com\n\",now,x\n\"\"\"\n" + strings.Repeat("a,", 200),
	} {
		f.Add([]byte(content), "", true)
		f.Add([]byte(content), "tomorrow 17:00", false)
	}
	path := filepath.Join(f.TempDir(), "departures.csv")
	f.Fuzz(func(t *testing.T, content []byte, at string, ignore bool) {
		o := options()
		o.At, o.IgnoreUnknown = at, ignore
		require.NoError(t, os.WriteFile(path, content, 0o600))
		file, err := departures.Open(t.Context(), path, nil)
		require.NoError(t, err)
		defer file.Close()
		bad := map[int]bool{}
		said := 0
		sum, err := file.Check(t.Context(), o, func(p departures.Problem) {
			require.Positive(t, p.Line)
			require.NotEmpty(t, p.What)
			require.LessOrEqual(t, len(p.What), 4*600)
			require.NotContains(t, p.What, "\n")
			require.NotContains(t, p.What, "\x1b")
			said++
			bad[p.Line] = bad[p.Line] || !p.Warning
		})
		if err != nil {
			require.NotEmpty(t, err.Error())
			require.Less(t, len(err.Error()), 8000)
			return
		}
		lines := strings.Count(string(content), "\n") + 1
		require.LessOrEqual(t, sum.Lines, lines)
		require.LessOrEqual(t, said, 20*sum.Lines)
		require.LessOrEqual(t, sum.Bad+sum.People+sum.Repeated, sum.Lines)
		met := map[offboarding.Subject]bool{}
		last := 0
		for row, err := range file.Rows(t.Context()) {
			require.NoError(t, err)
			d := row.Departure
			require.NoError(t, d.Check(now))
			require.Equal(t, d, d.Tidy())
			require.False(t, bad[row.Line], "line %d was called bad", row.Line)
			require.False(t, met[d.Subject], "%s twice", d.Subject)
			met[d.Subject] = true
			require.Greater(t, row.Line, last)
			require.LessOrEqual(t, row.Line, lines)
			last = row.Line
			require.True(t, d.Bulk)
			require.Equal(t, hr, d.RequestedBy)
			require.NotEmpty(t, d.RequestID)
			require.True(t, d.At.IsZero() || d.At.After(now))
			require.True(t, d.At.Before(now.AddDate(10, 0, 1).Add(time.Hour)))
		}
		require.Len(t, met, sum.People)
	})
}
