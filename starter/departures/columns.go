package departures

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"lastday/offboarding"
)

// column is one of Lastday's columns; its text is how people are told of it.
type column string

const (
	colEmail     column = "email"
	colLastDay   column = "last day"
	colTime      column = "time"
	colZone      column = "zone"
	colKind      column = "kind"
	colReason    column = "reason"
	colPartner   column = "partner"
	colSuccessor column = "successor"
	colUrgent    column = "urgent"
	colNote      column = "note"
)

// Columns are the columns that a file may have, in the order in which people
// are told of them, each with the other names it goes by. Case, spaces and
// marks between letters do not matter.
func Columns() [][]string {
	return [][]string{
		{string(colEmail), "e-mail", "mail", "work email", "email address", "person"},
		{string(colLastDay), "last working day", "end date", "leaving date", "termination date", "at", "due"},
		{string(colTime), "end time"},
		{string(colZone), "time zone", "tz"},
		{string(colKind), "kind of departure"},
		{string(colReason), "why"},
		{string(colPartner), "company", "partner company"},
		{string(colSuccessor), "successor email"},
		{string(colUrgent), "urgency"},
		{string(colNote), "notes", "comment"},
	}
}

// fold is a name without what does not matter in it.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// names finds a column by any of its names, folded.
type names map[string]column

func knownColumns() names {
	out := names{}
	for _, all := range Columns() {
		for _, n := range all {
			out[fold(n)] = column(all[0])
		}
	}
	return out
}

func knownNames() string {
	var out []string
	for _, all := range Columns() {
		out = append(out, fmt.Sprintf("%s (%s)", all[0], strings.Join(all[1:], ", ")))
	}
	return strings.Join(out, "; ")
}

// header is what the first line says of the others.
type header struct {
	comma  rune
	named  []string       // as they stand in the file
	fields map[column]int // where in a line each column is
	unused map[int]bool   // columns that are left out
}

// readHeader reads the first line that is not empty. It errs on a column that
// nobody knows: what it says may matter.
func readHeader(r *records, o Options) (*header, error) {
	for {
		rec, err := r.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil, errors.New("the file is empty: its first line names the columns, such as email,last day")
		case err != nil:
			return nil, err
		case rec.bad != "":
			return nil, fmt.Errorf("line %d: the header %s", rec.line, rec.bad)
		}
		text := string(bytes.Join(rec.lines, nil))
		if strings.TrimSpace(text) == "" {
			continue
		}
		if i := strings.IndexByte(text, '\r'); i >= 0 && !strings.HasPrefix(text[i:], "\r\n") {
			return nil, fmt.Errorf("line %d: the lines end in CR alone: save the file with LF or CRLF line ends", rec.line)
		}
		if comma, ok := separatorLine(text); ok {
			r.comma = comma
			continue
		}
		return parseHeader(r, rec, o)
	}
}

// separatorLine recognises the line with which Excel names the separator.
func separatorLine(text string) (rune, bool) {
	rest, ok := strings.CutPrefix(strings.TrimRight(text, "\r\n"), "sep=")
	if !ok || len(rest) != 1 || !strings.Contains(separators, rest) {
		return 0, false
	}
	return rune(rest[0]), true
}

const separators = ",;\t"

func parseHeader(r *records, rec record, o Options) (*header, error) {
	known := knownColumns()
	if r.comma == 0 {
		r.comma = detect(rec, known)
	}
	fields, bad := r.split(rec)
	if bad != "" {
		return nil, fmt.Errorf("line %d: the header %s", rec.line, bad)
	}
	h := &header{comma: r.comma, named: slices.Clone(fields), fields: map[column]int{}, unused: map[int]bool{}}
	asked, err := mapping(o.Columns, h.named, known)
	if err != nil {
		return nil, err
	}
	var unknown []string
	for i, name := range h.named {
		h.named[i] = strings.Join(strings.Fields(name), " ")
		ours, ok := asked[fold(name)]
		if !ok {
			ours, ok = known[fold(name)]
		}
		switch {
		case strings.TrimSpace(name) == "" || (ok && ours == ""):
			h.unused[i] = true
		case !ok:
			h.unused[i] = true
			unknown = append(unknown, h.named[i])
		default:
			if first, twice := h.fields[ours]; twice {
				return nil, fmt.Errorf("line %d: the columns %q and %q are both %s: leave one out with --column %q",
					rec.line, h.named[first], h.named[i], ours, h.named[i]+"=")
			}
			h.fields[ours] = i
		}
	}
	return h, h.check(rec.line, unknown, o)
}

