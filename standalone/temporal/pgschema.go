package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.temporal.io/server/common/log"
	v12 "go.temporal.io/server/schema/postgresql/v12"
	"go.temporal.io/server/tools/common/schema"
	"golang.org/x/mod/semver"
)

const visibilitySuffix = "_visibility"

// database is one of the two that a Temporal server keeps in PostgreSQL.
type database struct {
	name   string
	schema string // its folder among Temporal's schemas
	wanted string // the version that this server works with
	sign   string // a table that only this one has
}

// databases are named as Temporal's own tools and documents have it.
func (p *postgres) databases() (main, visibility database) {
	name := p.conf.Database
	return database{name, "postgresql/v12/temporal", v12.Version, "executions"},
		database{name + visibilitySuffix, "postgresql/v12/visibility", v12.VisibilityVersion, "executions_visibility"}
}

// upgrade brings a database to the version that this server works with, in one
// transaction: one that is killed in the middle has changed nothing.
func (p *postgres) upgrade(ctx context.Context, d database) error {
	version, err := p.look(ctx, d)
	if err != nil || version == d.wanted {
		return err
	}
	conn, err := p.connect(ctx, d.name, nil)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		to, quiet := &schemaTx{ctx, tx, d.name}, log.NewNoopLogger()
		if version == "" {
			if err := schema.NewSetupSchemaTask(to, &schema.SetupConfig{InitialVersion: "0.0"}, quiet).Run(); err != nil {
				return fmt.Errorf("make the tables of %s: %w", d.name, err)
			}
		}
		err := schema.NewUpdateSchemaTask(to, &schema.UpdateConfig{SchemaName: d.schema, TargetVersion: d.wanted}, quiet).Run()
		if err != nil {
			return fmt.Errorf("bring %s from version %s to %s: %w", d.name, version, d.wanted, err)
		}
		return nil
	})
}

// look reads the version of a database, and refuses what is not Temporal's, or
// not this server's. A database that is missing or empty has none.
func (p *postgres) look(ctx context.Context, d database) (version string, err error) {
	conn, err := p.connect(ctx, d.name, nil)
	if is(err, noSuchDatabase) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := sound(ctx, conn); err != nil {
		return "", err
	}
	version, tables, err := versionOf(ctx, conn, d)
	switch {
	case err != nil:
		return "", err
	case version == "" && tables == 0:
		return "", nil
	case version == "":
		return "", fmt.Errorf("the database %s has %d tables that are not Temporal's, and stays as it is: choose an empty one or a new name", d.name, tables)
	case semver.Compare("v"+version, "v"+d.wanted) > 0:
		return "", fmt.Errorf("a newer version made the database %s, and it stays as it is: its schema is %s, this program knows %s: start the newer version",
			d.name, version, d.wanted)
	}
	return version, ours(ctx, conn, d)
}

// sound refuses a PostgreSQL that is too old, or loses what it acknowledged.
func sound(ctx context.Context, conn *pgx.Conn) error {
	var version int
	var fsync string
	const query = "SELECT current_setting('server_version_num')::int, current_setting('fsync')"
	if err := conn.QueryRow(ctx, query).Scan(&version, &fsync); err != nil {
		return fmt.Errorf("ask PostgreSQL for its settings: %w", err)
	}
	switch {
	case version < leastVersion:
		return fmt.Errorf("PostgreSQL is version %d: use %d or later", version/10000, leastVersion/10000)
	case fsync != "on":
		return errors.New("PostgreSQL runs with fsync = " + fsync + ", and would lose what it has acknowledged: set it to on")
	}
	return nil
}

// versionOf reads what Temporal noted, empty if it has noted nothing, and counts
// what else is there. What belongs to an extension is nobody's.
func versionOf(ctx context.Context, conn *pgx.Conn, d database) (version string, tables int, err error) {
	const count = `SELECT count(*), to_regclass('schema_version') IS NOT NULL, to_regclass($1) IS NOT NULL
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
			AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`
	var noted, signed bool
	if err := conn.QueryRow(ctx, count, d.sign).Scan(&tables, &noted, &signed); err != nil {
		return "", 0, fmt.Errorf("list the tables of %s: %w", d.name, err)
	}
	if !noted || !signed {
		return "", tables, nil
	}
	version, err = (&schemaTx{ctx, conn, d.name}).ReadSchemaVersion()
	if errors.Is(err, pgx.ErrNoRows) || is(err, noSuchColumn) {
		return "", tables, nil
	}
	return version, tables, err
}

