package names_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"lastday/record"
	"lastday/record/names"
)

func generate(t *testing.T) ([]byte, names.Keys) {
	t.Helper()
	b, err := names.Generate()
	require.NoError(t, err)
	keys, err := names.Parse(b)
	require.NoError(t, err)
	return b, keys
}

func TestAPersonsKeyOpensForThatPersonAndThatEventOnly(t *testing.T) {
	_, keys := generate(t)
	p, sealed, err := keys.NewPerson("p-1")
	require.NoError(t, err)
	box, err := p.Seal([]byte("secret"), "event-1")
	require.NoError(t, err)

	again, err := keys.Person("p-1", sealed)
	require.NoError(t, err)
	opened, err := again.Open(box, "event-1")
	require.NoError(t, err)
	require.Equal(t, "secret", string(opened))

	_, err = again.Open(box, "event-2")
	require.Error(t, err)
	_, err = keys.Person("p-2", sealed)
	require.ErrorContains(t, err, "p-2")
	_, other := generate(t)
	_, err = other.Person("p-1", sealed)
	require.ErrorContains(t, err, "names key does not open it")
	q, _, err := keys.NewPerson("p-1")
	require.NoError(t, err)
	_, err = q.Open(box, "event-1")
	require.Error(t, err)
}

func TestAProfileOpensForItsPseudonymOnly(t *testing.T) {
	_, keys := generate(t)
	who := record.Person{Identity: "jane@example.com", Name: "Jane"}
	box, err := keys.SealProfile("p-1", who)
	require.NoError(t, err)
	require.NotContains(t, string(box), "Jane")
	got, err := keys.OpenProfile("p-1", box)
	require.NoError(t, err)
	require.Equal(t, who, got)
	_, err = keys.OpenProfile("p-2", box)
	require.Error(t, err)
}

func TestRotationOpensTheOldAndSealsUnderTheNew(t *testing.T) {
	first, old := generate(t)
	second, err := names.Rotate(first)
	require.NoError(t, err)
	both, err := names.Parse(second)
	require.NoError(t, err)
	third, err := names.Retire(second)
	require.NoError(t, err)
	only, err := names.Parse(third)
	require.NoError(t, err)

	box, err := old.Seal([]byte("x"), "c")
	require.NoError(t, err)
	_, err = both.Open(box, "c")
	require.NoError(t, err)
	_, err = only.Open(box, "c")
	require.Error(t, err)
	box, err = both.Seal([]byte("x"), "c")
	require.NoError(t, err)
	_, err = only.Open(box, "c")
	require.NoError(t, err)
	_, err = old.Open(box, "c")
	require.Error(t, err)

	require.Len(t, both.Lookups("jane"), 2)
	require.Equal(t, only.Lookups("jane")[0], both.Lookups("jane")[0], "the primary's first")
	require.Equal(t, old.Lookups("jane")[0], both.Lookups("jane")[1])
	require.NotEqual(t, old.Lookups("jane"), old.Lookups("john"))
}

func TestKeysThatTinkMakesAreTaken(t *testing.T) {
	for want, template := range map[string]*tinkpb.KeyTemplate{
		"":         aead.AES256GCMKeyTemplate(),
		"256 bits": aead.AES128GCMKeyTemplate(),
		"must be":  aead.AES256CTRHMACSHA256KeyTemplate(),
	} {
		handle, err := keyset.NewHandle(template)
		require.NoError(t, err)
		var b bytes.Buffer
		require.NoError(t, insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)))
		_, err = names.Parse(b.Bytes())
		if want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}

func TestNothingPrintsAKey(t *testing.T) {
	b, keys := generate(t)
	var set struct {
		Key []struct{ KeyData struct{ Value string } }
	}
	require.NoError(t, json.Unmarshal(b, &set))
	secret := set.Key[0].KeyData.Value
	require.NotEmpty(t, secret)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("keys", "k", keys, "s", struct{ K names.Keys }{keys})
	j, err := json.Marshal(keys)
	require.NoError(t, err)
	for _, printed := range []string{fmt.Sprintf("%v %+v %#v %s %q", keys, keys, keys, keys, keys), log.String(), string(j)} {
		require.Contains(t, printed, "names key")
		require.NotContains(t, printed, secret)
	}
	for _, bad := range [][]byte{nil, []byte("  "), []byte("canary"), b[:len(b)/2], bytes.Replace(b, []byte("primaryKeyId"), []byte("canary"), 1)} {
		_, err := names.Parse(bad)
		require.ErrorContains(t, err, "read names key: ")
		require.NotContains(t, err.Error(), "canary")
		require.NotContains(t, err.Error(), secret)
	}
}
