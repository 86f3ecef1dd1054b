package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/record"
)

func TestAChangedDatabaseIsReadAsAnErrorAndNeverHalf(t *testing.T) {
	damages := map[string]struct{ sql, want string }{
		"an entry cut out":     {"DELETE FROM record_entries WHERE idx = 2", "entry 2"},
		"the end cut off":      {"DELETE FROM record_entries WHERE idx = 4", "entry 4"},
		"an entry overwritten": {"UPDATE record_entries SET leaf = (SELECT hash FROM record_hashes WHERE idx = 0) WHERE idx = 1", "entry 1"},
		"details of another":   {"UPDATE record_sealed SET box = (SELECT box FROM record_sealed WHERE idx = 0) WHERE idx = 1", "altered"},
		"a key of another": {
			"UPDATE record_people SET keyset = (SELECT keyset FROM record_people p WHERE p.pseudonym NOT IN (SELECT owner FROM record_sealed))", "names key",
		},
	}
	for name, d := range damages {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, dsn string) {
				s := open(t, dsn, newKeys(t))
				for i := range 5 {
					require.NoError(t, appendAll(t.Context(), s, action(fmt.Sprint(i), "case-1")))
				}
				_, err := raw(t, dsn).Exec(d.sql)
				require.NoError(t, err)
				got, err := s.Range(t.Context(), 0, 5)
				require.ErrorContains(t, err, d.want)
				require.Nil(t, got)
				_, typed := errors.AsType[*record.DamagedError](err)
				require.Equal(t, name != "a key of another", typed, "what no other key would open was changed")
			})
		})
	}
}

func TestNothingIsBuiltOnAChangedTree(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		keys := newKeys(t)
		s := open(t, dsn, keys)
		for i := range 3 {
			require.NoError(t, appendAll(t.Context(), s, action(fmt.Sprint(i), "case-1")))
		}
		require.NoError(t, s.Close())
		_, err := raw(t, dsn).Exec("UPDATE record_hashes SET hash = (SELECT hash FROM record_hashes WHERE idx = 0) WHERE idx = 3")
		require.NoError(t, err)
		s = open(t, dsn, keys)
		require.ErrorContains(t, appendAll(t.Context(), s, action("x", "case-1")), "somebody changed the database")
		require.NoError(t, s.Close())
		_, err = raw(t, dsn).Exec("DELETE FROM record_hashes WHERE idx = 3")
		require.NoError(t, err)
		s = open(t, dsn, keys)
		require.ErrorContains(t, appendAll(t.Context(), s, action("x", "case-1")), "hash 3 of the record is missing")
		_, err = s.Head(t.Context())
		require.ErrorContains(t, err, "hash 3 of the record is missing")
	})
}

// A clock that was set back is told and not hidden: the entry has the real time.
func TestAClockThatIsBehindIsTold(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		require.NoError(t, appendAll(t.Context(), s, action("a", "case-1")))
		require.Empty(t, log.String())
		_, err := raw(t, dsn).Exec("UPDATE record_head SET recorded = $1", time.Now().Add(time.Hour).UnixMicro())
		require.NoError(t, err)
		require.NoError(t, appendAll(t.Context(), s, action("b", "case-1")))
		require.Contains(t, log.String(), "clock is behind")
		log.Reset()
		require.NoError(t, appendAll(t.Context(), s, action("c", "case-1")))
		require.Empty(t, log.String())
		for _, e := range sound(t, s) {
			require.WithinDuration(t, time.Now(), e.Entry.Recorded, time.Minute)
		}
	})
}

// What only the database refuses is found out by writing the callers' events one
// by one.
func TestAnEventThatOnlyTheDatabaseRefusesHarmsNobodyElse(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		trigger := `CREATE FUNCTION no() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '23514'; END $$ LANGUAGE plpgsql;
CREATE TRIGGER no BEFORE INSERT ON record_entries FOR EACH ROW WHEN (NEW.event LIKE 'poison%') EXECUTE FUNCTION no()`
		if strings.HasPrefix(dsn, "sqlite:") {
			trigger = "CREATE TRIGGER no BEFORE INSERT ON record_entries WHEN NEW.event LIKE 'poison%' BEGIN SELECT RAISE(ABORT, 'no'); END"
		}
		_, err := raw(t, dsn).Exec(trigger)
		require.NoError(t, err)
		var wg sync.WaitGroup
		errs := make([]error, 60)
		for i := range errs {
			wg.Go(func() {
				id := fmt.Sprint("good-", i)
				if i%5 == 0 {
					id = fmt.Sprint("poison-", i)
				}
				errs[i] = appendAll(t.Context(), s, action(id, fmt.Sprint("case-", i)))
			})
		}
		wg.Wait()
		for i, err := range errs {
			if i%5 == 0 {
				require.ErrorContains(t, err, "no")
			} else {
				require.NoError(t, err)
			}
		}
		require.Len(t, sound(t, s), 48)
	})
}

func TestManyPeopleAreReadAtOnce(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		require.NoError(t, s.Append(t.Context(), population(500, time.Now())))
		var wanted []string
		for _, e := range all(t, s) {
			wanted = append(wanted, e.Entry.People[record.Subject])
		}
		for i := range 20000 {
			wanted = append(wanted, fmt.Sprint("p-", i))
		}
		people, err := s.People(t.Context(), wanted)
		require.NoError(t, err)
		require.Len(t, people, 500)
	})
}

// A writer that was held up hands in what a case was before; the list of cases
// must not show it as how the case stands.
func TestWhatIsToldLateIsNotHowACaseStands(t *testing.T) {
	each(t, func(t *testing.T, dsn string) {
		s := open(t, dsn, newKeys(t))
		at := func(id string, kind record.Kind, state string, revision, moment int) {
			ev := stands(id, "case-1", kind, record.Standing{State: state})
			ev.Facts = fmt.Appendf(nil, `{"state":%q,"partner":"a\u0000b","revision":%d,"moment":%d}`, state, revision, moment)
			require.NoError(t, appendAll(t.Context(), s, ev))
		}
		for i, step := range []struct {
			kind             record.Kind
			state, want      string
			revision, moment int
		}{
			{record.Progress, "containing", "containing", 2, 50},
			{record.Progress, "waiting", "containing", 2, 40},
			{record.Progress, "waiting", "containing", 1, 60},
			{record.Progress, "revoking", "revoking", 2, 51},
			{record.Confirmation, "verified", "verified", 3, 70},
			{record.Progress, "observing", "verified", 4, 80},
			{record.Confirmation, "cancelled", "verified", 3, 69},
			{record.Confirmation, "closed", "closed", 4, 90},
		} {
			at(fmt.Sprint("e", i), step.kind, step.state, step.revision, step.moment)
			cases, err := s.Cases(t.Context(), record.Filter{State: step.want})
			require.NoError(t, err)
			require.Len(t, cases, 1, "step %d", i)
			require.EqualValues(t, i+1, cases[0].Entries)
		}
		sound(t, s)
	})
}
