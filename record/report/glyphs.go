package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
	"golang.org/x/image/font/sfnt"
)

// The PDF carries its letters with it: DejaVu Sans, which has Latin, Greek,
// Cyrillic, Armenian, Hebrew, Arabic and more, under a licence that lets anyone
// embed it (Bitstream Vera's).
const fontName = "DejaVu"

// glyphs knows which characters both cuts of the font have.
type glyphs struct {
	regular, bold *sfnt.Font
	buffer        sfnt.Buffer
	known         map[rune]bool
	missing       bool // a character had to be replaced
}

func newGlyphs() (*glyphs, error) {
	regular, err := sfnt.Parse(dejavusanscondensed.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the PDF's font: %w", err)
	}
	bold, err := sfnt.Parse(dejavusanscondensedbold.TTF)
	if err != nil {
		return nil, fmt.Errorf("read the PDF's bold font: %w", err)
	}
	return &glyphs{regular: regular, bold: bold, known: map[rune]bool{}}, nil
}

// has reports whether the PDF can show the character. Its library knows the
// basic plane only.
func (g *glyphs) has(r rune) bool {
	if known, asked := g.known[r]; asked {
		return known
	}
	ok := r < 0xffff
	for _, f := range []*sfnt.Font{g.regular, g.bold} {
		if !ok {
			break
		}
		i, err := f.GlyphIndex(&g.buffer, r)
		ok = err == nil && i != 0
	}
	g.known[r] = ok
	return ok
}

// fit makes a text one that the PDF can show: characters that the font lacks
// become U+FFFD, and letters that run from right to left are put in the order
// in which they are seen, because a PDF's text is drawn as it stands.
func (g *glyphs) fit(s string) string {
	s = strings.NewReplacer(firstStrongIsolate, "", popIsolate, "").Replace(s)
	out := []rune(strings.ToValidUTF8(s, "\ufffd"))
	for i, r := range out {
		if !g.has(r) {
			out[i] = '\ufffd'
			g.missing = true
		}
	}
	return string(visual(out))
}

// visual turns each run of letters from right to left, with the spaces between
// them, around. Marks that both scripts share stay where they are: this is for
// names, not for prose.
func visual(s []rune) []rune {
	for i := 0; i < len(s); i++ {
		if !isRTL(s[i]) {
			continue
		}
		last := i
		for j := i + 1; j < len(s) && (isRTL(s[j]) || s[j] == ' ' || isMark(s[j])); j++ {
			if s[j] != ' ' {
				last = j
			}
		}
		slices.Reverse(s[i : last+1])
		i = last
	}
	return s
}
