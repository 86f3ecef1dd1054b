package departures

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxRecord bounds one record in bytes, so that a quote that is never closed
// does not swallow the file.
const maxRecord = 64 << 10

// records splits a file into records and keeps count of its lines. After a
// record that cannot be read it goes on with the next line.
type records struct {
	in     *bufio.Reader
	back   []line // to be read again
	number int    // of the last line read
	fed    *bytes.Reader
	fields *csv.Reader
	comma  rune
}

// line is one line of the file, its end included.
type line struct {
	text []byte
	long bool // longer than a record may be; text is empty
}

// record is one record as it stands in the file.
type record struct {
	line  int      // the first one's number
	lines [][]byte // valid until the next record
	bad   string   // why it cannot be read
}

func newRecords(r io.Reader) *records {
	return &records{in: bufio.NewReaderSize(r, maxRecord), fed: bytes.NewReader(nil)}
}

// next returns the next record, io.EOF at the end, or what makes the whole file
// unreadable.
func (r *records) next() (record, error) {
	first, err := r.readLine()
	if err != nil {
		return record{}, err
	}
	rec := record{line: r.number, lines: [][]byte{first.text}}
	if first.long {
		rec.bad = fmt.Sprintf("is longer than %d KiB: is a line end missing?", maxRecord>>10)
		return rec, nil
	}
	if quotes(first) {
		return r.goOn(rec)
	}
	return rec, nil
}

// quotes reports whether a quoted field is left open, or closed, by the line.
func quotes(l line) bool { return bytes.Count(l.text, []byte{'"'})%2 == 1 }

// goOn reads the lines over which a quoted field goes on. If it is not closed
// within a record's length, only the first line is bad, and the others are read
// again by themselves.
func (r *records) goOn(rec record) (record, error) {
	rec.lines[0] = bytes.Clone(rec.lines[0]) // does not outlive the next reading
	var ahead []line
	size := len(rec.lines[0])
	for {
		l, err := r.readLine()
		if err != nil && !errors.Is(err, io.EOF) {
			return record{}, err
		}
		if err == nil {
			l.text = bytes.Clone(l.text)
			ahead = append(ahead, l)
			size += len(l.text)
		}
		if err != nil || l.long || size > maxRecord {
			r.back, r.number = append(ahead, r.back...), rec.line
			rec.bad = `has a quote that is opened and not closed: write " inside a field as ""`
			return rec, nil
		}
		rec.lines = append(rec.lines, l.text)
		if quotes(l) {
			return rec, nil
		}
	}
}

// split takes the record apart at the commas, or whatever stands for them. A
// record without any text has no fields. The fields are valid until the next call.
func (r *records) split(rec record) (fields []string, bad string) {
	if r.fields == nil {
		r.fields = csv.NewReader(r.fed)
		r.fields.Comma, r.fields.FieldsPerRecord, r.fields.ReuseRecord = r.comma, -1, true
		r.fields.TrimLeadingSpace = r.comma != '\t'
	}
	r.fed.Reset(bytes.Join(rec.lines, nil))
	fields, err := r.fields.Read()
	if err == nil {
		return fields, ""
	}
	if errors.Is(err, io.EOF) {
		return nil, ""
	}
	for !errors.Is(err, io.EOF) {
		_, err = r.fields.Read() // the rest of this record
	}
	for i := len(rec.lines) - 1; i > 0; i-- {
		r.back = append([]line{{text: rec.lines[i]}}, r.back...)
	}
	r.number = rec.line
	return nil, `has a quote in the wrong place: put the whole field in quotes, and write " inside it as ""`
}

// readLine returns the next line, which is valid until the one after it.
func (r *records) readLine() (line, error) {
	if len(r.back) > 0 {
		l := r.back[0]
		r.back = r.back[1:]
		r.number++
		return l, nil
	}
	text, err := r.in.ReadSlice('\n')
	long := false
	for errors.Is(err, bufio.ErrBufferFull) {
		long = true
		_, err = r.in.ReadSlice('\n')
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return line{}, fmt.Errorf("read file: %w", err)
	case err != nil && len(text) == 0:
		return line{}, io.EOF
	case err != nil:
		text = append(bytes.Clone(text), '\n')
	}
	r.number++
	if long {
		return line{long: true}, nil
	}
	if r.number == 1 {
		if err := foreign(text); err != nil {
			return line{}, err
		}
		text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	}
	return line{text: text}, legible(text, r.number)
}

const asUTF8 = "save it as UTF-8 (in Excel: \"CSV UTF-8\")"

// foreign recognises the marks with which UTF-16 files begin.
func foreign(start []byte) error {
	if bytes.HasPrefix(start, []byte{0xff, 0xfe}) || bytes.HasPrefix(start, []byte{0xfe, 0xff}) {
		return fmt.Errorf("line 1, byte 1: the file is in UTF-16: %s", asUTF8)
	}
	return nil
}

// legible refuses what is not text in UTF-8, and names the line and the byte.
func legible(text []byte, number int) error {
	if i := bytes.IndexByte(text, 0); i >= 0 {
		return fmt.Errorf("line %d, byte %d: a zero byte: this is UTF-16 or no text; %s", number, i+1, asUTF8)
	}
	if utf8.Valid(text) {
		return nil
	}
	at := 0
	for at < len(text) {
		r, n := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return fmt.Errorf("line %d, byte %d: 0x%02x is not UTF-8: %s", number, at+1, text[at], asUTF8)
}
