package report

import (
	"time"

	"lastday/offboarding"
	"lastday/record/casefile"
)

// ground draws what lies under everything: the paper and the breaks.
func (k *canvas) ground() {
	k.rect(0, 0, k.width, 10, white, none) // its height is set when all is drawn
	for i := 1; i < len(k.axis.parts); i++ {
		from, to := k.axis.parts[i-1], k.axis.parts[i]
		k.rect(from.to+4, k.top, to.from-from.to-8, k.bottom-k.top, pale, none)
	}
}

// systems draws one lane for each system.
func (k *canvas) systems(c casefile.Case) {
	y := k.top
	for _, s := range c.Systems {
		k.line(edge/2, y, k.right, y, 0.6, light)
		k.text(edge/2, y+20, 12, true, start, black, brief(string(s.System), 14))
		k.text(edge/2, y+34, small+0.5, false, start, dark, shortGrade(s))
		k.access(s, y+lane/2)
		k.marks(s, y+lane/2)
		y += lane
		for _, r := range remainsIn(c, s) {
			k.remains(s, r, y)
			y += sublane
		}
	}
	k.line(edge/2, y, k.right, y, 0.6, light)
}

// access draws for how long access was possible, and from when on nobody can say.
func (k *canvas) access(s offboarding.SystemCase, y float64) {
	from, last := k.left, offboarding.LastAccess(s)
	switch {
	case s.FoundAt.IsZero():
		k.unsure(from, k.right, y)
	case s.Verified() && (!s.Account.Found || last.IsZero()):
		k.line(from, y, k.right, y, 1, grey, 1.5, 4)
	case s.Verified():
		k.rect(from, y-4, max(k.axis.x(last)-from, 1), 8, dark, none)
	case s.ContainedAt.IsZero():
		k.rect(from, y-4, k.right-from, 8, dark, none)
	default:
		x := k.axis.x(s.ContainedAt)
		k.rect(from, y-4, max(x-from, 1), 8, dark, none)
		k.unsure(x, k.right, y)
	}
}

// unsure is access that may still be possible.
func (k *canvas) unsure(from, to, y float64) {
	k.line(from, y-4, to, y-4, 1, dark)
	k.line(from, y+4, to, y+4, 1, dark)
	for x := from; x < to; x += 7 {
		k.line(x, y+4, min(x+8, to), y+4-8*min(1, (to-x)/8), 1, dark)
	}
}

// marks draws what was done when. The shapes can stand at one instant and still
// be told apart: contained above the line, revoked below, proven on it.
func (k *canvas) marks(s offboarding.SystemCase, y float64) {
	if !s.FoundAt.IsZero() {
		k.circle(k.axis.x(s.FoundAt), y, 4.5, white, black)
	}
	if !s.Account.Found {
		return
	}
	if !s.ContainedAt.IsZero() {
		k.contained(k.axis.x(s.ContainedAt), y)
	}
	if !s.RevokedAt.IsZero() {
		k.revoked(k.axis.x(s.RevokedAt), y)
	}
	if last := offboarding.LastAccess(s); !last.IsZero() {
		x := k.axis.x(last)
		k.line(x, y-9, x, y+9, 3, black)
	}
	if !s.ProvenAt.IsZero() && s.Verified() {
		k.proven(k.axis.x(s.ProvenAt), y)
	}
}

func (k *canvas) contained(x, y float64) {
	k.area(white, black, point{x - 6, y - 17}, point{x + 6, y - 17}, point{x, y - 6})
}

func (k *canvas) revoked(x, y float64) {
	k.area(black, black, point{x - 6, y + 17}, point{x + 6, y + 17}, point{x, y + 6})
}

func (k *canvas) proven(x, y float64) {
	k.area(white, black, point{x - 8, y}, point{x, y - 8}, point{x + 8, y}, point{x, y + 8})
	k.line(x-3.5, y, x-0.8, y+3, 1.8, black)
	k.line(x-0.8, y+3, x+3.8, y-3, 1.8, black)
}

// remains draws until when something stays.
func (k *canvas) remains(s offboarding.SystemCase, r remain, y float64) {
	k.text(edge/2+8, y+8, small, false, start, dark, r.what)
	from := k.left
	for _, t := range []time.Time{s.ContainedAt, s.RevokedAt, offboarding.LastAccess(s)} {
		if !t.IsZero() {
			from = max(from, k.axis.x(t))
		}
	}
	y += 5
	if r.ends.IsZero() {
		k.line(from, y, k.right-6, y, 2, dark, 5, 4)
		k.area(dark, none, point{k.right - 7, y - 4}, point{k.right, y}, point{k.right - 7, y + 4})
		k.text(k.right-10, y-3, small, false, end, dark, "end not known")
		return
	}
	to := max(k.axis.x(r.ends), from)
	k.line(from, y, to, y, 2, dark, 5, 4)
	k.line(to, y-5, to, y+5, 2, dark)
}
