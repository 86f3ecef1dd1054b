package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"lastday/record/casefile"
)

// Timeline draws a case's timeline as an SVG element, to stand in a page or in a
// file of its own. It holds no script, no style and no address, so that it
// shows under any content security policy. Figures gives the same as a table,
// which belongs beside it.
func Timeline(c casefile.Case, w io.Writer) error {
	_, err := w.Write(draw(c, screenWidth).svg())
	if err != nil {
		return fmt.Errorf("write timeline: %w", err)
	}
	return nil
}

func (p *picture) svg() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-labelledby="drawn-title drawn-desc" font-family="system-ui, 'Segoe UI', 'DejaVu Sans', Arial, sans-serif" class="timeline">`+"\n",
		num(p.width), num(p.height), num(p.width), num(p.height))
	fmt.Fprintf(&b, "<title id=\"drawn-title\">%s</title>\n<desc id=\"drawn-desc\">%s</desc>\n", escaped(p.title), escaped(p.desc))
	b.WriteString(`<g aria-hidden="true">` + "\n")
	for _, s := range p.shapes {
		s.svg(&b)
	}
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes()
}

func (s shape) svg(b *bytes.Buffer) {
	at := s.points[0]
	switch {
	case s.words != "":
		fmt.Fprintf(b, `<text x="%s" y="%s" font-size="%s"`, num(at.x), num(at.y), num(s.size))
		if s.bold {
			b.WriteString(` font-weight="bold"`)
		}
		if s.anchor != start {
			fmt.Fprintf(b, ` text-anchor="%s"`, s.anchor)
		}
		fmt.Fprintf(b, ` fill="%s">%s</text>`+"\n", s.fill, escaped(s.words))
		return
	case s.round > 0:
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="%s"`, num(at.x), num(at.y), num(s.round))
	default:
		tag := "polyline"
		if s.area {
			tag = "polygon"
		}
		points := make([]string, 0, len(s.points))
		for _, p := range s.points {
			points = append(points, num(p.x)+","+num(p.y))
		}
		fmt.Fprintf(b, `<%s points="%s"`, tag, strings.Join(points, " "))
	}
	fill, stroke := s.fill, s.stroke
	if fill == none {
		fill = "none"
	}
	fmt.Fprintf(b, ` fill="%s"`, fill)
	if stroke != none {
		fmt.Fprintf(b, ` stroke="%s" stroke-width="%s"`, stroke, num(s.width))
	}
	if len(s.dash) > 0 {
		dashes := make([]string, 0, len(s.dash))
		for _, d := range s.dash {
			dashes = append(dashes, num(d))
		}
		fmt.Fprintf(b, ` stroke-dasharray="%s"`, strings.Join(dashes, " "))
	}
	b.WriteString("/>\n")
}

// num writes a coordinate to a tenth.
func num(f float64) string {
	s := strconv.FormatFloat(f, 'f', 1, 64)
	return strings.TrimSuffix(s, ".0")
}

func escaped(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a buffer takes everything
	}
	return b.String()
}
