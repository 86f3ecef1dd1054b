package pages

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"lastday/record"
	"lastday/record/sample"
)

// samplePage is what the template of a sample shows.
type samplePage struct {
	Query      query
	Population int
	Name       string // the hash of the population's run ids
	Proposed   string // a seed, where none was given
	Rows       []row
	CSV        string
	PopCSV     string
	Command    string // that draws the same
	Root       string
	Size       int64
}

func (p *pages) sample(w http.ResponseWriter, r *http.Request) error {
	v, _, err := p.drawSample(r)
	if err != nil {
		return err
	}
	if v.Query.Seed == "" {
		v.Proposed = rand.Text()[:10]
		return p.show(w, r, http.StatusOK, "sample", "Sample", v)
	}
	if err := p.sawList(r.Context(), "sample of cases", len(v.Rows), v.Query); err != nil {
		return err
	}
	return p.show(w, r, http.StatusOK, "sample", "Sample", v)
}

func (p *pages) sampleCSV(w http.ResponseWriter, r *http.Request) error {
	v, cases, err := p.drawSample(r)
	if err != nil {
		return err
	}
	if v.Query.Seed == "" {
		return wrong("A sample needs a seed: give “seed” any word or number that the auditor chooses.")
	}
	if err := p.sawList(r.Context(), "table of a sample of cases", len(cases), v.Query); err != nil {
		return err
	}
	hashes := map[string]string{}
	for _, row := range v.Rows {
		hashes[row.Run] = row.Hash
	}
	return p.attachCSV(w, "lastday-sample.csv", cases, hashes)
}

// drawSample draws the sample that a request asks for, if it has a seed, in the
// order in which the cases were drawn. The population are all cases of the
// period, also those that are counted apart: nobody can say that some were left
// out.
func (p *pages) drawSample(r *http.Request) (samplePage, []record.Summary, error) {
	q, err := readQuery(r.URL.Query())
	if err != nil {
		return samplePage{}, nil, err
	}
	asked := q
	q = q.period().orRecent(p.Now())
	q.N, q.Seed = asked.N, asked.Seed
	all, err := p.Record.Cases(r.Context(), q.filter())
	if err != nil {
		return samplePage{}, nil, err
	}
	v := samplePage{Query: q, Population: len(all), CSV: q.link("/sample.csv"), PopCSV: q.period().link("/cases.csv")}
	ids, byID := make([]string, 0, len(all)), make(map[string]record.Summary, len(all))
	for _, c := range all {
		ids = append(ids, c.Case)
		byID[c.Case] = c
	}
	v.Name, v.Command = sample.Population(ids), command(q)
	if err := v.log(r.Context(), p); err != nil {
		return samplePage{}, nil, err
	}
	if q.Seed == "" {
		return v, nil, nil
	}
	picked, err := sample.Draw(ids, q.N, q.Seed)
	if err != nil {
		return samplePage{}, nil, wrong("%s.", err)
	}
	cases := make([]record.Summary, 0, len(picked))
	for _, pick := range picked {
		row := p.row(byID[pick.Case])
		row.Hash = pick.Hash
		v.Rows = append(v.Rows, row)
		cases = append(cases, byID[pick.Case])
	}
	return v, cases, nil
}

// command is the command line that draws the same sample. There --to is the first
// day that does not count.
func command(q query) string {
	seed := q.Seed
	if seed == "" {
		seed = "SEED"
	}
	out := fmt.Sprintf("starter record sample --n %d --seed %s", q.N, seed)
	if !q.From.IsZero() {
		out += " --from " + q.From.Format(time.DateOnly)
	}
	if !q.To.IsZero() {
		out += " --to " + q.To.Format(time.DateOnly)
	}
	return out
}

// log notes the state of the log that the population was read from.
func (v *samplePage) log(ctx context.Context, p *pages) error {
	c, there, err := p.newest(ctx)
	if err != nil || !there {
		return err
	}
	v.Root, v.Size = c.RootHex(), c.Size
	return nil
}
