package names

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"lastday/record"
)

// Person is a person's own key, opened.
type Person struct{ aead tink.AEAD }

// NewPerson makes a person's own key. The second value is the key sealed under
// the names key, as it is stored; it opens for this pseudonym only.
func (k Keys) NewPerson(pseudonym string) (Person, []byte, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return Person{}, nil, fmt.Errorf("make a person's key: %w", err)
	}
	var b bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), k.k.aead, []byte(pseudonym)); err != nil {
		return Person{}, nil, fmt.Errorf("seal a person's key: %w", err)
	}
	p, err := person(handle)
	return p, b.Bytes(), err
}

// Person opens a person's own key.
func (k Keys) Person(pseudonym string, sealed []byte) (Person, error) {
	handle, err := k.handle(pseudonym, sealed)
	if err != nil {
		return Person{}, err
	}
	return person(handle)
}

// Reseal seals a person's own key anew, under the primary key.
func (k Keys) Reseal(pseudonym string, sealed []byte) ([]byte, error) {
	handle, err := k.handle(pseudonym, sealed)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := handle.WriteWithAssociatedData(keyset.NewBinaryWriter(&b), k.k.aead, []byte(pseudonym)); err != nil {
		return nil, fmt.Errorf("seal the key of %s: %w", pseudonym, err)
	}
	return b.Bytes(), nil
}

func (k Keys) handle(pseudonym string, sealed []byte) (*keyset.Handle, error) {
	handle, err := keyset.ReadWithAssociatedData(keyset.NewBinaryReader(bytes.NewReader(sealed)), k.k.aead, []byte(pseudonym))
	if err != nil {
		return nil, fmt.Errorf("open the key of %s: the names key does not open it: it was sealed under another, or altered", pseudonym)
	}
	return handle, nil
}

func person(handle *keyset.Handle) (Person, error) {
	a, err := aead.New(handle)
	if err != nil {
		return Person{}, fmt.Errorf("use a person's key: %w", err)
	}
	return Person{a}, nil
}

// Seal encrypts what speaks of the person, for the event it belongs to.
func (p Person) Seal(opened []byte, event string) ([]byte, error) {
	box, err := p.aead.Encrypt(opened, []byte(event))
	if err != nil {
		return nil, fmt.Errorf("seal the details of event %s: %w", event, err)
	}
	return box, nil
}

// Open decrypts what Seal gave for that event.
func (p Person) Open(box []byte, event string) ([]byte, error) {
	opened, err := p.aead.Decrypt(box, []byte(event))
	if err != nil {
		return nil, fmt.Errorf("open the details of event %s: they were altered, or sealed under another key", event)
	}
	return opened, nil
}

// SealProfile encrypts who the pseudonym is, under the names key.
func (k Keys) SealProfile(pseudonym string, who record.Person) ([]byte, error) {
	b, err := json.Marshal(who)
	if err != nil {
		return nil, fmt.Errorf("seal who %s is: %w", pseudonym, err)
	}
	return k.Seal(b, "who is "+pseudonym)
}

// OpenProfile says who the pseudonym is.
func (k Keys) OpenProfile(pseudonym string, box []byte) (record.Person, error) {
	var who record.Person
	b, err := k.Open(box, "who is "+pseudonym)
	if err != nil {
		return who, fmt.Errorf("open who %s is: %w", pseudonym, err)
	}
	if err := json.Unmarshal(b, &who); err != nil {
		return who, errors.New("open who " + pseudonym + " is: it is not written as a person is")
	}
	return who, nil
}
