package departures_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/departures"
)

var (
	now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	hr  = offboarding.Named(offboarding.DoorFile, "hr@example.com")
)

// options are what most tests read with.
func options() departures.Options { return departures.Options{Now: now, By: hr} }

// opened is a file with the content.
func opened(t testing.TB, content string) *departures.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "departures.csv")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	f, err := departures.Open(t.Context(), path, nil)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// reading is all that came of reading a file.
type reading struct {
	sum      departures.Summary
	problems []string // "line 2: …", warnings as "warning, line 2: …"
	rows     []departures.Row
}

func read(t testing.TB, f *departures.File, o departures.Options) (reading, error) {
	t.Helper()
	var out reading
	var err error
	out.sum, err = f.Check(t.Context(), o, func(p departures.Problem) {
		text := fmt.Sprintf("line %d: %s", p.Line, p.What)
		if p.Warning {
			text = "warning, " + text
		}
		out.problems = append(out.problems, text)
	})
	if err != nil {
		return out, err
	}
	for row, err := range f.Rows(t.Context()) {
		if err != nil {
			return out, err
		}
		out.rows = append(out.rows, row)
	}
	return out, nil
}

// good reads a file in which nothing is wrong.
func good(t testing.TB, content string, o departures.Options) []departures.Row {
	t.Helper()
	r, err := read(t, opened(t, content), o)
	require.NoError(t, err)
	require.Empty(t, r.problems)
	require.Equal(t, len(r.rows), r.sum.People)
	return r.rows
}

func TestAFileWithEveryColumn(t *testing.T) {
	rows := good(t, `email,last day,time,zone,kind,reason,partner,successor,urgent,note
Jane.Doe@Example.com,2026-12-31,17:00,Europe/Berlin,Contract End,"ends, as agreed",Northwind,joe@example.com,yes,"says ""bye""
and more"
ada@example.com,now,,,,,,,,
bob@example.com,2026-12-31T17:00:00+01:00,,america/new_york,,dismissal,,,no,
`, options())
	require.Len(t, rows, 3)
	jane := rows[0].Departure
	require.Equal(t, 2, rows[0].Line)
	require.Equal(t, 4, rows[1].Line, "a field went over two lines")
	require.Equal(t, "2026-12-31T16:00:00Z", jane.At.UTC().Format(time.RFC3339))
	require.NotEmpty(t, jane.RequestID)
	jane.At, jane.RequestID = time.Time{}, ""
	require.Equal(t, offboarding.Departure{
		Subject: "jane.doe@example.com", Zone: "Europe/Berlin", Urgent: true, Kind: offboarding.ContractEnd,
		Reason: "ends, as agreed", Partner: "Northwind", Successor: "joe@example.com", Note: `says "bye" and more`,
		RequestedBy: hr, Bulk: true,
	}, jane)
	require.Zero(t, rows[1].Departure.At, "now is at once")
	require.Equal(t, "America/New_York", rows[2].Departure.Zone)
	require.Equal(t, "2026-12-31T16:00:00Z", rows[2].Departure.At.UTC().Format(time.RFC3339))
	require.Equal(t, offboarding.Dismissal, rows[2].Departure.Kind, "the reason is a kind")
}

func TestColumnsGoByManyNames(t *testing.T) {
	for _, header := range []string{
		"email,last day,zone,partner", "E-Mail,Last_Day,Time Zone,Company", " MAIL , LAST-DAY ,timezone,PARTNER", `"work email","end date",tz,"Partner Company"`,
		"Work_E_Mail,at,TimeZone,company",
	} {
		rows := good(t, header+"\njane@example.com,2026-12-31 17:00,Europe/Berlin,Northwind\n", options())
		require.Len(t, rows, 1, header)
		require.Equal(t, "Northwind", rows[0].Departure.Partner)
		require.Equal(t, 16, rows[0].Departure.At.UTC().Hour())
	}
	o := options()
	o.Columns = map[string]string{"Austritt": "last day", "kostenstelle": ""}
	rows := good(t, "email,AUSTRITT,Kostenstelle\njane@example.com,2026-12-31,4711\n", o)
	require.Equal(t, 23, rows[0].Departure.At.Hour())
	o = options()
	o.IgnoreUnknown = true
	r, err := read(t, opened(t, "email,last day,Manager,Desk\njane@example.com,now,joe,5\n"), o)
	require.NoError(t, err)
	require.Equal(t, []string{"Manager", "Desk"}, r.sum.Ignored)
	require.Len(t, r.rows, 1)
}

