package codec

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
)

const (
	// step is what hidden texts are filled up to a multiple of: their length
	// tells little.
	step = 32
	// longest is what a search attribute holds in every database of Temporal.
	longest = 255
)

// Hide gives a text that stands for another in an id or a search attribute: the
// same one for the same, so that whoever has the key finds it, and of no use to
// anybody else. It stays the same when the key for payloads is rotated. What
// says what the text is: an address and a partner of one name differ. Where
// nothing is to be hidden, it is the text itself.
func (c *Codec) Hide(what, text string) string {
	if c == nil || !c.opaque || text == "" {
		return text
	}
	filled := append([]byte(text), make([]byte, (step-len(text)%step)%step)...)
	box, err := c.names.EncryptDeterministically(filled, []byte("lastday: "+what))
	if err != nil {
		panic("codec: hide a text of a few bytes: " + err.Error()) // AES-SIV fails at 64 GiB
	}
	if out := base64.RawURLEncoding.EncodeToString(box); len(out) <= longest {
		return out
	}
	sum := sha256.Sum256(box)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// Reveal is the text that Hide hid; what was not hidden, or was too long to be
// kept whole, it gives back as it is.
func (c *Codec) Reveal(what, hidden string) string {
	if c == nil {
		return hidden
	}
	box, err := base64.RawURLEncoding.DecodeString(hidden)
	if err != nil {
		return hidden
	}
	text, err := c.names.DecryptDeterministically(box, []byte("lastday: "+what))
	if err != nil {
		return hidden
	}
	return string(bytes.TrimRight(text, "\x00"))
}

// Opaque reports whether ids and search attributes are hidden.
func (c *Codec) Opaque() bool { return c != nil && c.opaque }
