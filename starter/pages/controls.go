package pages

import (
	"fmt"
	"net/http"
	"time"

	"lastday/record"
)

// controlsPage is what the template of the control view shows.
type controlsPage struct {
	Query    query
	Controls []shownControl
	Limits   []limitRow
	N        int
	Leavers  int
	Sample   string
}

// shownControl is a control with the figures of a period.
type shownControl struct {
	control
	ID      string
	Figures []tally
}

// limitRow is one of FedRAMP's limits, and how the period stands against it.
type limitRow struct {
	fedrampLimit
	Within     int
	Over       tally
	Proven     int
	OverProven tally
}

func (p *pages) controls(w http.ResponseWriter, r *http.Request) error {
	q, err := readQuery(r.URL.Query())
	if err != nil {
		return err
	}
	q = q.period().orRecent(p.Now())
	cases, err := p.Record.Cases(r.Context(), q.filter())
	if err != nil {
		return err
	}
	if err := p.sawList(r.Context(), "control view of a period", len(cases), q); err != nil {
		return err
	}
	now := p.Now()
	v := controlsPage{Query: q, N: len(cases), Leavers: count(cases, "leavers", now), Sample: q.link("/sample")}
	for i, c := range controlTexts() {
		s := shownControl{control: c, ID: fmt.Sprintf("control-%d", i+1)}
		for _, name := range c.Figures {
			f, ok := figureNamed(name)
			if !ok {
				return fmt.Errorf("control %s: there is no figure %s", c.Number, name)
			}
			s.Figures = append(s.Figures, tally{Label: f.label, N: count(cases, name, now), Link: q.only(name)})
		}
		v.Controls = append(v.Controls, s)
	}
	for _, l := range fedrampLimits() {
		v.Limits = append(v.Limits, l.row(cases, q, now))
	}
	return p.show(w, r, http.StatusOK, "controls", "Controls", v)
}

func (l fedrampLimit) row(cases []record.Summary, q query, now time.Time) limitRow {
	row := limitRow{fedrampLimit: l}
	over, overProven := "contained-over-"+l.Slug, "proven-over-"+l.Slug
	row.Over = tally{N: count(cases, over, now), Link: q.only(over)}
	row.OverProven = tally{N: count(cases, overProven, now), Link: q.only(overProven)}
	for _, c := range cases {
		if !leaver(c.Standing) {
			continue
		}
		if d, ok := contained.after(c.Standing); ok && d <= l.most() {
			row.Within++
		}
		if d, ok := shown.after(c.Standing); ok && d <= l.most() {
			row.Proven++
		}
	}
	return row
}

func (l fedrampLimit) most() time.Duration {
	for _, known := range limits {
		if known.slug == l.Slug {
			return known.most
		}
	}
	return 0
}
