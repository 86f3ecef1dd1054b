package show

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"lastday/offboarding"
	"lastday/starter/departures"
)

// Import shows how an import goes: on a terminal a bar, and a line for
// whatever is not simply done; elsewhere a line for everybody.
type Import struct {
	w    io.Writer
	bar  *progressbar.ProgressBar
	last []string // of those who were refused or failed, as many as are told again
	more int
}

// toldAgain is how many who were refused or failed the closing table names.
const toldAgain = 20

// NewImport shows on w.
func NewImport(w io.Writer) *Import { return &Import{w: w} }

// Begin starts a bar of so many people, if there is a terminal to show it on.
func (i *Import) Begin(what string, people int) {
	i.End()
	if f, ok := i.w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		i.bar = progressbar.NewOptions(people, progressbar.OptionSetWriter(i.w), progressbar.OptionSetDescription(what),
			progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionSetRenderBlankState(true),
			progressbar.OptionThrottle(65*time.Millisecond))
	}
}

// End takes the bar away.
func (i *Import) End() {
	if i.bar != nil {
		_ = i.bar.Clear() // a terminal that went away needs no cleaning
		i.bar = nil
	}
}

// step moves the bar on by one person, and prints text above it, if there is any.
func (i *Import) step(text string) {
	if i.bar != nil && text != "" {
		_ = i.bar.Clear() // as in End
	}
	if text != "" {
		fmt.Fprintln(i.w, clean(text))
	}
	if i.bar != nil {
		_ = i.bar.Add(1) // as in End
	}
}

// Problem prints what is wrong with a line.
func (i *Import) Problem(p departures.Problem) {
	mark := ""
	if p.Warning {
		mark = " (warning)"
	}
	fmt.Fprintf(i.w, "line %d%s: %s\n", p.Line, mark, clean(p.What))
}

// Ignored prints which columns are left out because nobody knows them.
func (i *Import) Ignored(columns []string) {
	fmt.Fprintf(i.w, "columns left out: %s\n", clean(strings.Join(columns, ", ")))
}

// Result prints what became of a line when it was started, or when its case was
// looked at afterwards.
func (i *Import) Result(r departures.Result) {
	text := fmt.Sprintf("line %d: %s: %s", r.Line, r.Subject, r.Outcome)
	if r.Why != "" {
		text += ": " + r.Why
	}
	if bad(r.Outcome) {
		if len(i.last) < toldAgain {
			i.last = append(i.last, text)
		} else {
			i.more++
		}
	}
	if r.Outcome == departures.Started && r.Why == "" && (i.bar != nil || r.State != "") {
		text = ""
	}
	i.step(text)
}

func bad(o departures.Outcome) bool {
	switch o {
	case departures.Failed, departures.Refused, departures.NotFound:
		return true
	case departures.Started, departures.Joined, departures.AlreadyEnded, departures.Waits:
	}
	return false
}

// Planned prints what a case would do for one person.
func (i *Import) Planned(p departures.Planned) {
	d := p.Departure
	due := "at once"
	if !d.At.IsZero() {
		due = stamp(d.At, d.Zone)
	}
	out := []string{fmt.Sprintf("line %d: %s, %s", p.Line, d.Subject, due)}
	if d.Kind != "" {
		out[0] += ", " + string(d.Kind)
	}
	add := func(format string, args ...any) { out = append(out, clean("  "+fmt.Sprintf(format, args...))) }
	switch {
	case p.Failed != "":
		add("could not be looked up: %s", p.Failed)
	case p.Case.Outcome != "":
		add("%s", p.Case.Outcome)
	}
	for _, s := range p.Case.Systems {
		if s.Account.Found || len(s.Grants) > 0 {
			add("%s: %s", s.System, strings.Join(does(s.Grants), "; "))
		}
		for _, n := range s.Needs {
			add("%s: needs a person: %s", Target(n), n.What)
		}
	}
	if i.bar != nil {
		_ = i.bar.Clear() // as in End
	}
	for _, line := range out {
		fmt.Fprintln(i.w, line)
	}
	i.step("")
}

// does says what would become of grants, in a few words.
func does(grants []offboarding.Grant) []string {
	var ends, asks, stays []offboarding.Grant
	for _, g := range grants {
		switch g.Removal {
		case offboarding.Ask:
			asks = append(asks, g)
		case offboarding.Report:
			stays = append(stays, g)
		case offboarding.Remove:
			ends = append(ends, g)
		default: // empty means Remove
			ends = append(ends, g)
		}
	}
	var out []string
	for _, part := range []struct {
		what   string
		grants []offboarding.Grant
	}{{"ends", ends}, {"asks a person about", asks}, {"leaves", stays}} {
		if len(part.grants) > 0 {
			out = append(out, part.what+" "+offboarding.CountText(part.grants))
		}
	}
	if len(out) == 0 {
		return []string{"nothing to end"}
	}
	return out
}

// Tally is a line of the closing table.
type Tally struct {
	What   string
	People int
}

// Close prints the closing table, and again who was refused or failed.
func (i *Import) Close(tallies []Tally) {
	i.End()
	t := newTable(i.w, table.Row{"outcome", "people"})
	for _, line := range tallies {
		t.AppendRow(table.Row{line.What, line.People})
	}
	t.Render()
	for _, text := range i.last {
		fmt.Fprintln(i.w, clean(text))
	}
	if i.more > 0 {
		fmt.Fprintf(i.w, "and %d more, above\n", i.more)
	}
}

// ClosePlans prints all plans added up.
func (i *Import) ClosePlans(s departures.Sum) {
	i.End()
	t := newTable(i.w, table.Row{"system", "class", "people", "would end", "would ask a person", "would stay"})
	for _, c := range s.Classes {
		t.AppendRow(table.Row{c.System, c.Class, c.People, c.Remove, c.Ask, c.Report})
	}
	t.Render()
	fmt.Fprintf(i.w, "%d people; %d refused, %d known to no system, %d not looked up, %d need a person. Nothing was changed.\n",
		s.People, s.Refused, s.Unknown, s.Failed, s.NeedPerson)
}
