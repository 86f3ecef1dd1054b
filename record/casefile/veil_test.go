package casefile_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
)

// spoken is a case in which many are named: in notes, the outcome, a policy's words.
func spoken() offboarding.Case {
	c := verified()
	hanna, sven := c.Departure.RequestedBy, c.Approvals[0].By
	root := offboarding.Actor{Door: offboarding.DoorCommand, Name: "Ada Admin"}
	c.Decisions = []offboarding.Decision{
		{Verb: offboarding.Waive, System: "okta", Class: offboarding.Groups, Reason: "Ada Admin and hanna.hr@example.com. agreed", Until: after(24 * time.Hour), By: sven, At: after(time.Second)},
		{Verb: offboarding.Attest, System: "okta", Class: offboarding.Sessions, Reason: "⟦actor⟧ not johanna.hr@example.com", By: root, At: after(time.Second)},
	}
	c.Systems[0].Observations = nil
	c.Systems[0].ProvenAt = time.Time{}
	c.Systems[0].Verdicts = offboarding.Judge(c.Systems[0], c.Decisions)
	c.Ruling.Refused, c.Ruling.Why = "may-cancel", "the policy does not allow it to hanna.hr@example.com; ask tara@example.com"
	c.Refusals[0].Why = "ask tara@example.com"
	c.State, c.Outcome = offboarding.Cancelled, "cancelled by "+hanna.String()+": jane.doe@example.com stays"
	sum(&c)
	return c
}

func (b *book) forget(identity string) {
	b.t.Helper()
	require.NotEmpty(b.t, b.names[identity], "%s is in the record", identity)
	delete(b.people, b.names[identity])
}

func TestPeopleWhoAreNamedInACaseCanBeErasedFromIt(t *testing.T) {
	b := newBook(t)
	b.add(casefile.Events(spoken()))
	for _, identity := range []string{"hanna.hr@example.com", "sven@example.com", "tara@example.com", "command:Ada Admin", "tom@example.com"} {
		b.forget(identity)
	}
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	text := asJSON(t, got)
	var opened strings.Builder
	for _, e := range b.entries {
		opened.Write(e.Opened)
		d, err := e.Details()
		require.NoError(t, err)
		opened.Write(d)
		opened.Write(e.Leaf)
	}
	for _, name := range []string{`"hanna.hr`, " hanna.hr", "sven@", "tara@", "Ada Admin", "tom@"} {
		require.NotContains(t, text, name)
		require.NotContains(t, opened.String(), name)
	}
	require.Contains(t, text, "Jane moves to Rome", "who leaves was not erased")
	require.Contains(t, got.Outcome, "cancelled by erased person p-")
}

func TestWhoIsNamedIsReadBackAsItWasWritten(t *testing.T) {
	c := spoken()
	b := newBook(t)
	b.add(casefile.Events(c))
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	require.Equal(t, c.Outcome, got.Outcome)
	require.Equal(t, c.Ruling.Why, got.Ruling.Why)
	require.Equal(t, c.Refusals[0].Why, got.Refusals[0].Why)
	for i, d := range c.Decisions {
		require.Equal(t, d.Reason, got.Decisions[i].Reason)
		require.Equal(t, c.Systems[0].Verdicts[i].Note, got.Systems[0].Verdicts[i].Note)
	}
	wrong, err := casefile.Check(b.entries)
	require.NoError(t, err)
	require.Empty(t, wrong)
}

func TestALeaverWhoActsInTheirOwnCaseIsOnePerson(t *testing.T) {
	c := spoken()
	c.Departure.RequestedBy = offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0JANE", Email: "Jane.Doe+x@example.com"}
	b := newBook(t)
	b.add(casefile.Events(c))
	require.Equal(t, b.entries[0].Entry.People[record.Subject], b.entries[0].Entry.People[record.Actor])
	b.forget("jane.doe@example.com")
	for i := range b.entries {
		b.entries[i].Opened = nil
	}
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	require.NotContains(t, strings.ToLower(asJSON(t, got)), "jane")
}

func TestWhatDoesNotFitIsLeftOutByNameAndRefusedNever(t *testing.T) {
	c := verified()
	s := &c.Systems[0]
	for i := range 3000 {
		class := offboarding.Class("class-" + strings.Repeat("x", 20) + time.Duration(i).String())
		s.Coverage = append(s.Coverage, offboarding.Coverage{Class: class, Sight: offboarding.Present, Reason: strings.Repeat("r", 500)})
		s.Grants = append(s.Grants, offboarding.Grant{Class: class, ID: class2id(i), Label: strings.Repeat("l", 10)})
		s.Actions = append(s.Actions, offboarding.Action{Do: "x", Class: class, At: after(time.Duration(i)), RequestID: strings.Repeat("q", 30)})
	}
	s.Actions[0].RequestID = strings.Repeat("a", 100<<10)
	c.Departure.RequestedBy.Groups = make([]string, 5000)
	for i := range c.Departure.RequestedBy.Groups {
		c.Departure.RequestedBy.Groups[i] = "okta:a group of this company"
	}
	c.State, c.EndedAt = offboarding.Revoking, time.Time{}
	b := newBook(t)
	events := casefile.Events(c)
	b.add(events)
	for i, e := range b.entries {
		require.LessOrEqual(t, len(e.Leaf), 1<<16-1, "%s", e.Entry.Kind)
		require.LessOrEqual(t, len(events[i].ID), 200)
	}
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	require.Equal(t, s.Actions[0].RequestID, got.Systems[0].Actions[0].RequestID)
	require.Equal(t, c.Departure.RequestedBy.Groups, got.Departure.RequestedBy.Groups)
	i := 0
	for b.entries[i].Entry.Kind != record.Plan {
		i++
	}
	d, err := b.entries[i].Details()
	require.NoError(t, err)
	var left struct {
		LeftOut []string `json:"left_out"`
	}
	require.NoError(t, json.Unmarshal(d, &left))
	require.Equal(t, []string{"coverage"}, left.LeftOut)
	require.Contains(t, got.Lines[i].Text, "too long for the record: coverage")
}

func class2id(i int) string { return time.Duration(i).String() }
