package report

const (
	cellSize = 7.8 // points
	cellGap  = 2.5 // between columns
)

// table writes a table; its heading is said again on every page that it goes on.
func (s *sheet) table(t table) {
	s.y += 2.5
	if len(t.Rows) == 0 {
		s.para(t.Empty, 9, "")
		return
	}
	widths := t.widths()
	height := cellSize * mmPerPoint * lineHeight
	s.room(5 * height)
	s.para(t.Caption, 9.5, "B")
	s.y += 0.6
	s.heading(t, widths)
	for _, row := range t.Rows {
		s.row(t, row, widths)
	}
}

// widths shares the page's width out.
func (t table) widths() []float64 {
	sum := 0.0
	for _, c := range t.Columns {
		sum += c.Share
	}
	free := inner - cellGap*float64(len(t.Columns)-1)
	out := make([]float64, 0, len(t.Columns))
	for _, c := range t.Columns {
		out = append(out, free*c.Share/sum)
	}
	return out
}

func (s *sheet) heading(t table, widths []float64) {
	s.font(cellSize, "B")
	cells := make([][]string, len(t.Columns))
	most := 1
	for i, c := range t.Columns {
		cells[i] = s.wrap(c.Name, widths[i])
		most = max(most, len(cells[i]))
	}
	s.cells(cells, widths, 0, most, func(int) string { return "B" })
	s.pdf.SetDrawColor(17, 17, 17)
	s.pdf.SetLineWidth(0.35)
	s.pdf.Line(margin, s.y+0.4, margin+inner, s.y+0.4)
	s.y += 1.2
}

// row writes one row. One that is longer than what is left of the page goes to
// the next; one that is longer than a page is broken.
func (s *sheet) row(t table, row []string, widths []float64) {
	height := cellSize * mmPerPoint * lineHeight
	style := func(i int) string {
		if i == 0 || isLoud(row[i]) {
			return "B"
		}
		return ""
	}
	cells := make([][]string, len(row))
	most := 1
	for i, text := range row {
		s.font(cellSize, style(i))
		cells[i] = s.wrap(text, widths[i])
		most = max(most, len(cells[i]))
	}
	for from := 0; from < most; {
		fit := int((lowest - s.y) / height)
		whole := from == 0 && most > fit && most <= int((lowest-margin)/height)-4
		if fit < 1 || whole {
			s.page()
			s.heading(t, widths)
			fit = int((lowest - s.y) / height)
		}
		n := min(fit, most-from)
		s.cells(cells, widths, from, n, style)
		from += n
	}
	s.rule(0.1)
	s.y += 1.2
}

// cells writes n lines of every cell, beginning with the given one.
func (s *sheet) cells(cells [][]string, widths []float64, from, n int, style func(int) string) {
	height := cellSize * mmPerPoint * lineHeight
	x := margin
	for i, lines := range cells {
		s.font(cellSize, style(i))
		for l := range n {
			s.put(x, s.y+float64(l)*height+height*0.78, at(lines, from+l))
		}
		x += widths[i] + cellGap
	}
	s.y += float64(n) * height
}
