package codec_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"lastday/codec"
	"lastday/logs"
	"lastday/secret"
)

func keyset(t testing.TB) []byte {
	t.Helper()
	b, err := codec.Generate()
	require.NoError(t, err)
	return b
}

func open(t testing.TB, keyset []byte, opaque bool) *codec.Codec {
	t.Helper()
	c, err := codec.New(keyset, opaque)
	require.NoError(t, err)
	return c
}

func payload(t testing.TB, c converter.DataConverter, v any) *commonpb.Payload {
	t.Helper()
	p, err := c.ToPayload(v)
	require.NoError(t, err)
	return p
}

func TestWhatIsEncryptedIsReadAgainAndShowsNothing(t *testing.T) {
	c := open(t, keyset(t), false)
	for _, v := range []any{"jane.doe@example.com", []byte("jane.doe@example.com"), map[string]any{"jane.doe@example.com": "x"}, nil} {
		p := payload(t, c.Converter(), v)
		b, err := proto.Marshal(p)
		require.NoError(t, err)
		require.NotContains(t, string(b), "jane")
		require.Equal(t, codec.Encoding, string(p.GetMetadata()["encoding"]))
		require.Equal(t, c.Primary(), string(p.GetMetadata()[codec.KeyID]))
		again := payload(t, c.Converter(), v)
		require.NotEqual(t, p.GetData(), again.GetData(), "the same thing twice is not seen to be the same")
		back, err := c.Decode([]*commonpb.Payload{p})
		require.NoError(t, err)
		require.True(t, proto.Equal(payload(t, converter.GetDefaultDataConverter(), v), back[0]))
	}
}

func TestWhatAnErrorSaysIsEncrypted(t *testing.T) {
	c := open(t, keyset(t), false)
	var o client.Options
	c.Apply(&o)
	cause := temporal.NewApplicationErrorWithCause("no jane here", "Identity", fmt.Errorf("because of jane"), "detail of jane")
	f := o.FailureConverter.ErrorToFailure(cause)
	b, err := proto.Marshal(f)
	require.NoError(t, err)
	require.NotContains(t, string(b), "jane")
	back := o.FailureConverter.FailureToError(f)
	require.ErrorContains(t, back, "no jane here")
	var app *temporal.ApplicationError
	require.ErrorAs(t, back, &app)
	require.Equal(t, "Identity", app.Type(), "what the case decides by is there without a key")
	var detail string
	require.NoError(t, app.Details(&detail))
	require.Equal(t, "detail of jane", detail)
}

func TestARotatedKeysetReadsOldAndNew(t *testing.T) {
	first := keyset(t)
	added, id, err := codec.Add(first)
	require.NoError(t, err)
	used, err := codec.Use(added, id)
	require.NoError(t, err)
	before, both, after := open(t, first, true), open(t, added, true), open(t, used, true)
	require.Equal(t, before.Primary(), both.Primary(), "a new key only reads at first")
	require.Equal(t, id, after.Primary())

	old, young := payload(t, before.Converter(), "old"), payload(t, after.Converter(), "young")
	var got string
	for _, c := range []*codec.Codec{both, after} {
		require.NoError(t, c.Converter().FromPayload(old, &got))
		require.Equal(t, "old", got)
		require.NoError(t, c.Converter().FromPayload(young, &got))
		require.Equal(t, "young", got)
	}
	require.ErrorContains(t, before.Converter().FromPayload(young, &got), "encrypted under the key "+id+", which is not in the keyset: put that key back")
	require.Equal(t, before.Hide("subject", "jane@example.com"), after.Hide("subject", "jane@example.com"), "a case is found as before")

	_, err = codec.Drop(used, id)
	require.ErrorContains(t, err, "the one that encrypts")
	dropped, err := codec.Drop(used, before.Primary())
	require.NoError(t, err)
	require.ErrorContains(t, open(t, dropped, true).Converter().FromPayload(old, &got), "not in the keyset")
	keys, err := codec.List(dropped)
	require.NoError(t, err)
	require.Equal(t, []codec.Key{{ID: id, Primary: true}}, keys)
	_, err = codec.Use(used, "17")
	require.ErrorContains(t, err, `no key "17"`)
}

func TestAnotherKeysetAndAlteredPayloadsAreErrors(t *testing.T) {
	ours, theirs := open(t, keyset(t), false), open(t, keyset(t), false)
	p := payload(t, ours.Converter(), "jane")
	var got string
	require.ErrorContains(t, theirs.Converter().FromPayload(p, &got), "not in the keyset")
	named := proto.Clone(p).(*commonpb.Payload)
	named.Metadata[codec.KeyID] = []byte(theirs.Primary())
	require.ErrorContains(t, theirs.Converter().FromPayload(named, &got), "under another keyset")
	for i := range p.GetData() {
		bad := proto.Clone(p).(*commonpb.Payload)
		bad.Data[i] ^= 1
		require.ErrorContains(t, ours.Converter().FromPayload(bad, &got), "altered")
	}
	shouting := proto.Clone(p).(*commonpb.Payload)
	shouting.Metadata[codec.KeyID] = []byte("\x1b[31mjane")
	require.ErrorContains(t, ours.Converter().FromPayload(shouting, &got), "under the key without a name")
	require.Empty(t, got)
}

