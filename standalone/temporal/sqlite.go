package temporal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"go.temporal.io/server/common/config"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteFile is a data directory that this process holds: its lock and its file.
type sqliteFile struct {
	lock *lock
	path string
}

// openSQLite takes dir and sees that temporal.db in it has the server's tables.
// The tables are made in one transaction, so that a start that is killed leaves
// a file that the next one can use.
func openSQLite(ctx context.Context, dir string) (*store, error) {
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
	s := &sqliteFile{lock: held, path: filepath.Join(dir, "temporal.db")}
	if err := s.prepare(ctx); err != nil {
		held.release()
		return nil, err
	}
	return &store{where: s.path, main: s.config(), visibility: s.config(), shards: sqliteShards, close: s.close}, nil
}

func (s *sqliteFile) prepare(ctx context.Context) error {
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
		return fmt.Errorf("prepare database %s: %w%s", s.path, err, remedy(err))
	}
	return nil
}

// remedy is what to do about what SQLite says.
func remedy(err error) string {
	var said *sqlite.Error
	if !errors.As(err, &said) {
		return ""
	}
	switch said.Code() & 0xff { // the rest of the code is detail
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return ": bring the file back from a backup, or choose an empty data directory"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ": close the other program that has it open"
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY:
		return ": see that the disk works, has room and can be written"
	}
	return ""
}

// close folds the write-ahead log into the file, so that a copy of temporal.db
// alone is whole, and gives the directory free. The server's own connections
// stay open until the process ends: it never closes them.
func (s *sqliteFile) close() {
	if db, err := sql.Open("sqlite", s.dsn()); err == nil {
		_, _ = db.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)") // what is left is read at the next start
		_ = db.Close()
	}
	s.lock.release()
}

func (s *sqliteFile) config() *config.SQL {
	return &config.SQL{
		PluginName:        sqliteplugin.PluginName,
		DatabaseName:      s.escapedPath(),
		ConnectAttributes: connectAttributes(),
	}
}

func (s *sqliteFile) dsn() string {
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
func (s *sqliteFile) escapedPath() string {
	return (&url.URL{Path: filepath.ToSlash(s.path)}).EscapedPath()
}
