package store_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/store"
)

// raw opens the database itself, beside the store.
func raw(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	driver, address := "pgx", dsn
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, address = "sqlite", path
	}
	db, err := sql.Open(driver, address)
	require.NoError(t, err)
	db.SetMaxIdleConns(0)
	t.Cleanup(func() { db.Close() })
	return db
}

func column[T any](t *testing.T, db *sql.DB, query string, args ...any) []T {
	t.Helper()
	rows, err := db.Query(query, args...)
	require.NoError(t, err)
	defer rows.Close()
	var all []T
	for rows.Next() {
		var v T
		require.NoError(t, rows.Scan(&v))
		all = append(all, v)
	}
	require.NoError(t, rows.Err())
	return all
}

// onDisk gives those of the byte strings that are in some file of the database.
// Of PostgreSQL those are its tables, and its write-ahead log if asked for.
func onDisk(t *testing.T, dsn string, wal bool, wanted ...[]byte) []string {
	t.Helper()
	var dirs []string
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		dirs = append(dirs, filepath.Dir(path))
	} else {
		db := raw(t, dsn)
		_, err := db.Exec("CHECKPOINT")
		require.NoError(t, err)
		s, err := postgres()
		require.NoError(t, err)
		oid := column[string](t, db, "SELECT oid::text FROM pg_database WHERE datname = current_database()")[0]
		dirs = append(dirs, filepath.Join(s.Data(), "base", oid))
		if wal {
			dirs = append(dirs, filepath.Join(s.Data(), "pg_wal"))
		}
	}
	found := []string{}
	for _, dir := range dirs {
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			b, err := os.ReadFile(filepath.Join(dir, file.Name()))
			if err != nil {
				continue // a directory, or a file that the server has just removed
			}
			for _, what := range wanted {
				if bytes.Contains(b, what) {
					found = append(found, fmt.Sprintf("%.20q in %s", what, file.Name()))
				}
			}
		}
	}
	return found
}

func ended(ago time.Duration) record.Standing {
	return record.Standing{State: "verified", EndedAt: time.Now().Add(-ago)}
}

func TestForgettingLeavesNothingOfThePersonAndEveryProof(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		s := open(t, dsn, keys)
		for i := range 60 { // enough that pages are split and rows move
			ev := action(fmt.Sprint("jane-", i), "case-1")
			ev.Details = json.RawMessage(fmt.Sprintf(`{"label":"Fairweather %d %s"}`, i, strings.Repeat("x", i*20)))
			require.NoError(t, appendAll(t.Context(), s, ev))
			other := record.Person{Identity: fmt.Sprintf("other%d@example.com", i)}
			theirs := action(fmt.Sprint("other-", i), "case-2")
			theirs.People = map[record.Role]record.Person{record.Subject: other}
			require.NoError(t, appendAll(t.Context(), s, theirs))
		}
		require.NoError(t, appendAll(t.Context(), s, stands("end", "case-1", record.Confirmation, ended(500*24*time.Hour))))
		before := sound(t, s)
		old, err := s.Head(t.Context())
		require.NoError(t, err)
		pseudonym := before[0].Entry.People[record.Subject]

		db := raw(t, dsn)
		secrets := column[[]byte](t, db, "SELECT keyset FROM record_people WHERE pseudonym = $1", pseudonym)
		secrets = append(secrets, column[[]byte](t, db, "SELECT profile FROM record_people WHERE pseudonym = $1", pseudonym)...)
		secrets = append(secrets, column[[]byte](t, db, "SELECT lookup FROM record_people WHERE pseudonym = $1", pseudonym)...)
		secrets = append(secrets, column[[]byte](t, db, "SELECT box FROM record_sealed WHERE owner = $1", pseudonym)...)
		require.Len(t, secrets, 63)
		if !strings.HasPrefix(dsn, "sqlite:") { // which it does by itself after a while
			_, err := db.Exec("ANALYZE")
			require.NoError(t, err)
		}
		inClear := [][]byte{[]byte("Fairweather"), []byte("jane.doe"), []byte("Quillfeather"), []byte(hr.Email)}
		require.Empty(t, onDisk(t, dsn, true, inClear...), "sealed from the first moment")
		for i, secret := range secrets { // a long one lies in pieces
			secrets[i] = secret[:min(len(secret), 64)]
		}
		require.GreaterOrEqual(t, len(onDisk(t, dsn, false, secrets...)), len(secrets)/2, "what is looked for afterwards is there before")

		done, err := s.Forget(t.Context(), jane.Identity, hr)
		require.NoError(t, err)
		require.Equal(t, store.Forgotten{Pseudonym: pseudonym, Cases: []string{"case-1"}, Details: 60, Index: old.N}, done)
		require.Empty(t, onDisk(t, dsn, false, secrets...))
		require.Empty(t, onDisk(t, dsn, true, inClear...))

		after := sound(t, s)
		require.Len(t, after, len(before)+1)
		last := after[old.N].Entry
		require.Equal(t, record.Forgotten, last.Kind)
		require.Contains(t, string(last.Facts), pseudonym)
		require.Equal(t, before[0].Entry.People[record.Actor], last.People[record.Actor])
		for i, e := range before {
			require.Equal(t, e.Leaf, after[i].Leaf)
			if e.Opened != nil && e.Entry.Case == "case-1" {
				require.Nil(t, after[i].Opened)
			} else {
				require.Equal(t, e.Opened, after[i].Opened, "another's details stay")
			}
		}
		now, err := s.Head(t.Context())
		require.NoError(t, err)
		proof, err := tlog.ProveTree(now.N, old.N, s.Hashes(t.Context()))
		require.NoError(t, err)
		require.NoError(t, tlog.CheckTree(proof, now.N, now.Hash, old.N, old.Hash))
		people, err := s.People(t.Context(), []string{pseudonym})
		require.NoError(t, err)
		require.Empty(t, people)
		cases, err := s.Cases(t.Context(), record.Filter{Identity: jane.Identity})
		require.NoError(t, err)
		require.Empty(t, cases)
		cases, err = s.Cases(t.Context(), record.Filter{Case: "case-1"})
		require.NoError(t, err)
		require.Equal(t, pseudonym, cases[0].Subject)
		require.Zero(t, cases[0].Person)
	})
}

