package report

import (
	"strconv"

	"github.com/go-pdf/fpdf"
)

// drawing sets the picture with the PDF's own lines and areas, as wide as the
// page.
func (s *sheet) drawing() {
	scale, height := s.drawn()
	s.room(height)
	s.y++
	for _, shape := range s.paper.drawing.shapes {
		s.shape(shape, scale)
	}
	s.pdf.SetDashPattern(nil, 0)
	s.pdf.SetTextColor(17, 17, 17)
	s.y += height
}

// drawn is the scale at which the picture fits on a page below a heading, and
// its height then.
func (s *sheet) drawn() (scale, height float64) {
	const most = lowest - margin - 18
	p := s.paper.drawing
	scale = min(inner/p.width, most/p.height)
	return scale, p.height*scale + 1
}

func (s *sheet) shape(p shape, scale float64) {
	x := func(i int) float64 { return margin + p.points[i].x*scale }
	y := func(i int) float64 { return s.y + p.points[i].y*scale }
	if p.words != "" {
		s.words(p, x(0), y(0), scale)
		return
	}
	style := ""
	if p.fill != none && p.area {
		s.pdf.SetFillColor(p.fill.rgb())
		style = "F"
	}
	if p.stroke != none {
		s.pdf.SetDrawColor(p.stroke.rgb())
		s.pdf.SetLineWidth(p.width * scale)
		style += "D"
	}
	dash := make([]float64, 0, len(p.dash))
	for _, d := range p.dash {
		dash = append(dash, d*scale)
	}
	s.pdf.SetDashPattern(dash, 0)
	switch {
	case p.round > 0:
		s.pdf.Circle(x(0), y(0), p.round*scale, style)
	case p.area:
		points := make([]fpdf.PointType, 0, len(p.points))
		for i := range p.points {
			points = append(points, fpdf.PointType{X: x(i), Y: y(i)})
		}
		s.pdf.Polygon(points, style)
	default:
		s.pdf.Line(x(0), y(0), x(1), y(1))
	}
}

func (s *sheet) words(p shape, x, y, scale float64) {
	style := ""
	if p.bold {
		style = "B"
	}
	size := p.size * scale / mmPerPoint
	s.font(size, style)
	s.pdf.SetTextColor(p.fill.rgb())
	switch p.anchor {
	case middle:
		x -= s.measure(p.words) / 2
	case end:
		x -= s.measure(p.words)
	case start:
	}
	s.put(x, y, p.words)
}

// rgb takes #rrggbb apart.
func (c ink) rgb() (r, g, b int) {
	n, err := strconv.ParseUint(string(c[1:]), 16, 32)
	if err != nil {
		return 0, 0, 0 // all inks are ours
	}
	return int(n >> 16), int(n >> 8 & 0xff), int(n & 0xff)
}
