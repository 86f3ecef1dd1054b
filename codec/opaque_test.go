package codec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"lastday/codec"
)

func TestWhatIsHiddenIsFoundByItsKeyAlone(t *testing.T) {
	b := keyset(t)
	c := open(t, b, true)
	for _, text := range []string{"a@b.de", "jane.doe@example.com", strings.Repeat("x", 32), strings.Repeat("long", 30) + "@example.com"} {
		hidden := c.Hide("subject", text)
		require.Equal(t, hidden, open(t, b, true).Hide("subject", text), "in every process the same")
		require.Equal(t, text, c.Reveal("subject", hidden))
		require.NotContains(t, hidden, text)
		require.Regexp(t, `^[A-Za-z0-9_-]{40,255}$`, hidden)
		require.NotEqual(t, hidden, c.Hide("partner", text), "a person and a partner of one name differ")
		require.Equal(t, hidden, c.Reveal("partner", hidden))
		other := open(t, keyset(t), true)
		require.NotEqual(t, hidden, other.Hide("subject", text))
		require.Equal(t, hidden, other.Reveal("subject", hidden))
	}
	require.Len(t, c.Hide("subject", "a@b.de"), len(c.Hide("subject", "jane.doe@example.com")), "the length tells little")
	require.Equal(t, "Northwind", c.Reveal("partner", "Northwind"), "one that was never hidden")
	require.Empty(t, c.Hide("partner", ""))
}

func TestALongTextFitsASearchAttributeAndIsStillFound(t *testing.T) {
	c := open(t, keyset(t), true)
	long := strings.Repeat("x", 242) + "@example.com"
	hidden := c.Hide("subject", long)
	require.LessOrEqual(t, len(hidden), 255)
	require.Equal(t, hidden, c.Hide("subject", long))
	require.NotEqual(t, hidden, c.Hide("subject", "y"+long))
	require.Equal(t, hidden, c.Reveal("subject", hidden))
}

func TestTheMachinesNameIsHiddenToo(t *testing.T) {
	host, err := os.Hostname()
	require.NoError(t, err)
	var o client.Options
	open(t, keyset(t), true).Apply(&o)
	require.NotEmpty(t, o.Identity)
	require.NotContains(t, o.Identity, host)
}

func TestAKeysetsFileIsNeverReplacedByANewOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	path, err := codec.MakeFile(dir)
	require.NoError(t, err)
	first, err := os.ReadFile(path)
	require.NoError(t, err)
	_, err = codec.MakeFile(dir)
	require.ErrorContains(t, err, "is there already: nothing was written")
	again, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, first, again)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	require.NoError(t, os.Chmod(path, 0o640))
	var id string
	require.NoError(t, codec.ChangeFile(path, func(b []byte) (out []byte, err error) {
		out, id, err = codec.Add(b)
		return out, err
	}))
	changed, err := os.ReadFile(path)
	require.NoError(t, err)
	keys, err := codec.List(changed)
	require.NoError(t, err)
	require.Len(t, keys, 2)
	require.Equal(t, codec.Key{ID: id}, keys[1])
	info, err = os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm(), "who could read it still can")
	require.ErrorContains(t, codec.ChangeFile(path, func(b []byte) ([]byte, error) { return codec.Use(b, "17") }), "no key")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left beside it")
}
