// Package names keeps people apart from facts: it seals what speaks of a person
// under a key of that person's own, which erasure destroys, and those keys under
// the names key, which the operator holds. It knows no database.
package names

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/aead/aesgcm"
	"github.com/tink-crypto/tink-go/v2/aead/xchacha20poly1305"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/insecuresecretdataaccess"
	"github.com/tink-crypto/tink-go/v2/key"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keys are the names key: a Tink keyset of one or more AEAD keys, of which the
// primary seals and every one opens. The zero Keys are none, and open nothing.
// They print as [names key] wherever they are printed.
type Keys struct{ k *keys }

type keys struct {
	aead    tink.AEAD
	newest  tink.AEAD // the primary alone
	lookups [][]byte  // the primary's first
}

const lookupInfo = "lastday record: who is this"

// Parse reads a names key: a Tink keyset in JSON, as Generate and tinkey write
// it, of AES256-GCM or XChaCha20-Poly1305 keys. The error says what is wrong and
// never what the key is.
func Parse(b []byte) (Keys, error) {
	handle, err := parse(b)
	if err != nil {
		return Keys{}, err
	}
	k := &keys{}
	if k.aead, err = aead.New(handle); err != nil {
		return Keys{}, fmt.Errorf("read names key: %w", err)
	}
	if k.newest, err = newest(b); err != nil {
		return Keys{}, fmt.Errorf("read names key: %w", err)
	}
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return Keys{}, fmt.Errorf("read names key: %w", err)
		}
		if entry.KeyStatus() != keyset.Enabled {
			continue
		}
		lookup, err := lookupKey(entry.Key())
		if err != nil {
			return Keys{}, err
		}
		if entry.IsPrimary() {
			k.lookups = append([][]byte{lookup}, k.lookups...)
		} else {
			k.lookups = append(k.lookups, lookup)
		}
	}
	return Keys{k}, nil
}

func parse(b []byte) (*keyset.Handle, error) {
	if len(bytes.TrimSpace(b)) == 0 {
		return nil, errors.New("read names key: it is empty: make one, and keep it apart from the database")
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		// The parser's error may quote what it read.
		return nil, errors.New("read names key: it is not a Tink keyset in JSON in the clear")
	}
	return handle, nil
}

func newest(b []byte) (tink.AEAD, error) {
	only, err := Retire(b)
	if err != nil {
		return nil, err
	}
	handle, err := parse(only)
	if err != nil {
		return nil, err
	}
	return aead.New(handle) //nolint:wrapcheck // the caller does
}

// lookupKey derives the key that people are looked up by from one of the keys
// that names are sealed under.
func lookupKey(k key.Key) ([]byte, error) {
	var raw []byte
	switch k := k.(type) {
	case *aesgcm.Key:
		raw = k.KeyBytes().Data(insecuresecretdataaccess.Token{})
	case *xchacha20poly1305.Key:
		raw = k.KeyBytes().Data(insecuresecretdataaccess.Token{})
	default:
		return nil, errors.New("read names key: it must be of AES256-GCM or XChaCha20-Poly1305 keys")
	}
	if len(raw) != 32 {
		return nil, errors.New("read names key: it has a key of fewer than 256 bits: make a new one")
	}
	lookup, err := hkdf.Key(sha256.New, raw, nil, lookupInfo, sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("read names key: %w", err)
	}
	return lookup, nil
}

// IsZero reports whether there is no key.
func (k Keys) IsZero() bool { return k.k == nil }

// Lookups are what an identity is found by in a database that must not tell it:
// its HMAC-SHA256 under a key derived from each of the keys. The first is the
// primary's, under which it is to be stored.
func (k Keys) Lookups(identity string) [][]byte {
	sums := make([][]byte, len(k.k.lookups))
	for i, lookup := range k.k.lookups {
		h := hmac.New(sha256.New, lookup)
		h.Write([]byte(identity))
		sums[i] = h.Sum(nil)
	}
	return sums
}

// Seal encrypts under the primary key; to open it the same context is needed.
func (k Keys) Seal(clear []byte, context string) ([]byte, error) {
	box, err := k.k.aead.Encrypt(clear, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("seal under the names key: %w", err)
	}
	return box, nil
}

// Open decrypts what Seal gave, under whichever of the keys it was.
func (k Keys) Open(box []byte, context string) ([]byte, error) {
	clear, err := k.k.aead.Decrypt(box, []byte(context))
	if err != nil {
		return nil, errors.New("the names key does not open it: it was sealed under another, or altered")
	}
	return clear, nil
}

// Newest reports whether the primary key itself opens what Seal gave.
func (k Keys) Newest(box []byte, context string) bool {
	_, err := k.k.newest.Decrypt(box, []byte(context))
	return err == nil
}

// String hides the key.
func (k Keys) String() string { return "[names key]" }

// GoString hides the key.
func (k Keys) GoString() string { return k.String() }

// LogValue hides the key.
func (k Keys) LogValue() slog.Value { return slog.StringValue(k.String()) }

// MarshalText hides the key.
func (k Keys) MarshalText() ([]byte, error) { return []byte(k.String()), nil }
