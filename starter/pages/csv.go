package pages

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lastday/record"
)

func (p *pages) listCSV(w http.ResponseWriter, r *http.Request) error {
	q, err := readQuery(r.URL.Query())
	if err != nil {
		return err
	}
	cases, err := p.all(r.Context(), q)
	if err != nil {
		return err
	}
	if err := p.sawList(r.Context(), "table of cases", len(cases), q); err != nil {
		return err
	}
	return p.attachCSV(w, "lastday-cases.csv", cases, nil)
}

// columns are those of every table of cases.
func columns() []string {
	return []string{
		"case", "name", "email", "pseudonym", "state", "leaver", "all_proven", "late", "partner", "kind", "urgent",
		"requested_at", "approved_at", "due", "deadline", "contained_at", "revoked_at", "proven_at", "ended_at",
		"seconds_to_contain", "seconds_to_prove", "systems", "open", "attested", "waived", "reported", "residuals",
		"exceptions_end", "residuals_end", "entries",
	}
}

// attachCSV sends cases as CSV (RFC 4180) in UTF-8, with a byte order mark since
// spreadsheets take it for something else without. Times are UTC, RFC 3339. The
// hashes, where there are any, stand in a last column by run id.
func (p *pages) attachCSV(w http.ResponseWriter, name string, cases []record.Summary, hashes map[string]string) error {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	head := columns()
	if hashes != nil {
		head = append(head, "drawn_by")
	}
	_ = out.Write(head) // a buffer takes everything
	for _, c := range cases {
		record := p.csvRow(c)
		if hashes != nil {
			record = append(record, hashes[c.Case])
		}
		_ = out.Write(record)
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return attach(w, "text/csv; charset=utf-8", name, b.Bytes())
}

func (p *pages) csvRow(c record.Summary) []string {
	s := c.Standing
	return []string{
		cell(c.Case), cell(c.Person.Name), cell(c.Person.Email), cell(c.Subject), cell(s.State), yes(leaver(s)), yes(leaver(s) && proven(s)),
		yes(s.Late(p.Now())), cell(s.Partner), cell(s.Kind), yes(s.Urgent),
		stamp(s.RequestedAt), stamp(s.ApprovedAt), stamp(s.Due), stamp(s.Deadline), stamp(s.ContainedAt), stamp(s.RevokedAt), stamp(s.ProvenAt), stamp(s.EndedAt),
		seconds(contained, s), seconds(shown, s), strconv.Itoa(s.Systems), strconv.Itoa(s.Open), strconv.Itoa(s.Attested), strconv.Itoa(s.Waived),
		strconv.Itoa(s.Reported), strconv.Itoa(s.Residuals), stamp(s.ExceptionsEnd), stamp(s.ResidualsEnd), strconv.FormatInt(c.Entries, 10),
	}
}

// cell keeps a text from being a formula when a spreadsheet opens the table: one
// that begins like a formula, also after spaces or signs that are not seen, gets
// an apostrophe before it.
//
// A spreadsheet whose numbers have a comma takes the semicolon for what parts
// cells, so that what follows one begins like a cell too.
func cell(s string) string {
	parts := strings.Split(plain(s, 32_000), ";")
	for i, part := range parts {
		parts[i] = unformula(part)
	}
	return strings.Join(parts, ";")
}

func unformula(s string) string {
	bare := strings.TrimLeftFunc(s, func(r rune) bool { return r == ' ' || r == '�' || r == '\u00a0' })
	if bare != "" && strings.ContainsRune("=+-@＝＋－＠|%", []rune(bare)[0]) {
		return "'" + s
	}
	return s
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

func seconds(st step, s record.Standing) string {
	d, ok := st.after(s)
	if !ok || !leaver(s) {
		return ""
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
}
