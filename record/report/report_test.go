package report_test

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"html"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/report"
	"lastday/record/report/reporttest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func cases(t testing.TB) map[string]casefile.Case {
	return map[string]casefile.Case{
		"verified":  reporttest.File(t, reporttest.Verified()),
		"waived":    reporttest.File(t, reporttest.Waived()),
		"cancelled": reporttest.File(t, reporttest.Cancelled()),
		"open":      reporttest.File(t, reporttest.Open()),
		"planned":   reporttest.File(t, reporttest.Planned()),
		"erased":    reporttest.Erased(t, reporttest.Verified()),
		"hostile":   reporttest.File(t, reporttest.Hostile()),
	}
}

func options() report.Options {
	return report.Options{
		Origin: "example.com/lastday", Size: 4711, Root: "8Ve0aYvFq1sP9JYpIl3sQ2X2y8b0mJm3cU5qkC0fDqY=",
		Anchors: []record.Anchored{{Anchor: "channel", Kind: "slack", Where: "https://example.slack.com/archives/C1/p1", At: reporttest.Due}},
	}
}

func page(t testing.TB, c casefile.Case) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, report.HTML(&b, c, options()))
	return b.String()
}

var (
	styles  = regexp.MustCompile(`(?s)<style>.*?</style>|<svg.*?</svg>|<nav.*?</nav>|<a class="skip".*?</a>`)
	tags    = regexp.MustCompile(`<[^>]*>`)
	newline = regexp.MustCompile(`\n\s*\n+`)
)

// text is a page's words: a row a line.
func text(page string) string {
	page = styles.ReplaceAllString(page, "")
	page = strings.NewReplacer("</td>", " | ", "</th>", " | ", "</dt>", ": ").Replace(page)
	return strings.TrimSpace(newline.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(page, "")), "\n")) + "\n"
}

func TestTheReportSaysWhatItAlwaysSaid(t *testing.T) {
	for name, c := range cases(t) {
		if name == "hostile" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			got := text(page(t, c))
			file := filepath.Join("testdata", name+".txt")
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

// A verifier calls a page of its own format that differs tampered with, so that
// no page may change while its format stays.
func TestWhatChangesAPageRaisesTheFormat(t *testing.T) {
	all := cases(t)
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		sum.Write([]byte(page(t, all[name])))
	}
	got := fmt.Sprintf("%d %x\n", report.Format, sum.Sum(nil))
	file := filepath.Join("testdata", "format")
	was, err := os.ReadFile(file)
	require.NoError(t, err)
	if got == string(was) {
		return
	}
	before, _, _ := strings.Cut(string(was), " ")
	require.NotEqual(t, before, strconv.Itoa(report.Format), "a page has changed: raise report.Format, and run go test ./record/report -update")
	require.True(t, *update, "run go test ./record/report -update")
	require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
}
