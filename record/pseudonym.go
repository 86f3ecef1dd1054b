package record

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// NewSalt gives a random salt for a person's pseudonym. It is kept with the
// person's name and erased with it.
func NewSalt() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Pseudonym is what entries call the person with the identity. Whoever has the
// salt can show whom an entry means (Person.Is), and nobody can make it mean
// somebody else afterwards; without the salt it says nothing about anybody.
func Pseudonym(identity, salt string) string {
	h := sha256.Sum256([]byte("lastday person v1\n" + salt + "\n" + identity))
	return "p-" + strings.ToLower(base32.StdEncoding.EncodeToString(h[:20]))
}

// Is reports whether the pseudonym is that of the person, as their salt shows.
// Without a salt nothing shows it, and the answer is no.
func (p Person) Is(pseudonym string) bool {
	return p.Salt != "" && Pseudonym(p.Identity, p.Salt) == pseudonym
}
