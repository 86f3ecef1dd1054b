package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"

	"lastday/offboarding"
)

// longest is how many characters of one text are shown; the rest is counted.
// Names are short; what is longer stands in case.json in full.
const longest = 600

// Isolates (Unicode Standard Annex 9) keep a text that runs from right to left
// from reordering what stands around it.
const (
	firstStrongIsolate = "\u2068"
	popIsolate         = "\u2069"
)

// clean makes what a vendor or a person wrote fit to be shown in one line:
// white space becomes one space, and what cannot be seen but changes how
// something reads (control characters, marks of direction, characters without
// width) is written out as [U+202E]. Nothing is lost in silence.
func clean(s string) string { return cleanTo(s, longest) }

func cleanTo(s string, most int) string {
	var b strings.Builder
	n, space, rtl := 0, false, false
	for rest := s; len(rest) > 0; {
		r, size := utf8.DecodeRuneInString(rest)
		if unicode.IsSpace(r) {
			rest, space = rest[size:], n > 0
			continue
		}
		if n >= most {
			fmt.Fprintf(&b, "… (%d more characters)", utf8.RuneCountInString(rest))
			break
		}
		if space {
			b.WriteByte(' ')
			space = false
			n++
		}
		if hidden(r) {
			fmt.Fprintf(&b, "[%U]", r)
		} else {
			b.WriteRune(r) // a byte that is no UTF-8 is U+FFFD here
		}
		rtl = rtl || isRTL(r)
		rest = rest[size:]
		n++
	}
	if rtl {
		return firstStrongIsolate + b.String() + popIsolate
	}
	return b.String()
}

// brief is clean for a place with little room: at most n characters.
func brief(s string, n int) string {
	t := clean(offboarding.Shorten(s, n))
	if short := offboarding.Shorten(t, n+2); short != t {
		return short + strings.Repeat(popIsolate, strings.Count(short, firstStrongIsolate))
	}
	return t
}

// hidden are characters that cannot be seen: controls and formats, but for the
// two joiners that some scripts and emoji are written with.
func hidden(r rune) bool {
	const nonJoiner, joiner = 0x200c, 0x200d
	return (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == 0x115f || r == 0x1160 || r == 0x3164 || r == 0xffa0) &&
		r != nonJoiner && r != joiner
}

func isRTL(r rune) bool {
	if r < 0x590 {
		return false
	}
	p, _ := bidi.LookupRune(r)
	return p.Class() == bidi.R || p.Class() == bidi.AL
}

// list joins texts with commas, as many as fit into most characters, and says
// how many are left out.
func list(texts []string, most int) string {
	var b strings.Builder
	size := 0
	for i, t := range texts {
		t = cleanTo(t, 120)
		n := utf8.RuneCountInString(t) + 2
		if i > 0 && size+n > most {
			fmt.Fprintf(&b, " and %d more, all in case.json", len(texts)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(t)
		size += n
	}
	return b.String()
}

// join puts the texts that are not empty together.
func join(sep string, texts ...string) string {
	var b strings.Builder
	for _, t := range texts {
		if t == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(sep)
		}
		b.WriteString(t)
	}
	return b.String()
}

// count says "1 class", "2 classes".
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
