package backup_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"

	"lastday/config"
	"lastday/record/setup"
	"lastday/standalone/backup"
	"lastday/standalone/temporal"
)

// kept makes a data directory as a first start leaves it, with a backup of it and
// the keys apart.
func kept(t *testing.T) (f config.File, from, keys string) {
	t.Helper()
	dir := t.TempDir()
	f.Standalone.DataDir = filepath.Join(dir, "data")
	s, err := temporal.Start(t.Context(), temporal.Options{
		DataDir: f.Standalone.DataDir, FrontendAddr: "127.0.0.1:0", Namespace: "default", Retention: time.Hour,
		SearchAttributes: map[string]enums.IndexedValueType{},
	})
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	conf, err := setup.Embedded(f.Standalone.DataDir)
	require.NoError(t, err)
	l, err := setup.Open(t.Context(), conf)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	from, keys = filepath.Join(dir, "backup"), filepath.Join(dir, "keys")
	_, err = backup.Make(t.Context(), f, from)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(keys, 0o700))
	files := setup.EmbeddedFiles(f.Standalone.DataDir)
	for _, path := range []string{files.NamesKey, files.SigningKey, files.PublicKey} {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(keys, filepath.Base(path)), b, 0o600))
	}
	f.Standalone.DataDir = filepath.Join(dir, "new")
	return f, from, keys
}

func TestABackupHoldsNoSecretKeyAndIsItsOwnersOnly(t *testing.T) {
	_, from, _ := kept(t)
	require.NoError(t, filepath.WalkDir(from, func(path string, d os.DirEntry, err error) error {
		require.NoError(t, err)
		info, err := d.Info()
		require.NoError(t, err)
		require.Zero(t, info.Mode().Perm()&0o077, path)
		require.NotContains(t, []string{"names.key", "signing.key"}, d.Name())
		return nil
	}))
}

func TestARestoreIsRefusedAndLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, f *config.File, from string, keys *string)
		want  string
	}{
		"a backup that did not end": {func(t *testing.T, _ *config.File, from string, _ *string) {
			require.NoError(t, os.Remove(filepath.Join(from, "manifest.json")))
		}, "it is no backup, or one that did not end"},
		"a newer program's": {func(t *testing.T, _ *config.File, from string, _ *string) {
			manifest(t, from, func(m map[string]any) { m["format"] = 2 })
		}, "take a newer program"},
		"a byte changed": {func(t *testing.T, _ *config.File, from string, _ *string) {
			path := filepath.Join(from, "temporal.db")
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			b[len(b)/2] ^= 1
			require.NoError(t, os.WriteFile(path, b, 0o600))
		}, "temporal.db is not what it was"},
		"another version's Temporal": {func(t *testing.T, _ *config.File, from string, _ *string) {
			change(t, from, "temporal.db", "PRAGMA user_version = 7")
		}, "another version of the server made it"},
		"a newer record": {func(t *testing.T, _ *config.File, from string, _ *string) {
			change(t, from, "record/record.db", "INSERT INTO record_versions (version_id, is_applied) VALUES (99, true)")
		}, "take a newer program"},
		"a file outside": {func(t *testing.T, _ *config.File, from string, _ *string) {
			manifest(t, from, func(m map[string]any) {
				m["files"] = append(m["files"].([]any), map[string]any{"name": "../x", "size": 0, "sha256": ""})
			})
		}, "outside of it"},
		"no keys":         {func(_ *testing.T, _ *config.File, _ string, keys *string) { *keys = "" }, "give --keys DIR"},
		"another's keys":  {func(t *testing.T, _ *config.File, _ string, keys *string) { *keys = otherKeys(t) }, "are not those of the record"},
		"another's names": {func(t *testing.T, _ *config.File, _ string, keys *string) { otherNames(t, *keys) }, "names key is not the one"},
		"another shape": {func(_ *testing.T, f *config.File, _ string, _ *string) {
			f.Standalone.Database = "postgres://x@127.0.0.1/x"
		}, "do not fit"},
	} {
		t.Run(name, func(t *testing.T) {
			f, from, keys := kept(t)
			c.spoil(t, &f, from, &keys)
			_, err := backup.Restore(t.Context(), f, from, keys)
			require.ErrorContains(t, err, c.want)
			left, err := os.ReadDir(f.Standalone.DataDir)
			if !os.IsNotExist(err) {
				require.NoError(t, err)
			}
			require.Empty(t, left)
		})
	}
}

func TestNothingIsPutOverWhatIsThere(t *testing.T) {
	f, from, keys := kept(t)
	_, err := backup.Restore(t.Context(), f, from, keys)
	require.NoError(t, err)
	state, err := backup.StateOf(f.Standalone.DataDir)
	require.NoError(t, err)
	require.True(t, state.Fresh)
	_, err = backup.Restore(t.Context(), f, from, keys)
	require.ErrorContains(t, err, "is not empty")
	_, err = backup.Make(t.Context(), f, from)
	require.ErrorContains(t, err, "is not empty")
	_, err = backup.Make(t.Context(), f, filepath.Join(f.Standalone.DataDir, "backup"))
	require.ErrorContains(t, err, "within the data directory")

	require.NoError(t, os.WriteFile(filepath.Join(f.Standalone.DataDir, "restoring"), nil, 0o600))
	_, err = backup.StateOf(f.Standalone.DataDir)
	require.ErrorContains(t, err, "empty the folder and restore again")
}

func TestABackupThatIsCutOffLeavesNothing(t *testing.T) {
	f, from, keys := kept(t)
	_, err := backup.Restore(t.Context(), f, from, keys)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	to := filepath.Join(t.TempDir(), "backup")
	_, err = backup.Make(ctx, f, to)
	require.ErrorIs(t, err, context.Canceled)
	require.NoDirExists(t, to)
}

func manifest(t *testing.T, from string, edit func(map[string]any)) {
	t.Helper()
	path := filepath.Join(from, "manifest.json")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	var m map[string]any
	require.NoError(t, json.Unmarshal(b, &m))
	edit(m)
	b, err = json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, b, 0o600))
}

// change runs a statement on a part, and has the manifest fit.
func change(t *testing.T, from, part, statement string) {
	t.Helper()
	path := filepath.Join(from, part)
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec("PRAGMA journal_mode = delete")
	require.NoError(t, err)
	_, err = db.Exec(statement)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	now, err := backup.Describe(from, part)
	require.NoError(t, err)
	manifest(t, from, func(m map[string]any) {
		for i, f := range m["files"].([]any) {
			if f.(map[string]any)["name"] == part {
				m["files"].([]any)[i] = now
			}
		}
	})
}

func otherKeys(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "other")
	_, err := setup.MakeKeys(dir, "lastday.local/record")
	require.NoError(t, err)
	return dir
}

func otherNames(t *testing.T, keys string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(otherKeys(t), "names.key"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(keys, "names.key"), b, 0o600))
}
