package casefile_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record"
	"lastday/record/casefile"
)

// running is verified's case before its end: okta is read back as closed.
func running() offboarding.Case {
	c := verified()
	c.State, c.EndedAt, c.Outcome, c.Revision = offboarding.Observing, time.Time{}, "", 1
	return c
}

// note hands the case in as of its next revision, and reads it back.
func note(t *testing.T, b *book, c *offboarding.Case) casefile.Case {
	t.Helper()
	c.Revision++
	for i := range c.Systems {
		c.Systems[i].Verdicts = offboarding.Judge(c.Systems[i], c.Decisions)
	}
	sum(c)
	b.add(casefile.Events(*c))
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	for i, s := range c.Systems {
		require.Equal(t, s.Verified(), got.Systems[i].Verified(), "%s in the case and in the record", s.System)
		require.Equal(t, asJSON(t, s.Verdicts), asJSON(t, got.Systems[i].Verdicts), "%s", s.System)
		require.Equal(t, asJSON(t, s.Observations), asJSON(t, got.Systems[i].Observations), "%s", s.System)
		require.True(t, s.FoundAt.Equal(got.Systems[i].FoundAt), "%s", s.System)
	}
	return got
}

func absent(at time.Time, classes ...offboarding.Class) offboarding.Readback {
	var out offboarding.Readback
	for _, c := range classes {
		out.Observations = append(out.Observations, offboarding.Observation{Class: c, Sight: offboarding.Absent, At: at, Control: "user hugo"})
	}
	return out
}

func TestAClassThatTheNextReadingLeavesOutIsProvenNoMore(t *testing.T) {
	c, b := running(), newBook(t)
	require.True(t, note(t, b, &c).Systems[0].Verified())
	// Nothing is noted between the two readings.
	c.Systems[0].Forget()
	c.Systems[0].Saw(absent(after(time.Minute), offboarding.Sessions))
	require.False(t, note(t, b, &c).Systems[0].Verified(), "groups were not read again")
}

func TestAStateThatComesBackIsNotTakenForTheEarlierOne(t *testing.T) {
	c, b := running(), newBook(t)
	s := &c.Systems[0]
	s.Stage = offboarding.Observing
	s.Forget()
	require.False(t, note(t, b, &c).Systems[0].Verified())
	s.Saw(absent(after(time.Minute), offboarding.Sessions, offboarding.Groups))
	require.True(t, note(t, b, &c).Systems[0].Verified())
	s.Forget() // the next reading has begun: all else is as it was before the first
	require.False(t, note(t, b, &c).Systems[0].Verified())
}

func TestAWriteThatNobodyKnowsTheOutcomeOfVoidsWhatWasRead(t *testing.T) {
	c, b := running(), newBook(t)
	require.True(t, note(t, b, &c).Systems[0].Verified())
	c.Systems[0].Wrote(nil) // it was cut off before it could say what it did
	require.False(t, note(t, b, &c).Systems[0].Verified())
}

func TestASystemThatIsLookedUpAnewIsNotKnownToHoldNobody(t *testing.T) {
	c, b := running(), newBook(t)
	github := &c.Systems[1]
	require.True(t, note(t, b, &c).Systems[1].Verified())
	github.FoundAt = time.Time{} // asked again, without an answer yet
	got := note(t, b, &c)
	require.False(t, got.Systems[1].Verified())
	require.Equal(t, c.ContainedAt, got.Standing.ContainedAt)

	// Nor when a person has settled it by their word.
	c.Decisions = append(c.Decisions, offboarding.Decision{Verb: offboarding.Attest, System: "github", Reason: "I looked", By: c.Departure.RequestedBy, At: after(time.Minute)})
	c.State, c.EndedAt = offboarding.Closed, after(time.Hour)
	note(t, b, &c)
	wrong, err := casefile.Check(b.entries)
	require.NoError(t, err)
	require.Empty(t, wrong)
}

