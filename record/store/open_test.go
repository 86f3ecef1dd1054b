package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/names"
	"lastday/record/store"
)

func TestWithoutTheNamesKeyNothingOpens(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		_, err := store.Open(t.Context(), dsn, names.Keys{})
		require.ErrorContains(t, err, "needs a names key")
		right := newKeys(t)
		require.NoError(t, open(t, dsn, right).Close())
		_, err = store.Open(t.Context(), dsn, newKeys(t))
		require.ErrorContains(t, err, "is not the one that this record was made with")
		open(t, dsn, right)
	})
}

func TestADatabaseOfANewerProgramIsNotTouched(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		require.NoError(t, open(t, dsn, keys).Close())
		_, err := raw(t, dsn).Exec("INSERT INTO record_versions (version_id, is_applied) VALUES (99, true)")
		require.NoError(t, err)
		_, err = store.Open(t.Context(), dsn, keys)
		require.ErrorContains(t, err, "version 99")
		require.ErrorContains(t, err, "take a newer program")
	})
}

func TestManyOpenANewDatabaseAtOnce(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		raw, err := names.Generate()
		require.NoError(t, err)
		keys, err := names.Parse(raw)
		require.NoError(t, err)
		acks := &acknowledged{}
		var wg sync.WaitGroup
		for i := range 4 { // real processes
			wg.Go(func() {
				killAfter(t, 3, acks, "STORE_TEST_WRITER="+dsn, "STORE_TEST_KEYS="+string(raw), fmt.Sprint("STORE_TEST_ROUND=", i))
			})
			wg.Go(func() {
				s, err := store.Open(t.Context(), dsn, keys)
				if err == nil {
					err = s.Append(t.Context(), []record.Event{action(fmt.Sprint("here-", i), "case-1")})
					_ = s.Close()
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		acks.areIn(t, sound(t, open(t, dsn, keys)))
	})
}

func TestAWrongAddressIsToldWithoutItsSecret(t *testing.T) {
	keys := newKeys(t)
	bad := []string{
		"", "record.db", "mysql://u:canary@h/d", "sqlite:", "sqlite::memory:",
		"sqlite:" + filepath.Join(t.TempDir(), "no such directory", "record.db"),
		"postgres://user:canary@127.0.0.1:1/record?connect_timeout=1",
		"postgres://user:canary@host:port/record", "postgres://user:canary%zz@host/record",
		"postgres://user:canary@127.0.0.1/record?sslmode=perhaps",
		"postgres://user:canary@127.0.0.1/record?pool_max_conns=canary",
	}
	for _, dsn := range bad {
		_, err := store.Open(t.Context(), dsn, keys)
		require.ErrorContains(t, err, "open record: ", dsn)
		require.NotContains(t, err.Error(), "canary", dsn)
	}
}

func TestTheFileIsItsOwnersOnlyAndMayHaveAnyName(t *testing.T) {
	path := filepath.Join(t.TempDir(), "the record? 100% #1.db")
	s := open(t, "sqlite:"+path, newKeys(t))
	require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	require.NoError(t, err)
	require.Contains(t, files, path)
	for _, file := range files {
		require.True(t, strings.HasPrefix(file, path), file)
		info, err := os.Stat(file)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), file)
	}
}

func TestAClosedStoreLeavesNothingRunning(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		require.NoError(t, open(t, dsn, keys).Close())
		before := runtime.NumGoroutine()
		for range 5 {
			s := open(t, dsn, keys)
			require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
			require.NoError(t, s.Close())
		}
		require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 10*time.Second, 5*time.Millisecond)
	})
}

func TestAContextThatEndsEndsTheWait(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		db := raw(t, dsn)
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		begin := "BEGIN; SELECT one FROM record_head FOR UPDATE"
		if strings.HasPrefix(dsn, "sqlite:") {
			begin = "BEGIN IMMEDIATE"
		}
		_, err = conn.ExecContext(t.Context(), begin)
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, appendAll(ctx, s, action("a", "case-1")), context.DeadlineExceeded)
		_, err = s.Head(t.Context())
		require.NoError(t, err, "readers do not wait for writers")
		_, err = conn.ExecContext(t.Context(), "ROLLBACK")
		require.NoError(t, err)
		require.NoError(t, appendAll(t.Context(), s, action("b", "case-1")))
	})
}
