package notary_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // an attacker's way in
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // another

	"lastday/record"
	"lastday/record/anchor"
	"lastday/record/names"
	"lastday/record/notary"
	"lastday/record/store"
	"lastday/record/store/pgtest"
)

// postgres is one server for all tests of this package.
var postgres = sync.OnceValues(pgtest.Run)

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := postgres(); err == nil {
		s.Stop()
	}
	os.Exit(code)
}

// each runs a test over both databases, each empty.
func each(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "record.db")) })
	t.Run("postgres", func(t *testing.T) {
		s, err := postgres()
		if errors.Is(err, pgtest.ErrMissing) && os.Getenv(pgtest.Needs) != "1" {
			t.Skipf("%v (%s=1 makes this a failure)", err, pgtest.Needs)
		}
		require.NoError(t, err)
		test(t, s.New(t))
	})
}

// attack changes the database past the store.
func attack(t *testing.T, dsn, text string, args ...any) {
	t.Helper()
	driver := "pgx"
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, dsn = "sqlite", "file:"+path+"?_pragma=busy_timeout(20000)"
	}
	db, err := sql.Open(driver, dsn)
	require.NoError(t, err)
	defer db.Close()
	done, err := db.ExecContext(t.Context(), text, args...)
	require.NoError(t, err)
	n, err := done.RowsAffected()
	require.NoError(t, err)
	require.NotZero(t, n)
}

func events(prefix string, n int) []record.Event {
	var out []record.Event
	for i := range n {
		out = append(out, record.Event{
			ID: fmt.Sprintf("%s-%d", prefix, i), Kind: record.Action, At: time.Now(), Case: "0197b9a2-0000-7000-8000-000000000001", System: "okta",
		})
	}
	return out
}

// realHouse is a house with the real store and a directory as anchor.
func realHouse(t *testing.T, dsn string) (*house, func() *store.Store, string) {
	t.Helper()
	h := newHouse(t)
	b, err := names.Generate()
	require.NoError(t, err)
	keys, err := names.Parse(b)
	require.NoError(t, err)
	open := func() *store.Store {
		s, err := store.Open(t.Context(), dsn, keys)
		require.NoError(t, err)
		t.Cleanup(func() { _ = s.Close() })
		return s
	}
	s, dir := open(), t.TempDir()
	h.o.Log, h.o.Clock = s, nil
	h.o.Anchors, err = anchor.Open(anchor.Config{Directory: []anchor.DirectoryConfig{{Name: "far", Path: dir}}},
		anchor.Needs{Verifier: h.o.Verifier, Log: s})
	require.NoError(t, err)
	return h, open, dir
}

func TestTheRealStore(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		h, _, dir := realHouse(t, dsn)
		s := h.o.Log.(*store.Store)
		n := h.start()
		for i, size := range []int64{1, 3, 260, 1300} {
			head, err := s.Head(t.Context())
			require.NoError(t, err)
			require.NoError(t, s.Append(t.Context(), events(fmt.Sprint(i), int(size-head.N))))
			eventually(t, n, func() bool { return n.Ages()[0].Size == size })
			require.NoError(t, n.Health())
			kept := h.kept()
			last, err := s.Checkpoint(t.Context())
			require.NoError(t, err)
			require.Equal(t, kept, last)
			held, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.checkpoint", size)))
			require.NoError(t, err)
			require.Equal(t, kept, string(held))
		}
		receipts, err := s.Anchors(t.Context(), 0)
		require.NoError(t, err)
		require.Len(t, receipts, 4)
		require.NoError(t, h.start().Tick(t.Context()), "a new process goes on")
		require.Empty(t, h.told())
	})
}

