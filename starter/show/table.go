// Package show prints cases for people at a terminal, and as JSON.
package show

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"lastday/offboarding"
	"lastday/starter/cases"
)

// JSON prints a value, indented, with a final newline.
func JSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// Case prints the headline, the timeline, and what is left to do or remains.
func Case(w io.Writer, c offboarding.Case) {
	fmt.Fprintf(w, "\n%s\n", clean(offboarding.Headline(c)))
	if c.Outcome != "" {
		fmt.Fprintln(w, clean(c.Outcome))
	}
	if !c.ContainedAt.IsZero() {
		fmt.Fprintf(w, "due %s; contained after %s%s\n", stamp(c.Due, c.Departure.Zone), span(c.Due, c.ContainedAt), proven(c))
	}
	approvals(w, c)
	fmt.Fprintln(w)
	timeline(w, c)
	for _, n := range c.Needs() {
		fmt.Fprintf(w, "\nneeds a person: %s\n  %s\n", Target(n), clean(n.What))
		fmt.Fprintf(w, "  starter decide %s %s retry|attest|waive --reason TEXT\n", c.Departure.Subject, Target(n))
	}
	for _, r := range c.Residuals() {
		fmt.Fprintf(w, "\ncannot be revoked: %s\n", clean(offboarding.ResidualText(r, c.Departure.Zone)))
	}
}

func proven(c offboarding.Case) string {
	if c.ProvenAt.IsZero() {
		return ""
	}
	return ", proven after " + span(c.Due, c.ProvenAt)
}

func span(from, to time.Time) string { return to.Sub(from).Round(time.Millisecond).String() }

func stamp(t time.Time, zone string) string { return offboarding.In(t, zone) }

func timeline(w io.Writer, c offboarding.Case) {
	t := newTable(w, table.Row{"system", "account", "what was found", "contained at", "revoked at", "proven at", "proof"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 2, WidthMax: 26}, {Number: 3, WidthMax: 46, WidthMaxEnforcer: text.WrapSoft}, {Number: 7, WidthMax: 30, WidthMaxEnforcer: text.WrapSoft}})
	for _, r := range offboarding.Timeline(c) {
		t.AppendRow(table.Row{r.System, clean(r.Account), clean(r.Found), clock(r.ContainedAt), clock(r.RevokedAt), clock(r.ProvenAt), clean(r.Proof)})
	}
	t.Render()
}

// Plan prints every grant and what would be done with it.
func Plan(w io.Writer, c offboarding.Case) {
	fmt.Fprintf(w, "\nWhat offboarding %s would do. Nothing was changed.\n\n", c.Departure.Subject)
	if c.Outcome != "" {
		fmt.Fprintf(w, "%s\n\n", clean(c.Outcome))
	}
	t := newTable(w, table.Row{"system", "class", "grant", "would"})
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 3, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}, {Number: 4, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}})
	for _, s := range c.Systems {
		if !s.Account.Found {
			t.AppendRow(table.Row{s.System, "", clean(offboarding.FoundText(s)), clean(s.Account.Evidence)})
		}
		for _, g := range s.Grants {
			t.AppendRow(table.Row{s.System, g.Class, clean(label(g)), would(g)})
		}
		for _, cov := range s.Coverage {
			if cov.Sight == offboarding.Blind || cov.Sight == offboarding.NotOffered {
				t.AppendRow(table.Row{s.System, cov.Class, string(cov.Sight), clean(cov.Reason)})
			}
		}
		for _, n := range s.Needs {
			t.AppendRow(table.Row{s.System, n.Class, "needs a person", clean(n.What)})
		}
		t.AppendSeparator()
	}
	t.Render()
}

func would(g offboarding.Grant) string {
	switch g.Removal {
	case offboarding.Ask:
		return "wait for a person's decision"
	case offboarding.Report:
		return "stay, and be reported"
	case offboarding.Remove:
	}
	if g.Closes == offboarding.StepContain {
		return "end at once (contain)"
	}
	return "end (revoke)"
}

func label(g offboarding.Grant) string {
	if g.Label != "" {
		return g.Label
	}
	return g.ID
}

// List prints one line a case.
func List(w io.Writer, all []cases.Summary) {
	if len(all) == 0 {
		fmt.Fprintln(w, "no cases yet; start one: starter offboard EMAIL")
		return
	}
	t := newTable(w, table.Row{"person", "state", "partner", "started", "ended"})
	for _, s := range all {
		t.AppendRow(table.Row{s.Subject, s.State, clean(s.Partner), day(s.StartedAt), day(s.ClosedAt)})
	}
	t.Render()
}

func newTable(w io.Writer, header table.Row) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = 0
	t.AppendHeader(header)
	return t
}

// Target is how decide names what a need is about.
func Target(n offboarding.Need) string {
	if n.Class == "" {
		return string(n.System)
	}
	return string(n.System) + "/" + string(n.Class)
}

func clock(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("15:04:05.000")
}

func day(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.UTC().Format("2006-01-02 15:04 MST")
}

// clean keeps a vendor's words from steering the terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) {
			return ' '
		}
		return r
	}, s)
}
