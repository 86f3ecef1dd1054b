package backup

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Writers go on between the moment and the end of the copy.
func TestASnapshotIsOfItsMoment(t *testing.T) {
	dir := t.TempDir()
	path, to := filepath.Join(dir, "a ? b.db"), filepath.Join(dir, "copy # 1.db")
	db, err := sql.Open("sqlite", uri(path, "_pragma=journal_mode(wal)"))
	require.NoError(t, err)
	defer db.Close()
	exec := func(text string) {
		t.Helper()
		_, err := db.Exec(text)
		require.NoError(t, err)
	}
	exec("PRAGMA user_version = 4711")
	exec("CREATE TABLE t (x)")
	exec("INSERT INTO t VALUES (1)")
	s, err := open(t.Context(), path)
	require.NoError(t, err)
	defer s.close()
	require.NoError(t, s.take(t.Context()))
	exec("INSERT INTO t VALUES (2)")
	exec("CREATE TABLE later (x)")
	require.NoError(t, s.copy(t.Context(), to))
	require.NoError(t, whole(t.Context(), to))

	copied, err := sql.Open("sqlite", uri(to, "mode=ro&immutable=1"))
	require.NoError(t, err)
	defer copied.Close()
	var rows, tables, version int
	require.NoError(t, copied.QueryRow("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM sqlite_schema), user_version FROM pragma_user_version").
		Scan(&rows, &tables, &version))
	require.Equal(t, []int{1, 1, 4711}, []int{rows, tables, version})
}
