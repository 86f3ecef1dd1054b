package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"
)

// Hold runs fn while nobody, in any process, writes to the record in the SQLite
// file at path: what is read then, here and elsewhere, is of one moment. Writers
// wait meanwhile, so fn must be short. It changes nothing. A file that is missing
// is an error.
func Hold(ctx context.Context, path string, fn func() error) (err error) {
	turn, err := openLock(path + ".lock")
	if err != nil {
		return fmt.Errorf("hold the record: %w", err)
	}
	defer turn.close()
	db, err := sql.Open("sqlite", sqliteDSN(path)+"&mode=rw")
	if err != nil {
		return fmt.Errorf("hold the record: %w", err)
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("hold the record: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := turn.lock(ctx); err != nil {
		return fmt.Errorf("hold the record: wait for other writers: %w", err)
	}
	defer turn.unlock()
	err = poll(ctx, func() (bool, error) {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if sqliteCode(err)&0xff == sqlite3.SQLITE_BUSY {
			return false, nil
		}
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("hold the record: %w", err)
	}
	defer func() {
		// Also when the context has ended.
		_, end := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		err = errors.Join(err, end)
	}()
	return fn()
}
