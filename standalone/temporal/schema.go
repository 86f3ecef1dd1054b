package temporal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"

	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// errOtherVersion cannot be mended by the program: Temporal has no migrations
// for SQLite.
var errOtherVersion = errors.New("another version of the server made it: " +
	"run that version until its workflows are closed, then start this one with an empty data directory")

// createTables marks the file with its schema, in SQLite's user_version, and
// knows its own file by it.
func createTables(ctx context.Context, db *sql.DB) error {
	var schema recorder
	if err := sqliteschema.SetupSchemaOnDB(&schema); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()

	var mark, tables uint32
	const state = "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version"
	if err := tx.QueryRowContext(ctx, state).Scan(&mark, &tables); err != nil {
		return err
	}
	switch {
	case mark == schema.mark():
		return nil
	case tables > 0:
		return errOtherVersion
	}
	for _, statement := range schema.statements {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schema.mark())); err != nil {
		return err
	}
	return tx.Commit()
}

// CheckFile says whether this program's server can go on with the SQLite file at
// path, which nobody may have open: whether it has this version's tables. It
// changes nothing.
func CheckFile(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", "file:"+(&sqliteFile{path: path}).escapedPath()+"?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer db.Close()
	var schema recorder
	if err := sqliteschema.SetupSchemaOnDB(&schema); err != nil {
		return err
	}
	var mark uint32
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&mark); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if mark != schema.mark() {
		return errOtherVersion
	}
	return nil
}

// recorder stands where the schema package expects a database, and keeps what
// it would have run.
type recorder struct {
	sqlplugin.AdminDB
	statements []string
}

func (r *recorder) Exec(statement string, _ ...any) error {
	r.statements = append(r.statements, statement)
	return nil
}

// mark is never zero and fits SQLite's signed 32 bits.
func (r *recorder) mark() uint32 {
	sum := crc32.NewIEEE()
	for _, statement := range r.statements {
		_, _ = sum.Write([]byte(statement))
	}
	return sum.Sum32()>>1 | 1
}
