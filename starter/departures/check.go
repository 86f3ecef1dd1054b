package departures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"lastday/offboarding"
)

// Summary is what a file holds.
type Summary struct {
	Lines    int      `json:"lines"`  // with a person, good or bad
	People   int      `json:"people"` // who can be started
	Bad      int      `json:"bad"`    // lines
	Repeated int      `json:"repeated,omitempty"`
	Ignored  []string `json:"ignored_columns,omitempty"`
}

// Check looks at every line and reports all that is wrong with it, in the order
// of the file; what concerns two lines comes with the later one, and warnings
// about successors come at the end. It starts nothing. The error is for what
// makes the file unreadable as a whole.
func (f *File) Check(ctx context.Context, o Options, report func(Problem)) (Summary, error) {
	f.options, f.people = o, ledger{}
	c := checker{file: f, report: report}
	err := f.each(ctx, func(h *header) { f.header = h }, c.line)
	if err == nil {
		err = f.unchanged()
	}
	if err != nil {
		f.header = nil
		return Summary{}, err
	}
	for _, s := range c.successors {
		if f.people.has(s.who) {
			report(Problem{Line: s.line, Warning: true, What: "the successor leaves in this file too: name somebody who stays"})
		}
	}
	c.sum.People, c.sum.Ignored = f.people.good(), f.header.ignored()
	return c.sum, nil
}

// each reads the file from its start and hands over every record with text.
func (f *File) each(ctx context.Context, begin func(*header), do func(*reader, record, []string) bool) error {
	recs, err := f.rewind()
	if err != nil {
		return err
	}
	h, err := readHeader(recs, f.options)
	if err != nil {
		return err
	}
	begin(h)
	lines := newReader(h, f.options)
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read file: %w", err)
		}
		rec, err := recs.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var fields []string
		if rec.bad == "" {
			fields, rec.bad = recs.split(rec)
		}
		if rec.bad == "" && blank(fields) {
			continue
		}
		if !do(lines, rec, fields) {
			return nil
		}
	}
}

func blank(fields []string) bool {
	for _, f := range fields {
		if f != "" {
			return false
		}
	}
	return true
}

// longest is the most that is said of a problem, in characters: it may quote
// what stands in the line.
const longest = 600

// checker is the first reading.
type checker struct {
	file       *File
	report     func(Problem)
	sum        Summary
	successors []successor
}

// successor is whom a line names, to be looked up once everybody is known.
type successor struct {
	who  person
	line int
}

func (c *checker) line(r *reader, rec record, fields []string) bool {
	c.sum.Lines++
	bad := func(what string) {
		if len(what) > longest {
			what = offboarding.Shorten(what, longest)
		}
		c.report(Problem{Line: rec.line, What: what})
	}
	if rec.bad != "" {
		c.sum.Bad++
		bad(rec.bad)
		return true
	}
	d, wrong := r.read(rec, fields)
	for _, w := range wrong {
		bad(w)
	}
	if len(wrong) > 0 {
		c.sum.Bad++
	}
	if d.Subject == "" {
		return true
	}
	c.meet(d, rec.line, len(wrong) > 0, bad)
	if d.Successor != "" && len(wrong) == 0 {
		c.successors = append(c.successors, successor{who: personOf(d.Successor), line: rec.line})
	}
	return true
}

// meet notes the person. Somebody of whom the file says two things is not
// started at all: nobody can know which of them is meant.
func (c *checker) meet(d offboarding.Departure, line int, wrong bool, bad func(string)) {
	first, before := c.file.people.meet(d, line, wrong)
	if !before {
		return
	}
	switch {
	case wrong && first.bad:
	case wrong:
		c.sum.Bad++
		bad(fmt.Sprintf("%s stands on line %d too: that line is left out with this one", d.Subject, first.line))
	case first.bad:
		c.sum.Bad++
		bad(fmt.Sprintf("%s stands on line %d too, which is bad: correct or remove that one", d.Subject, first.line))
	case first.asks != asksOf(d):
		c.sum.Bad += 2
		bad(fmt.Sprintf("%s stands on line %d with another last day or urgency: keep one of the two; neither is started", d.Subject, first.line))
	default:
		c.sum.Repeated++
		c.report(Problem{Line: line, Warning: true, What: fmt.Sprintf("%s stands on line %d already: that line counts", d.Subject, first.line)})
	}
}

// Rows yields the good lines, each person once, in the order of the file. It
// needs Check, and ends with ErrChanged where the file is not what Check saw.
func (f *File) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if f.header == nil {
			yield(Row{}, errors.New("read rows: the file was not checked"))
			return
		}
		var stop error
		err := f.each(ctx, func(*header) {}, func(r *reader, rec record, fields []string) bool {
			if stop = f.unchanged(); stop != nil || rec.bad != "" {
				return stop == nil
			}
			d, wrong := r.read(rec, fields)
			if d.Subject == "" {
				return true
			}
			seen, known := f.people[personOf(d.Subject)]
			switch {
			case !known || (len(wrong) > 0 && !seen.bad):
				stop = ErrChanged
				return false
			case seen.bad || seen.line != uint32(rec.line): //nolint:gosec // a file has fewer lines than that
				return true
			case seen.asks != asksOf(d):
				stop = ErrChanged
				return false
			}
			d.RequestID = requestID(d)
			return yield(Row{Line: rec.line, Departure: d}, nil)
		})
		if err == nil {
			err = stop
		}
		if err != nil {
			yield(Row{}, err)
		}
	}
}
