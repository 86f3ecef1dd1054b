package report_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"html"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record/casefile"
	"lastday/record/report"
	"lastday/record/report/reporttest"
	"lastday/sandbox/browser"
)

func pdf(t testing.TB, c casefile.Case) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.PDF(&b, c, options()))
	return b.Bytes()
}

func TestTheSameCaseGivesTheSameBytesHoweverManyAreMadeAtOnce(t *testing.T) {
	c := reporttest.File(t, reporttest.Hostile())
	first, paper := page(t, c), pdf(t, c)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			var h, p bytes.Buffer
			if report.HTML(&h, c, options()) != nil || report.PDF(&p, c, options()) != nil {
				t.Error("a report was not written")
			}
			if h.String() != first || !bytes.Equal(p.Bytes(), paper) {
				t.Error("the same case gave other bytes")
			}
		})
	}
	all.Wait()
}

// elements are the names of all elements in a page.
func elements(t *testing.T, text string) map[string]int {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	out := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok {
			out[e.Name.Local]++
			for _, a := range e.Attr {
				require.False(t, strings.HasPrefix(a.Name.Local, "on"), "a handler: %s", a.Name.Local)
				require.NotContains(t, []string{"src", "action", "style"}, a.Name.Local)
				if a.Name.Local == "href" {
					require.True(t, strings.HasPrefix(a.Value, "#"), "a link to elsewhere: %s", a.Value)
				}
			}
		}
	}
}

func TestNobodysWordsBecomeMarkup(t *testing.T) {
	c := reporttest.File(t, reporttest.Hostile())
	text := page(t, c)
	found := elements(t, text)
	for _, none := range []string{"script", "img", "i", "iframe", "link", "object", "form"} {
		require.Zero(t, found[none], none)
	}
	require.Equal(t, 1, found["svg"])
	require.NotContains(t, text, "\u202e")
	require.NotContains(t, text, "\x1b")
	require.NotContains(t, text, "\x00")
	text = html.UnescapeString(text)
	require.Contains(t, text, "[U+202E]gnp.exe")
	require.Contains(t, text, "9400 more characters")
	require.Regexp(t, `and \d+ more, all in case.json`, text)
	require.Contains(t, text, "{{.Title}}", "it is shown as it was written")
}

func TestTheTimelineIsOneElementThatTellsItselfInWords(t *testing.T) {
	for name, c := range cases(t) {
		var b bytes.Buffer
		require.NoError(t, report.Timeline(c, &b))
		found := elements(t, b.String())
		require.Equal(t, 1, found["svg"], name)
		require.Equal(t, 1, found["title"], name)
		require.Equal(t, 1, found["desc"], name)
		require.Zero(t, found["style"]+found["script"]+found["image"]+found["use"]+found["a"], name)
	}
	var b bytes.Buffer
	require.NoError(t, report.Timeline(reporttest.File(t, reporttest.Verified()), &b))
	for _, said := range []string{
		"requested 2026-03-02 09:12:07.000 UTC", "approved 2026-03-02 11:12:07.000 UTC", "deadline 2026-03-16 20:00:00.000 UTC",
		"okta, verified: found 2026-03-16 16:00:00.012 UTC, contained 2026-03-16 16:00:00.061 UTC, revoked 2026-03-16 16:00:00.304 UTC, proven 2026-03-16 16:00:01.320 UTC, access last possible: 2026-03-16 16:00:00.304",
		"wireguard, no account", "residual oauth-tokens, ends 2026-03-16 17:00:00",
	} {
		require.Contains(t, b.String(), said)
	}
	require.Contains(t, b.String(), "The axis is broken")
	tables := report.FiguresOf(reporttest.File(t, reporttest.Verified()))
	require.Len(t, tables, 2)
	require.Len(t, tables[1].Rows, 5)
	require.Len(t, tables[1].Rows[0], len(tables[1].Columns))
}

