package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	// PostgreSQL drops a writer or signer that has gone silent while it holds its
	// lock, for its machine may be gone and its connection still look open.
	silentWriter = "30s"
	silentSigner = "120s"

	migrating = 0x6c617374646179 // "lastday": the advisory lock for making tables
)

type postgresEngine struct{ pool *pgxpool.Pool }

func openPostgres(ctx context.Context, dsn string) (*postgresEngine, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		// Its text has the password taken out, but may quote the rest.
		return nil, errors.New("read the address: it must be postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	// A writer and a signer each keep one, and readers must never wait for both.
	config.MaxConns = max(config.MaxConns, 4)
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 10 * time.Second
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	e := &postgresEngine{pool}
	if err := e.prepare(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return e, nil
}

func (e *postgresEngine) prepare(ctx context.Context) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		var fsync string
		if err := tx.QueryRow(ctx, "SELECT current_setting('fsync')").Scan(&fsync); err != nil {
			return err
		}
		if fsync != "on" {
			return errors.New("the server runs with fsync = " + fsync + ", and would lose what it has acknowledged: set it to on")
		}
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(migrating)); err != nil {
			return err
		}
		db := stdlib.OpenDBFromPool(e.pool)
		defer db.Close()
		if err := migrate(ctx, "postgres", db); err != nil {
			return err
		}
		return e.withoutStatistics(ctx)
	})
}

// withoutStatistics keeps PostgreSQL from copying sealed values into its planner
// statistics, as it otherwise does with any column, from where no rewriting of
// the tables removes them.
func (e *postgresEngine) withoutStatistics(ctx context.Context) error {
	columns := map[string][]string{"record_people": {"lookup", "keyset", "profile"}, "record_sealed": {"box"}}
	for table, names := range columns {
		var alter []string
		var done int
		err := e.pool.QueryRow(ctx,
			"SELECT count(*) FROM pg_attribute WHERE attrelid = $1::regclass AND attname = ANY($2) AND attstattarget = 0",
			table, names).Scan(&done)
		if err != nil {
			return fmt.Errorf("look at the statistics of %s: %w", table, err)
		}
		if done == len(names) {
			continue
		}
		for _, name := range names {
			alter = append(alter, "ALTER COLUMN "+name+" SET STATISTICS 0")
		}
		if _, err := e.pool.Exec(ctx, "ALTER TABLE "+table+" "+strings.Join(alter, ", ")); err != nil {
			return fmt.Errorf("keep %s out of the statistics: %w", table, err)
		}
	}
	return nil
}

func (e *postgresEngine) write(ctx context.Context, fn func(runner) error) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		return fn(&postgresTx{tx, beginning("record_head", silentWriter)})
	})
}

func (e *postgresEngine) sign(ctx context.Context, fn func(runner) ([]query, error)) error {
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		r := &postgresTx{tx, beginning("record_signer", silentSigner)}
		queries, err := fn(r)
		if err != nil || len(queries) == 0 {
			return err
		}
		return r.run(ctx, queries...)
	})
}

// beginning is what a transaction begins with: settings, and a row's lock, for
// which whoever comes first waits the least.
func beginning(table, silent string) []query {
	nothing := func(func(...any) error) error { return nil }
	return []query{
		{text: "SELECT set_config('idle_in_transaction_session_timeout', $1, true)", args: []any{silent}, each: nothing},
		{text: "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'", each: nothing},
		{text: "SELECT one FROM " + table + " WHERE one = 1 FOR UPDATE", each: nothing},
	}
}

// postgresTx runs inside a transaction; before is run with whatever is first.
type postgresTx struct {
	tx     pgx.Tx
	before []query
}

func (t *postgresTx) run(ctx context.Context, queries ...query) error {
	all := append(t.before, queries...)
	t.before = nil
	return runBatch(ctx, t.tx, all)
}

func (e *postgresEngine) run(ctx context.Context, queries ...query) error {
	return runBatch(ctx, e.pool, queries)
}

func runBatch(ctx context.Context, to interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}, queries []query,
) (err error) {
	var batch pgx.Batch
	for _, q := range queries {
		batch.Queue(q.text, q.args...)
	}
	results := to.SendBatch(ctx, &batch)
	defer func() {
		if closing := results.Close(); err == nil {
			err = closing
		}
	}()
	for _, q := range queries {
		if q.each == nil {
			if _, err := results.Exec(); err != nil {
				return err
			}
			continue
		}
		rows, err := results.Query()
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := q.each(rows.Scan); err != nil {
				rows.Close()
				return err
			}
		}
		rows.Close()
		if err := rows.Err(); err != nil {
			return err
		}
	}
	return nil
}

// wipe writes the tables that speak of people anew, into new files. The server's
// own write-ahead log still has the sealed rows until its segments are used again.
func (e *postgresEngine) wipe(ctx context.Context) error {
	for _, table := range []string{"record_people", "record_sealed"} {
		if _, err := e.pool.Exec(ctx, "VACUUM (FULL) "+table); err != nil {
			return fmt.Errorf("rewrite %s: %w", table, err)
		}
	}
	return nil
}

func (e *postgresEngine) refused(err error) bool {
	var pg *pgconn.PgError
	// Classes: data exception, integrity constraint violation.
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

func (e *postgresEngine) close() { e.pool.Close() }
