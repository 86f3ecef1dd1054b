package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"lastday/record/casefile"
)

//go:embed report.html
var pageText string

//go:embed report.css
var styleText string

// HTML writes a case's report as one page that needs nothing else: no script,
// no address, no font. It reads on a screen, a phone and paper. Nothing is
// written on an error but what the writer itself refused.
func HTML(w io.Writer, c casefile.Case, o Options) error {
	p := write(c, o)
	page, err := template.New("report").Funcs(template.FuncMap{
		"style":     func() template.CSS { return template.CSS(styleText) },
		"drawing":   func() template.HTML { return template.HTML(p.drawing.svg()) }, // escaped there
		"loud":      loud,
		"generator": generator,
		"stamp":     stampUTC,
	}).Parse(pageText)
	if err != nil {
		return fmt.Errorf("read the report's template: %w", err)
	}
	var b bytes.Buffer
	if err := page.Execute(&b, p); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// loud marks a cell that says that something is not verified.
func loud(cell string) template.HTMLAttr {
	if isLoud(cell) {
		return ` class="loud"`
	}
	return ""
}
