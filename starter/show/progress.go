package show

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"lastday/offboarding"
)

// Progress shows a running case: on a terminal one line a system, rewritten in
// place; elsewhere a plain line whenever a system gets further.
type Progress struct {
	w     io.Writer
	width int // of the terminal; 0 for anything else
	lines int // written last time, to be rewritten
	last  map[offboarding.System]string
	state offboarding.State
}

// NewProgress looks whether the writer is a terminal.
func NewProgress(w io.Writer) *Progress {
	p := &Progress{w: w, last: map[offboarding.System]string{}}
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil {
			p.width = width
		}
	}
	return p
}

// Show takes in the case as it is now.
func (p *Progress) Show(c offboarding.Case) {
	if p.width > 0 {
		p.redraw(c)
		return
	}
	if c.State != p.state {
		p.state = c.State
		fmt.Fprintln(p.w, offboarding.Headline(c))
	}
	for _, s := range c.Systems {
		if line := Line(s); line != p.last[s.System] {
			p.last[s.System] = line
			fmt.Fprintln(p.w, line)
		}
	}
}

func (p *Progress) redraw(c offboarding.Case) {
	if p.lines > 0 {
		fmt.Fprintf(p.w, "\x1b[%dA", p.lines)
	}
	p.lines = 0
	put := func(s string) {
		fmt.Fprintf(p.w, "\x1b[2K%s\n", offboarding.Shorten(s, p.width-1))
		p.lines++
	}
	put(offboarding.Headline(c))
	for _, s := range c.Systems {
		put(Line(s))
	}
}

// Line is one system's progress.
func Line(s offboarding.SystemCase) string {
	sign, what := "…", string(s.Stage)
	switch {
	case len(s.Needs) > 0:
		sign, what = "?", "needs a person: "+s.Needs[0].What
	case s.Verified():
		sign, what = "✓", "proven, "+offboarding.ProofText(s)
	case s.Settled():
		sign, what = "•", "settled, "+offboarding.ProofText(s)
	case s.Stage == offboarding.Observing && !s.RevokedAt.IsZero():
		what = "revoked, reading back"
	case !s.ContainedAt.IsZero():
		what = "contained, revoking"
	}
	return clean(fmt.Sprintf("  %s %-10s %s — %s", sign, s.System, offboarding.Shorten(offboarding.FoundText(s), 60), what))
}