// detect finds the separator by which most columns are known; where that does
// not tell, the one that makes most of them.
func detect(rec record, known names) rune {
	best, most := ',', -1
	for _, comma := range separators {
		one := newRecords(nil)
		one.comma = comma
		fields, bad := one.split(rec)
		if bad != "" {
			continue
		}
		score := len(fields)
		for _, f := range fields {
			if _, ok := known[fold(f)]; ok {
				score += maxRecord
			}
		}
		if score > most {
			best, most = comma, score
		}
	}
	return best
}

// mapping checks what the caller says of the file's names.
func mapping(columns map[string]string, named []string, known names) (map[string]column, error) {
	out := map[string]column{}
	for _, theirs := range slices.Sorted(maps.Keys(columns)) {
		if !slices.ContainsFunc(named, func(n string) bool { return fold(n) == fold(theirs) }) {
			return nil, fmt.Errorf("--column %q: the file has no such column; it has: %s", theirs, list(named))
		}
		ours := column("")
		if name := columns[theirs]; strings.TrimSpace(name) != "" {
			found, ok := known[fold(name)]
			if !ok {
				return nil, fmt.Errorf("--column %q: %q is none of Lastday's columns; these are: %s", theirs, offboarding.Shorten(name, 60), knownNames())
			}
			ours = found
		}
		out[fold(theirs)] = ours
	}
	return out, nil
}

// check errs on a header that leaves open who leaves, when, or what it means.
func (h *header) check(number int, unknown []string, o Options) error {
	_, hasEmail := h.fields[colEmail]
	_, hasDay := h.fields[colLastDay]
	switch {
	case slices.ContainsFunc(h.named, func(n string) bool { _, err := offboarding.ParseSubject(n); return err == nil }):
		return fmt.Errorf("line %d is no header but a person: let the first line name the columns, such as email,last day", number)
	case len(unknown) > 0 && !o.IgnoreUnknown:
		return fmt.Errorf("line %d: nobody knows the column %s: give --column %q to say which of Lastday's it is, --column %q to leave it out, or --ignore-columns to leave out all unknown ones; known are: %s",
			number, list(unknown), offboarding.Shorten(unknown[0], 60)+"=NAME", offboarding.Shorten(unknown[0], 60)+"=", knownNames())
	case !hasEmail:
		return fmt.Errorf("line %d: no column is email: name it so, or say with --column NAME=email which one it is; the file has: %s", number, list(h.named))
	case !hasDay && o.At == "":
		return fmt.Errorf("line %d: no column is last day: name it so, say with --column NAME=%q which one it is, or give one time for all with --at (--at now: at once); the file has: %s",
			number, colLastDay, list(h.named))
	}
	return nil
}

// list quotes names from a file, which may hold anything.
func list(names []string) string {
	var out []string
	for i, n := range names {
		if i == 30 {
			out = append(out, fmt.Sprintf("and %d more", len(names)-i))
			break
		}
		out = append(out, fmt.Sprintf("%q", offboarding.Shorten(n, 60)))
	}
	return strings.Join(out, ", ")
}

// ignored are the names of the columns that are left out.
func (h *header) ignored() []string {
	var out []string
	for i, name := range h.named {
		if h.unused[i] && name != "" {
			out = append(out, offboarding.Shorten(name, 60))
		}
	}
	return out
}

// get is a line's text in a column; empty where either is missing.
func (h *header) get(fields []string, c column) string {
	i, ok := h.fields[c]
	if !ok || i >= len(fields) {
		return ""
	}
	return strings.TrimSpace(fields[i])
}

// short reports whether the line ends before the column with the last day, as a
// line does that was cut off: it is then not known to be empty.
func (h *header) short(fields []string) bool {
	at, ok := h.fields[colLastDay]
	return ok && at >= len(fields)
}

// surplus finds a value that stands in no named column.
func (h *header) surplus(fields []string) (int, bool) {
	for i, f := range fields {
		if strings.TrimSpace(f) != "" && (i >= len(h.named) || h.named[i] == "") {
			return i, true
		}
	}
	return 0, false
}
