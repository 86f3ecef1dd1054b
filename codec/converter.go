package codec

import (
	"context"
	"errors"
	"fmt"
	"os"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
)

// Apply has a client encrypt and decrypt: arguments, results, heartbeats,
// summaries, details, and what errors say. On a nil Codec it changes nothing.
func (c *Codec) Apply(o *client.Options) {
	if c == nil {
		return
	}
	o.DataConverter = c.Converter()
	o.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: o.DataConverter, EncodeCommonAttributes: true,
	})
	if c.opaque && o.Identity == "" {
		// The SDK's own has the machine's name, which may be a person's.
		host, _ := os.Hostname()
		o.Identity = fmt.Sprintf("%d@%s", os.Getpid(), c.Hide("host", host))
	}
}

// Converter is the SDK's own data converter with encryption. Inside a workflow a
// payload that cannot be decrypted panics, so that the workflow task fails and
// is tried again until the key is back: as an error it would end the case, or be
// taken for a system's answer. A nil Codec gives the SDK's own.
func (c *Codec) Converter() converter.DataConverter {
	if c == nil {
		return converter.GetDefaultDataConverter()
	}
	return outside{converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), c)}
}

// outside is the converter of clients and activities.
type outside struct{ converter.DataConverter }

var _ converter.ContextAware = outside{}

// WithWorkflowContext implements converter.ContextAware.
func (d outside) WithWorkflowContext(converter.WorkflowContext) converter.DataConverter {
	return inside(d)
}

// WithContext implements converter.ContextAware.
func (d outside) WithContext(context.Context) converter.DataConverter { return d }

// inside is the converter of a running workflow.
type inside struct{ converter.DataConverter }

// FromPayload implements converter.DataConverter.
func (d inside) FromPayload(p *commonpb.Payload, to any) error {
	return orHalt(d.DataConverter.FromPayload(p, to))
}

// FromPayloads implements converter.DataConverter.
func (d inside) FromPayloads(p *commonpb.Payloads, to ...any) error {
	return orHalt(d.DataConverter.FromPayloads(p, to...))
}

func orHalt(err error) error {
	var no *unreadable
	if errors.As(err, &no) {
		panic(no.Error())
	}
	return err
}
