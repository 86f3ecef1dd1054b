package pages

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"lastday/record"
)

// shownInLists is how many cases a list on the page of a population shows; its
// link leads to all of them.
const shownInLists = 25

// populationPage is what the template of a population shows.
type populationPage struct {
	Query   query
	Counts  []tally
	Apart   []tally
	Drawn   []drawn
	Lists   []partList
	All     string // the link to all cases of the period
	CSV     string
	Sample  string
	Now     time.Time
	Nothing bool
}

// tally is a number of cases, and the link to them.
type tally struct {
	Label, Note string
	N           int
	Link        string
	Tone        string
}

// partList is some of the cases that somebody must look at.
type partList struct {
	ID, Title, Words, None string
	Ends                   string // the heading of the last column
	Rows                   []ending
	N                      int
	Link                   string
}

type ending struct {
	row
	Ends time.Time
	Text string
}

func (p *pages) population(w http.ResponseWriter, r *http.Request) error {
	q, err := readQuery(r.URL.Query())
	if err != nil {
		return err
	}
	q = q.period().orRecent(p.Now())
	cases, err := p.Record.Cases(r.Context(), q.filter())
	if err != nil {
		return err
	}
	if err := p.sawList(r.Context(), "population of a period", len(cases), q); err != nil {
		return err
	}
	now := p.Now()
	v := populationPage{
		Query: q, All: q.link(""), CSV: q.link("/cases.csv"), Sample: q.link("/sample"), Now: now, Nothing: len(cases) == 0,
	}
	v.tallies(cases, now)
	for _, st := range []step{contained, shown} {
		v.Drawn = append(v.Drawn, draw(distribute(cases, st, now), q))
	}
	p.lists(&v, cases, now)
	return p.show(w, r, http.StatusOK, "population", "Population", v)
}

// only is the link to the cases of a period that are in a figure.
func (q query) only(name string) string {
	q = q.period()
	q.Only = name
	return q.link("")
}

func (v *populationPage) tallies(cases []record.Summary, now time.Time) {
	add := func(to *[]tally, name, label, note, tone string) {
		*to = append(*to, tally{Label: label, Note: note, N: count(cases, name, now), Link: v.Query.only(name), Tone: tone})
	}
	add(&v.Counts, "leavers", "leavers", "whose access was to end in the period", "")
	add(&v.Counts, "proven", "proven", "all found access read back as gone, or logged", "good")
	add(&v.Counts, "unproven", "closed, not all proven", "the rest rests on a word, an exception or a setting", "fair")
	add(&v.Counts, "late", "late", "not contained or not proven by the deadline, those still open included", "bad")
	add(&v.Counts, "open", "not ended", "open now, whether due or not", "open")
	byState := map[string]int{}
	for _, c := range cases {
		byState[c.State]++
	}
	for _, state := range []string{"nothing-found", "cancelled", "refused"} {
		q := v.Query.period()
		q.State = state
		v.Apart = append(v.Apart, tally{Label: stateWords(state), N: byState[state], Link: q.link("")})
	}
}

func (p *pages) lists(v *populationPage, cases []record.Summary, now time.Time) {
	add := func(name string, l partList, ends func(record.Standing) (time.Time, string)) {
		of := pick(cases, name, now)
		l.ID, l.N, l.Link = name, len(of), v.Query.only(name)
		for _, c := range of[:min(shownInLists, len(of))] {
			e := ending{row: p.row(c)}
			if ends != nil {
				e.Ends, e.Text = ends(c.Standing)
			}
			l.Rows = append(l.Rows, e)
		}
		v.Lists = append(v.Lists, l)
	}
	add("late", partList{
		Title: "Late", None: "No case was late.", Ends: "Deadline",
		Words: "Not contained, or not proven, by the deadline. A case that is still open after it is late; so is one that was closed without proof.",
	}, func(s record.Standing) (time.Time, string) { return s.Deadline, "" })
	add("exceptions", partList{
		Title: "Exceptions", None: "No exception was made.", Ends: "Last one ends",
		Words: "Access that a named person accepts to stay, until a date.",
	}, func(s record.Standing) (time.Time, string) {
		text := counted(s.Waived, "exception", "exceptions")
		if !s.ExceptionsEnd.IsZero() && !s.ExceptionsEnd.After(now) {
			text += ", run out"
		}
		return s.ExceptionsEnd, text
	})
	add("residuals", partList{
		Title: "Access that still goes on by itself", None: "Nothing is known to go on.", Ends: "Last one ends",
		Words: "Nobody can revoke it: a token until it expires, or one that nobody can list. Those whose end has passed are left out.",
	}, func(s record.Standing) (time.Time, string) {
		text := counted(s.Residuals, "residual", "residuals")
		if s.ResidualsEnd.IsZero() {
			text += ", end not known"
		}
		return s.ResidualsEnd, text
	})
	add("open", partList{
		Title: "Not ended", None: "Every case has ended.", Ends: "Access was or is to end",
		Words: "What is open is not proven.",
	}, func(s record.Standing) (time.Time, string) { return due(s), "" })
}

// drawn is a distribution as a histogram and as figures.
type drawn struct {
	distribution
	Title, Words, Alt string
	Bars              []bar
	Figures           []fact
	MissedLink        string
	Width, Height     int
	Floor             int
}

type bar struct {
	slot
	Link, Short         string
	X, Y, Width, Height int
	Middle              int
}

// shortLabel stands under a bar.
func shortLabel(i int) string {
	if i == len(limits) {
		return "> 24 h"
	}
	return "≤ " + limits[i].label
}

// draw lays a histogram out: one bar for each bucket, the tallest of full height.
func draw(d distribution, q query) drawn {
	const each, gap, top, height, below = 86, 12, 26, 150, 30
	out := drawn{
		distribution: d, Title: "Time until contained", MissedLink: q.only("not-" + d.Step),
		Words: "From the instant at which access was to end until live use was stopped in every system that knew the person.",
		Width: each * len(d.Buckets), Height: top + height + below, Floor: top + height,
	}
	if d.Step == shown.name {
		out.Title = "Time until proven"
		out.Words = "From the instant at which access was to end until every system had been read back and nothing was left. Only what was observed or logged counts: a case that rests on a word or an exception is not in it."
	}
	most := slices.MaxFunc(d.Buckets, func(a, b slot) int { return a.N - b.N }).N
	var said string
	for i, s := range d.Buckets {
		b := bar{slot: s, Link: q.only(d.Step + "-" + s.Slug), Short: shortLabel(i), X: i*each + gap/2, Width: each - gap, Middle: i*each + each/2}
		if most > 0 && s.N > 0 {
			b.Height = max(2, s.N*height/most)
		}
		b.Y = out.Floor - b.Height
		out.Bars = append(out.Bars, b)
		said += fmt.Sprintf(" %s: %d.", s.Label, s.N)
	}
	out.Alt = fmt.Sprintf("%s of %s.%s", out.Title, counted(d.N, "case", "cases"), said)
	if d.N > 0 {
		for _, f := range []struct {
			label string
			took  time.Duration
		}{{"shortest", d.Min}, {"median", d.Median}, {"90 of 100 within", d.P90}, {"longest", d.Max}} {
			out.Figures = append(out.Figures, fact{Label: f.label, Text: took(f.took)})
		}
	}
	return out
}