func TestAHeaderThatLeavesAQuestionOpenIsRefused(t *testing.T) {
	for content, want := range map[string]string{
		"":                                      "the file is empty",
		"\n  \n":                                "the file is empty",
		"jane@example.com,2026-12-31\n":         "line 1 is no header but a person",
		"email,last day,Manager,Desk\n":         `nobody knows the column "Manager", "Desk": give --column "Manager=NAME"`,
		"last day\n2026-12-31\n":                "no column is email",
		"email,zone\n":                          "no column is last day",
		"email,mail,last day\n":                 `the columns "email" and "mail" are both email`,
		"\nemail,\"last day\n":                  "line 2: the header has a quote that is opened and not closed",
		"email,la\"s\"t day\n":                  "line 1: the header has a quote in the wrong place",
		"email,last day\rjane@example.com,now":  "the lines end in CR alone",
		strings.Repeat("x", 70_000):             "line 1: the header is longer than 64 KiB",
		"email,last day," + "\u202e\x1b[2J\n":   `nobody knows the column "\u202e\x1b[2J"`,
		"email;last day,zone\njane@example.com": "nobody knows the column",
	} {
		_, err := read(t, opened(t, content), options())
		require.ErrorContains(t, err, want, content)
	}
	_, err := read(t, opened(t, "email,last day,Manager\n"), options())
	require.ErrorContains(t, err, "email (e-mail, mail, work email", "the known ones are listed")
	for mapping, want := range map[string]string{"Boss=note": "the file has no such column", "email=salary": `"salary" is none of Lastday's columns`} {
		o := options()
		theirs, ours, _ := strings.Cut(mapping, "=")
		o.Columns = map[string]string{theirs: ours}
		_, err := read(t, opened(t, "email,last day\n"), o)
		require.ErrorContains(t, err, want)
	}
}

func TestSeparatorsLineEndsAndMarks(t *testing.T) {
	for name, content := range map[string]string{
		"comma":         "email,last day,note\njane@example.com,2026-12-31,a;b\n",
		"semicolon":     "email;last day;note\njane@example.com;2026-12-31;a;b\n",
		"tab":           "email\tlast day\tnote\njane@example.com\t2026-12-31\ta;b\n",
		"CRLF":          "email,last day,note\r\njane@example.com,2026-12-31,a;b\r\n",
		"byte mark":     "\uFEFFemail,last day,note\njane@example.com,2026-12-31,a;b\n",
		"quoted mark":   "\uFEFF\"email\",\"last day\",\"note\"\n\"jane@example.com\",\"2026-12-31\",\"a;b\"",
		"Excel's line":  "sep=;\nemail;last day;note\njane@example.com;2026-12-31;\"a;b\"\n",
		"no last end":   "email,last day,note\njane@example.com,2026-12-31,a;b",
		"blank lines":   "\n\r\nemail,last day,note\n\n , ,\njane@example.com,2026-12-31,a;b\n,,\n\n",
		"spaces":        "email, last day, note\njane@example.com , 2026-12-31, \"a;b\"\n",
		"trailing":      "email,last day,note,,\njane@example.com,2026-12-31,a;b,,,,\n",
		"header quotes": "\"e-\nmail\",last day,note\njane@example.com,2026-12-31,a;b\n",
	} {
		if name == "semicolon" {
			content = strings.ReplaceAll(content, "a;b", `"a;b"`)
		}
		rows := good(t, content, options())
		require.Len(t, rows, 1, name)
		require.Equal(t, offboarding.Subject("jane@example.com"), rows[0].Departure.Subject, name)
		require.Equal(t, "a;b", rows[0].Departure.Note, name)
		require.Equal(t, 23, rows[0].Departure.At.Hour(), name)
	}
}

func TestOtherEncodingsAreNamedByLineAndByte(t *testing.T) {
	wide := func(s string, low, high int) string {
		var b []byte
		for _, u := range utf16.Encode([]rune(s)) {
			pair := [2]byte{}
			pair[low], pair[high] = byte(u), byte(u>>8)
			b = append(b, pair[:]...)
		}
		return string(b)
	}
	for content, want := range map[string]string{
		"email,last day,note\njane@example.com,now,Gr\xfc\xdfe\n":    "line 2, byte 24: 0xfc is not UTF-8: save it as UTF-8",
		"email,last day,note\njane@example.com,now,ok\n\xe9,now,\n":  "line 3, byte 1: 0xe9 is not UTF-8",
		"email,last day,note\na@example.com,now,\"x\n\xff\"\n":       "line 3, byte 1: 0xff",
		wide("\uFEFFemail,last day\n", 0, 1):                         "line 1, byte 1: the file is in UTF-16",
		wide("\uFEFFemail,last day\n", 1, 0):                         "line 1, byte 1: the file is in UTF-16",
		wide("email,last day\n", 0, 1):                               "line 1, byte 2: a zero byte",
		"PK\x03\x04\x14\x00\x06\x00":                                 "line 1, byte 6: a zero byte",
		"email,last day\njane@example.com,now\nbob@example.com\x00,": "line 3, byte 16: a zero byte",
	} {
		_, err := read(t, opened(t, content), options())
		require.ErrorContains(t, err, want)
	}
}

