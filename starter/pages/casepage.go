package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/report"
	"lastday/starter/pages/signin"
)

// casePage is what the template of a case shows.
type casePage struct {
	Case     casefile.Case
	Run      string
	Who      who
	State    string
	Tone     string
	Late     bool
	Verdict  string
	Timeline template.HTML
	Facts    []fact
	Systems  []systemRow
	Doubts   []string // what is wrong with the entries
	Needs    []string
	Rest     []string // what goes on by itself
	Excepted []string
	Events   []event
	Bundle   string // the link; empty: none is offered
	Proofs   bool   // whether the reader may see proofs
}

type fact struct {
	Label string
	At    time.Time
	Text  string
}

type systemRow struct {
	offboarding.Row
	Last time.Time // access was last possible
	Rest bool      // but something goes on by itself
}

// event is one entry of a case.
type event struct {
	casefile.Line
	Leaf, Opened string
	Forgotten    bool // it had details, which were erased
}

// entriesOf reads a case, and who is in it.
func (p *pages) entriesOf(ctx context.Context, run string) ([]record.Recorded, map[string]record.Person, error) {
	none := missing("There is no such case", "The record has no case with this number. The list of cases has all there are.")
	if id, err := uuid.Parse(run); err != nil || id.String() != run {
		return nil, nil, none
	}
	entries, err := p.Record.Case(ctx, run)
	if err != nil {
		return nil, nil, fmt.Errorf("read case: %w", err)
	}
	if len(entries) == 0 {
		return nil, nil, none
	}
	in := map[string]bool{}
	for _, e := range entries {
		for _, pseudonym := range e.Entry.People {
			in[pseudonym] = true
		}
	}
	people, err := p.Record.People(ctx, slices.Sorted(maps.Keys(in)))
	if err != nil {
		return nil, nil, fmt.Errorf("read who is in the case: %w", err)
	}
	return entries, people, nil
}

func (p *pages) oneCase(w http.ResponseWriter, r *http.Request) error {
	run := r.PathValue("run")
	entries, people, err := p.entriesOf(r.Context(), run)
	if err != nil {
		return err
	}
	if err := p.saw(r.Context(), run, access{What: "page of the case"}); err != nil {
		return err
	}
	c, err := casefile.Rebuild(entries, people)
	if err != nil {
		return fmt.Errorf("read case %s: %w", run, err)
	}
	v := casePage{
		Case: c, Run: run, Who: whoIs(people[c.Subject], c.Subject), State: stateWords(string(c.State)), Tone: tone(string(c.State)),
		Late: c.Standing.Late(p.Now()), Verdict: verdict(c, p.Now()), Facts: factsOf(c),
	}
	var drawn bytes.Buffer
	if err := report.Timeline(c, &drawn); err != nil {
		return fmt.Errorf("draw case %s: %w", run, err)
	}
	v.Timeline = template.HTML(drawn.String()) //nolint:gosec // the report escapes every text in it
	if v.Doubts, err = doubts(entries); err != nil {
		return fmt.Errorf("compare the entries of case %s: %w", run, err)
	}
	if len(v.Doubts) > 0 && c.State == offboarding.Verified {
		v.Verdict, v.Tone = "The record calls this case verified, but its own entries contradict that.", tone("")
	}
	v.systems()
	v.words(p.Now())
	v.events(entries)
	u, _ := signin.UserOf(r.Context())
	v.Proofs = u.Has()
	if v.Proofs && p.Export != nil {
		v.Bundle = CasePath(run) + "/bundle.zip"
	}
	return p.show(w, r, http.StatusOK, "case", "Case of "+v.Who.Label(), v)
}

// doubts are what is wrong with a case's entries: a gap in their numbers, or one
// that contradicts another.
func doubts(entries []record.Recorded) ([]string, error) {
	var out []string
	for i, e := range entries {
		if want := int64(i) + 1; e.Entry.Seq != want {
			out = append(out, fmt.Sprintf("An entry is missing or stands twice: number %d was to come, and %d came.", want, e.Entry.Seq))
			break
		}
	}
	contradictions, err := casefile.Check(entries)
	if err != nil {
		return nil, err
	}
	for _, c := range contradictions {
		out = append(out, plain(c, 300))
	}
	return out, nil
}

func (v *casePage) systems() {
	rows := offboarding.Timeline(v.Case.Case)
	for i, s := range v.Case.Systems {
		row := rows[i]
		if v.Case.Forgotten {
			row.Found = offboarding.FoundText(s)
		}
		row.Account, row.Found, row.Proof = plain(row.Account, 80), plain(row.Found, 200), plain(row.Proof, 200)
		v.Systems = append(v.Systems, systemRow{Row: row, Last: offboarding.LastAccess(s), Rest: len(s.Residuals) > 0})
	}
}

// said is a text of the case, or that it was erased with the person.
func (v *casePage) said(text string) string {
	if text == "" && v.Case.Forgotten {
		return "the words were erased with the person"
	}
	return text
}

