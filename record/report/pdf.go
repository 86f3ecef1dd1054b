package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-fonts/dejavu/dejavusanscondensedbold"
	"github.com/go-pdf/fpdf"

	"lastday/record/casefile"
)

// The page is A4 on its side, because the tables are wide; millimetres.
const (
	pageWidth  = 297.0
	pageHeight = 210.0
	margin     = 14.0
	inner      = pageWidth - 2*margin
	lowest     = pageHeight - margin - 6 // above the page's number
	lineHeight = 1.35
	mmPerPoint = 25.4 / 72
)

// PDF writes a case's report with the same content as HTML. The file carries its
// font, and the case's AsOf as its date, so the same case gives the same bytes.
// A character that the font lacks is shown as U+FFFD, and the last page then
// says so. Nothing is written on an error but what the writer itself refused.
func PDF(w io.Writer, c casefile.Case, o Options) error {
	glyphs, err := newGlyphs()
	if err != nil {
		return err
	}
	s := newSheet(glyphs, write(c, o))
	s.write()
	var b bytes.Buffer
	if err := s.pdf.Output(&b); err != nil {
		return fmt.Errorf("make PDF: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write PDF: %w", err)
	}
	return nil
}

// sheet is a PDF while it is written. Its cursor is y.
type sheet struct {
	pdf    *fpdf.Fpdf
	glyphs *glyphs
	paper  paper
	y      float64
}

func newSheet(g *glyphs, p paper) *sheet {
	pdf := fpdf.New("L", "mm", "A4", "")
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(p.AsOf)
	pdf.SetModificationDate(p.AsOf)
	pdf.SetTitle(g.fit(p.Title), true)
	pdf.SetSubject(g.fit(p.Standing), true)
	pdf.SetCreator(generator(), true)
	pdf.SetLang("en")
	pdf.SetDisplayMode("fullwidth", "default")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(margin, margin, margin)
	pdf.SetCellMargin(0)
	// The library writes into what it is given.
	pdf.AddUTF8FontFromBytes(fontName, "", slices.Clone(dejavusanscondensed.TTF))
	pdf.AddUTF8FontFromBytes(fontName, "B", slices.Clone(dejavusanscondensedbold.TTF))
	return &sheet{pdf: pdf, glyphs: g, paper: p}
}

func (s *sheet) write() {
	s.page()
	s.head()
	for _, sec := range s.paper.Sections {
		s.section(sec)
	}
	if s.glyphs.missing {
		s.y += 4
		s.para("Characters that this file's font does not have are shown as \ufffd. They stand in report.html and case.json.", 9, "")
	}
	s.numbers()
}

func (s *sheet) page() {
	s.pdf.AddPage()
	s.y = margin
}

// room begins a new page if what follows does not fit on this one.
func (s *sheet) room(height float64) bool {
	if s.y+height <= lowest || s.y <= margin {
		return false
	}
	s.page()
	return true
}

func (s *sheet) head() {
	s.para("Lastday case report", 9, "")
	s.para(s.paper.Title, 18, "B")
	s.y += 2
	top := s.y
	s.y += 2.5
	s.boxed(s.paper.Standing, 13, "B")
	for _, v := range s.paper.Verdict {
		s.boxed(v, 10, "")
	}
	s.y += 1.5
	s.pdf.SetDrawColor(17, 17, 17)
	s.pdf.SetLineWidth(0.4)
	if !s.paper.Good {
		s.pdf.SetDashPattern([]float64{1.5, 1.2}, 0)
	}
	s.pdf.Rect(margin, top, inner, s.y-top, "D")
	s.pdf.SetDashPattern(nil, 0)
	s.pdf.SetFillColor(17, 17, 17)
	s.pdf.Rect(margin, top, 2, s.y-top, "F")
	s.y += 2.5
	s.para("Told as of "+stampUTC(s.paper.AsOf)+". All times are UTC where no zone is named.", 9, "")
}

func (s *sheet) section(sec section) {
	need := 30.0
	if sec.Blocks[0].Drawing {
		_, height := s.drawn()
		need = height + 16
	}
	s.room(need)
	s.y += 5
	s.pdf.Bookmark(s.glyphs.fit(sec.Title), 0, s.y)
	s.para(sec.Title, 13, "B")
	s.pdf.SetDrawColor(17, 17, 17)
	s.pdf.SetLineWidth(0.5)
	s.pdf.Line(margin, s.y+0.5, margin+inner, s.y+0.5)
	s.y += 2
	for _, b := range sec.Blocks {
		switch {
		case b.Para != "":
			s.para(b.Para, 9.5, "")
		case b.Sub != "":
			s.room(28)
			s.y += 3
			s.para(b.Sub, 11, "B")
		case b.Drawing:
			s.drawing()
		case len(b.Facts) > 0:
			s.facts(b.Facts)
		case b.Table != nil:
			s.table(*b.Table)
		}
	}
}

// numbers writes each page's number, when it is known how many there are.
func (s *sheet) numbers() {
	last := s.pdf.PageCount()
	for n := 1; n <= last; n++ {
		s.pdf.SetPage(n)
		s.font(8, "")
		s.pdf.SetTextColor(85, 85, 85)
		s.put(margin, pageHeight-margin, s.paper.Title+" · "+s.paper.Standing)
		right := fmt.Sprintf("page %d of %d", n, last)
		s.put(pageWidth-margin-s.pdf.GetStringWidth(right), pageHeight-margin, right)
		s.pdf.SetTextColor(17, 17, 17)
	}
}
