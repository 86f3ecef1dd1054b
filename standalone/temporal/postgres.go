package temporal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/iancoleman/strcase"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"

	"lastday/egress"
)

// PostgreSQL's error codes, from its appendix A.
const (
	noSuchDatabase  = "3D000"
	databaseIsThere = "42P04"
	noSuchColumn    = "42703"
	mayNot          = "42501"
	wrongPassword   = "28P01"
	notLetIn        = "28000"
	lockIsTaken     = "55P03"
	noSuchFile      = "58P01" // of an extension, up to version 14
	notSupported    = "0A000" // the same from 15 on
)

// leastVersion is what Temporal's schema needs, as server_version_num.
const leastVersion = 120000

// postgres is a PostgreSQL server, and how to reach it.
type postgres struct {
	conf     *pgx.ConnConfig
	password func() (string, error)
}

// openPostgres takes the database that address names. Where something is in the
// way nothing is changed.
func openPostgres(ctx context.Context, address string, password func() (string, error)) (*store, error) {
	p, err := parsePostgres(address, password)
	if err != nil {
		return nil, err
	}
	held, err := p.take(ctx)
	if err != nil {
		return nil, fmt.Errorf("open database %s: %w%s", p.where(), err, p.advice(err))
	}
	pool := func(d database, conns int) *config.SQL {
		return &config.SQL{
			PluginName: postgresql.PluginNamePGX, DatabaseName: d.name,
			Connect: func(*config.SQL) (*sqlx.DB, error) { return p.pool(d.name, conns) },
		}
	}
	main, visibility := p.databases()
	return &store{
		where: p.where(), main: pool(main, mainConns), visibility: pool(visibility, visibilityConns),
		shards: postgresShards, lost: held.lost, close: held.release,
	}, nil
}

// take makes what is missing and holds the database.
func (p *postgres) take(ctx context.Context) (*hold, error) {
	main, visibility := p.databases()
	for _, d := range []database{main, visibility} {
		if _, err := p.look(ctx, d); err != nil {
			return nil, err
		}
	}
	for _, d := range []database{main, visibility} {
		if err := p.create(ctx, d.name); err != nil {
			return nil, err
		}
	}
	held, err := p.hold(ctx, main.name)
	if err != nil {
		return nil, err
	}
	for _, d := range []database{main, visibility} {
		if err := p.upgrade(ctx, d); err != nil {
			held.release()
			return nil, err
		}
	}
	return held, nil
}

func parsePostgres(address string, password func() (string, error)) (*postgres, error) {
	const form = "give postgres://USER@HOST:PORT/NAME, and the password by PGPASSWORD or a password file"
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return nil, errors.New("read the database's address: it is not one of PostgreSQL: " + form)
	}
	conf, err := pgx.ParseConfig(address)
	if err != nil {
		// Its text has the password taken out, but may quote the rest.
		return nil, errors.New("read the database's address: it cannot be understood: " + form)
	}
	const longest = 63 - len(visibilitySuffix) // of a name in PostgreSQL
	switch {
	case conf.Database == "":
		return nil, errors.New("read the database's address: it names no database: " + form)
	case len(conf.Database) > longest:
		return nil, fmt.Errorf("read the database's address: the name of the database is too long: give one of at most %d characters", longest)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("read the database's address: it cannot be understood: " + form)
	}
	if err := egress.Protected(u); err != nil {
		return nil, fmt.Errorf("read the database's address: %w", err)
	}
	if conf.ConnectTimeout == 0 {
		conf.ConnectTimeout = 10 * time.Second
	}
	// What is acknowledged must be on the disk, whatever the server's default is;
	// "on" waits for a synchronous standby as well, where there is one.
	conf.RuntimeParams["synchronous_commit"] = "on"
	// A standby gives locks as the primary does, so that two servers could hold the
	// database. Of several hosts in the address the one that takes writes is used.
	conf.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	return &postgres{conf: conf, password: password}, nil
}

// where names the database for messages.
func (p *postgres) where() string {
	host := p.conf.Host
	if !strings.HasPrefix(host, "/") {
		host = net.JoinHostPort(host, strconv.Itoa(int(p.conf.Port)))
	}
	return fmt.Sprintf("%s on %s", p.conf.Database, host)
}

// connect opens one connection to a database, with parameters of its session.
func (p *postgres) connect(ctx context.Context, name string, parameters map[string]string) (*pgx.Conn, error) {
	conf := p.conf.Copy()
	conf.Database = name
	for k, v := range parameters {
		conf.RuntimeParams[k] = v
	}
	if err := p.authenticate(ctx, conf); err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, conf)
}

// authenticate looks the password up anew, so that a rotated one needs no restart.
func (p *postgres) authenticate(_ context.Context, conf *pgx.ConnConfig) (err error) {
	if p.password != nil {
		conf.Password, err = p.password()
	}
	return err
}

// pool opens connections as Temporal's own plugin would from its configuration,
// which knows neither sockets nor password files.
func (p *postgres) pool(name string, conns int) (*sqlx.DB, error) {
	conf := p.conf.Copy()
	conf.Database = name
	conf.RuntimeParams["application_name"] = "lastday temporal"
	db := sqlx.NewDb(sql.OpenDB(stdlib.GetConnector(*conf,
		stdlib.OptionBeforeConnect(p.authenticate), stdlib.OptionAfterConnect(durationsAsNumbers))), "pgx")
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxLifetime(time.Hour)
	db.MapperFunc(strcase.ToSnake)
	if err := db.Ping(); err != nil { //nolint:noctx // Temporal gives none, and the connection has a timeout
		_ = db.Close()
		return nil, err
	}
	return db, nil
}

// durationsAsNumbers writes a duration as Temporal's tables have it, nanoseconds;
// pgx alone would write an interval.
func durationsAsNumbers(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterDefaultPgType(time.Duration(0), "int8")
	conn.TypeMap().RegisterDefaultPgType((*time.Duration)(nil), "int8")
	return nil
}

// create makes a database, if it is missing.
func (p *postgres) create(ctx context.Context, name string) error {
	conn, err := p.connect(ctx, name, nil)
	if err == nil {
		return conn.Close(ctx)
	}
	if !is(err, noSuchDatabase) {
		return err
	}
	if conn, err = p.connect(ctx, "postgres", nil); err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if err != nil && !is(err, databaseIsThere) {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

func is(err error, codes ...string) bool {
	var said *pgconn.PgError
	if !errors.As(err, &said) {
		return false
	}
	for _, code := range codes {
		if said.Code == code {
			return true
		}
	}
	return false
}

// advice is what to do about what PostgreSQL says.
func (p *postgres) advice(err error) string {
	var connecting *pgconn.ConnectError
	main, visibility := p.databases()
	switch {
	case errors.Is(err, pgconn.ErrReadOnlyConnection):
		return ": this is a standby, or may not be written for another reason: give the address of the primary, or of both"
	case is(err, wrongPassword, notLetIn):
		return ": give the right password by PGPASSWORD or a password file, and look at pg_hba.conf"
	case is(err, noSuchFile, notSupported):
		return ": install PostgreSQL's contributed extensions (btree_gin)"
	case is(err, mayNot):
		return fmt.Sprintf(": as an administrator, make the databases %s and %s with %s as their owner", main.name, visibility.name, p.conf.User)
	case errors.As(err, &connecting):
		return ": see that PostgreSQL runs and can be reached from here"
	}
	return ""
}
