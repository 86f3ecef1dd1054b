package verify_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record/bundle"
	"lastday/record/verify"
)

// papersOf are all files that somebody reads, beside the evidence.
func papersOf(t *testing.T) (files []file, check func(...file) verify.Report) {
	t.Helper()
	l := logOf(t, 2)
	ev := evidenceOf(t, l, 0)
	papers, err := bundle.Remake(ev)
	require.NoError(t, err)
	files = []file{{"evidence.json", marshal(t, ev)}}
	for _, name := range []string{"case.json", "report.html", "report.pdf"} {
		files = append(files, file{name, papers[name]})
	}
	return files, func(files ...file) verify.Report {
		t.Helper()
		o := with(l, newest(t, l))
		o.Papers = bundle.Remake
		return checkBundle(t, zipped(t, files...), o)
	}
}

// swapped gives the files with one of them changed.
func swapped(t *testing.T, files []file, name, old, with string) []file {
	t.Helper()
	out := slices.Clone(files)
	i := slices.IndexFunc(out, func(f file) bool { return f.name == name })
	require.True(t, bytes.Contains(out[i].data, []byte(old)), "%s does not hold %q", name, old)
	out[i].data = bytes.Replace(out[i].data, []byte(old), []byte(with), 1)
	return out
}

func TestTheReportsAreMadeAgainAndCompared(t *testing.T) {
	files, check := papersOf(t)
	r := check(files...)
	require.Equal(t, verify.Intact, r.Verdict(), r.Text())
	require.Equal(t, verify.Passed, r.Check("papers").Result, r.Check("papers").Detail)
	require.NotContains(t, r.Text(), "were not compared")
}

func TestAReportThatSaysSomethingElseIsFound(t *testing.T) {
	files, check := papersOf(t)
	r := check(swapped(t, files, "report.html", "verified", "vanished")...)
	require.Equal(t, verify.Tampered, r.Verdict())
	require.Contains(t, r.Text(), "report.html is not what its entries give")

	r = check(swapped(t, files, "report.pdf", "%%EOF", "%%eof")...)
	require.Equal(t, verify.CannotSay, r.Verdict(), "another build may pack a PDF otherwise")
	require.Contains(t, strings.Join(strings.Fields(r.Text()), " "), "report.pdf is not the one that this program makes of the entries")
}

func TestAReportOfAnotherVersionIsNotCompared(t *testing.T) {
	files, check := papersOf(t)
	other := swapped(t, files, "report.html", `content="Lastday report `, `content="Lastday report 9`)
	r := check(swapped(t, other, "report.html", "verified", "vanished")...)
	require.Equal(t, verify.CannotSay, r.Verdict(), "or whoever forges a page would only have to say that another version made it")
	require.Equal(t, verify.NotChecked, r.Check("papers").Result)
	require.Contains(t, strings.Join(strings.Fields(r.Text()), " "), "of another version of Lastday, if what it says is true, and could not be compared")
}

func TestTheReportThatIsThereIsCompared(t *testing.T) {
	files, check := papersOf(t)
	for _, gone := range []string{"report.html", "report.pdf"} {
		r := check(slices.DeleteFunc(slices.Clone(files), func(f file) bool { return f.name == gone })...)
		require.Equal(t, verify.Passed, r.Check("papers").Result, r.Check("papers").Detail)
		require.NotContains(t, r.Check("papers").Detail, gone)
	}
	r := check(slices.DeleteFunc(slices.Clone(files), func(f file) bool { return strings.HasPrefix(f.name, "report.") })...)
	require.Equal(t, verify.Intact, r.Verdict())
	require.Equal(t, verify.NotChecked, r.Check("papers").Result)
}
