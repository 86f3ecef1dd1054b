package temporal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	sqliteschema "go.temporal.io/server/schema/sqlite"
)

// store is a data directory that this process holds: its lock and its file.
type store struct {
	lock *lock
	path string
}

// openStore takes dir and sees that temporal.db in it has the server's tables.
// The tables are made in one transaction, so that a start that is killed leaves
// a file that the next one can use.
func openStore(ctx context.Context, dir string) (*store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find data directory: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make data directory: %w: make its parent writable for this user or choose another", err)
	}
	held, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &store{lock: held, path: filepath.Join(dir, "temporal.db")}
	if err := s.prepare(ctx); err != nil {
		held.release()
		return nil, err
	}
	return s, nil
}

func (s *store) prepare(ctx context.Context) error {
	// SQLite would make the file readable by others; its -wal and -shm files
	// take their mode from it.
	file, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open database: %w: make it writable for this user or choose another data directory", err)
	}
	_ = file.Close()

	db, err := sql.Open("sqlite", s.dsn())
	if err != nil {
		return fmt.Errorf("open database %s: %w", s.path, err)
	}
	defer db.Close()
	if err := createTables(ctx, db); err != nil {
		return fmt.Errorf("prepare database %s: %w", s.path, err)
	}
	return nil
}

// errOtherVersion cannot be mended by the program: Temporal has no migrations
// for SQLite.
var errOtherVersion = errors.New("another version of the server made it: " +
	"run the version that did until its workflows are closed, then start with an empty data directory")

// createTables keeps a mark of the schema in the file's user_version: zero is a
// new file, another mark another server's.
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

	var mark uint32
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&mark); err != nil {
		return err
	}
	switch mark {
	case schema.mark():
		return nil
	case 0:
	default:
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

// close folds the write-ahead log into the file, so that a copy of temporal.db
// alone is whole, and gives the directory free. The server's own connections
// stay open until the process ends: it never closes them.
func (s *store) close() {
	if db, err := sql.Open("sqlite", s.dsn()); err == nil {
		_, _ = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)") // what is left is read at the next start
		_ = db.Close()
	}
	s.lock.release()
}

func (s *store) config() *config.SQL {
	return &config.SQL{
		PluginName:        sqlite.PluginName,
		DatabaseName:      s.escapedPath(),
		ConnectAttributes: connectAttributes(),
	}
}

func (s *store) dsn() string {
	query := url.Values{}
	for name, value := range connectAttributes() {
		if name == "mode" {
			query.Set(name, value)
			continue
		}
		query.Add("_pragma", name+"="+value)
	}
	return "file:" + s.escapedPath() + "?" + query.Encode()
}

// escapedPath is the path as SQLite's URI reads it, so that a directory named
// with a ? or a # works.
func (s *store) escapedPath() string {
	return (&url.URL{Path: filepath.ToSlash(s.path)}).EscapedPath()
}
