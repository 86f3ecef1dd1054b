package hook_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/hook"
)

// dismissal is what HR asked for in Slack: Jane leaves on the day after the
// hook's now.
func (h *house) dismissal() {
	h.temporal.open(offboarding.Departure{
		Subject: jane, At: h.now.AddDate(0, 0, 1), RequestedAt: h.now.AddDate(0, 0, -3), Kind: offboarding.Dismissal,
		RequestedBy: offboarding.Actor{Door: offboarding.DoorSlack, ID: "U1", Email: "hanna@example.com"},
	})
}

func TestWithdrawnNeverCancelsWhatItsSourceNamedNoDayFor(t *testing.T) {
	for name, mapping := range map[string]string{"with": orderedMapping, "without": plainMapping} {
		t.Run(name+" occurred_at", func(t *testing.T) {
			h := newHouse(t, mapping)
			h.dismissal()
			for range 3 {
				require.Equal(t, hook.Reported, h.tell(told("withdrawn", "", 20)))
			}
			require.Equal(t, offboarding.Waiting, h.jane().State)
			require.Zero(t, h.temporal.moves)
			require.Len(t, h.reports, 1, "people are told once")
			require.Contains(t, h.reports[0].Why, "somebody else asked for it, and it goes on")
			require.Equal(t, jane, h.reports[0].Subject)

			require.Equal(t, hook.Moved, h.tell(told("leaves", "2026-12-31", 21)))
			require.Equal(t, hook.Cancelled, h.tell(told("withdrawn", "", 22)), "its own last day")
		})
	}
	t.Run("nor another source's", func(t *testing.T) {
		h := newHouse(t, plainMapping)
		h.temporal.open(offboarding.Departure{
			Subject: jane, At: friday.AddDate(0, 1, 0), RequestedAt: friday,
			Word: offboarding.Word{Source: "personio", At: friday.AddDate(0, 1, 0)},
		})
		require.Equal(t, hook.Reported, h.tell(told("withdrawn", "", 0)))
		require.Equal(t, offboarding.Waiting, h.jane().State)
	})
}

// The case that the hook looks at ends, and a person asks for another, before
// the withdrawal reaches it.
func TestAWithdrawalDoesNotReachACaseThatAPersonHasOpenedMeanwhile(t *testing.T) {
	for _, what := range []string{"withdrawn", "stays"} {
		h := newHouse(t, plainMapping)
		require.Equal(t, hook.Started, h.tell(told("leaves", "2026-12-31", 0)))
		h.temporal.looked = func() {
			c := h.temporal.newest(jane)
			c.State, c.EndedAt = offboarding.Cancelled, h.now
			h.dismissal()
		}
		require.Equal(t, hook.Reported, h.tell(told(what, "", 0)))
		require.Equal(t, offboarding.Waiting, h.jane().State)
		require.Zero(t, h.temporal.moves)
		require.Len(t, h.reports, 1)
		require.Contains(t, h.reports[0].Why, "somebody else asked for it, and it goes on")
		require.Contains(t, h.reports[0].Why, offboarding.In(h.jane().Due, h.jane().Departure.Zone), "of the case that there is now")
	}
}

func TestInBambooHRAStatusCancelsNothingThatAPersonAskedFor(t *testing.T) {
	h, send := sample(t, "bamboohr")
	h.dismissal()
	require.Equal(t, []hook.Outcome{hook.Unchanged}, send("inactive"), "HR has not typed the date yet")
	require.Empty(t, h.reports)
	require.Equal(t, []hook.Outcome{hook.Reported}, send("withdrawn"), "a date that was typed and taken out again")
	require.Equal(t, offboarding.Waiting, h.jane().State)
	require.Zero(t, h.temporal.moves)

	_, send = sample(t, "bamboohr")
	require.Equal(t, []hook.Outcome{hook.Unchanged}, send("inactive"), "and it starts nothing")
}

func TestSomebodyActiveWhoseLastDayIsAheadLeaves(t *testing.T) {
	h, send := sample(t, "bamboohr")
	require.Equal(t, []hook.Outcome{hook.Started}, send("active-and-leaves"))
	require.Equal(t, offboarding.Dismissal, h.jane().Departure.Kind)
	require.Equal(t, "2026-12-31 23:59 MST", offboarding.In(h.jane().Due, h.jane().Departure.Zone))
	require.Empty(t, h.reports)

	h, send = sample(t, "bamboohr")
	require.Equal(t, []hook.Outcome{hook.Reported}, send("active-after-leaving"), "the last day is one of before")
	require.Contains(t, h.reports[0].Why, "has hired the person again")
	require.Zero(t, h.temporal.starts)

	h, send = sample(t, "workday")
	require.Equal(t, []hook.Outcome{hook.Started, hook.Reported}, send("leaves-again"))
	require.Equal(t, offboarding.Subject("ann@example.com"), h.temporal.departs[0].Subject)
	require.Equal(t, offboarding.Subject("eve@example.com"), h.reports[0].Subject)
	require.Equal(t, 1, h.temporal.starts)
}

func TestAWithdrawalsReasonIsLimitedAndTidied(t *testing.T) {
	for given, want := range map[string]string{
		``:                                 "withdrawn in workday",
		`she stays`:                        "withdrawn in workday: she stays",
		`a\u202egnp.exe\n\n\u0000b`:        "withdrawn in workday: agnp.exe b",
		strings.Repeat(`ä`, 30_000):        "withdrawn in workday: " + strings.Repeat("ä", 477) + "…",
		strings.Repeat(`\u202e\n`, 5_000):  "withdrawn in workday",
		strings.Repeat(`x`, 478):           "withdrawn in workday: " + strings.Repeat("x", 478),
		`\u2066x\u2069` + "  \t  y" + `\r`: "withdrawn in workday: x y",
	} {
		for _, what := range []string{"withdrawn", "stays"} {
			h := newHouse(t, plainMapping+"reason: event.?reason.orValue('')\n")
			require.Equal(t, hook.Started, h.tell(told("leaves", "2026-12-31", 0)))
			given = strings.ReplaceAll(given, "\t", `\t`)
			require.Equal(t, hook.Cancelled, h.tell(strings.Replace(told(what, "", 0), "{", `{"reason":"`+given+`",`, 1)))
			c := h.jane()
			require.Equal(t, want, c.Outcome)
			require.LessOrEqual(t, utf8.RuneCountInString(c.Outcome), offboarding.MaxReason)
			require.NoError(t, offboarding.Departure{Subject: jane, Reason: c.Outcome}.Check(time.Time{}))
		}
	}
}
