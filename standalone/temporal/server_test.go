package temporal_test

import (
	"bytes"
	"context"
	"database/sql"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdk "go.temporal.io/sdk/temporal"

	"lastday/standalone/temporal"
)

var (
	state    = sdk.NewSearchAttributeKeyKeyword("LastdayState")
	subject  = sdk.NewSearchAttributeKeyKeyword("LastdaySubject")
	partner  = sdk.NewSearchAttributeKeyKeyword("LastdayPartner")
	deadline = sdk.NewSearchAttributeKeyTime("LastdayDeadline")
)

func TestWorkflowStartsAndIsFoundByItsAttributesAsSoonAsStartReturns(t *testing.T) {
	eachStore(t, foundByItsAttributes)
}

func foundByItsAttributes(t *testing.T, o temporal.Options) {
	c := dial(t, start(t, o))
	due := time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "offboard:ada@example.com", TaskQueue: queue,
		TypedSearchAttributes: sdk.NewSearchAttributes(state.ValueSet("waiting"), subject.ValueSet("ada@example.com"),
			partner.ValueSet("Engine Ltd"), deadline.ValueSet(due)),
	}, "Wait", time.Hour)
	if err != nil {
		t.Fatalf("start workflow at once: %v", err)
	}

	for query, want := range map[string]int64{
		`LastdayPartner = "Engine Ltd" AND LastdayState = "waiting"`: 1,
		// Not "<= 17:00:00": SQLite compares these as text, "17:00:00.000" with "17:00:00".
		`LastdaySubject = "ada@example.com" AND LastdayDeadline < "2026-03-01T17:00:01Z"`: 1,
		`LastdaySubject = "ada@example.com" AND LastdayDeadline < "2026-03-01T16:59:59Z"`: 0,
		`LastdayState = "closed"`: 0,
	} {
		eventually(t, query, func() bool { return count(t, c, query) == want })
	}
}

func TestRestartKeepsWhatIsThereAndAddsWhatIsNew(t *testing.T) {
	eachStore(t, keptByARestart)
}

func keptByARestart(t *testing.T, o temporal.Options) {
	first := start(t, o)
	c := dial(t, first)
	_, err := c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "kept", TaskQueue: queue, TypedSearchAttributes: sdk.NewSearchAttributes(partner.ValueSet("Engine Ltd")),
	}, "Wait", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "workflow listed", func() bool { return count(t, c, `LastdayPartner = "Engine Ltd"`) == 1 })
	first.Stop()
	first.Stop()

	o.Retention = 72 * time.Hour
	o.SearchAttributes = maps.Clone(attributes)
	o.SearchAttributes["LastdayAttempt"] = enums.INDEXED_VALUE_TYPE_INT
	c = dial(t, start(t, o))
	if got := count(t, c, `LastdayPartner = "Engine Ltd"`); got != 1 {
		t.Errorf("found %d workflows after the restart, want 1", got)
	}
	_, err = c.ExecuteWorkflow(t.Context(), client.StartWorkflowOptions{
		ID: "new", TaskQueue: queue,
		TypedSearchAttributes: sdk.NewSearchAttributes(sdk.NewSearchAttributeKeyInt64("LastdayAttempt").ValueSet(2)),
	}, "Wait", time.Hour)
	if err != nil {
		t.Errorf("use the added attribute: %v", err)
	}
	info, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	if got := info.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(); got != o.Retention {
		t.Errorf("retention is %s, want %s", got, o.Retention)
	}
}

func TestTracesOfTheServerItselfWouldNamePeople(t *testing.T) {
	t.Setenv("OTEL_TRACES_EXPORTER", "otlp")
	s, err := temporal.Start(t.Context(), options(t.TempDir()))
	if err == nil {
		s.Stop()
	}
	if err == nil || !strings.Contains(err.Error(), "OTEL_TRACES_EXPORTER") {
		t.Fatalf("it starts, and sends them: %v", err)
	}
}

