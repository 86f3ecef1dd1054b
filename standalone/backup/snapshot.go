package backup

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"modernc.org/sqlite" // registers the driver as well
)

// pages are copied at once, so that a context that ends is noticed.
const pages = 4096

// snapshot is a SQLite database as it was at one moment, however much is written
// to it meanwhile, by this process or others.
type snapshot struct {
	db   *sql.DB
	conn *sql.Conn
	path string
}

// open makes the connection; take sets the moment.
func open(ctx context.Context, path string) (*snapshot, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db, err := sql.Open("sqlite", uri(path, "mode=rw&_pragma=busy_timeout(20000)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	s := &snapshot{db: db, path: path}
	if s.conn, err = db.Conn(ctx); err != nil {
		s.close()
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return s, nil
}

// take begins a transaction that reads: in WAL mode it sees what was committed
// until now and nothing later, and holds up no writer.
func (s *snapshot) take(ctx context.Context) error {
	var mode string
	if err := s.conn.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fmt.Errorf("read %s: %w", s.path, err)
	}
	if mode != "wal" {
		return fmt.Errorf("%s is in SQLite's mode %q, not wal: start the program on it once, and stop it", s.path, mode)
	}
	var n int
	_, err := s.conn.ExecContext(ctx, "BEGIN")
	if err == nil {
		err = s.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", s.path, err)
	}
	return nil
}

// copy writes the database of that moment into a new file, whole and synced.
func (s *snapshot) copy(ctx context.Context, to string) error {
	// SQLite would make the file readable by others.
	if err := writeFile(to, nil); err != nil {
		return err
	}
	err := s.conn.Raw(func(driver any) error {
		c, ok := driver.(interface {
			NewBackup(uri string) (*sqlite.Backup, error)
		})
		if !ok {
			return fmt.Errorf("the driver %T makes no backups", driver)
		}
		b, err := c.NewBackup(uri(to, ""))
		if err != nil {
			return err
		}
		for more := true; more && err == nil; {
			if err = ctx.Err(); err == nil {
				more, err = b.Step(pages)
			}
		}
		if end := b.Finish(); err == nil {
			err = end
		}
		return err
	})
	if err == nil {
		err = syncFile(to)
	}
	if err != nil {
		return fmt.Errorf("copy %s: %w", s.path, err)
	}
	return nil
}

func (s *snapshot) close() {
	if s.conn != nil {
		_, _ = s.conn.ExecContext(context.Background(), "ROLLBACK") // it only read
		_ = s.conn.Close()
	}
	_ = s.db.Close()
}

// whole has SQLite read all of a file that nobody writes to.
func whole(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", uri(path, "mode=ro&immutable=1"))
	if err != nil {
		return err
	}
	defer db.Close()
	var said string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said); err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	if said != "ok" {
		return fmt.Errorf("check %s: SQLite finds it damaged: %s", path, said)
	}
	return nil
}

func uri(path, query string) string {
	return "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() + "?" + query
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