func TestEveryBadLineIsNamedWithWhatToDo(t *testing.T) {
	for line, want := range map[string]string{
		`jane,2026-12-31`:                                             "is not a work e-mail address",
		`,2026-12-31`:                                                 "email: \"\" is not a work e-mail address: it is empty",
		`a@b.com <x@y.com>,2026-12-31`:                                "is not a work e-mail address",
		`jane@example.com,2026-02-01`:                                 "is in the past",
		`jane@example.com,2026-02-30`:                                 "February 2026 has 28 days",
		`jane@example.com,2126-02-01`:                                 "is the year right?",
		`jane@example.com,31.12.2026`:                                 `"31.12.2026" is not a date: write 2026-12-31`,
		`jane@example.com,tomorrow`:                                   "is not a date",
		`jane@example.com,in 2 hours`:                                 "is not a date",
		`jane@example.com,`:                                           "last day: is empty: give a date such as 2026-12-31, or the word now",
		`jane@example.com`:                                            "last day: is empty",
		`jane@example.com,2026-03-29,02:30,Europe/Berlin`:             "does not exist in Europe/Berlin",
		`jane@example.com,2026-12-31,5 pm`:                            `the time "5 pm" is none: write it as 17:00`,
		`jane@example.com,2026-12-31,25:00`:                           "from 00:00 to 23:59",
		`jane@example.com,2026-12-31 17:00,18:00`:                     "leave one out",
		`jane@example.com,now,18:00`:                                  "it says twice when",
		`jane@example.com,2026-12-31,,Europe/Berln`:                   `"Europe/Berln" is no time zone`,
		`jane@example.com,2026-12-31 17:00 UTC,,Asia/Tokyo`:           "names another zone than the column zone",
		`jane@example.com,2026-12-31,,,fired`:                         "give one of resignation",
		`jane@example.com,2026-12-31,,,,` + strings.Repeat("x", 501):  "the reason has 501 characters",
		`jane@example.com,2026-12-31,,,,,` + strings.Repeat("x", 201): "the partner has 201 characters",
		`jane@example.com,2026-12-31,,,,,,joe`:                        "successor: \"joe\" is not a work e-mail address",
		`jane@example.com,2026-12-31,,,,,,Jane@example.com`:           "cannot be their own successor",
		`jane@example.com,2026-12-31,,,,,,,maybe`:                     `"maybe" is neither yes nor no`,
		`jane@example.com,2026-12-31,,,,a,b,,,c,d`:                    `the value "d" in field 11, where the header names no column`,
		`jane@example.com,2026-12-31,,,,say "hi"`:                     "has a quote in the wrong place",
		`jane@example.com,2026-12-31,,,,"say "hi"`:                    "has a quote that is opened and not closed",
		`jane@example.com,2026-12-31,` + strings.Repeat("x", 70_000):  "is longer than 64 KiB",
	} {
		r, err := read(t, opened(t, "email,last day,time,zone,kind,reason,partner,successor,urgent,note\nada@example.com,now\n"+line+"\nbob@example.com,now\n"), options())
		require.NoError(t, err)
		require.Len(t, r.problems, 1, line)
		require.True(t, strings.HasPrefix(r.problems[0], "line 3: "), r.problems[0])
		require.Contains(t, r.problems[0], want)
		require.Less(t, len(r.problems[0]), 1500)
		require.Equal(t, departures.Summary{Lines: 3, People: 2, Bad: 1}, r.sum)
		require.Len(t, r.rows, 2, "the others are good")
		require.Equal(t, 4, r.rows[1].Line)
	}
}

func TestAllThatIsWrongWithALineIsSaid(t *testing.T) {
	r, err := read(t, opened(t, "email,last day,kind,urgent\njane,2026-02-30,fired,perhaps\nada,now,,\n"), options())
	require.NoError(t, err)
	require.Len(t, r.problems, 5)
	require.Equal(t, 2, r.sum.Bad)
}

