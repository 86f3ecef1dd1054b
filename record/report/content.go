package report

import (
	"time"

	"lastday/record"
	"lastday/record/casefile"
)

// Options are what a report tells beside the case. All of it is optional, and
// none of it is trusted: the evidence proves, the report only shows.
type Options struct {
	// Origin is the log's name, Size how many entries its checkpoint covers, Root
	// that checkpoint's tree hash in base64. Size zero: there is no checkpoint.
	Origin string
	Size   int64
	Root   string
	// Anchors are where checkpoints were put outside the log.
	Anchors []record.Anchored
}

// paper is all that a report says, made once and then set as HTML and as PDF.
type paper struct {
	Title string
	// Standing is how the case stands in a word or two, Verdict in sentences.
	Standing string
	Verdict  []string
	// Good: everything that can be revoked is shown to be gone.
	Good     bool
	AsOf     time.Time
	Sections []section
	drawing  *picture
}

// section is a chapter with its heading.
type section struct {
	ID, Title string
	Blocks    []block
}

// block is one of: a paragraph, a heading below the section's, facts, a table,
// the drawing.
type block struct {
	Para    string
	Sub     string
	Facts   []fact
	Table   *table
	Drawing bool
}

// fact is a name and what stands beside it.
type fact struct{ Name, Value string }

// table has a caption that says what it shows; without rows, Empty is said.
type table struct {
	Caption string
	Columns []column
	Rows    [][]string
	Empty   string
}

// column is a heading and its share of the width.
type column struct {
	Name  string
	Share float64
}

// Percent is the share of each column in hundredths.
func (t table) Percent() []int {
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Share
	}
	out := make([]int, 0, len(t.Columns))
	for _, c := range t.Columns {
		out = append(out, int(100*c.Share/sum))
	}
	return out
}

func (s *section) para(text string) { s.Blocks = append(s.Blocks, block{Para: text}) }
func (s *section) sub(text string)  { s.Blocks = append(s.Blocks, block{Sub: text}) }

func (s *section) facts(pairs ...fact) {
	var known []fact
	for _, f := range pairs {
		if f.Value != "" {
			known = append(known, f)
		}
	}
	s.Blocks = append(s.Blocks, block{Facts: known})
}

func (s *section) table(t table) { s.Blocks = append(s.Blocks, block{Table: &t}) }

// write makes the whole report.
func write(c casefile.Case, o Options) paper {
	standing, verdict, good := verdictOf(c)
	return paper{
		Title: headline(c), Standing: standing, Verdict: verdict, Good: good, AsOf: AsOf(c),
		Sections: []section{
			caseSection(c), timelineSection(c), approvalSection(c), systemsSection(c), residualSection(c),
			decisionSection(c), refusalSection(c), meaningSection(), entriesSection(c), logSection(c, o),
		},
		drawing: draw(c, screenWidth),
	}
}

// Figures is a table for a page: the same instants that Timeline draws, as text.
type Figures struct {
	Caption string
	Columns []string
	Rows    [][]string
}

// FiguresOf gives the tables that belong beside a case's timeline: the instants
// of the case, and those of each system. All texts are plain and safe to show,
// but not escaped.
func FiguresOf(c casefile.Case) []Figures {
	out := make([]Figures, 0, 2)
	for _, t := range []table{momentTable(c), systemTable(c)} {
		f := Figures{Caption: t.Caption, Rows: t.Rows}
		for _, col := range t.Columns {
			f.Columns = append(f.Columns, col.Name)
		}
		out = append(out, f)
	}
	return out
}