// ours refuses what another Temporal cluster keeps.
func ours(ctx context.Context, conn *pgx.Conn, d database) error {
	var there bool
	if err := conn.QueryRow(ctx, "SELECT to_regclass('cluster_metadata_info') IS NOT NULL").Scan(&there); err != nil || !there {
		return err
	}
	var other string
	err := conn.QueryRow(ctx, "SELECT cluster_name FROM cluster_metadata_info WHERE cluster_name <> $1 LIMIT 1", clusterName).Scan(&other)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read whose database %s is: %w", d.name, err)
	}
	return fmt.Errorf("the database %s is of the Temporal cluster %q: connect worker and starter to that cluster, or choose another database", d.name, other)
}

// schemaTx is where Temporal's schema tool works: a transaction, which its own
// connection has none of.
type schemaTx struct {
	ctx context.Context // the tool's interface has none
	on  interface {
		Exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error)
		QueryRow(ctx context.Context, query string, args ...any) pgx.Row
	}
	name string
}

var _ schema.DB = (*schemaTx)(nil)

// Exec leaves out CONCURRENTLY, which no transaction allows: the database is held,
// so nobody else waits.
func (s *schemaTx) Exec(statement string, args ...any) error {
	statement = strings.ReplaceAll(statement, " INDEX CONCURRENTLY ", " INDEX ")
	_, err := s.on.Exec(s.ctx, statement, args...)
	return err
}

func (s *schemaTx) CreateSchemaVersionTables() error {
	return s.Exec(`
		CREATE TABLE IF NOT EXISTS schema_version (
			version_partition INT NOT NULL, db_name VARCHAR(255) NOT NULL, creation_time TIMESTAMP,
			curr_version VARCHAR(64), min_compatible_version VARCHAR(64), PRIMARY KEY (version_partition, db_name));
		CREATE TABLE IF NOT EXISTS schema_update_history (
			version_partition INT NOT NULL, year INT NOT NULL, month INT NOT NULL, update_time TIMESTAMP NOT NULL,
			description VARCHAR(255), manifest_md5 VARCHAR(64), new_version VARCHAR(64), old_version VARCHAR(64),
			PRIMARY KEY (version_partition, year, month, update_time));`)
}

func (s *schemaTx) ReadSchemaVersion() (version string, err error) {
	err = s.on.QueryRow(s.ctx, "SELECT curr_version FROM schema_version WHERE version_partition = 0 AND db_name = $1", s.name).Scan(&version)
	return version, err
}

func (s *schemaTx) UpdateSchemaVersion(version, leastCompatible string) error {
	return s.Exec(`INSERT INTO schema_version (version_partition, db_name, creation_time, curr_version, min_compatible_version)
		VALUES (0, $1, $2, $3, $4) ON CONFLICT (version_partition, db_name) DO UPDATE
		SET creation_time = excluded.creation_time, curr_version = excluded.curr_version, min_compatible_version = excluded.min_compatible_version`,
		s.name, time.Now().UTC(), version, leastCompatible)
}

func (s *schemaTx) WriteSchemaUpdateLog(from, to, sum, about string) error {
	now := time.Now().UTC()
	return s.Exec(`INSERT INTO schema_update_history (version_partition, year, month, update_time, old_version, new_version, manifest_md5, description)
		VALUES (0, $1, $2, $3, $4, $5, $6, $7)`, now.Year(), int(now.Month()), now, from, to, sum, about)
}

// DropAllTables is never asked for: nothing here is set up anew over what there is.
func (s *schemaTx) DropAllTables() error { return errors.New("nothing is dropped") }

func (s *schemaTx) Close() {}

func (s *schemaTx) Type() string { return "sql" }