func TestAForgottenPersonWhoComesAgainIsAnother(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1"), stands("end", "case-1", record.Confirmation, ended(500*24*time.Hour))))
		first, err := s.Forget(t.Context(), jane.Identity, hr)
		require.NoError(t, err)

		_, err = s.Forget(t.Context(), jane.Identity, hr)
		require.ErrorIs(t, err, store.ErrUnknown)
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		_, err = s.Forget(t.Context(), jane.Identity, hr)
		require.ErrorIs(t, err, store.ErrUnknown, "a late retry of what is in the log brings nobody back")

		require.NoError(t, appendAll(t.Context(), s, action("b", "case-2"), stands("end 2", "case-2", record.Confirmation, ended(0))))
		again, err := s.Forget(t.Context(), jane.Identity, hr, store.WithinRetention())
		require.NoError(t, err)
		require.NotEqual(t, first.Pseudonym, again.Pseudonym)
		require.Equal(t, []string{"case-2"}, again.Cases)
		sound(t, s)
	})
}

func TestForgettingIsRefusedWhileTheCaseIsNeeded(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		forget := func(options ...store.ForgetOption) error {
			_, err := s.Forget(t.Context(), jane.Identity, hr, options...)
			return err
		}
		require.ErrorIs(t, forget(), store.ErrUnknown)
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		require.ErrorContains(t, forget(), "case case-1 has not ended")
		require.NoError(t, appendAll(t.Context(), s, stands("p", "case-1", record.Progress, record.Standing{State: "running"})))
		require.ErrorContains(t, forget(store.WithinRetention()), "case case-1 has not ended")
		require.NoError(t, appendAll(t.Context(), s, stands("end", "case-1", record.Confirmation, ended(30*24*time.Hour))))
		require.ErrorContains(t, forget(), "is to be kept until")
		require.ErrorContains(t, forget(store.Retention(31*24*time.Hour)), "is to be kept until")
		_, err := s.Forget(t.Context(), jane.Identity, jane)
		require.ErrorContains(t, err, "somebody else")
		_, err = s.Forget(t.Context(), jane.Identity, record.Person{})
		require.ErrorContains(t, err, "say who does it")
		_, err = s.Forget(t.Context(), "", hr)
		require.ErrorContains(t, err, "say whom")
		entries := sound(t, s)
		require.Len(t, entries, 3, "what is refused writes nothing")
		require.NotNil(t, entries[0].Opened)
		require.NoError(t, forget(store.Retention(29*24*time.Hour)))
		require.Nil(t, all(t, s)[0].Opened)
	})
}

// An erasure whose last step did not happen, as when the process died in it.
func TestAnErasureThatWasBegunIsFinishedByTheNextToOpen(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		s := open(t, dsn, keys)
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		require.NoError(t, s.Close())
		db := raw(t, dsn)
		keyset := column[[]byte](t, db, "SELECT keyset FROM record_people")[0]
		for _, q := range []string{"DELETE FROM record_people", "UPDATE record_head SET erased = 1"} {
			_, err := db.Exec(q)
			require.NoError(t, err)
		}
		require.NotEmpty(t, onDisk(t, dsn, false, keyset), "a plain delete leaves it on the disk")
		open(t, dsn, keys)
		require.Empty(t, onDisk(t, dsn, false, keyset))
		require.Equal(t, []int64{1}, column[int64](t, db, "SELECT wiped FROM record_head"))
	})
}

func TestForgettingWhileOthersWriteAndRead(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		s, other := open(t, dsn, keys), open(t, dsn, keys)
		for i := range 5 {
			who := record.Person{Identity: fmt.Sprint("leaver", i)}
			ev := action(fmt.Sprint("a", i), fmt.Sprint("case-", i))
			ev.People[record.Subject] = who
			end := stands(fmt.Sprint("end", i), ev.Case, record.Confirmation, ended(500*24*time.Hour))
			end.People = map[record.Role]record.Person{record.Subject: who}
			require.NoError(t, appendAll(t.Context(), s, ev, end))
		}
		stop := make(chan struct{})
		var wg sync.WaitGroup
		errs := make(chan error, 8)
		for w := range 4 {
			wg.Go(func() {
				for n := 0; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					if err := appendAll(t.Context(), other, action(fmt.Sprintf("w%d-%d", w, n), "case-w")); err != nil {
						errs <- err
						return
					}
					if _, err := s.Range(t.Context(), 0, 10); err != nil {
						errs <- err
						return
					}
				}
			})
		}
		for i := range 5 {
			_, err := s.Forget(t.Context(), fmt.Sprint("leaver", i), hr)
			require.NoError(t, err)
		}
		close(stop)
		wg.Wait()
		close(errs)
		for err := range errs {
			require.NoError(t, err)
		}
		sound(t, s)
	})
}
