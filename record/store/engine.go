package store

import "context"

// query is one statement for either database: parameters are $1, $2, …; values
// are int64, string and []byte only, so that one schema does for both.
type query struct {
	text string
	args []any
	each func(scan func(dest ...any) error) error // nil: it gives no rows
}

// runner runs statements in order, in as few round trips as it can.
type runner interface {
	run(ctx context.Context, queries ...query) error
}

// engine is a database under the record. Its methods are safe for use by many at
// once, in this process and in others.
type engine interface {
	runner

	// write runs fn in a transaction that no other writer of the log overlaps.
	// What it wrote is on disk when write returns nil. When it returns an error,
	// all of it may still be, if the database did not live to say so.
	write(ctx context.Context, fn func(runner) error) error

	// sign runs fn while no other signer of the log runs, and then what it
	// returns, in a transaction that fails if the lock was lost meanwhile.
	sign(ctx context.Context, fn func(runner) ([]query, error)) error

	// wipe sees to it that nothing deleted is left in the database's files.
	wipe(ctx context.Context) error

	// refused reports whether the database refused a statement for what was in
	// it, so that another might pass.
	refused(err error) bool

	close()
}

// one makes the row function of a query that gives at most one row; found says
// whether it did.
func one(found *bool, dest ...any) func(func(...any) error) error {
	return func(scan func(...any) error) error {
		*found = true
		return scan(dest...)
	}
}