func TestWhatWasNeverEncryptedIsPassedOn(t *testing.T) {
	c := open(t, keyset(t), false)
	clear := payload(t, converter.GetDefaultDataConverter(), "from before")
	var got string
	require.NoError(t, c.Converter().FromPayload(clear, &got))
	require.Equal(t, "from before", got)
}

func TestInAWorkflowAMissingKeyHaltsInsteadOfAnswering(t *testing.T) {
	p := payload(t, open(t, keyset(t), false).Converter(), "jane")
	inside := open(t, keyset(t), false).Converter().(converter.ContextAware).WithWorkflowContext(nil)
	var got string
	require.Panics(t, func() { _ = inside.FromPayload(p, &got) })
	require.Panics(t, func() { _ = inside.FromPayloads(&commonpb.Payloads{Payloads: []*commonpb.Payload{p}}, &got) })
	require.Error(t, inside.FromPayload(payload(t, converter.GetDefaultDataConverter(), 17), &got), "a wrong type is an error as ever")
}

func TestTheLogSaysWhichKeyIsMissing(t *testing.T) {
	p := payload(t, open(t, keyset(t), false).Converter(), "jane")
	err := open(t, keyset(t), false).Converter().FromPayload(p, new(string))
	var said bytes.Buffer
	log := logs.New(&said, logs.Config{}, slog.LevelInfo)
	log.Error("Workflow panic", "Error", err)
	log.Error("Workflow panic", "PanicError", err.Error())
	require.Equal(t, 2, strings.Count(said.String(), "put that key back"), said.String())
}

func TestWithoutAKeysetNothingChanges(t *testing.T) {
	c, err := codec.Open(codec.Config{})
	require.NoError(t, err)
	require.Nil(t, c)
	var o client.Options
	c.Apply(&o)
	require.Nil(t, o.DataConverter)
	require.Nil(t, o.FailureConverter)
	require.Equal(t, "jane@example.com", c.Hide("subject", "jane@example.com"))
	require.Equal(t, "jane@example.com", c.Reveal("subject", "jane@example.com"))
	require.Equal(t, converter.GetDefaultDataConverter(), c.Converter())
}

func TestAKeysetThatCannotBeReadIsAnErrorThatSaysNothingOfIt(t *testing.T) {
	dir := t.TempDir()
	good := keyset(t)
	for name, c := range map[string]struct{ text, want string }{
		"missing":     {"", "no such file"},
		"blank":       {" \n", "is empty"},
		"no json":     {"canary-of-a-key", "not a file that starter encryption keys wrote"},
		"half":        {`{"payloads":{"primaryKeyId":1}}`, "not a file that"},
		"no keyset":   {`{"payloads":{"canary":1},"names":{}}`, "its part payloads is no Tink keyset"},
		"other way":   {swapped(string(good)), "its part"},
		"cut short":   {string(good[:len(good)/2]), "not a file that"},
		"empty names": {`{"payloads":` + part(string(good)) + `,"names":{}}`, "its part names"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(dir, name)
			if c.text != "" {
				require.NoError(t, os.WriteFile(path, []byte(c.text), 0o600))
			}
			ref, err := secret.Parse("file:" + path)
			require.NoError(t, err)
			got, err := codec.Open(codec.Config{Keyset: ref})
			require.Nil(t, got)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "encryption.keyset")
			require.ErrorContains(t, err, "nothing is started without it")
			require.NotContains(t, err.Error(), "canary")
		})
	}
}

func part(keyset string) string {
	_, rest, _ := strings.Cut(keyset, `"payloads":`)
	text, _, _ := strings.Cut(rest, `"names":`)
	return strings.TrimRight(strings.TrimSpace(text), ",")
}

func swapped(keyset string) string {
	return strings.NewReplacer(`"payloads"`, `"names"`, `"names"`, `"payloads"`).Replace(keyset)
}

func TestKeysAreNeverPrinted(t *testing.T) {
	c := open(t, keyset(t), true)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		require.Contains(t, fmt.Sprintf(format, c), "[codec]")
	}
}

func TestOpaqueWithoutAKeysetIsRefused(t *testing.T) {
	c := codec.Config{Opaque: true}
	require.ErrorContains(t, c.Validate(), "encryption.opaque needs encryption.keyset")
}

// A payload of 4 KB is a large one; a case has some 200, most below 1 KB.
func BenchmarkAPayloadThereAndBack(b *testing.B) {
	c := open(b, keyset(b), false)
	p := payload(b, converter.GetDefaultDataConverter(), strings.Repeat("x", 4096))
	b.SetBytes(4096)
	for b.Loop() {
		box, err := c.Encode([]*commonpb.Payload{p})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Decode(box); err != nil {
			b.Fatal(err)
		}
	}
}