func TestOnlyWhatWasSeenIsCalledVerified(t *testing.T) {
	good := regexp.MustCompile(`(?i)\bverified\b`)
	for name, want := range map[string]string{
		"waived": "Closed, not all of it verified", "cancelled": "Cancelled", "open": "Open: needs-decision", "planned": "Open: awaiting-approval",
	} {
		c := cases(t)[name]
		text := page(t, c)
		require.Contains(t, text, `<p class="standing">`+want+`</p>`)
		require.NotContains(t, text, "verdict good", name)
	}
	for _, line := range strings.Split(text(page(t, cases(t)["waived"])), "\n") {
		for _, grade := range []string{"attested:", "waived:", "reported:"} {
			if strings.Contains(line, "| "+grade) && good.MatchString(line) {
				require.Contains(t, line, "NOT verified")
			}
		}
	}
	lie := reporttest.File(t, reporttest.Verified())
	lie.Systems[0].Verdicts[0].Proof = offboarding.Acknowledged
	text := page(t, lie)
	require.Contains(t, text, "Called verified, but not shown to be")
	require.NotContains(t, text, "verdict good")
}

func TestThePDFSaysTheSame(t *testing.T) {
	for name, c := range cases(t) {
		b := pdf(t, c)
		require.True(t, bytes.HasPrefix(b, []byte("%PDF-1.")), name)
		require.Contains(t, string(b), "/CreationDate (D:202603") // the case's end, never now
		require.Contains(t, string(b), "/Lang (en)")
	}
}

func TestThePDFsWordsAreThoseOfThePage(t *testing.T) {
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		require.NotEqual(t, "1", os.Getenv("LASTDAY_NEEDS_TOOLS"), "there is no pdftotext")
		t.Skip("there is no pdftotext; apt-get install -y poppler-utils (LASTDAY_NEEDS_TOOLS=1 makes this a failure)")
	}
	squeeze := regexp.MustCompile(`\s+`)
	for name, c := range cases(t) {
		file := filepath.Join(t.TempDir(), "report.pdf")
		require.NoError(t, os.WriteFile(file, pdf(t, c), 0o600))
		out, err := exec.CommandContext(t.Context(), tool, "-raw", file, "-").Output()
		require.NoError(t, err)
		said := squeeze.ReplaceAllString(string(out), "")
		require.Contains(t, said, "page1of")
		if name == "hostile" {
			require.Contains(t, said, "\ufffd")
			require.Contains(t, said, squeeze.ReplaceAllString("Characters that this file's font does not have are shown as", ""))
			continue
		}
		for _, line := range strings.Split(text(page(t, c)), "\n") {
			for word := range strings.FieldsSeq(line) {
				if len(word) < 12 && word != "|" { // longer ones may be broken over a line
					require.Contains(t, said, strings.TrimSuffix(word, ":"), "%s: %s", name, line)
				}
			}
		}
	}
}

func TestTheReportReadsInABrowser(t *testing.T) {
	dir := t.TempDir()
	for name, c := range cases(t) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".html"), []byte(page(t, c)), 0o600))
	}
	for device, width := range map[string]int{"desktop": 1250, "phone": 390} {
		p := browser.Open(t, "about:blank", width, 900)
		for name := range cases(t) {
			p.Go("file://" + filepath.Join(dir, name+".html"))
			p.Shows("h1", "Offboarding of")
			require.LessOrEqual(t, browser.Value[int](p, `document.documentElement.scrollWidth`), width, "%s on a %s scrolls sideways", name, device)
			require.Zero(t, browser.Value[int](p, `document.scripts.length + document.images.length + document.querySelectorAll("iframe, link").length`))
			require.Equal(t, 1, browser.Value[int](p, `document.querySelectorAll("svg").length`))
			require.Zero(t, browser.Value[int](p, `performance.getEntriesByType("resource").length`))
			require.Zero(t, browser.Value[int](p, outside), "%s: a label stands outside the drawing", name)
			p.Shot(name + "-" + device)
		}
	}
}

// outside counts the labels of the drawing that are not wholly within it.
const outside = `[...document.querySelectorAll("svg text")].filter(e => {
	const b = e.getBBox(), v = e.ownerSVGElement.viewBox.baseVal;
	return b.x < 0 || b.x + b.width > v.width || b.y < 0 || b.y + b.height > v.height;
}).length`

func BenchmarkHTML(b *testing.B) {
	c := reporttest.File(b, reporttest.Verified())
	for b.Loop() {
		if err := report.HTML(io.Discard, c, options()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPDF(b *testing.B) {
	c := reporttest.File(b, reporttest.Verified())
	for b.Loop() {
		if err := report.PDF(io.Discard, c, options()); err != nil {
			b.Fatal(err)
		}
	}
}
