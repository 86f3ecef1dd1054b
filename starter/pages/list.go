package pages

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"lastday/record"
	"lastday/starter/pages/signin"
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

// onePage reads the cases of a query that one page shows. With a figure all of
// them are read and those in the figure kept. More says that there are more on
// the next page.
func (p *pages) onePage(ctx context.Context, q query) (cases []record.Summary, more bool, err error) {
	skip := (q.Page - 1) * perPage
	if q.Only == "" && q.Person == "" {
		f := q.filter()
		f.Offset, f.Limit = skip, perPage+1
		cases, err = p.Record.Cases(ctx, f)
	} else {
		cases, err = p.all(ctx, q)
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

// all reads all cases of a query.
func (p *pages) all(ctx context.Context, q query) ([]record.Summary, error) {
	f := q.filter()
	if q.Person != "" {
		// Whoever was erased is in nobody's index any more, and found by going
		// through all cases.
		known, err := p.Record.People(ctx, []string{q.Person})
		if err != nil {
			return nil, fmt.Errorf("read who is looked for: %w", err)
		}
		f.Identity = known[q.Person].Identity
	}
	cases, err := p.Record.Cases(ctx, f)
	if err != nil {
		return nil, err
	}
	if q.Person != "" {
		cases = slices.DeleteFunc(cases, func(s record.Summary) bool { return s.Subject != q.Person })
	}
	if q.Only != "" {
		cases = pick(cases, q.Only, p.Now())
	}
	return cases, nil
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
	Now                time.Time
	Token              string // of the form that looks for a person
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
	cases, more, err := p.onePage(r.Context(), q)
	if err != nil {
		return err
	}
	if err := p.sawList(r.Context(), "list of cases", len(cases), q); err != nil {
		return err
	}
	v := listPage{
		Query: q, First: (q.Page-1)*perPage + 1, Last: (q.Page-1)*perPage + len(cases), Clear: Base,
		Now: p.Now(), Token: signin.TokenOf(r.Context()),
	}
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
