package pages_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"lastday/record"
	"lastday/record/names"
	"lastday/record/store"
	"lastday/starter/pages"
	"lastday/starter/pages/signin"
)

// BenchmarkTenThousandCases shows the pages of a record in SQLite with 10,000
// cases, all of them in the period.
func BenchmarkTenThousandCases(b *testing.B) {
	h := thousands(b, 10_000)
	server := httptest.NewServer(h)
	b.Cleanup(server.Close)
	for name, path := range map[string]string{
		"list": "/record", "late": "/record?late=1", "figure": "/record?only=contained-over-1h", "population": "/record/population?from=2026-01-01&to=2026-03-31",
		"controls": "/record/controls?from=2026-01-01&to=2026-03-31", "sample": "/record/sample?from=2026-01-01&to=2026-03-31&seed=1", "csv": "/record/cases.csv",
	} {
		b.Run(name, func(b *testing.B) {
			r := &rig{t: b, url: server.URL}
			for b.Loop() {
				resp, _ := r.get(path)
				require.Equal(b, 200, resp.StatusCode)
			}
		})
	}
}

func TestThePagesReadARecordInSQLite(t *testing.T) {
	server := httptest.NewServer(thousands(t, 120))
	t.Cleanup(server.Close)
	r := &rig{t: t, url: server.URL}
	_, body := r.get("/record?page=3")
	require.Contains(t, body, "Cases 101 to 120")
	_, body = r.get(r.find("Person17@Example.com"))
	require.Contains(t, body, "Person 17")
	_, body = r.get("/record/population?from=2026-01-01&to=2026-03-31")
	require.Contains(t, squeeze(body), "<b>120</b> <span>leavers")
	_, body = r.get("/record/log")
	require.Contains(t, body, "No checkpoint has been signed yet")
	_, body = r.get("/record/entries/3")
	require.Contains(t, body, "not signed yet")
}

// thousands are the pages over a record with so many cases in one quarter.
func thousands(t testing.TB, n int) http.Handler {
	t.Helper()
	ctx := context.Background()
	raw, err := names.Generate()
	require.NoError(t, err)
	keys, err := names.Parse(raw)
	require.NoError(t, err)
	s, err := store.Open(ctx, "sqlite:"+filepath.Join(t.TempDir(), "record.db"), keys)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	var events []record.Event
	for i := range n {
		events = append(events, ended(t, i, n))
		if len(events) == 500 || i == n-1 {
			require.NoError(t, s.Append(ctx, events))
			events = events[:0]
		}
	}
	made, err := pages.New(pages.Config{}, pages.Options{
		Record: s, Place: signin.Place{Listen: "127.0.0.1:0"}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
	})
	require.NoError(t, err)
	return made
}

// ended is the end of the i-th of n cases.
func ended(t testing.TB, i, n int) record.Event {
	t.Helper()
	start := now.Add(-time.Duration(n-i) * 80 * 24 * time.Hour / time.Duration(n))
	run := uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, i)).String()
	took := time.Duration(i*i%7200) * time.Second
	s := record.Standing{
		State: "verified", Partner: partners[i%len(partners)], RequestedAt: start, StartedAt: start, Due: start, Deadline: start.Add(time.Hour),
		ContainedAt: start.Add(took), RevokedAt: start.Add(took), ProvenAt: start.Add(took + time.Minute), EndedAt: start.Add(took + time.Minute), Systems: 5,
	}
	if i%50 == 0 {
		s.State, s.Waived, s.ProvenAt, s.ExceptionsEnd = "closed", 1, time.Time{}, now.AddDate(0, 1, 0)
	}
	facts, err := json.Marshal(s)
	require.NoError(t, err)
	who := record.Person{Identity: fmt.Sprintf("person%d@example.com", i), Email: fmt.Sprintf("person%d@example.com", i), Name: fmt.Sprint("Person ", i)}
	return record.Event{
		ID: run + "/end", Kind: record.Confirmation, At: s.EndedAt, Case: run, People: map[record.Role]record.Person{record.Subject: who}, Facts: facts,
	}
}
