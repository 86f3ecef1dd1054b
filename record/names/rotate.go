package names

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// Generate makes a names key of one XChaCha20-Poly1305 key, as JSON. Whoever has
// it and the database has the names: keep the two apart, and a copy of it, for
// without it nobody can read a name or open a detail again.
func Generate() ([]byte, error) {
	m := keyset.NewManager()
	id, err := m.Add(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make names key: %w", err)
	}
	return write(m, id)
}

// Rotate adds a new key and makes it the primary. The old ones go on opening what
// they sealed. All processes need the new names key before any of them writes
// with it: as soon as one has, those with the old one alone write no more.
func Rotate(old []byte) ([]byte, error) {
	handle, err := parse(old)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(handle)
	id, err := m.Add(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("rotate names key: %w", err)
	}
	return write(m, id)
}

// Retire leaves only the primary key. Do it when everything has been sealed anew
// (store.Reseal): whatever an older key sealed, in a backup or in a database's
// own log, can then be opened by nobody who has not kept that key.
func Retire(old []byte) ([]byte, error) {
	handle, err := parse(old)
	if err != nil {
		return nil, err
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, errors.New("retire names keys: there is no primary key")
	}
	m := keyset.NewManagerFromHandle(handle)
	for i := range handle.Len() {
		entry, err := handle.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("retire names keys: %w", err)
		}
		if entry.IsPrimary() {
			continue
		}
		if err := m.Delete(entry.KeyID()); err != nil {
			return nil, fmt.Errorf("retire names keys: %w", err)
		}
	}
	return write(m, primary.KeyID())
}

func write(m *keyset.Manager, primary uint32) ([]byte, error) {
	if err := m.SetPrimary(primary); err != nil {
		return nil, fmt.Errorf("write names key: %w", err)
	}
	handle, err := m.Handle()
	if err != nil {
		return nil, fmt.Errorf("write names key: %w", err)
	}
	var b bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
		return nil, fmt.Errorf("write names key: %w", err)
	}
	return b.Bytes(), nil
}
