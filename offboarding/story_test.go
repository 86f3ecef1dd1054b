package offboarding_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
)

const hostile = "x|y\n| fake | row |\r\n<script>alert(1)</script> `code` [click](http://evil) ![i](http://evil) \\| \\"

func hostileCase() offboarding.Case {
	return offboarding.Case{
		Departure: offboarding.Departure{Subject: "jane@example.com", Zone: "No/Such", Reason: hostile, Partner: hostile, RequestedBy: offboarding.Named(offboarding.DoorCommand, hostile)},
		State:     offboarding.NeedsDecision, Outcome: hostile, StartedAt: noon,
		Systems: []offboarding.SystemCase{{
			System: "github", FoundAt: noon, Account: offboarding.Account{Found: true, Login: hostile},
			Grants:    []offboarding.Grant{{Class: hostile, ID: "1"}},
			Verdicts:  []offboarding.Verdict{{Class: hostile}},
			Needs:     []offboarding.Need{{System: "github", Class: "groups", What: hostile}},
			Residuals: []offboarding.Residual{{Class: "sessions", What: hostile}},
		}},
	}
}

func TestHostileWordsDoNotBreakOutOfTheStory(t *testing.T) {
	story := offboarding.Story(hostileCase())
	require.NotContains(t, story, "<script>")
	require.NotContains(t, story, "`code`")
	require.NotRegexp(t, `(^|[^\\])\[click`, story, "no link")
	require.NotRegexp(t, `(^|[^\\])\[i\]`, story, "no picture")
	rows := 0
	for line := range strings.Lines(story) {
		if strings.HasPrefix(line, "|") {
			rows++
			require.Equal(t, 8, bars(line), "%s", line)
		}
	}
	require.Equal(t, 3, rows, "head, rule and one system: %s", story)
}

// bars counts the bars of a Markdown row that are not escaped.
func bars(line string) int {
	n := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case '|':
			n++
		}
	}
	return n
}

func TestTheTimelineHasARowForEachSystem(t *testing.T) {
	s := judged(offboarding.Observed, offboarding.Observed, offboarding.Logged)
	s.Account.Login = "jane-doe"
	s.Grants = []offboarding.Grant{{Class: "groups", ID: "1"}, {Class: "groups", ID: "2"}, {Class: "login", ID: "3"}}
	s.ContainedAt, s.RevokedAt, s.ProvenAt = noon, noon.Add(time.Second), noon.Add(time.Minute)
	open := judged(offboarding.Attested, offboarding.ProofNone)
	rows := offboarding.Timeline(offboarding.Case{Systems: []offboarding.SystemCase{s, absent("okta"), {System: "slack"}, open}})
	require.Equal(t, offboarding.Row{
		System: "github", Account: "jane-doe", Found: "2 groups, 1 login",
		ContainedAt: noon, RevokedAt: noon.Add(time.Second), ProvenAt: noon.Add(time.Minute), Proof: "observed 2, logged 1",
	}, rows[0])
	require.Equal(t, "no account", rows[1].Found)
	require.Equal(t, "observed: no account", rows[1].Proof)
	require.Equal(t, "not looked yet", rows[2].Found)
	require.Equal(t, "open", rows[2].Proof)
	require.Equal(t, "attested 1, open: c", rows[3].Proof)
	require.Equal(t, "account, no access left", rows[3].Found)
}

func TestTheLastInstantIsKnownOnlyOnceAllHaveTheirs(t *testing.T) {
	at := func(s offboarding.SystemCase) time.Time { return s.ContainedAt }
	one, two := judged(), judged()
	one.ContainedAt = noon.Add(time.Hour)
	require.True(t, offboarding.Latest([]offboarding.SystemCase{one, two}, at).IsZero())
	two.ContainedAt = noon
	require.Equal(t, one.ContainedAt, offboarding.Latest([]offboarding.SystemCase{one, two, absent("okta")}, at))
	require.True(t, offboarding.Latest([]offboarding.SystemCase{absent("okta")}, at).IsZero())
}