// A writer that was held up for a minute hands in what the case was before: in
// the log it stands after what is newer.
func TestAMomentThatIsToldLateChangesNothing(t *testing.T) {
	early := running()
	early.Revision, early.Moment = 2, 40

	for name, revision := range map[string]int{"a later try of the same note": 2, "a later note": 3} {
		t.Run(name, func(t *testing.T) {
			c, b := running(), newBook(t)
			c.Systems[0].Wrote([]offboarding.Action{{Do: "remove group", Class: offboarding.Groups, At: after(time.Minute), Answer: "204"}})
			c.Revision, c.Moment = revision-1, 55
			require.False(t, note(t, b, &c).Systems[0].Verified())
			before := len(b.entries)
			b.add(casefile.Events(early))
			require.Greater(t, len(b.entries), before)
			got, err := casefile.Rebuild(b.entries, b.people)
			require.NoError(t, err)
			require.False(t, got.Systems[0].Verified(), "what it read is from before the newest change")
			require.Len(t, got.Systems[0].Actions, 3)
			require.Len(t, got.Lines, len(b.entries), "it is told all the same")
			require.Contains(t, got.Lines[before].Text, "told late")
			wrong, err := casefile.Check(b.entries)
			require.NoError(t, err)
			require.Empty(t, wrong)
		})
	}
	t.Run("the end", func(t *testing.T) {
		c, b := verified(), newBook(t)
		c.Revision, c.Moment = 3, 90
		b.add(casefile.Events(c))
		b.add(casefile.Events(early))
		got, err := casefile.Rebuild(b.entries, b.people)
		require.NoError(t, err)
		require.Equal(t, offboarding.Verified, got.State, "a case that has ended does not go on")
		require.Equal(t, c.EndedAt, got.EndedAt)
	})
}

func TestTwoPeopleWhoAreRefusedAtOneInstantAreTwo(t *testing.T) {
	c, b := running(), newBook(t)
	other := c.Refusals[0]
	other.By.ID = "U0MAX"
	c.Refusals = append(c.Refusals, other)
	got := note(t, b, &c)
	require.Len(t, got.Refusals, 2)
	require.NotEqual(t, got.Refusals[0].By, got.Refusals[1].By)
}

func TestALaterCaseOfAPersonUnderAnotherSpellingIsShownAsItRan(t *testing.T) {
	c, b := verified(), newBook(t)
	c.Departure.Subject, c.ID = "jane.doe+acme@example.com", "offboard:jane.doe+acme@example.com#2"
	b.add(casefile.Events(c))
	for pseudonym, p := range b.people { // as she was last seen
		if p.Identity == "jane.doe@example.com" {
			p.Email = "Jane.Doe@example.com"
			b.people[pseudonym] = p
		}
	}
	got, err := casefile.Rebuild(b.entries, b.people)
	require.NoError(t, err)
	require.Equal(t, c.ID, got.ID)
	require.Equal(t, c.Departure.Subject, got.Departure.Subject)

	for i := range b.entries {
		b.entries[i].Opened = nil
	}
	got, err = casefile.Rebuild(b.entries, nil)
	require.NoError(t, err)
	require.Equal(t, "case:"+c.RunID, got.ID)
}

// Whoever asks may have a clock that is ahead; the record must not seem made up.
func TestARequestDidNotHappenAfterItsCaseBegan(t *testing.T) {
	c := verified()
	c.Departure.RequestedAt = after(time.Hour)
	ev := casefile.Events(c)[0]
	require.Equal(t, record.Request, ev.Kind)
	require.Equal(t, c.StartedAt, ev.At)
	require.Contains(t, string(ev.Facts), `"requested_at":"2026-03-02T13:00:00Z"`, "what they said stands in it")
}

func TestDetailsThatContradictTheFactsMakeNoCase(t *testing.T) {
	c := verified()
	events := casefile.Events(c)
	for i, ev := range events {
		for name, lie := range map[string]string{
			"a control that there was not": `{"control":"user hugo"}`,
			"a fact said twice":            `{"SIGHT":"absent"}`,
		} {
			if ev.Kind != record.Observation {
				continue
			}
			t.Run(fmt.Sprint(name, " ", i), func(t *testing.T) {
				b := newBook(t)
				forged := ev
				forged.Facts = []byte(`{"class":"groups","sight":"present","at":"2026-03-02T12:00:04Z","controlled":false}`)
				forged.Details = []byte(lie)
				b.add(append(append([]record.Event{}, events[:i]...), forged))
				_, err := casefile.Rebuild(b.entries, b.people)
				require.Error(t, err)
			})
		}
	}
}
