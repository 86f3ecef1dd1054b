package record

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Version is that of the entry format.
const Version = 1

// Entry is one line of the log. Its leaf, the exact bytes of Marshal, is what
// the tree is built of.
type Entry struct {
	Version int    `json:"v"`
	Event   string `json:"event"` // unique in the log
	Kind    Kind   `json:"kind"`
	// At is when it happened, Recorded when it was put into the log, by the clock
	// of the machine that did; both UTC, to the microsecond.
	At       time.Time `json:"at"`
	Recorded time.Time `json:"recorded"`
	Case     string    `json:"case,omitempty"`
	// Seq counts the entries of the case from 1, without a gap.
	Seq    int64  `json:"seq,omitempty"`
	System string `json:"system,omitempty"`
	// People are pseudonyms by role.
	People map[Role]string `json:"people,omitempty"`
	Facts  json.RawMessage `json:"facts,omitempty"`
	// Sealed is the SHA-256 of the sealed details (Seal); empty without any.
	Sealed []byte `json:"sealed,omitempty"`
}

// Marshal gives the leaf: compact JSON, keys in the order of the struct.
func (e Entry) Marshal() ([]byte, error) {
	e.At, e.Recorded = e.At.UTC().Truncate(time.Microsecond), e.Recorded.UTC().Truncate(time.Microsecond)
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("encode entry %s: %w", e.Event, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// ParseEntry reads a leaf. It is strict: a leaf that this program would not have
// written, byte for byte, is an error.
func ParseEntry(leaf []byte) (Entry, error) {
	var e Entry
	dec := json.NewDecoder(bytes.NewReader(leaf))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return Entry{}, fmt.Errorf("read entry: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Entry{}, errors.New("read entry: something follows it")
	}
	if e.Version != Version {
		return Entry{}, fmt.Errorf("read entry: format %d is not known to this version: take a newer one", e.Version)
	}
	again, err := e.Marshal()
	if err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(again, leaf) {
		return Entry{}, fmt.Errorf("read entry %s: it is not written as an entry is", e.Event)
	}
	return e, nil
}

// sealed is what an entry's Sealed is the hash of. The salt keeps whoever has
// the hash alone from trying out names.
type sealed struct {
	Salt    []byte          `json:"salt"`
	Details json.RawMessage `json:"details"`
}

// Seal puts details into the form whose hash stands in the entry, with a new
// random salt. The second value is the hash.
func Seal(details json.RawMessage) (opened, hash []byte, err error) {
	s := sealed{Salt: make([]byte, 32), Details: details}
	_, _ = rand.Read(s.Salt) // never fails
	opened, err = json.Marshal(s)
	if err != nil {
		return nil, nil, fmt.Errorf("seal details: %w", err)
	}
	h := sha256.Sum256(opened)
	return opened, h[:], nil
}

// Open gives the details back, if opened is what the entry has the hash of.
func (e Entry) Open(opened []byte) (json.RawMessage, error) {
	h := sha256.Sum256(opened)
	if !bytes.Equal(h[:], e.Sealed) {
		return nil, fmt.Errorf("the details of entry %s are not those whose hash stands in it", e.Event)
	}
	var s sealed
	if err := json.Unmarshal(opened, &s); err != nil {
		return nil, fmt.Errorf("read the details of entry %s: %w", e.Event, err)
	}
	return s.Details, nil
}

// Recorded is an entry as it stands in the log.
type Recorded struct {
	Index int64
	Leaf  []byte
	Entry Entry
	// Opened are the sealed details as Seal gave them; nil if the entry has none,
	// or if its person was erased.
	Opened []byte
}

// Details are the opened details; nil where there are none or no more.
func (r Recorded) Details() (json.RawMessage, error) {
	if r.Opened == nil {
		return nil, nil
	}
	return r.Entry.Open(r.Opened)
}
