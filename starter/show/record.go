package show

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/setup"
	"lastday/record/store"
)

// Drawn is a sample and what is needed to draw it again.
type Drawn struct {
	Seed string `json:"seed"`
	Of   int    `json:"of"` // cases in the population
	// Population is the SHA-256 over the population's run ids.
	Population string           `json:"population"`
	Cases      []record.Summary `json:"cases"`
}

// Summaries prints one line a case.
func Summaries(w io.Writer, all []record.Summary) {
	if len(all) == 0 {
		fmt.Fprintln(w, "no case")
		return
	}
	now := time.Now()
	t := newTable(w, table.Row{"who", "state", "due", "contained", "proven", "classes open", "on a word", "remains", "run"})
	for _, s := range all {
		state := s.State
		if s.Late(now) {
			state += ", late"
		}
		t.AppendRow(table.Row{
			who(s), state, day(s.Due), since(s.Due, s.ContainedAt), since(s.Due, s.ProvenAt),
			s.Open, s.Attested + s.Waived + s.Reported, s.Residuals, s.Case,
		})
	}
	t.Render()
	fmt.Fprintf(w, "%s; contained and proven are counted from when access was due to end; on a word: attested, waived or left by the configuration, which is no proof\n", caseCount(len(all)))
}

// Sample prints a sample with what is needed to draw it again.
func Sample(w io.Writer, d Drawn) {
	Summaries(w, d.Cases)
	fmt.Fprintf(w, "%d of %s, drawn with the seed %s from the population %s\n", len(d.Cases), caseCount(d.Of), d.Seed, d.Population)
}

func caseCount(n int) string {
	if n == 1 {
		return "1 case"
	}
	return fmt.Sprintf("%d cases", n)
}

// who is the person, or the pseudonym of one who was erased.
func who(s record.Summary) string {
	switch {
	case s.Person.Email != "":
		return clean(s.Person.Email)
	case s.Person.Identity != "":
		return clean(s.Person.Identity)
	}
	return "erased " + s.Subject
}

func since(from, to time.Time) string {
	switch {
	case to.IsZero():
		return "–"
	case from.IsZero() || to.Before(from):
		return day(to)
	}
	return "+" + to.Sub(from).Round(time.Millisecond).String()
}

// Recorded prints a case as the record has it, entry by entry.
func Recorded(w io.Writer, c casefile.Case) {
	name := string(c.Departure.Subject)
	if c.Forgotten {
		name = "erased person " + c.Subject
	}
	fmt.Fprintf(w, "%s: %s (run %s)\n", clean(name), c.State, c.RunID)
	if c.Outcome != "" {
		fmt.Fprintln(w, clean(c.Outcome))
	}
	t := newTable(w, table.Row{"entry", "at (UTC)", "kind", "system", "who", "what"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 5, WidthMax: 30, WidthMaxEnforcer: text.WrapSoft}, {Number: 6, WidthMax: 80, WidthMaxEnforcer: text.WrapSoft}})
	for _, l := range c.Lines {
		t.AppendRow(table.Row{l.Index, l.At.UTC().Format("2006-01-02 15:04:05.000"), l.Kind, l.System, clean(l.Who), clean(l.Text)})
	}
	t.Render()
}

// Forgotten prints what was erased.
func Forgotten(w io.Writer, who string, f store.Forgotten) {
	fmt.Fprintf(w, "%s is erased: %s, the details of %d entries. The facts stay under %s; entry %d says who did it.\n"+
		"Bundles exported before, backups and Temporal's histories are not touched.\n", clean(who), caseCount(len(f.Cases)), f.Details, f.Pseudonym, f.Index)
}

// Log prints how the log stands.
func Log(w io.Writer, s setup.Status, now time.Time) {
	fmt.Fprintf(w, "%s: %d entries, %d of them signed for\npublic key: %s\nroot: %s\n", s.Origin, s.Size, s.Signed, s.PublicKey, s.Root)
	if s.Stopped != nil {
		fmt.Fprintf(w, "STOPPED: nothing is signed any more: %s: %s\n  after somebody has looked: starter record resume\n", s.Stopped.Cause, clean(s.Stopped.Detail))
	}
	if len(s.Anchors) == 0 {
		fmt.Fprintln(w, "anchored nowhere: whoever has this machine could rewrite all of it; configure record.anchors")
	}
	for _, a := range s.Anchors {
		fmt.Fprintf(w, "anchored: %s (%s) %s ago at %s\n", a.Anchor, a.Kind, now.Sub(a.At).Round(time.Second), clean(a.Where))
		if a.Kind == "directory" {
			fmt.Fprintln(w, "  a folder counts only if another machine keeps it: whoever can change it here can rewrite what lies there")
		}
	}
}
