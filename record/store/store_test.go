package store_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/tlog"

	"lastday/record"
	"lastday/record/names"
	"lastday/record/store"
	"lastday/record/store/pgtest"
)

var (
	jane = record.Person{Identity: "jane.doe@example.com", Email: "jane.doe@example.com", Name: "Jane Fairweather-Doe"}
	hr   = record.Person{Identity: "hr@example.com", Email: "hr@example.com", Name: "Harriet Quillfeather"}
)

// postgres is one server for all tests of this package.
var postgres = sync.OnceValues(pgtest.Run)

func TestMain(m *testing.M) {
	if dsn := os.Getenv("STORE_TEST_WRITER"); dsn != "" {
		os.Exit(writeUntilKilled(dsn))
	}
	code := m.Run()
	if s, err := postgres(); err == nil {
		s.Stop()
	}
	os.Exit(code)
}

func postgresDSN(t testing.TB) string {
	s, err := postgres()
	if errors.Is(err, pgtest.ErrMissing) && os.Getenv(pgtest.Needs) != "1" {
		t.Skipf("%v (%s=1 makes this a failure)", err, pgtest.Needs)
	}
	require.NoError(t, err)
	return s.New(t)
}

// each runs a test over both databases, each empty.
func each(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { test(t, "sqlite:"+filepath.Join(t.TempDir(), "record.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, postgresDSN(t)) })
}

func newKeys(t testing.TB) names.Keys {
	t.Helper()
	b, err := names.Generate()
	require.NoError(t, err)
	keys, err := names.Parse(b)
	require.NoError(t, err)
	return keys
}

func open(t testing.TB, dsn string, keys names.Keys) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dsn, keys)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// action is an event of a case, with details of Jane.
func action(id, inCase string) record.Event {
	return record.Event{
		ID: id, Kind: record.Action, At: time.Now(), Case: inCase, System: "okta",
		People:  map[record.Role]record.Person{record.Subject: jane, record.Actor: hr},
		Facts:   json.RawMessage(`{"class": "sessions", "answer": 204}`),
		Details: json.RawMessage(`{"label":"the phone of Jane Fairweather-Doe"}`),
	}
}

func stands(id, inCase string, kind record.Kind, s record.Standing) record.Event {
	facts, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return record.Event{
		ID: id, Kind: kind, At: time.Now(), Case: inCase, Facts: facts,
		People: map[record.Role]record.Person{record.Subject: jane},
	}
}

func all(t testing.TB, s *store.Store) []record.Recorded {
	t.Helper()
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	entries, err := s.Range(t.Context(), 0, head.N)
	require.NoError(t, err)
	return entries
}

// sound checks all that a log must be: its root is that of its leaves computed
// anew, no event is in it twice, no case has a gap, every leaf has its proof.
func sound(t testing.TB, s *store.Store) []record.Recorded {
	t.Helper()
	head, err := s.Head(t.Context())
	require.NoError(t, err)
	entries := all(t, s)
	stored := s.Hashes(t.Context())
	var hashes []tlog.Hash
	memory := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			out[i] = hashes[index]
		}
		return out, nil
	})
	events, seqs := map[string]bool{}, map[string]int64{}
	for i, e := range entries {
		require.EqualValues(t, i, e.Index)
		require.False(t, events[e.Entry.Event], "event %s is there twice", e.Entry.Event)
		events[e.Entry.Event] = true
		if c := e.Entry.Case; c != "" {
			seqs[c]++
			require.Equal(t, seqs[c], e.Entry.Seq, "case %s", c)
		}
		more, err := tlog.StoredHashes(int64(i), e.Leaf, memory)
		require.NoError(t, err)
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(int64(len(entries)), memory)
	require.NoError(t, err)
	require.Equal(t, root, head.Hash, "the root is that of the leaves")
	if len(hashes) > 0 {
		indexes := make([]int64, len(hashes))
		for i := range indexes {
			indexes[i] = int64(i)
		}
		got, err := stored.ReadHashes(indexes)
		require.NoError(t, err)
		require.Equal(t, hashes, got)
	}
	for i := 0; i < len(entries); i += 1 + len(entries)/20 {
		proof, err := tlog.ProveRecord(head.N, int64(i), stored)
		require.NoError(t, err)
		require.NoError(t, tlog.CheckRecord(proof, head.N, head.Hash, int64(i), tlog.RecordHash(entries[i].Leaf)))
	}
	return entries
}

func unsalted(p record.Person) record.Person {
	p.Salt = ""
	return p
}

func appendAll(ctx context.Context, s *store.Store, events ...record.Event) error {
	return s.Append(ctx, events)
}
