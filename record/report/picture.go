package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"lastday/offboarding"
	"lastday/record/casefile"
)

// The measures of the drawing.
const (
	screenWidth = 1060.0
	names       = 150.0 // the width of the systems' names
	edge        = 22.0
	lane        = 46.0 // a system's height
	sublane     = 17.0 // that of what remains in it
	level       = 15.0 // that of a label above
	letters     = 11.0
	small       = 9.5
)

// moment is an instant of the case as a whole.
type moment struct {
	what string
	at   time.Time
	line func(p *picture, x, top, bottom float64)
}

// remain is a residual, or access that a person accepts, with its end.
type remain struct {
	what string
	ends time.Time
}

// canvas is a timeline while it is drawn.
type canvas struct {
	picture
	axis        axis
	left, right float64
	top, bottom float64
}

// draw makes a case's timeline of the given width.
func draw(c casefile.Case, width float64) *picture {
	k := &canvas{picture: picture{width: width}, left: names, right: width - edge}
	k.title, k.desc = describe(c)
	moments := momentsOf(c)
	var instants []time.Time
	for _, m := range moments {
		instants = append(instants, m.at)
	}
	height := 0.0
	for _, s := range c.Systems {
		instants = append(instants, s.FoundAt, s.ContainedAt, s.RevokedAt, s.ProvenAt, offboarding.LastAccess(s))
		remains := remainsIn(c, s)
		for _, r := range remains {
			instants = append(instants, r.ends)
		}
		height += lane + float64(len(remains))*sublane
	}
	k.axis = newAxis(instants, k.left, k.right)
	if len(k.axis.parts) == 0 {
		k.height = 40
		k.text(k.left, 24, letters, false, start, black, "Nothing has happened yet.")
		return &k.picture
	}
	labels := k.placeLabels(moments)
	k.top = 12 + float64(labels.levels)*level
	k.bottom = k.top + height + 8
	k.ground()
	k.systems(c)
	k.guides(moments, labels)
	k.ruler()
	k.legend()
	return &k.picture
}

// momentsOf are the instants of the case as a whole that are known.
func momentsOf(c casefile.Case) []moment {
	strong := func(p *picture, x, top, bottom float64) { p.line(x, top, x, bottom, 2, black) }
	dashed := func(p *picture, x, top, bottom float64) { p.line(x, top, x, bottom, 2, black, 9, 5) }
	dotted := func(p *picture, x, top, bottom float64) { p.line(x, top, x, bottom, 1.2, dark, 1.5, 3) }
	double := func(p *picture, x, top, bottom float64) {
		p.line(x-1.5, top, x-1.5, bottom, 1, black)
		p.line(x+1.5, top, x+1.5, bottom, 1, black)
	}
	last, _ := lastAccess(c)
	all := []moment{
		{"requested", c.Departure.RequestedAt, dotted},
		{"approved", c.Standing.ApprovedAt, dotted},
		{"effective (due)", c.Due, dashed},
		{"access last possible", last, strong},
		{"deadline", c.Deadline, double},
		{"case ended", c.EndedAt, dotted},
	}
	all = slices.DeleteFunc(all, func(m moment) bool { return m.at.IsZero() })
	slices.SortStableFunc(all, func(a, b moment) int { return a.at.Compare(b.at) })
	return all
}

// mostRemains is how many lines a system has for what remains; the table has all.
const mostRemains = 4

// remainsIn is what stays in a system, by nature or because a person accepts it.
func remainsIn(c casefile.Case, s offboarding.SystemCase) []remain {
	var out []remain
	for _, r := range s.Residuals {
		out = append(out, remain{"residual " + brief(string(r.Class), 18), r.Ends})
	}
	for _, d := range c.Decisions {
		if d.System == s.System && d.Verb == offboarding.Waive {
			out = append(out, remain{join(" ", "waived", brief(string(d.Class), 18)), d.Until})
		}
	}
	if len(out) > mostRemains {
		more := len(out) - mostRemains + 1
		out = append(out[:mostRemains-1], remain{fmt.Sprintf("%d more, see the table", more), time.Time{}})
	}
	return out
}

// placed says where the moments' labels stand.
type placed struct {
	level  []int
	levels int
}

// placeLabels gives each label the lowest level at which it covers no other. It
// goes from right to left, so that a label stands above those right of it, and
// their lines end below it.
func (k *canvas) placeLabels(moments []moment) placed {
	out := placed{level: make([]int, len(moments))}
	var taken [][][2]float64
	for i, m := range slices.Backward(moments) {
		from := k.labelFrom(m)
		to := from + wide(m.what, letters) + 12
		n := slices.IndexFunc(taken, func(row [][2]float64) bool {
			return !slices.ContainsFunc(row, func(r [2]float64) bool { return from < r[1] && r[0] < to })
		})
		if n < 0 {
			n = len(taken)
			taken = append(taken, nil)
		}
		taken[n] = append(taken[n], [2]float64{from, to})
		out.level[i] = n
	}
	out.levels = len(taken)
	return out
}

// labelFrom is where a label begins: at its line, or so far left of it that it
// ends within the drawing.
func (k *canvas) labelFrom(m moment) float64 {
	return min(k.axis.x(m.at)-3, k.right-wide(m.what, letters))
}

func (k *canvas) guides(moments []moment, labels placed) {
	height := func(i int) float64 { return k.top - 4 - float64(labels.level[i])*level }
	for i, m := range moments {
		m.line(&k.picture, k.axis.x(m.at), height(i)+2, k.bottom)
	}
	for i, m := range moments {
		y := height(i)
		k.rect(k.labelFrom(m)-1, y-letters, wide(m.what, letters)+2, letters+2.5, white, none)
		k.text(k.labelFrom(m), y-1, letters, m.what == "access last possible", start, black, m.what)
	}
}

// describe is the drawing in words, for who cannot see it.
func describe(c casefile.Case) (title, desc string) {
	var b strings.Builder
	for _, m := range momentsOf(c) {
		fmt.Fprintf(&b, "%s %s. ", m.what, stampUTC(m.at))
	}
	for _, s := range c.Systems {
		fmt.Fprintf(&b, "%s, %s: ", clean(string(s.System)), shortGrade(s))
		for _, m := range []struct {
			what string
			at   time.Time
		}{{"found", s.FoundAt}, {"contained", s.ContainedAt}, {"revoked", s.RevokedAt}, {"proven", s.ProvenAt}} {
			if !m.at.IsZero() {
				fmt.Fprintf(&b, "%s %s, ", m.what, stampUTC(m.at))
			}
		}
		fmt.Fprintf(&b, "access last possible: %s. ", lastIn(s))
		for _, r := range remainsIn(c, s) {
			fmt.Fprintf(&b, "%s, ends %s. ", r.what, remains(r.ends))
		}
	}
	return "Timeline: " + headline(c), strings.TrimSpace(b.String())
}

// shortGrade says in a word or two how a system stands.
func shortGrade(s offboarding.SystemCase) string {
	switch {
	case s.FoundAt.IsZero() && len(s.Verdicts) == 0:
		return "not looked at"
	case s.Verified() && !s.Account.Found:
		return "no account"
	case s.Verified():
		return "verified"
	case s.Settled():
		return "not all verified"
	}
	return "open"
}