func TestTheNoticeSaysHowTheCaseStands(t *testing.T) {
	c := offboarding.Case{
		Departure: offboarding.Departure{Subject: "jane@example.com", RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr"), Partner: "Northwind", Reason: "contract ends", Urgent: true, Zone: "Asia/Tokyo"},
		State:     offboarding.Waiting, Due: noon, Outcome: "done",
	}
	needs := judged(offboarding.ProofNone)
	needs.Needs = []offboarding.Need{{Class: "groups", What: "decide"}, {What: "no answer"}}
	c.Systems = []offboarding.SystemCase{judged(offboarding.Observed), needs, judged(offboarding.ProofNone)}
	c.Systems[0].Residuals = []offboarding.Residual{{Class: "sessions", What: "a token", Ends: noon}, {Class: "access-tokens", What: "classic tokens"}}
	n := offboarding.NoticeOf(c)
	require.Equal(t, "Offboarding of jane@example.com is planned", n.Headline)
	require.Equal(t, "done", n.Footer)
	require.Equal(t, []string{
		"asked by hr", "from Northwind", "reason: contract ends", "urgent", "due 2026-11-23 21:00 JST",
	}, n.Facts)
	require.Equal(t, []string{
		"github/sessions: a token (ends by itself 2026-11-23 21:00 JST)",
		"github/access-tokens: classic tokens (nobody can know until when)",
	}, n.Remains)
	require.Equal(t, offboarding.MarkDone, n.Lines[0].Mark)
	require.Equal(t, offboarding.MarkNeed, n.Lines[1].Mark)
	require.Contains(t, n.Lines[1].Text, "groups: decide · no answer")
	require.Equal(t, offboarding.MarkBusy, n.Lines[2].Mark)
}

func TestEveryStateHasAHeadlineAndOnlyEndsAreEnds(t *testing.T) {
	ends := map[offboarding.State]bool{
		offboarding.Verified: true, offboarding.Closed: true, offboarding.Cancelled: true, offboarding.NothingFound: true, offboarding.Refused: true,
		offboarding.Finding: false, offboarding.Waiting: false, offboarding.Containing: false, offboarding.Revoking: false,
		offboarding.Observing: false, offboarding.NeedsDecision: false, offboarding.Confirming: false,
	}
	headlines := map[string]bool{}
	for state, end := range ends {
		require.Equal(t, end, state.Ended(), state)
		headline := offboarding.Headline(offboarding.Case{State: state, Departure: offboarding.Departure{Subject: "jane@example.com"}})
		require.Contains(t, headline, "jane@example.com")
		require.Equal(t, state == offboarding.Verified, strings.Contains(headline, "is verified"))
		headlines[headline] = true
	}
	require.Len(t, headlines, len(ends))
}

func TestWhatWasCutIsTold(t *testing.T) {
	s := judged()
	s.Actions = make([]offboarding.Action, 3)
	require.Equal(t, "cut already and not given back: github (3 changes)", offboarding.CutText([]offboarding.SystemCase{s, absent("okta")}))
	require.Equal(t, "nothing was cut", offboarding.CutText([]offboarding.SystemCase{absent("okta")}))
	require.Equal(t, "ab…", offboarding.Shorten("abcd", 3))
	require.Equal(t, "äöü", offboarding.Shorten("äöü", 3))
}

func TestWhatWasFoundIsCountedByTheVerdictsWhereItIsErased(t *testing.T) {
	s := offboarding.SystemCase{System: "okta", FoundAt: noon, Account: offboarding.Account{Found: true}}
	if got := offboarding.FoundText(s); got != "account, no access left" {
		t.Error(got)
	}
	s.Verdicts = []offboarding.Verdict{{Class: offboarding.Sessions, Found: 2}, {Class: offboarding.Groups}, {Class: offboarding.Peers, Found: 1}}
	if got := offboarding.FoundText(s); got != "2 sessions, 1 peers" {
		t.Error(got)
	}
}
