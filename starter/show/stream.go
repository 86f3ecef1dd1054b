package show

import (
	"encoding/json"
	"fmt"
	"io"
)

// Stream prints one JSON object piece by piece, so that a long list need not
// be kept: lists one after another, then single fields. It keeps the first
// error of writing, and says it at Close.
type Stream struct {
	w     io.Writer
	list  string
	wrote bool
	err   error
}

// NewStream begins an object.
func NewStream(w io.Writer) *Stream {
	s := &Stream{w: w}
	s.print("{")
	return s
}

func (s *Stream) print(format string, args ...any) {
	if s.err == nil {
		_, s.err = fmt.Fprintf(s.w, format, args...)
	}
}

// Add puts a value at the end of a list. A list is ended by the first value of
// another, and cannot go on afterwards.
func (s *Stream) Add(list string, v any) {
	if s.list == list {
		s.print(",")
	} else {
		s.end()
		s.field(list)
		s.print("[")
		s.list = list
	}
	s.print("\n    ")
	s.value(v, "    ")
}

// Field puts a single value.
func (s *Stream) Field(name string, v any) {
	s.end()
	s.field(name)
	s.value(v, "  ")
}

func (s *Stream) field(name string) {
	if s.wrote {
		s.print(",")
	}
	s.wrote = true
	s.print("\n  %q: ", name)
}

func (s *Stream) value(v any, indent string) {
	b, err := json.MarshalIndent(v, indent, "  ")
	if err != nil && s.err == nil {
		s.err = fmt.Errorf("print JSON: %w", err)
	}
	s.print("%s", b)
}

func (s *Stream) end() {
	if s.list != "" {
		s.print("\n  ]")
		s.list = ""
	}
}

// Close ends the object.
func (s *Stream) Close() error {
	s.end()
	s.print("\n}\n")
	return s.err
}
