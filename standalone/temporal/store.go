package temporal

import (
	"context"

	"go.temporal.io/server/common/config"
)

// store is the database that this process holds, with the server's tables in it.
type store struct {
	where            string // for messages; it has no secret
	main, visibility *config.SQL
	shards           int32
	// lost gets an error when somebody else took the database; nil where that
	// cannot be.
	lost <-chan error
	// close gives the database free. It is called after the server has ended.
	close func()
}

func openStore(ctx context.Context, o Options) (*store, error) {
	if o.Database != "" {
		return openPostgres(ctx, o.Database, o.Password)
	}
	return openSQLite(ctx, o.DataDir)
}
