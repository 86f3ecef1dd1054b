package codec

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/daead"
	"github.com/tink-crypto/tink-go/v2/tink"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// What an encrypted payload says of itself in its metadata.
const (
	// Encoding is the value of the metadata "encoding".
	Encoding = "binary/encrypted"
	// KeyID is the metadata that names the key, so that an operator sees which
	// keys are still needed.
	KeyID = "encryption-key-id"
)

// purpose is the associated data of every payload: what was encrypted for
// something else under the same key is not taken for one.
const purpose = "lastday: temporal payload"

// Codec encrypts payloads. A nil Codec is one that changes nothing, for where
// nothing is encrypted. Safe for concurrent use; it prints as [codec].
type Codec struct {
	payloads tink.AEAD
	primary  string
	known    map[string]bool
	names    tink.DeterministicAEAD
	opaque   bool
}

var _ converter.PayloadCodec = (*Codec)(nil)

// Open reads the keyset. Without one configured it is nil, which changes nothing;
// with one that cannot be read it is an error, and whoever starts stops there:
// nothing falls back to clear text.
func Open(c Config) (*Codec, error) {
	if !c.On() {
		return nil, nil //nolint:nilnil // no encryption is a choice, not an error
	}
	text, err := c.Keyset.Value()
	if err != nil {
		return nil, refuse(c, err)
	}
	out, err := New([]byte(text), c.Opaque)
	if err != nil {
		return nil, refuse(c, err)
	}
	return out, nil
}

func refuse(c Config, err error) error {
	return fmt.Errorf("encryption.keyset (%s): %w; nothing is started without it, and nothing written in clear text instead", c.Keyset.Source(), err)
}

// New makes a codec of a keyset as Generate wrote it.
func New(keyset []byte, opaque bool) (*Codec, error) {
	payloads, names, err := read(keyset)
	if err != nil {
		return nil, err
	}
	out := &Codec{known: map[string]bool{}, opaque: opaque}
	if out.payloads, err = aead.New(payloads); err != nil {
		return nil, fmt.Errorf("read keyset: its part payloads: %w", err)
	}
	if out.names, err = daead.New(names); err != nil {
		return nil, fmt.Errorf("read keyset: its part names: %w", err)
	}
	keys, err := list(payloads)
	if err != nil {
		return nil, err
	}
	for _, k := range keys {
		out.known[k.ID] = true
		if k.Primary {
			out.primary = k.ID
		}
	}
	if out.primary == "" {
		return nil, fmt.Errorf("read keyset: none of its keys is the one that encrypts")
	}
	return out, nil
}

// Primary is the id of the key that encrypts.
func (c *Codec) Primary() string { return c.primary }

// Encode encrypts each payload, with all it says of itself, under the primary key.
func (c *Codec) Encode(in []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(in))
	for i, p := range in {
		b, err := proto.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("encrypt payload: %w", err)
		}
		box, err := c.payloads.Encrypt(b, []byte(purpose))
		if err != nil {
			return nil, fmt.Errorf("encrypt payload: %w", err)
		}
		out[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), KeyID: []byte(c.primary)},
			Data:     box,
		}
	}
	return out, nil
}

// unreadable is a payload that this keyset does not open.
type unreadable struct{ why string }

// Unreadable is how the error begins that says why a payload cannot be decrypted.
// It names nobody.
const Unreadable = "decrypt payload: "

func (e *unreadable) Error() string { return Unreadable + e.why }

// Decode decrypts what Encode encrypted, under whichever key of the set. A
// payload that was never encrypted is passed on: cases that began before
// encryption was turned on go on.
func (c *Codec) Decode(in []*commonpb.Payload) ([]*commonpb.Payload, error) {
	out := make([]*commonpb.Payload, len(in))
	for i, p := range in {
		if string(p.GetMetadata()[converter.MetadataEncoding]) != Encoding {
			out[i] = p
			continue
		}
		opened, err := c.open(p)
		if err != nil {
			return nil, err
		}
		out[i] = opened
	}
	return out, nil
}

func (c *Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	if id := string(p.GetMetadata()[KeyID]); !c.known[id] {
		return nil, &unreadable{fmt.Sprintf("it was encrypted under the key %s, which is not in the keyset: put that key back", digits(id))}
	}
	b, err := c.payloads.Decrypt(p.GetData(), []byte(purpose))
	if err != nil {
		return nil, &unreadable{"it was altered, or encrypted under another keyset"}
	}
	out := &commonpb.Payload{}
	if err := proto.Unmarshal(b, out); err != nil {
		return nil, &unreadable{"there is no payload in it"}
	}
	return out, nil
}

// digits keeps what is not a key's id out of messages.
func digits(id string) string {
	if id == "" || len(id) > 10 || strings.Trim(id, "0123456789") != "" {
		return "without a name"
	}
	return id
}

// String hides the keys.
func (c *Codec) String() string { return "[codec]" }

// GoString hides the keys.
func (c *Codec) GoString() string { return c.String() }

// LogValue hides the keys.
func (c *Codec) LogValue() slog.Value { return slog.StringValue(c.String()) }
