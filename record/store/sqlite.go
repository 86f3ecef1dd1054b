package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite" // registers the driver as well
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteEngine is the embedded database: one connection that writes, a few that
// read.
type sqliteEngine struct {
	db     *sql.DB // migrations and writing
	conn   *sql.Conn
	stmts  map[string]*sql.Stmt // on conn
	busy   chan struct{}        // holds one value while conn is in use
	reads  *sql.DB
	turn   *lockFile // who begins to write next
	signer *lockFile
}

func openSQLite(ctx context.Context, path string) (*sqliteEngine, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("name a file: sqlite:PATH")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: its directory must be there and writable for this user", err)
	}
	file.Close()

	e := &sqliteEngine{stmts: map[string]*sql.Stmt{}, busy: make(chan struct{}, 1)}
	if err := e.open(ctx, path); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *sqliteEngine) open(ctx context.Context, path string) error {
	var err error
	if e.turn, err = openLock(path + ".lock"); err != nil {
		return err
	}
	if e.signer, err = openLock(path + ".sign"); err != nil {
		return err
	}
	// One process at a time opens: the first makes the tables.
	if err := e.turn.lock(ctx); err != nil {
		return err
	}
	defer e.turn.unlock()
	if e.db, err = sql.Open("sqlite", sqliteDSN(path, "journal_mode(wal)", "synchronous(full)", "fullfsync(1)", "secure_delete(1)")); err != nil {
		return err
	}
	e.db.SetMaxOpenConns(1)
	if err := migrate(ctx, "sqlite3", e.db); err != nil {
		return err
	}
	if e.conn, err = e.db.Conn(ctx); err != nil {
		return err
	}
	// Waiting is done in begin, which is fair; SQLite's own is not.
	if _, err := e.conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	if e.reads, err = sql.Open("sqlite", sqliteDSN(path, "query_only(1)")); err != nil {
		return err
	}
	e.reads.SetMaxOpenConns(4)
	e.reads.SetMaxIdleConns(4)
	return nil
}

func sqliteDSN(path string, pragmas ...string) string {
	q := url.Values{"_pragma": append([]string{"busy_timeout(20000)"}, pragmas...)}
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

func (e *sqliteEngine) write(ctx context.Context, fn func(runner) error) (err error) {
	select {
	case e.busy <- struct{}{}:
		defer func() { <-e.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := e.begin(ctx); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			// Also when the context has ended; there may be none left to roll back.
			_, _ = e.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}
	}()
	if err := fn(sqliteTx{e}); err != nil {
		return err
	}
	return sqliteTx{e}.run(ctx, query{text: "COMMIT"})
}

// begin takes the write lock. Whoever waits for it holds the turn, so that a
// process that writes without pause does not keep out the others, which would
// have to try in the very moment between two of its transactions.
func (e *sqliteEngine) begin(ctx context.Context) error {
	return e.exclusively(ctx, "BEGIN IMMEDIATE")
}

func (e *sqliteEngine) exclusively(ctx context.Context, text string) error {
	if err := e.turn.lock(ctx); err != nil {
		return fmt.Errorf("wait for other writers: %w", err)
	}
	defer e.turn.unlock()
	return poll(ctx, func() (bool, error) {
		_, err := e.conn.ExecContext(ctx, text)
		if sqliteCode(err)&0xff == sqlite3.SQLITE_BUSY {
			return false, nil
		}
		return err == nil, err
	})
}

// sqliteTx runs on the writing connection, inside its transaction.
type sqliteTx struct{ e *sqliteEngine }

func (tx sqliteTx) run(ctx context.Context, queries ...query) error {
	for _, q := range queries {
		stmt, ok := tx.e.stmts[q.text]
		if !ok {
			var err error
			if stmt, err = tx.e.conn.PrepareContext(ctx, q.text); err != nil {
				return err
			}
			tx.e.stmts[q.text] = stmt
		}
		if err := runStmt(ctx, stmt, q); err != nil {
			return err
		}
	}
	return nil
}

func runStmt(ctx context.Context, stmt *sql.Stmt, q query) error {
	if q.each == nil {
		_, err := stmt.ExecContext(ctx, q.args...)
		return err
	}
	rows, err := stmt.QueryContext(ctx, q.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := q.each(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// run reads, all of one moment.
func (e *sqliteEngine) run(ctx context.Context, queries ...query) error {
	tx, err := e.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	stmts := map[string]*sql.Stmt{}
	for _, q := range queries {
		stmt, ok := stmts[q.text]
		if !ok {
			if stmt, err = tx.PrepareContext(ctx, q.text); err != nil {
				return err
			}
			defer func() { _ = stmt.Close() }()
			stmts[q.text] = stmt
		}
		if err := runStmt(ctx, stmt, q); err != nil {
			return err
		}
	}
	return nil
}

func (e *sqliteEngine) sign(ctx context.Context, fn func(runner) ([]query, error)) error {
	if err := e.signer.lock(ctx); err != nil {
		return fmt.Errorf("wait for other signers: %w", err)
	}
	defer e.signer.unlock()
	queries, err := fn(e)
	if err != nil || len(queries) == 0 {
		return err
	}
	return e.write(ctx, func(r runner) error { return r.run(ctx, queries...) })
}

// wipe writes the whole file anew: what secure_delete overwrites is only where a
// row was last, not where it lay before its page was split. Then it empties the
// write-ahead log, which needs a moment in which nobody reads.
func (e *sqliteEngine) wipe(ctx context.Context) error {
	select {
	case e.busy <- struct{}{}:
		defer func() { <-e.busy }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := e.exclusively(ctx, "VACUUM"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		var busy, pages, moved int64
		err := e.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved)
		if sqliteCode(err)&0xff == sqlite3.SQLITE_BUSY {
			return false, nil
		}
		return busy == 0, err
	})
	if err != nil {
		return fmt.Errorf("empty the write-ahead log: %w", err)
	}
	return nil
}

func (e *sqliteEngine) refused(err error) bool {
	switch sqliteCode(err) & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_RANGE:
		return true
	}
	return false
}

func sqliteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return sqlite3.SQLITE_OK
}

func (e *sqliteEngine) close() {
	for _, stmt := range e.stmts {
		_ = stmt.Close()
	}
	if e.conn != nil {
		_ = e.conn.Close()
	}
	for _, db := range []*sql.DB{e.reads, e.db} {
		if db != nil {
			db.Close()
		}
	}
	for _, l := range []*lockFile{e.turn, e.signer} {
		if l != nil {
			l.close()
		}
	}
}