// words are what a person must know beside the table.
func (v *casePage) words(now time.Time) {
	c := v.Case
	for _, n := range c.Needs() {
		v.Needs = append(v.Needs, plain(fmt.Sprintf("%s, since %s: %s", n.Target(), clock(n.Since), v.said(n.What)), 600))
	}
	for _, r := range c.Residuals() {
		ends := "nobody knows until when"
		switch {
		case r.Ends.IsZero():
		case r.Ends.After(now):
			ends = "until " + clock(r.Ends)
		default:
			ends = "it ended by itself " + clock(r.Ends)
		}
		v.Rest = append(v.Rest, plain(fmt.Sprintf("%s, %s: %s (%s)", r.System, r.Class, v.said(r.What), ends), 600))
	}
	for _, d := range c.Decisions {
		if d.Verb != offboarding.Waive {
			continue
		}
		target := offboarding.Need{System: d.System, Class: d.Class}.Target()
		ended := ""
		if !d.Until.After(now) {
			ended = ", which has passed"
		}
		v.Excepted = append(v.Excepted, plain(fmt.Sprintf("%s stays until %s%s: %s accepted it (%s)", target, d.Until.UTC().Format(time.DateOnly), ended, d.By, v.said(d.Reason)), 600))
	}
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") + " UTC" }

// events are the entries themselves, with what stands in the log.
func (v *casePage) events(entries []record.Recorded) {
	for i, e := range entries {
		line := v.Case.Lines[i]
		line.Text, line.Who, line.System = plain(line.Text, 1000), plain(line.Who, 120), plain(line.System, 60)
		ev := event{Line: line, Leaf: pretty(e.Leaf), Forgotten: e.Entry.Sealed != nil && e.Opened == nil}
		if details, err := e.Details(); err != nil {
			ev.Opened = "These details are not those whose hash stands in the entry: " + err.Error()
		} else if details != nil {
			ev.Opened = pretty(details)
		}
		v.Events = append(v.Events, ev)
	}
}

// pretty indents JSON for people, as text that cannot turn around what follows.
func pretty(b []byte) string {
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return plain(string(b), 70_000)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, plain(strings.TrimRight(line, "\n"), 70_000))
	}
	return strings.Join(lines, "\n")
}

// factsOf are the instants of a case, with how far each is from when access was
// to end.
func factsOf(c casefile.Case) []fact {
	s := c.Standing
	since := func(t time.Time) string {
		switch {
		case t.IsZero() || s.Due.IsZero():
			return ""
		case t.Before(s.Due):
			return took(s.Due.Sub(t)) + " before access was to end"
		}
		return took(t.Sub(s.Due)) + " after access was to end"
	}
	by := ""
	if !c.Departure.RequestedBy.IsZero() {
		by = "by " + plain(c.Departure.RequestedBy.String(), 120)
	}
	approved := fact{"approved", s.ApprovedAt, ""}
	if len(c.Ruling.Approvals) == 0 {
		approved.Text = "no approval was needed"
	}
	return []fact{
		{"asked for", s.RequestedAt, by},
		approved,
		{"access was to end", s.Due, ""},
		{"deadline", s.Deadline, ""},
		{"contained everywhere", s.ContainedAt, since(s.ContainedAt)},
		{"revoked everywhere", s.RevokedAt, since(s.RevokedAt)},
		{"proven everywhere", s.ProvenAt, since(s.ProvenAt)},
		{"ended", s.EndedAt, ""},
	}
}

// verdict is the case in a sentence, which says no more than the record does.
func verdict(c casefile.Case, now time.Time) string {
	s := c.Standing
	switch c.State {
	case offboarding.Verified:
		words := "Every kind of access that was found in the connected systems was read back as gone, or the system’s own log says that it ended."
		if remains(s, now) {
			words += " What nobody can revoke goes on by itself: it is listed below."
		}
		return words
	case offboarding.Closed:
		var parts []string
		for _, n := range []struct {
			n    int
			what string
		}{{s.Attested, "attested by a person"}, {s.Waived, "accepted as an exception"}, {s.Reported, "left in place by the configuration"}} {
			if n.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n.n, n.what))
			}
		}
		return "The case is closed, and not everything is proven. Of the kinds of access: " + strings.Join(parts, ", ") + "."
	case offboarding.Cancelled:
		return "The case was cancelled. What had been cut by then stays cut; nothing more was done, and nothing is proven by it."
	case offboarding.NothingFound:
		return "No connected system knew this person when it was asked."
	case offboarding.Refused:
		return "The case was refused, and nothing more was cut from then on. What had been cut by then stands below."
	default:
	}
	words := "The case is open: what is not marked as proven below is not proven."
	if s.Late(now) {
		words += " Its deadline has passed."
	}
	return words
}

func (p *pages) bundle(w http.ResponseWriter, r *http.Request) error {
	run := r.PathValue("run")
	if p.Export == nil {
		return missing("No bundles here", "This server was started without the means to write bundles: use “starter record export”.")
	}
	if _, _, err := p.entriesOf(r.Context(), run); err != nil {
		return err
	}
	if err := p.saw(r.Context(), run, access{What: "bundle of the case"}); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := p.Export(r.Context(), &b, run); err != nil {
		return fmt.Errorf("export case %s: %w", run, err)
	}
	return attach(w, "application/zip", "lastday-"+run+".zip", b.Bytes())
}