func TestAQuoteLeftOpenSwallowsNobody(t *testing.T) {
	header := "email,last day,note\n"
	// closed by chance on the next line: the CSV is valid, and Bob would be a note
	r, err := read(t, opened(t, header+"jane@example.com,now,\"hello\nbob@example.com,now,5\"\nada@example.com,now,\n"), options())
	require.NoError(t, err)
	require.Contains(t, r.problems[0], "a quoted field goes on to line 3, which looks like the line of bob@example.com")
	require.Len(t, r.rows, 1)
	require.Equal(t, 4, r.rows[0].Line)

	// never closed: only its own line is lost
	var b strings.Builder
	b.WriteString(header + "jane@example.com,now,\"hello\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "p%d@example.com,now,fine\n", i)
	}
	r, err = read(t, opened(t, b.String()), options())
	require.NoError(t, err)
	require.Len(t, r.problems, 1)
	require.Equal(t, 5000, r.sum.People)
	require.Equal(t, 5002, r.rows[4999].Line)
	require.Equal(t, offboarding.Subject("p4999@example.com"), r.rows[4999].Departure.Subject)

	// a later line holds a quote too, or is too long to be one
	r, err = read(t, opened(t, header+"jane@example.com,now,5\" disk\nada@example.com,now,x\nbob@example.com,now,6\" disk\neve@example.com,now,x\n"), options())
	require.NoError(t, err)
	require.Len(t, r.problems, 2)
	require.Equal(t, 2, r.sum.People)
	r, err = read(t, opened(t, header+"jane@example.com,now,\"x\n"+strings.Repeat("y", 70_000)+"\nada@example.com,now,x\n"), options())
	require.NoError(t, err)
	require.Len(t, r.problems, 2)
	require.Contains(t, r.problems[1], "line 3: is longer than")
	require.Equal(t, 4, r.rows[0].Line)
}

func TestSomebodyOfWhomTheFileSaysTwoThingsIsLeftOut(t *testing.T) {
	header := "email,last day,successor\n"
	for name, c := range map[string]struct {
		lines    string
		problems []string
		sum      departures.Summary
	}{
		"another day": {
			"jane@example.com,2026-12-31\nada@example.com,now\nJANE@example.com,2026-12-30\n",
			[]string{"line 4: jane@example.com stands on line 2 with another last day or urgency: keep one of the two; neither is started"},
			departures.Summary{Lines: 3, People: 1, Bad: 2},
		},
		"the same twice": {
			"jane@example.com,2026-12-31\nada@example.com,now\njane@example.com,2026-12-31T23:59:00Z\n",
			[]string{"warning, line 4: jane@example.com stands on line 2 already: that line counts"},
			departures.Summary{Lines: 3, People: 2, Repeated: 1},
		},
		"bad the second time": {
			"jane@example.com,2026-12-31\nada@example.com,now\njane@example.com,2026-12-32\n",
			[]string{"line 4: last day: \"2026-12-32\" is not a time: December 2026 has 31 days", "line 4: jane@example.com stands on line 2 too: that line is left out with this one"},
			departures.Summary{Lines: 3, People: 1, Bad: 2},
		},
		"bad the first time": {
			"jane@example.com,2026-12-32\nada@example.com,now\njane@example.com,2026-12-31\n",
			[]string{"line 2: last day: \"2026-12-32\" is not a time: December 2026 has 31 days", "line 4: jane@example.com stands on line 2 too, which is bad: correct or remove that one"},
			departures.Summary{Lines: 3, People: 1, Bad: 2},
		},
		"a successor who leaves": {
			"jane@example.com,2026-12-31,ada@example.com\nada@example.com,now,joe@example.com\n",
			[]string{"warning, line 2: the successor leaves in this file too: name somebody who stays"},
			departures.Summary{Lines: 2, People: 2},
		},
	} {
		r, err := read(t, opened(t, header+c.lines), options())
		require.NoError(t, err)
		require.Equal(t, c.problems, r.problems, name)
		require.Equal(t, c.sum, r.sum, name)
		require.Len(t, r.rows, c.sum.People, name)
		for i, row := range r.rows {
			if row.Departure.Subject == "jane@example.com" {
				require.Zero(t, i, "%s: the first line counts", name)
			}
		}
	}
}

func TestOneTimeForAllStandsInForAMissingOne(t *testing.T) {
	o := options()
	o.At, o.Zone = "2026-12-31 17:00", time.FixedZone("UTC", 0)
	rows := good(t, "email,zone,last day\njane@example.com,Europe/Berlin,\nada@example.com,,\nbob@example.com,,2026-11-30\n", o)
	require.Equal(t, 16, rows[0].Departure.At.UTC().Hour(), "17:00 where she works")
	require.Equal(t, 17, rows[1].Departure.At.UTC().Hour())
	require.Equal(t, time.November, rows[2].Departure.At.Month())
	o.At = "now"
	require.Zero(t, good(t, "email\njane@example.com\n", o)[0].Departure.At)
}
