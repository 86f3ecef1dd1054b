package command_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/codec"
	"lastday/starter/command"
)

func starter(t *testing.T, status int, args ...string) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	require.Equal(t, status, command.Run(t.Context(), args, &o, &e), "%v: %s", args, e.String())
	return o.String(), e.String()
}

func TestAKeysetIsMadeRotatedAndListed(t *testing.T) {
	dir := t.TempDir()
	out, _ := starter(t, command.ExitDone, "encryption", "keys", "--dir", dir)
	path := filepath.Join(dir, codec.FileName)
	require.Contains(t, out, "encryption:\n  keyset: file:"+path)
	_, errs := starter(t, command.ExitError, "encryption", "keys", "--dir", dir)
	require.Contains(t, errs, "is there already")

	keys := func(args ...string) []codec.Key {
		var got []codec.Key
		out, _ := starter(t, command.ExitDone, append([]string{"encryption", "-o", "json"}, args...)...)
		require.NoError(t, json.Unmarshal([]byte(out), &got))
		return got
	}
	first := keys("list", path)
	require.Len(t, first, 1)
	added := keys("add", path)
	require.Equal(t, first[0], added[0], "the old key goes on encrypting")
	used := keys("use", path, added[1].ID)
	require.False(t, used[0].Primary)
	require.True(t, used[1].Primary)
	_, errs = starter(t, command.ExitError, "encryption", "drop", path, added[1].ID)
	require.Contains(t, errs, "the one that encrypts")
	require.Len(t, keys("drop", path, added[0].ID), 1)
	out, _ = starter(t, command.ExitDone, "encryption", "list", path)
	require.Regexp(t, "^"+added[1].ID+" +encrypts and decrypts\n$", out)

	_, errs = starter(t, command.ExitUsage, "encryption")
	require.Contains(t, errs, "keys, add, use, drop or list")
	_, errs = starter(t, command.ExitUsage, "encryption", "keys")
	require.Contains(t, errs, "--dir DIR")
	_, errs = starter(t, command.ExitError, "encryption", "list", filepath.Join(dir, "none"))
	require.Contains(t, errs, "no such file")
}
