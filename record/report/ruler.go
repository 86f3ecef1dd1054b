package report

import "time"

// ruler draws the axis below the lanes: each part with its first instant and its
// own scale, and how much time the breaks leave out.
func (k *canvas) ruler() {
	y := k.bottom
	day := ""
	for i, p := range k.axis.parts {
		first, last := p.at[0], p.at[len(p.at)-1]
		k.line(p.from, y, p.at0(last), y, 2, black)
		k.line(p.from, y-4, p.from, y+8, 2, black)
		for _, d := range p.ticks(64) {
			x := k.axis.x(first.Add(d))
			k.line(x, y, x, y+4, 1, black)
			k.text(x, y+14, small, false, middle, dark, "+"+span(d))
		}
		if d := first.UTC().Format(time.DateOnly); d != day {
			k.text(p.from-3, y+40, small, true, start, black, d)
			day = d
		}
		k.text(p.from-3, y+28, small, true, start, black, first.UTC().Format("15:04:05.000"))
		if i > 0 {
			before := k.axis.parts[i-1]
			k.gap(before.at0(before.at[len(before.at)-1]), p.from, y, first.Sub(before.at[len(before.at)-1]))
		}
	}
	note := "Times are UTC."
	if len(k.axis.parts) > 1 {
		note += " The axis is broken: each of its parts has its own scale, and // says how much time is left out between them."
	} else if len(k.axis.parts[0].at) > 1 {
		note += " The axis has one scale."
	}
	k.text(edge/2, y+72, small+0.5, false, start, dark, note)
}

// gap marks a break in the axis with the time that it leaves out.
func (k *canvas) gap(from, to, y float64, left time.Duration) {
	k.line(from, y, to, y, 1, grey, 2, 3)
	x := to - between/2
	k.rect(x-5, y-6, 10, 12, white, none)
	k.line(x-5, y+6, x-1, y-6, 1.5, black)
	k.line(x+1, y+6, x+5, y-6, 1.5, black)
	k.text(x, y+52, small, false, middle, dark, "// "+span(left))
}

// legend explains the signs, and closes the drawing.
func (k *canvas) legend() {
	y := k.bottom + 96
	x := edge / 2
	item := func(room float64, words string, sign func(x, y float64)) {
		need := room + 6 + wide(words, small+0.5) + 18
		if x+need > k.right+edge/2 {
			x, y = edge/2, y+30
		}
		sign(x+room/2, y)
		k.text(x+room+6, y+3.5, small+0.5, false, start, dark, words)
		x += need
	}
	item(12, "found", func(x, y float64) { k.circle(x, y, 4.5, white, black) })
	item(14, "contained: live use stopped", func(x, y float64) { k.contained(x, y+11) })
	item(14, "revoked", func(x, y float64) { k.revoked(x, y-11) })
	item(18, "proven: read back, all gone", k.proven)
	item(8, "access last possible", func(x, y float64) { k.line(x, y-9, x, y+9, 3, black) })
	item(34, "access possible", func(x, y float64) { k.rect(x-17, y-4, 34, 8, dark, none) })
	item(34, "not shown to be gone", func(x, y float64) { k.unsure(x-17, x+17, y) })
	item(34, "residual or waiver, until its end", func(x, y float64) {
		k.line(x-17, y, x+17, y, 2, dark, 5, 4)
		k.line(x+17, y-5, x+17, y+5, 2, dark)
	})
	k.height = y + 18
	paper := &k.shapes[0]
	paper.points = []point{{0, 0}, {k.width, 0}, {k.width, k.height}, {0, k.height}}
}
