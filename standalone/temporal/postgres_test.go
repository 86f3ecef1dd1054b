package temporal_test

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"

	"lastday/record/store/pgtest"
	"lastday/standalone/temporal"
)

// sister is the address of another database on the same server.
func sister(t testing.TB, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func nameOf(address string) string {
	u, _ := url.Parse(address)
	return strings.TrimPrefix(u.Path, "/")
}

func session(t testing.TB, address string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func run(t testing.TB, on *pgx.Conn, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := on.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// list is a query's first column.
func list(t testing.TB, on *pgx.Conn, query string) []string {
	t.Helper()
	rows, err := on.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return all
}

// shape is what the tables of a database are made of.
const shape = `SELECT table_name || ' ' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(column_default, '') || coalesce(generation_expression, '')
		FROM information_schema.columns WHERE table_schema = 'public'
	UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
	UNION ALL SELECT db_name || ' ' || curr_version || ' ' || min_compatible_version FROM schema_version
	UNION ALL SELECT 'from ' || old_version || ' to ' || new_version || ' ' || manifest_md5 FROM schema_update_history
	ORDER BY 1`

// official makes a database as Temporal's own tool does, up to a version.
func official(t testing.TB, address, folder, version string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := sql.NewConnection(&config.SQL{
		PluginName: postgresql.PluginNamePGX, User: u.User.Username(), ConnectAddr: "localhost:5432", DatabaseName: nameOf(address),
		ConnectAttributes: map[string]string{"host": u.Query().Get("host")},
	}, log.NewNoopLogger())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := schema.NewSetupSchemaTask(conn, &schema.SetupConfig{InitialVersion: "0.0"}, log.NewNoopLogger()).Run(); err != nil {
		t.Fatal(err)
	}
	update := &schema.UpdateConfig{SchemaName: "postgresql/v12/" + folder, TargetVersion: version}
	if err := schema.NewUpdateSchemaTask(conn, update, log.NewNoopLogger()).Run(); err != nil {
		t.Fatal(err)
	}
}

func TestDatabasesAreAsTemporalsOwnToolMakesThemAlsoFromAnOlderVersion(t *testing.T) {
	server := pgtest.Start(t)
	made, older := server.New(t), server.New(t)
	run(t, session(t, made), "CREATE DATABASE "+nameOf(older)+"_visibility", "CREATE DATABASE tool", "CREATE DATABASE tool_visibility")
	official(t, older, "temporal", "1.11")
	official(t, sister(t, older, nameOf(older)+"_visibility"), "visibility", "1.6")
	official(t, sister(t, made, "tool"), "temporal", "")
	official(t, sister(t, made, "tool_visibility"), "visibility", "")

	for name, address := range map[string]string{"new": made, "older": older} {
		start(t, inPostgres(address)).Stop()
		for _, suffix := range []string{"", "_visibility"} {
			want := list(t, session(t, sister(t, made, "tool"+suffix)), shape)
			got := list(t, session(t, sister(t, made, nameOf(address)+suffix)), shape)
			if len(want) < 50 {
				t.Fatalf("Temporal's tool made %d things only", len(want))
			}
			for i := range got {
				got[i] = strings.Replace(got[i], nameOf(address)+suffix+" ", "tool"+suffix+" ", 1)
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s%s, - as Temporal's tool makes it, + as we do:\n%s", name, suffix, diff)
			}
		}
	}
}

func TestDatabaseThatIsNotOursIsRefusedAndStaysAsItIs(t *testing.T) {
	server := pgtest.Start(t)
	ours := server.New(t)
	start(t, inPostgres(ours)).Stop()
	visibility := sister(t, ours, nameOf(ours)+"_visibility")

	for name, test := range map[string]struct {
		statements []string // in a copy of ours, or in an empty database
		empty      bool
		address    func(string) string
		want       []string
	}{
		"tables of another program": {
			[]string{"CREATE TABLE staff (name text)", "CREATE TABLE executions (id int)"},
			true, nil,
			[]string{"2 tables that are not Temporal's", "choose an empty one"},
		},
		"another program's schema_version": {
			[]string{"CREATE TABLE schema_version (installed_rank int)", "CREATE TABLE executions (id int)"},
			true, nil,
			[]string{"2 tables that are not Temporal's"},
		},
		"newer schema": {
			[]string{"UPDATE schema_version SET curr_version = '1.100'"},
			false, nil,
			[]string{"a newer version made the database", "1.100", "start the newer version"},
		},
		"another cluster": {
			[]string{"INSERT INTO cluster_metadata_info VALUES (0, 'active', '', '', 1)"},
			false, nil,
			[]string{`of the Temporal cluster "active"`, "connect worker and starter to that cluster"},
		},
		"the other of the two": {nil, true, func(string) string { return visibility }, []string{"tables that are not Temporal's"}},
	} {
		t.Run(name, func(t *testing.T) {
			address := server.New(t)
			if test.address != nil {
				address = test.address(address)
			}
			if !test.empty {
				official(t, address, "temporal", "")
			}
			conn := session(t, address)
			run(t, conn, test.statements...)
			const all = "SELECT oid || ' ' || relname || ' ' || relfilenode FROM pg_class ORDER BY oid"
			before := list(t, conn, all)
			refused(t, inPostgres(address), append(test.want, nameOf(address))...)
			if after := list(t, conn, all); strings.Join(before, "\n") != strings.Join(after, "\n") {
				t.Error("the database was changed")
			}
			if n := list(t, conn, "SELECT datname::text FROM pg_database WHERE datname = '"+nameOf(address)+"_visibility'"); len(n) > 0 {
				t.Errorf("made %v", n)
			}
		})
	}
}

func TestDatabaseInUseIsRefusedAndNamesTheHolder(t *testing.T) {
	address := pgtest.Start(t).New(t)
	first := start(t, inPostgres(address))
	refused(t, inPostgres(address), nameOf(address), "already in use by lastday process", "stop that one")
	first.Stop()
	start(t, inPostgres(address))
}

func TestUnusableAddressIsRefusedWithoutItsPassword(t *testing.T) {
	address := pgtest.Start(t).New(t)
	for name, test := range map[string]struct {
		address string
		want    []string
	}{
		"another database's":  {"mysql://lastday:canary1@db/x", []string{"not one of PostgreSQL", "postgres://USER@HOST:PORT/NAME"}},
		"not readable":        {"postgres://lastday:canary1@db:port/x", []string{"cannot be understood", "postgres://USER@HOST:PORT/NAME"}},
		"without a name":      {"postgres://lastday:canary1@127.0.0.1:1", []string{"names no database"}},
		"name that is long":   {sister(t, address, strings.Repeat("x", 60)), []string{"too long", "at most 52"}},
		"nobody there":        {"postgres://lastday:canary1@127.0.0.1:1/x", []string{"x on 127.0.0.1:1", "see that PostgreSQL runs"}},
		"user without rights": {strings.Replace(sister(t, address, "fresh"), "lastday@", "guest@", 1), []string{"fresh and fresh_visibility with guest as their owner"}},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "user without rights" {
				run(t, session(t, address), "CREATE ROLE guest LOGIN")
			}
			refused(t, inPostgres(test.address), test.want...)
		})
	}
}

// The password comes from the place it is kept at, not from the address.
func TestPasswordIsAskedForAtEachConnection(t *testing.T) {
	address := pgtest.Start(t).New(t)
	o := inPostgres(address)
	asked := make(chan struct{}, 1000)
	o.Password = func() (string, error) {
		asked <- struct{}{}
		return "any: the server trusts its socket", nil
	}
	start(t, o)
	if len(asked) < 5 {
		t.Errorf("asked for the password %d times", len(asked))
	}
	o.Password = func() (string, error) { return "", os.ErrNotExist }
	refused(t, o, os.ErrNotExist.Error())
}

func TestServerTakesItsDatabaseBackAfterPostgreSQLWasAway(t *testing.T) {
	server := pgtest.Start(t)
	address := server.New(t)
	s := start(t, inPostgres(address))
	server.Kill()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the database is held again", func() bool { return held(t, address) })
	c := dial(t, s)
	work(t, c, queue)
	runWait(t, c, "afterwards")
	select {
	case err := <-s.Lost():
		t.Error(err)
	default:
	}
}

func TestServerSaysThatSomebodyElseTookItsDatabase(t *testing.T) {
	address := pgtest.Start(t).New(t)
	s := start(t, inPostgres(address))
	thief := session(t, address)
	run(t, thief, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'", "SELECT pg_advisory_lock("+key+")")
	select {
	case err := <-s.Lost():
		if !strings.Contains(err.Error(), "already in use") {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("nothing was said")
	}
}

// A standby would give the lock as well, and two servers would have the database.
func TestOfSeveralHostsTheOneThatTakesWritesIsUsed(t *testing.T) {
	standby, primary := pgtest.Start(t), pgtest.Start(t)
	behind, address := standby.New(t), primary.New(t)
	run(t, session(t, behind), "CREATE DATABASE "+nameOf(behind)+"_visibility", "ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()")
	refused(t, inPostgres(behind), "read only", "give the address of the primary")

	both, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	first, err := url.Parse(behind)
	if err != nil {
		t.Fatal(err)
	}
	both.RawQuery = url.Values{"host": {first.Query().Get("host") + "," + both.Query().Get("host")}}.Encode()
	both.Path = first.Path
	if nameOf(both.String()) != nameOf(address) {
		t.Fatal("the two servers' databases have different names")
	}
	start(t, inPostgres(both.String()))
	if held(t, behind) || !held(t, address) {
		t.Error("the standby's lock was taken")
	}
}

// key is the lock by which a server holds its database: "temporal" in ASCII.
const key = "8387230210720948588"

func held(t testing.TB, address string) bool {
	t.Helper()
	return len(list(t, session(t, address), "SELECT pid::text FROM pg_locks WHERE locktype = 'advisory' AND granted")) > 0
}

func refused(t testing.TB, o temporal.Options, want ...string) {
	t.Helper()
	s, err := temporal.Start(t.Context(), o)
	if err == nil {
		s.Stop()
		t.Fatal("started")
	}
	for _, part := range want {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not say %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "canary1") {
		t.Errorf("the error has the password: %v", err)
	}
}
