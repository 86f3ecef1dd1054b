package pages

import (
	"context"
	"net/http"
	"time"

	"lastday/offboarding"
	"lastday/record"
)

// row is a case in a list.
type row struct {
	record.Standing
	Who              who
	Run, Link, State string
	Tone             string
	Late             bool
	Contain, Prove   string // how long it took, or why it has not
	Hash             string // of a sample
}

func (p *pages) row(s record.Summary) row {
	now := p.Now()
	s.Partner = plain(s.Partner, 60)
	return row{
		Standing: s.Standing, Who: whoIs(s.Person, s.Subject), Run: s.Case, Link: CasePath(s.Case), State: stateWords(s.State),
		Tone: tone(s.State), Late: s.Late(now), Contain: tookOr(contained, s.Standing, now), Prove: tookOr(shown, s.Standing, now),
	}
}

// tookOr says how long a step took, or why it was not taken.
func tookOr(st step, s record.Standing, now time.Time) string {
	d, ok := st.after(s)
	switch {
	case ok:
		return took(d)
	case !leaver(s):
		return "–"
	case s.Ended():
		return "not " + st.name
	case due(s).After(now):
		return "not due"
	}
	return "not yet"
}

// find reads the cases of a query. With a figure all of them are read and those
// in the figure kept. More says that there are more on the next page.
func (p *pages) find(ctx context.Context, q query) (cases []record.Summary, more bool, err error) {
	skip := (q.Page - 1) * perPage
	if q.Only == "" {
		f := q.filter()
		f.Offset, f.Limit = skip, perPage+1
		cases, err = p.Record.Cases(ctx, f)
	} else {
		cases, err = p.findAll(ctx, q)
		cases = cases[min(skip, len(cases)):]
	}
	if err != nil {
		return nil, false, err
	}
	if more = len(cases) > perPage; more {
		cases = cases[:perPage]
	}
	return cases, more, nil
}

// findAll is find without pages.
func (p *pages) findAll(ctx context.Context, q query) ([]record.Summary, error) {
	cases, err := p.Record.Cases(ctx, q.filter())
	if err != nil || q.Only == "" {
		return cases, err
	}
	return pick(cases, q.Only, p.Now()), nil
}

// listPage is what the template of the list shows.
type listPage struct {
	Query              query
	Rows               []row
	First, Last        int
	Newer, Older, CSV  string
	Only, Clear        string
	States             []choice
	Nobody, Unfiltered bool
}

type choice struct {
	Value, Label string
	Chosen       bool
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	q, err := readQuery(r.URL.Query())
	if err != nil {
		return err
	}
	if q.Who != "" {
		if _, err := offboarding.ParseSubject(q.Who); err != nil {
			return wrong("“who” is not a work e-mail address: give the whole of it, such as jane.doe@example.com.")
		}
	}
	cases, more, err := p.find(r.Context(), q)
	if err != nil {
		return err
	}
	if err := p.sawList(r.Context(), "list of cases", len(cases), q); err != nil {
		return err
	}
	v := listPage{Query: q, First: (q.Page-1)*perPage + 1, Last: (q.Page-1)*perPage + len(cases), Clear: Base}
	for _, c := range cases {
		v.Rows = append(v.Rows, p.row(c))
	}
	v.CSV = q.link("/cases.csv")
	v.Unfiltered = len(q.values()) == 0
	if q.Page > 1 {
		before := q
		before.Page--
		v.Newer = before.link("")
	}
	if more {
		next := q
		next.Page++
		v.Older = next.link("")
	}
	if q.Only != "" {
		f, _ := figureNamed(q.Only)
		v.Only = f.label
		all := q
		all.Only, all.Page = "", 1
		v.Clear = all.link("")
	}
	for _, s := range states {
		v.States = append(v.States, choice{string(s), stateWords(string(s)), q.State == string(s)})
	}
	return p.show(w, r, http.StatusOK, "list", "Cases", v)
}
