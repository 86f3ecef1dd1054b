package cluster

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/mod/sumdb/note"

	"lastday/config"
	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
	"lastday/record/setup"
	"lastday/record/tiles"
	"lastday/record/verify"
)

// long makes the test take an hour's load: many more people, and many more kills.
const long = "LASTDAY_CLUSTER_LONG"

func TestClusterVerifiesEveryCaseWhileEachOfItsProcessesIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or two")
	}
	people, patience := 40, 5*time.Minute
	if os.Getenv(long) != "" {
		people, patience = 500, time.Hour
	}
	s := open(t, people)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var beside sync.WaitGroup
	defer beside.Wait()
	under, calm := context.WithCancel(ctx)
	defer calm()
	for i := 1; i < people; i += 2 {
		beside.Go(func() { s.tell(ctx, t, i) })
	}
	beside.Go(func() { s.calls.Follow(under, s.vendors()) })
	rounds := make(chan int, 1)
	beside.Go(func() { rounds <- s.strike(under, t) })

	ends := map[string]offboarding.Case{}
	for _, p := range s.firm.Staff {
		ends[p.Email] = s.await(ctx, t, offboarding.Subject(p.Email))
	}
	calm()
	require.GreaterOrEqual(t, <-rounds, 1, "each process was to be killed while cases were under way")
	for name, h := range s.herds {
		t.Logf("%s was killed %d times", name, h.Killed())
	}
	s.calls.Take(s.vendors())
	s.judge(t, ends)
	s.read(t, ends)
}

// strike kills one process after the other, and PostgreSQL last, until ctx ends.
// It returns how often it has been through all of them.
func (s *site) strike(ctx context.Context, t *testing.T) (rounds int) {
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for ; ; rounds++ {
		for _, name := range []string{"directory", "server", "importer", "network", "doors", "gateway", "postgresql"} {
			select {
			case <-ctx.Done():
				return rounds
			case <-tick.C:
			}
			if name != "postgresql" {
				s.herds[name].Kill(0)
				continue
			}
			s.database.Kill()
			if err := s.database.Start(); err != nil {
				t.Error(err)
				return rounds
			}
		}
	}
}

// await waits for the end of somebody's case, whatever is down meanwhile.
func (s *site) await(ctx context.Context, t *testing.T, who offboarding.Subject) offboarding.Case {
	t.Helper()
	var last error
	for ctx.Err() == nil {
		var c, end offboarding.Case
		if c, last = s.cases.Get(ctx, who); last == nil {
			if last = s.temporal.GetWorkflow(ctx, s.cases.WorkflowID(c.ID), c.RunID).Get(ctx, &end); last == nil {
				return end
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
	require.NoError(t, last, "the case of %s does not end", who)
	require.FailNow(t, "out of time", "%s", who)
	return offboarding.Case{}
}

// judge holds the cases against what is true.
func (s *site) judge(t *testing.T, ends map[string]offboarding.Case) {
	t.Helper()
	told := map[string]int{}
	for _, m := range s.firm.Slack.Messages() {
		if key, ok := m.Metadata["case"].(string); ok {
			told[key]++
			assert.Contains(t, m.Text, "is verified")
		}
	}
	for mail, end := range ends {
		assert.Equal(t, offboarding.Verified, end.State, "%s: %s", mail, end.Outcome)
		assert.Empty(t, s.firm.Holds(mail), mail)
		assert.Equal(t, 1, told[end.ID+" "+end.RunID], "messages about %s", mail)
	}
	assert.Len(t, told, len(ends), "cases that were told of")
	assert.Empty(t, s.calls.Doubled())
	all, err := s.cases.List(t.Context(), 10*len(ends))
	require.NoError(t, err)
	assert.Len(t, all, len(ends), "one case a person")
	total, _ := s.calls.Sums()
	assert.Greater(t, total, 50*len(ends), "the vendors were asked")
}

// read holds the record against the cases, and has the offline verifier check it.
func (s *site) read(t *testing.T, ends map[string]offboarding.Case) {
	t.Helper()
	f, err := config.Load(s.config)
	require.NoError(t, err)
	l, err := setup.Open(t.Context(), f.Record)
	require.NoError(t, err)
	defer l.Close()
	for mail, end := range ends {
		entries, err := l.Case(t.Context(), end.RunID)
		require.NoError(t, err)
		found, err := casefile.Check(entries)
		require.NoError(t, err, mail)
		assert.Empty(t, found, mail)
		book, err := casefile.Rebuild(entries, nil)
		require.NoError(t, err, mail)
		assert.Equal(t, end.State, book.State, mail)
		sums, err := l.Cases(t.Context(), record.Filter{Case: end.RunID})
		require.NoError(t, err)
		require.Len(t, sums, 1, mail)
		assert.True(t, sums[0].Ended(), mail)
	}
	stop, err := l.Sign(setup.Signing{})
	require.NoError(t, err)
	stop() // once it has signed for what killed workers left
	brought, err := os.ReadFile(filepath.Join(s.dir, "anchors", "latest"))
	require.NoError(t, err)
	dir := filepath.Join(s.dir, "log")
	require.NoError(t, tiles.Export(t.Context(), l, dir))
	report, err := verify.Path(t.Context(), dir, verify.Options{Keys: []note.Verifier{l.Verifier}, Copies: []string{string(brought)}})
	require.NoError(t, err)
	assert.Equal(t, verify.Intact, report.Verdict(), strings.Join(report.Findings, "\n"))
	head, err := l.Head(t.Context())
	require.NoError(t, err)
	t.Logf("the record has %d entries: %s", head.N, report.Verdict())
}
