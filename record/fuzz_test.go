package record_test

import (
	"bytes"
	"testing"
	"time"

	"lastday/record"
)

// A leaf that is read is, byte for byte, what would be written of it.
func FuzzParseEntry(f *testing.F) {
	at := time.Date(2026, 3, 2, 12, 0, 0, 123456000, time.UTC)
	leaf, err := record.Entry{
		Version: record.Version, Event: "run/action/okta/0/ab", Kind: record.Action, At: at, Recorded: at.Add(time.Second), Case: "run", Seq: 3,
		System: "okta", People: map[record.Role]string{record.Subject: "p-1", record.Actor: "p-2"}, Facts: []byte(`{"n":0,"x":"<é>"}`), Sealed: make([]byte, 32),
	}.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(leaf)
	f.Add([]byte(`{"v":1,"event":"a","kind":"alive","at":"2026-03-02T12:00:00Z","recorded":"2026-03-02T12:00:00Z"}`))
	f.Add([]byte(`{"v":1,"event":"a","kind":"alive","at":"2026-03-02T12:00:00+01:00","recorded":"0000-01-01T00:00:00Z"}`))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		e, err := record.ParseEntry(leaf)
		if err != nil {
			return
		}
		again, err := e.Marshal()
		if err != nil || !bytes.Equal(again, leaf) {
			t.Fatalf("%q is read, and written as %q: %v", leaf, again, err)
		}
		if e.Version != record.Version {
			t.Fatalf("%q is of another version", leaf)
		}
	})
}
