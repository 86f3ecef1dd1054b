package casefile_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func after(d time.Duration) time.Time { return noon.Add(d) }

// verified is a case in two systems, one of which does not know the person.
func verified() offboarding.Case {
	hanna := offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0HANNA", Email: "hanna.hr@example.com", Name: "Hanna", Groups: []string{"slack:S0HR"}}
	okta := offboarding.SystemCase{
		System: "okta", Stage: offboarding.Confirming, FoundAt: after(time.Second),
		Account: offboarding.Account{System: "okta", Found: true, ID: "00u1", Login: "jane.doe@example.com", Email: "jane.doe@example.com"},
		Grants: []offboarding.Grant{
			{Class: offboarding.Sessions, ID: "s1", Label: "Jane's browser", Closes: offboarding.StepContain},
			{Class: offboarding.Groups, ID: "g1", Label: "team Jane", Closes: offboarding.StepRevoke},
		},
		Coverage: []offboarding.Coverage{{Class: offboarding.Sessions, Sight: offboarding.Present}, {Class: offboarding.Groups, Sight: offboarding.Present}},
		Actions: []offboarding.Action{
			{Do: "clear sessions", Class: offboarding.Sessions, ID: "s1", At: after(2 * time.Second), RequestID: "req-1", Answer: "204"},
			{Do: "remove group team Jane", Class: offboarding.Groups, ID: "g1", At: after(3 * time.Second), RequestID: "req-2", Answer: "204"},
		},
		Observations: []offboarding.Observation{
			{Class: offboarding.Sessions, Sight: offboarding.Absent, At: after(4 * time.Second), Credential: "observer", Control: "user hugo"},
			{Class: offboarding.Groups, Sight: offboarding.Absent, At: after(4 * time.Second), Credential: "observer", Control: "group Everyone"},
		},
		Residuals:   []offboarding.Residual{{Class: offboarding.OAuthTokens, What: "a token signed before", Ends: after(time.Hour)}},
		ContainedAt: after(2 * time.Second), RevokedAt: after(3 * time.Second), ProvenAt: after(4 * time.Second),
	}
	okta.Verdicts = offboarding.Judge(okta, nil)
	github := offboarding.SystemCase{
		System: "github", Stage: offboarding.Confirming, FoundAt: after(time.Second),
		Account: offboarding.Account{System: "github", Evidence: "asked for jane.doe; octocat was found"},
	}
	c := offboarding.Case{
		ID: "offboard:jane.doe@example.com", RunID: "0195a1b2-0000-7000-8000-000000000001", State: offboarding.Verified,
		Departure: offboarding.Departure{
			Subject: "jane.doe@example.com", Kind: offboarding.Resignation, Reason: "Jane moves to Rome", Partner: "Acme",
			Successor: "tom@example.com", RequestedBy: hanna, RequestedAt: noon, Zone: "Europe/Berlin", Note: "call Jane first",
		},
		Systems: []offboarding.SystemCase{okta, github}, Plan: "abc", Outcome: "all of Jane's access is gone",
		Approvals: []offboarding.Approval{{By: offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0SVEN", Email: "sven@example.com"}, Plan: "abc", Reason: "Jane told me", At: after(time.Second)}},
		Ruling:    offboarding.Ruling{Approvals: []offboarding.Requirement{{Rule: "r", From: "security", Members: []string{"sven@example.com", "okta:Security"}, Count: 1}}},
		Refusals:  []offboarding.Refusal{{By: offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0GUS"}, Action: "cancel", Rule: "guest", Why: "guests never", At: after(time.Second)}},
		Orders:    []offboarding.Order{{Do: "expedite", By: hanna, To: noon, At: noon}},
		StartedAt: noon, Due: noon, Deadline: after(time.Hour), EndedAt: after(5 * time.Second), NotedAt: after(time.Second), Revision: 1,
	}
	sum(&c)
	return c
}

func sum(c *offboarding.Case) {
	c.ContainedAt = offboarding.Latest(c.Systems, func(s offboarding.SystemCase) time.Time { return s.ContainedAt })
	c.RevokedAt = offboarding.Latest(c.Systems, func(s offboarding.SystemCase) time.Time { return s.RevokedAt })
	c.ProvenAt = offboarding.Latest(c.Systems, func(s offboarding.SystemCase) time.Time { return s.ProvenAt })
}

// book is the least that a store does: pseudonyms, sealing, no event twice.
type book struct {
	t       *testing.T
	seen    map[string]bool
	names   map[string]string
	people  map[string]record.Person
	entries []record.Recorded
}

func newBook(t *testing.T) *book {
	t.Helper()
	return &book{t: t, seen: map[string]bool{}, names: map[string]string{}, people: map[string]record.Person{}}
}

func (b *book) add(events []record.Event) {
	b.t.Helper()
	for _, ev := range events {
		require.NoError(b.t, ev.Check())
		if b.seen[ev.ID] {
			continue
		}
		b.seen[ev.ID] = true
		e := record.Entry{
			Version: record.Version, Event: ev.ID, Kind: ev.Kind, At: ev.At, Recorded: ev.At, Case: ev.Case,
			Seq: int64(len(b.entries) + 1), System: ev.System, Facts: ev.Facts, People: map[record.Role]string{},
		}
		for role, p := range ev.People {
			if b.names[p.Identity] == "" {
				b.names[p.Identity] = fmt.Sprintf("p-%d", len(b.names)+1)
			}
			e.People[role] = b.names[p.Identity]
			b.people[e.People[role]] = p
		}
		var opened []byte
		if len(ev.Details) > 0 {
			var err error
			opened, e.Sealed, err = record.Seal(ev.Details)
			require.NoError(b.t, err)
		}
		leaf, err := e.Marshal()
		require.NoError(b.t, err)
		parsed, err := record.ParseEntry(leaf)
		require.NoError(b.t, err)
		b.entries = append(b.entries, record.Recorded{Index: int64(len(b.entries)), Leaf: leaf, Entry: parsed, Opened: opened})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.MarshalIndent(v, "", " ")
	require.NoError(t, err)
	return string(b)
}

func TestACaseComesBackFromItsEntries(t *testing.T) {
	c := verified()
	b := newBook(t)
	b.add(casefile.Events(c))
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	want := c
	// What stands in no entry: ids of people at their door where they have an
	// address, and the addresses among those who may agree.
	want.Departure.RequestedBy.ID, want.Approvals[0].By.ID = "", ""
	want.Orders[0].By.ID = ""
	want.Ruling.Approvals[0].Members = []string{"okta:Security"}
	want.NotedAt = time.Time{}
	require.JSONEq(t, asJSON(t, want), asJSON(t, got.Case))
	require.Len(t, got.Lines, len(b.entries))
	wrong, err := casefile.Check(b.entries)
	require.NoError(t, err)
	require.Empty(t, wrong)
}

func TestHandingACaseInAgainAddsNothing(t *testing.T) {
	b := newBook(t)
	b.add(casefile.Events(verified()))
	n := len(b.entries)
	b.add(casefile.Events(verified()))
	require.Len(t, b.entries, n)
}

func TestNothingOfAPersonStandsInALeaf(t *testing.T) {
	b := newBook(t)
	b.add(casefile.Events(verified()))
	for _, e := range b.entries {
		for _, name := range []string{"jane", "Jane", "hanna", "Hanna", "sven", "tom@", "00u1", "U0HANNA", "U0GUS", "Rome"} {
			require.NotContains(t, string(e.Leaf), name)
		}
	}
}

func TestAnErasedPersonsCaseKeepsItsFacts(t *testing.T) {
	c := verified()
	b := newBook(t)
	b.add(casefile.Events(c))
	for i := range b.entries {
		b.entries[i].Opened = nil
	}
	got, err := casefile.Rebuild(b.entries, nil)
	require.NoError(t, err)
	require.True(t, got.Forgotten)
	require.NotContains(t, strings.ToLower(asJSON(t, got)), "jane")
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, c.Systems[0].ProvenAt, got.Systems[0].ProvenAt)
	require.Equal(t, "req-1", got.Systems[0].Actions[0].RequestID)
	wrong, err := casefile.Check(b.entries)
	require.NoError(t, err)
	require.Empty(t, wrong)
}

func TestAGradeThatNothingShowsIsFound(t *testing.T) {
	for name, lie := range map[string]func(*offboarding.Case){
		"a verdict without a read-back": func(c *offboarding.Case) { c.Systems[0].Observations = c.Systems[0].Observations[:1] },
		"a read-back without a control": func(c *offboarding.Case) { c.Systems[0].Observations[1].Control = "" },
		"verified with an open class":   func(c *offboarding.Case) { c.Systems[0].Verdicts[1].Proof = offboarding.Acknowledged },
		"another instant":               func(c *offboarding.Case) { c.ProvenAt = after(time.Second) },
		"a class without a grade":       func(c *offboarding.Case) { c.Systems[0].Verdicts = c.Systems[0].Verdicts[:1] },
		"a word that nobody gave": func(c *offboarding.Case) {
			c.State, c.Systems[0].Verdicts[1].Proof = offboarding.Closed, offboarding.Attested
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := verified()
			lie(&c)
			b := newBook(t)
			b.add(casefile.Events(c))
			wrong, err := casefile.Check(b.entries)
			require.NoError(t, err)
			require.NotEmpty(t, wrong)
		})
	}
}

func TestWhatWasReadBeforeAChangeProvesNothingInTheRecordEither(t *testing.T) {
	c := verified()
	c.State, c.EndedAt, c.Revision = offboarding.Observing, time.Time{}, 1
	b := newBook(t)
	b.add(casefile.Events(c))
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	require.True(t, got.Systems[0].Verified())

	s := &c.Systems[0]
	s.Wrote([]offboarding.Action{{Do: "remove group", Class: offboarding.Groups, At: after(time.Minute), Answer: "204"}})
	s.ProvenAt, s.Verdicts = time.Time{}, nil
	c.Revision = 2
	b.add(casefile.Events(c))
	got, err = casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	require.False(t, got.Systems[0].Verified(), "the newest change has not been read back")

	s.Saw(offboarding.Readback{Observations: []offboarding.Observation{
		{Class: offboarding.Sessions, Sight: offboarding.Absent, At: after(2 * time.Minute), Control: "user hugo"},
		{Class: offboarding.Groups, Sight: offboarding.Absent, At: after(2 * time.Minute), Control: "group Everyone"},
	}})
	s.ProvenAt, s.Verdicts = after(2*time.Minute), offboarding.Judge(*s, nil)
	c.State, c.EndedAt, c.Revision = offboarding.Verified, after(3*time.Minute), 3
	sum(&c)
	b.add(casefile.Events(c))
	got, err = casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	require.True(t, got.Systems[0].Verified())
	wrong, err := casefile.Check(b.entries)
	require.NoError(t, err)
	require.Empty(t, wrong)
}