func TestStartRefusesAndSaysWhatToDo(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	inUse := options(t.TempDir())
	start(t, inUse)
	retyped := options(t.TempDir())
	start(t, retyped).Stop()
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "temporal.db"), []byte("not a database, but longer than nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	older := options(t.TempDir())
	start(t, older).Stop()
	setMark(t, older.DataDir)
	tooMany := map[string]enums.IndexedValueType{}
	for _, name := range strings.Split("abcdefghijk", "") {
		tooMany[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}

	for name, test := range map[string]struct {
		from   temporal.Options
		change func(*temporal.Options)
		want   []string
	}{
		"frontend port in use": {
			options(t.TempDir()), func(o *temporal.Options) { o.FrontendAddr = taken.Addr().String() },
			[]string{taken.Addr().String(), "is taken", "choose another port"},
		},
		"web UI port in use": {
			options(t.TempDir()), func(o *temporal.Options) { o.UIAddr = taken.Addr().String() },
			[]string{taken.Addr().String(), "is taken", "choose another port"},
		},
		"address of another machine": {
			options(t.TempDir()), func(o *temporal.Options) { o.FrontendAddr = "192.0.2.1:0" },
			[]string{"192.0.2.1", "choose an address of this machine"},
		},
		"address without a port": {
			options(t.TempDir()), func(o *temporal.Options) { o.FrontendAddr = "localhost" },
			[]string{`"localhost"`, "give host:port"},
		},
		"data directory in use": {
			inUse, func(*temporal.Options) {},
			[]string{inUse.DataDir, "already in use by process", "stop that one"},
		},
		"data directory under a file": {
			options(t.TempDir()), func(o *temporal.Options) { o.DataDir = filepath.Join(foreign, "temporal.db", "x") },
			[]string{"temporal.db", "not a directory", "choose another"},
		},
		"file of another program": {
			options(foreign), func(*temporal.Options) {},
			[]string{filepath.Join(foreign, "temporal.db"), "not a database", "from a backup"},
		},
		"file of another version": {
			older, func(*temporal.Options) {},
			[]string{filepath.Join(older.DataDir, "temporal.db"), "another version", "empty data directory"},
		},
		"attribute of another type": {retyped, func(o *temporal.Options) {
			o.SearchAttributes = map[string]enums.IndexedValueType{"LastdayState": enums.INDEXED_VALUE_TYPE_INT}
		}, []string{"LastdayState", "registered as Keyword, not Int", "another name"}},
		"more attributes than fit": {
			options(t.TempDir()), func(o *temporal.Options) { o.SearchAttributes = tooMany },
			[]string{"no room", "Keyword", "use fewer"},
		},
		"retention below the server's": {
			options(t.TempDir()), func(o *temporal.Options) { o.Retention = time.Minute },
			[]string{"1m0s is too short", "give 1h0m0s or more"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := test.from
			test.change(&o)
			s, err := temporal.Start(t.Context(), o)
			if err == nil {
				s.Stop()
				t.Fatal("started")
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
		})
	}
}

func TestFailedStartGivesTheDataDirectoryFree(t *testing.T) {
	o := options(t.TempDir())
	bad := o
	bad.UIAddr = "192.0.2.1:0"
	if _, err := temporal.Start(t.Context(), bad); err == nil {
		t.Fatal("started on another machine's address")
	}
	start(t, o)
}

func TestStockDispatchServesToo(t *testing.T) {
	o := options(t.TempDir())
	o.StockDispatch = true
	c := dial(t, start(t, o))
	work(t, c, queue)
	runWait(t, c, "stock")
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a data #dir? of 100%", "deep")
	start(t, options(dir))
	files, err := filepath.Glob(filepath.Join(strings.NewReplacer("?", `\?`).Replace(dir), "temporal.*"))
	if err != nil || len(files) < 3 { // .db, .db-wal, .lock
		t.Fatalf("found %v (%v) in the data directory", files, err)
	}
	for _, file := range append(files, dir) {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		if open := info.Mode().Perm() & 0o077; open != 0 {
			t.Errorf("%s is open to others: %v", filepath.Base(file), info.Mode())
		}
	}
}

func TestNothingIsLoggedThatNobodyNeeds(t *testing.T) {
	eachStore(t, nothingLogged)
}

func nothingLogged(t *testing.T, o temporal.Options) {
	var lines bytes.Buffer
	o.UIAddr = "127.0.0.1:0"
	o.Log = slog.New(slog.NewTextHandler(&lines, nil))
	s := start(t, o)
	c := dial(t, s)
	w := newWorker(c, queue)
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	runWait(t, c, "quiet")
	w.Stop()
	c.Close()
	s.Stop()
	if lines.Len() > 0 {
		t.Errorf("logged:\n%s", &lines)
	}
}

// setMark makes the file look as if a server with other tables had made it.
func setMark(t *testing.T, dir string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "temporal.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "PRAGMA user_version = 2"); err != nil {
		t.Fatal(err)
	}
}

func runWait(t *testing.T, c client.Client, id string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: queue}, "Wait", time.Millisecond)
	if err == nil {
		err = run.Get(ctx, nil)
	}
	if err != nil {
		t.Fatalf("run workflow: %v", err)
	}
}

func count(t *testing.T, c client.Client, query string) int64 {
	t.Helper()
	got, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{Query: query})
	if err != nil {
		t.Fatalf("count %s: %v", query, err)
	}
	return got.GetCount()
}