func TestTheRealStoreIsAttacked(t *testing.T) {
	cases := map[string]struct {
		cause  notary.Cause
		attack func(t *testing.T, h *house, dsn string)
	}{
		"an entry changed before it is signed": {notary.Changed, func(t *testing.T, h *house, dsn string) {
			require.NoError(t, h.o.Log.Append(t.Context(), events("more", 3)))
			attack(t, dsn, "UPDATE record_entries SET leaf = (SELECT leaf FROM record_entries WHERE idx = 3) WHERE idx = 11")
		}},
		"an entry changed long after": {notary.Changed, func(t *testing.T, _ *house, dsn string) {
			attack(t, dsn, "UPDATE record_entries SET leaf = (SELECT leaf FROM record_entries WHERE idx = 3) WHERE idx = 5")
		}},
		"an entry cut out": {notary.Changed, func(t *testing.T, _ *house, dsn string) {
			attack(t, dsn, "DELETE FROM record_entries WHERE idx = 5")
		}},
		"an entry that is none any more": {notary.Changed, func(t *testing.T, _ *house, dsn string) {
			attack(t, dsn, "UPDATE record_entries SET leaf = (SELECT hash FROM record_hashes WHERE idx = 0) WHERE idx = 5")
		}},
		"a checkpoint changed": {notary.Unsigned, func(t *testing.T, h *house, dsn string) {
			require.NoError(t, h.o.Log.Append(t.Context(), events("more", 1)))
			attack(t, dsn, "UPDATE record_checkpoints SET note = replace(note, '10', '11')")
		}},
		"another database in its place": {notary.Forked, func(t *testing.T, h *house, dsn string) {
			other := newHouse(t)
			for i := range 12 {
				require.NoError(t, other.log.Append(t.Context(), events(fmt.Sprint("o", i), 1)))
			}
			require.NoError(t, h.o.Log.Append(t.Context(), events("more", 2)))
			for i, hash := range other.log.take().hashes {
				attack(t, dsn, "UPDATE record_hashes SET hash = $1 WHERE idx = $2", hash[:], i)
			}
			for i, leaf := range other.log.take().leaves {
				attack(t, dsn, "UPDATE record_entries SET leaf = $1 WHERE idx = $2", leaf, i)
			}
		}},
		"the end cut off": {notary.Older, func(t *testing.T, _ *house, dsn string) {
			attack(t, dsn, "DELETE FROM record_entries WHERE idx >= 7")
			attack(t, dsn, "UPDATE record_head SET size = 7")
			attack(t, dsn, "DELETE FROM record_checkpoints")
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, dsn string) {
				h, _, dir := realHouse(t, dsn)
				s := h.o.Log.(*store.Store)
				require.NoError(t, s.Append(t.Context(), events("first", 10)))
				n := h.start()
				eventually(t, n, func() bool { return n.Ages()[0].Size == 10 })
				kept := h.kept()
				c.attack(t, h, dsn)
				n = h.start()
				for range 3 {
					var stop *notary.Stop
					require.ErrorAs(t, n.Tick(t.Context()), &stop)
					require.Equal(t, c.cause, stop.Cause, stop.Detail)
				}
				require.Equal(t, kept, h.kept(), "nothing was signed")
				files, err := filepath.Glob(filepath.Join(dir, "*.checkpoint"))
				require.NoError(t, err)
				require.Len(t, files, 1)
				h.alarmed(1)
			})
		})
	}
}

// TestTwoProcessesOnTheRealStore: two stores, two notaries, two copies, and
// entries coming in from both.
func TestTwoProcessesOnTheRealStore(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		h, open, _ := realHouse(t, dsn)
		first := h.o.Log.(*store.Store)
		require.NoError(t, first.Append(t.Context(), events("first", 1)))
		a := h.start()
		require.NoError(t, a.Tick(t.Context()))
		second := open()
		other := notary.NewFile(filepath.Join(t.TempDir(), "checkpoint"))
		b := h.start(func(o *notary.Options) { o.Log, o.Copy = second, other })
		require.NoError(t, b.Adopt(t.Context(), h.kept()))

		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		errs := make(chan error, 4)
		var writing sync.WaitGroup
		for i, s := range []*store.Store{first, second} {
			writing.Go(func() {
				for j := range 60 {
					if err := s.Append(ctx, events(fmt.Sprint("w", i, "-", j), 2)); err != nil {
						errs <- err
						return
					}
				}
				errs <- nil
			})
		}
		written := make(chan struct{})
		go func() { writing.Wait(); close(written) }()
		for _, n := range []*notary.Notary{a, b} {
			go func() {
				for {
					if err := n.Tick(ctx); err != nil {
						errs <- err
						return
					}
					select {
					case <-written:
						errs <- n.Tick(ctx)
						return
					default:
					}
				}
			}()
		}
		for range 4 {
			require.NoError(t, <-errs)
		}
		require.NoError(t, a.Tick(ctx))
		require.NoError(t, b.Tick(ctx))
		mine, err := other.Read()
		require.NoError(t, err)
		require.Equal(t, mine, h.kept())
		require.Equal(t, int64(1+2*60*2), h.open(mine).N)
	})
}
