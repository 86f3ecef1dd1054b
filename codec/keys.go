package codec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/daead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// bundle is the file: two Tink keysets. The one for payloads is rotated; the one
// for names is not, for a case must be found by the same id for ever.
type bundle struct {
	Payloads json.RawMessage `json:"payloads"`
	Names    json.RawMessage `json:"names"`
}

// Key is one key for payloads, as payloads name it in encryption-key-id.
type Key struct {
	ID string `json:"id"`
	// Primary is the one that encrypts; every one decrypts.
	Primary bool `json:"primary"`
}

// Generate makes a keyset with one key for payloads and one for names. Without it
// nothing that was encrypted under it can be read again.
func Generate() ([]byte, error) {
	payloads, names := keyset.NewManager(), keyset.NewManager()
	id, err := payloads.Add(aead.XChaCha20Poly1305KeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	nameID, err := names.Add(daead.AESSIVKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	if err := errors.Join(payloads.SetPrimary(id), names.SetPrimary(nameID)); err != nil {
		return nil, fmt.Errorf("make keyset: %w", err)
	}
	return write(payloads, names)
}

// Add puts a new key for payloads into a keyset. It decrypts, and encrypts
// nothing before Use: first every process has to know it.
func Add(old []byte) (changed []byte, id string, err error) {
	changed, err = change(old, func(m *keyset.Manager, _ *keyset.Handle) error {
		n, err := m.Add(aead.XChaCha20Poly1305KeyTemplate())
		id = keyName(n)
		return err
	})
	return changed, id, err
}

// Use has the key of the id encrypt from now on. The others go on decrypting.
func Use(old []byte, id string) ([]byte, error) {
	return change(old, func(m *keyset.Manager, h *keyset.Handle) error {
		n, err := find(h, id)
		if err != nil {
			return err
		}
		return m.SetPrimary(n)
	})
}

// Drop takes a key out. What was encrypted under it can be read by nobody any
// more; the key that encrypts is not dropped.
func Drop(old []byte, id string) ([]byte, error) {
	return change(old, func(m *keyset.Manager, h *keyset.Handle) error {
		n, err := find(h, id)
		if err != nil {
			return err
		}
		if p, err := h.Primary(); err != nil || p.KeyID() == n {
			return fmt.Errorf("the key %s is the one that encrypts: use another first", id)
		}
		return m.Delete(n)
	})
}

// List names the keys for payloads, oldest first, and never what they are.
func List(b []byte) ([]Key, error) {
	payloads, _, err := read(b)
	if err != nil {
		return nil, err
	}
	return list(payloads)
}

func list(h *keyset.Handle) ([]Key, error) {
	var out []Key
	for i := range h.Len() {
		e, err := h.Entry(i)
		if err != nil {
			return nil, fmt.Errorf("read keyset: %w", err)
		}
		if e.KeyStatus() == keyset.Enabled {
			out = append(out, Key{ID: keyName(e.KeyID()), Primary: e.IsPrimary()})
		}
	}
	return out, nil
}

func keyName(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

func find(h *keyset.Handle, id string) (uint32, error) {
	keys, err := list(h)
	if err != nil {
		return 0, err
	}
	for _, k := range keys {
		if k.ID == id {
			n, err := strconv.ParseUint(id, 10, 32)
			return uint32(n), err
		}
	}
	return 0, fmt.Errorf("there is no key %q in it: starter encryption list shows what there is", id)
}

func change(old []byte, do func(*keyset.Manager, *keyset.Handle) error) ([]byte, error) {
	payloads, names, err := read(old)
	if err != nil {
		return nil, err
	}
	m := keyset.NewManagerFromHandle(payloads)
	if err := do(m, payloads); err != nil {
		return nil, fmt.Errorf("change keyset: %w", err)
	}
	return write(m, keyset.NewManagerFromHandle(names))
}

// read never says what it read: a parser's error may quote a key.
func read(b []byte) (payloads, names *keyset.Handle, err error) {
	var f bundle
	if json.Unmarshal(b, &f) != nil || len(f.Payloads) == 0 || len(f.Names) == 0 {
		return nil, nil, errors.New("read keyset: it is not a file that starter encryption keys wrote")
	}
	payloads, err = insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Payloads)))
	if err != nil {
		return nil, nil, errors.New("read keyset: its part payloads is no Tink keyset in JSON")
	}
	names, err = insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Names)))
	if err != nil {
		return nil, nil, errors.New("read keyset: its part names is no Tink keyset in JSON")
	}
	return payloads, names, nil
}

func write(payloads, names *keyset.Manager) ([]byte, error) {
	var f bundle
	for _, part := range []struct {
		from *keyset.Manager
		to   *json.RawMessage
	}{{payloads, &f.Payloads}, {names, &f.Names}} {
		h, err := part.from.Handle()
		if err != nil {
			return nil, fmt.Errorf("write keyset: %w", err)
		}
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(h, keyset.NewJSONWriter(&b)); err != nil {
			return nil, fmt.Errorf("write keyset: %w", err)
		}
		*part.to = b.Bytes()
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write keyset: %w", err)
	}
	return append(b, '\n'), nil
}
