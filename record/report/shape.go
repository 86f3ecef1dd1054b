package report

// A picture is drawn once, from lines, areas and texts, and then set as SVG or
// with the PDF's own primitives, so that both show the same.
type picture struct {
	width, height float64
	shapes        []shape
	title, desc   string
}

// shape is one thing in a picture: a line or an area if it has points, a text
// if it has words.
type shape struct {
	points []point
	area   bool
	round  float64 // the radius of a circle around the first point
	fill   ink
	stroke ink
	width  float64
	dash   []float64

	words  string
	size   float64
	bold   bool
	anchor anchor
}

type point struct{ x, y float64 }

// ink is a shade: the drawing is black, white and grey, so that it reads the
// same on paper.
type ink string

const (
	none  ink = ""
	black ink = "#111111"
	dark  ink = "#333333"
	grey  ink = "#777777"
	light ink = "#cccccc"
	pale  ink = "#f2f2f2"
	white ink = "#ffffff"
)

type anchor string

const (
	start  anchor = "start"
	middle anchor = "middle"
	end    anchor = "end"
)

func (p *picture) add(s shape) { p.shapes = append(p.shapes, s) }

func (p *picture) line(x1, y1, x2, y2, width float64, c ink, dash ...float64) {
	p.add(shape{points: []point{{x1, y1}, {x2, y2}}, stroke: c, width: width, dash: dash})
}

func (p *picture) rect(x, y, w, h float64, fill, stroke ink) {
	p.area(fill, stroke, point{x, y}, point{x + w, y}, point{x + w, y + h}, point{x, y + h})
}

func (p *picture) area(fill, stroke ink, points ...point) {
	p.add(shape{points: points, area: true, fill: fill, stroke: stroke, width: 1})
}

func (p *picture) circle(x, y, r float64, fill, stroke ink) {
	p.add(shape{points: []point{{x, y}}, round: r, area: true, fill: fill, stroke: stroke, width: 1.5})
}

func (p *picture) text(x, y, size float64, bold bool, a anchor, c ink, words string) {
	p.add(shape{points: []point{{x, y}}, words: words, size: size, bold: bold, anchor: a, fill: c})
}

// wide is about how wide a text is; fonts differ, so it is rather too much.
func wide(words string, size float64) float64 {
	return float64(len([]rune(words))) * size * 0.56
}
