package report

import (
	"strings"
	"unicode"
)

func isMark(r rune) bool { return unicode.Is(unicode.Mn, r) }

func (s *sheet) font(size float64, style string) {
	s.pdf.SetFont(fontName, style, size)
}

// put draws one line of text whose letters stand on y.
func (s *sheet) put(x, y float64, text string) {
	s.pdf.Text(x, y, s.glyphs.fit(text))
}

// para writes a text over the whole width.
func (s *sheet) para(text string, size float64, style string) {
	s.lines(text, margin, inner, size, style)
}

// boxed writes a text within the frame at the head.
func (s *sheet) boxed(text string, size float64, style string) {
	s.lines(text, margin+5, inner-8, size, style)
}

func (s *sheet) lines(text string, x, width, size float64, style string) {
	s.font(size, style)
	height := size * mmPerPoint * lineHeight
	for _, l := range s.wrap(text, width) {
		if s.room(height) {
			s.font(size, style)
		}
		s.put(x, s.y+height*0.78, l)
		s.y += height
	}
}

// wrap breaks a text into lines of the width in the font that is set, at spaces,
// or where a word is longer than a line anywhere. It loses nothing.
func (s *sheet) wrap(text string, width float64) []string {
	var out []string
	line, used := "", 0.0
	flush := func() {
		if line != "" {
			out = append(out, line)
		}
		line, used = "", 0
	}
	space := s.pdf.GetStringWidth(" ")
	for word := range strings.SplitSeq(text, " ") {
		w := s.measure(word)
		if line != "" && used+space+w > width {
			flush()
		}
		if w > width {
			flush()
			word, w = s.chop(word, width, &out)
		}
		if line != "" {
			line += " "
			used += space
		}
		line += word
		used += w
	}
	flush()
	return out
}

// chop breaks a word that is longer than a line; what is left over begins the
// next.
func (s *sheet) chop(word string, width float64, out *[]string) (string, float64) {
	part, used := "", 0.0
	for _, r := range word {
		w := s.measure(string(r))
		if part != "" && used+w > width {
			*out = append(*out, part)
			part, used = "", 0
		}
		part += string(r)
		used += w
	}
	return part, used
}

// measure is the width of a text as it will be drawn.
func (s *sheet) measure(text string) float64 {
	return s.pdf.GetStringWidth(s.glyphs.fit(text))
}

// facts writes names with their values in two columns.
func (s *sheet) facts(facts []fact) {
	const size, name, gap = 9.0, 48.0, 8.0
	column := (inner - gap) / 2
	height := size * mmPerPoint * lineHeight
	for i := 0; i < len(facts); i += 2 {
		row := facts[i:min(i+2, len(facts))]
		most := 1
		var names, values [2][]string
		for j, f := range row {
			s.font(size, "")
			names[j] = s.wrap(f.Name, name-3)
			values[j] = s.wrap(f.Value, column-name)
			most = max(most, len(names[j]), len(values[j]))
		}
		for line := range most {
			if s.room(height) {
				s.font(size, "")
			}
			for j := range row {
				x := margin + float64(j)*(column+gap)
				s.pdf.SetTextColor(85, 85, 85)
				s.put(x, s.y+height*0.78, at(names[j], line))
				s.pdf.SetTextColor(17, 17, 17)
				s.put(x+name, s.y+height*0.78, at(values[j], line))
			}
			s.y += height
		}
		s.rule(0.1)
		s.y += 1
	}
}

// rule draws a thin line under what was written.
func (s *sheet) rule(width float64) {
	s.pdf.SetDrawColor(150, 150, 150)
	s.pdf.SetLineWidth(width)
	s.pdf.Line(margin, s.y+0.4, margin+inner, s.y+0.4)
}

// at is the n-th line; empty past the last.
func at(lines []string, n int) string {
	if n < len(lines) {
		return lines[n]
	}
	return ""
}
