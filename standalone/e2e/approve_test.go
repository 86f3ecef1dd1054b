package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/standalone/house"
	"lastday/starter/cases"
	"lastday/starter/command"
	"lastday/workflows"
)

// agreed is a site whose policy wants one of security to agree to everything,
// and lets nobody freeze but through Slack.
func agreed(t *testing.T, more ...string) (*site, *house.House) {
	t.Helper()
	s := newSite(t, 3).append(t, `
policy:
  groups:
    security: [sven@example.com, tara@example.com]
  may:
    request: actor.door == 'command'
    approve: actor.door == 'command'
    cancel: actor.door == 'command'
    unfreeze: actor.door == 'command'
`)
	for _, m := range more {
		s.append(t, m)
	}
	s.append(t, `  approvals:
    - rule: four-eyes
      when: "true"
      from: security
      say: somebody else looks at every departure
`)
	return s, openHouse(t, s)
}

// waiting offboards Jane and gives the plan that is waited for.
func waiting(t *testing.T) offboarding.Case {
	t.Helper()
	starter(t, "offboard", string(jane), "--by", "hr@example.com").ok(t)
	var c offboarding.Case
	eventually(t, "the case waits for approval", func() bool {
		c = as[offboarding.Case](t, starter(t, "status", string(jane), "-o", "json"))
		return c.State == offboarding.AwaitingApproval
	})
	return c
}

func TestAnApprovalAtTheCommandLine(t *testing.T) {
	s, h := agreed(t)
	c := waiting(t)
	require.Len(t, c.Plan, 16)
	look := starter(t, "status", string(jane))
	require.Equal(t, command.ExitNeedsPerson, look.status)
	require.Contains(t, look.out, "waits for 1 of security: four-eyes somebody else looks at every departure\n  starter approve jane.doe@example.com --plan "+c.Plan+"\n")
	require.Contains(t, look.err, "waits for approval")

	require.Equal(t, command.ExitUsage, starter(t, "approve", string(jane), "--by", "sven@example.com").status, "no plan")
	for _, no := range []struct{ by, plan, rule string }{
		{"hr@example.com", c.Plan, "own-request"},
		{"HR+x@example.com", c.Plan, "own-request"},
		{"Hanna", c.Plan, "own-request"}, // a name alone could be anybody's
		{"ivo@example.com", c.Plan, "not-an-approver"},
		{string(jane), c.Plan, "own-case"},
		{"sven@example.com", "0123456789abcdef", "plan-changed"},
	} {
		got := starter(t, "approve", string(jane), "--plan", no.plan, "--by", no.by)
		require.Equal(t, command.ExitError, got.status, "%s: %s", no.by, got.out)
		require.Contains(t, got.err, "refused by the rule "+no.rule+": ", no.by)
		require.Empty(t, got.out)
	}
	require.Empty(t, s.writes(), "nothing is cut before it is agreed to")
	require.NotEmpty(t, s.firm.Holds(string(jane)))

	yes := starter(t, "approve", string(jane), "--plan", c.Plan, "--by", "sven@example.com").ok(t)
	require.Contains(t, yes.out, "sven@example.com agreed at ")
	end := ended(t, h.Cases, c.ID)
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Empty(t, s.firm.Holds(string(jane)))
	require.Len(t, end.Approvals, 1)
	require.Len(t, end.Refusals, 6, "who was refused stands in the case")
	after := starter(t, "status", string(jane)).ok(t)
	require.Contains(t, after.out, "refused to ivo@example.com: approve, by the rule not-an-approver: ")
	require.NotContains(t, after.out, "starter approve")
	late := starter(t, "approve", string(jane), "--plan", c.Plan, "--by", "tara@example.com")
	require.Equal(t, command.ExitError, late.status)
	require.Contains(t, late.err, "has ended")
	require.Equal(t, 1, s.firm.Slack.PostCount())
}

func TestARejectionEndsTheCaseWithNothingCut(t *testing.T) {
	s, h := agreed(t)
	held := s.firm.Holds(string(jane))
	c := waiting(t)
	require.Equal(t, command.ExitUsage, starter(t, "reject", string(jane), "--plan", c.Plan, "--by", "sven@example.com").status, "no reason")
	no := starter(t, "reject", string(jane), "--plan", c.Plan, "--reason", "x", "--by", "ivo@example.com")
	require.Equal(t, command.ExitError, no.status, "%s", no.out)
	require.Contains(t, no.err, "not-an-approver")

	starter(t, "reject", string(jane), "--plan", c.Plan, "--reason", "another Jane is meant", "--by", "sven@example.com").ok(t)
	end := ended(t, h.Cases, c.ID)
	require.Equal(t, offboarding.Cancelled, end.State)
	require.Contains(t, end.Outcome, "rejected by sven@example.com: another Jane is meant; nothing was cut")
	require.Empty(t, s.writes())
	require.Equal(t, held, s.firm.Holds(string(jane)))
	late := starter(t, "approve", string(jane), "--plan", c.Plan, "--by", "tara@example.com")
	require.Equal(t, command.ExitError, late.status)
	require.Contains(t, late.err, "has ended")
}

// Whoever must be told apart from those who agree gives an address.
func TestWhoOnlyHasANameCannotAskForWhatOthersAgreeTo(t *testing.T) {
	s, h := agreed(t)
	got := starter(t, "offboard", string(jane), "--by", "Hanna", "--wait")
	require.Equal(t, command.ExitError, got.status, "%s", got.out)
	require.Contains(t, got.err, "no-address")
	require.Contains(t, got.err, "--by EMAIL")
	require.Empty(t, s.writes())
	c := waiting(t)
	starter(t, "cancel", string(jane), "--reason", "only a test", "--by", "hr@example.com").ok(t)
	require.Equal(t, offboarding.Cancelled, ended(t, h.Cases, c.ID).State)
}

func TestTheKillSwitchAtTheCommandLine(t *testing.T) {
	s, h := agreed(t, "    freeze: actor.door == 'command'\n")
	for _, verb := range []string{"freeze", "unfreeze", "release"} {
		got := starter(t, verb)
		require.Equal(t, command.ExitUsage, got.status, verb)
		require.Contains(t, got.err, verb+" needs --reason TEXT")
	}
	say := func(verb, by string) said { return starter(t, verb, "--reason", "a wrong list", "--by", by) }
	none := say("unfreeze", "sven@example.com")
	require.Equal(t, command.ExitError, none.status)
	require.Contains(t, none.err, "nothing is frozen")
	none = say("release", "sven@example.com")
	require.Equal(t, command.ExitError, none.status, "%s", none.out)

	require.Equal(t, "frozen: no system is written to until two people say: starter unfreeze --reason TEXT\n", say("freeze", "hr@example.com").ok(t).out)
	require.Contains(t, starter(t, "status").ok(t).out, "FROZEN: no system is written to until two people say: starter unfreeze --reason TEXT\n")
	c := waiting(t)
	starter(t, "approve", string(jane), "--plan", c.Plan, "--by", "sven@example.com").ok(t)
	eventually(t, "the case stands before its first write", func() bool {
		return as[offboarding.Case](t, starter(t, "status", string(jane), "-o", "json")).State == offboarding.Containing
	})
	require.Equal(t, "noted; 1 more must say so before anything goes on\n", say("unfreeze", "sven@example.com").ok(t).out)
	require.Equal(t, "noted; 1 more must say so before anything goes on\n", say("unfreeze", "SVEN+x@example.com").ok(t).out, "one person counts once")
	require.Empty(t, s.writes(), "still frozen")
	require.Equal(t, "Lastday writes again\n", say("unfreeze", "tara@example.com").ok(t).out)
	require.Equal(t, offboarding.Verified, ended(t, h.Cases, c.ID).State)
	require.Empty(t, s.firm.Holds(string(jane)))
	require.NotContains(t, starter(t, "status").ok(t).out, "FROZEN")
}

func TestAFreezeThatThePolicyRefusesHoldsNothing(t *testing.T) {
	_, h := agreed(t)
	got := starter(t, "freeze", "--reason", "x", "--by", "hr@example.com")
	require.Equal(t, command.ExitError, got.status, "%s", got.out)
	require.Contains(t, got.err, "refused by the rule may.freeze: ")
	eventually(t, "nothing is frozen", func() bool {
		on, err := h.Cases.Frozen(t.Context())
		return err == nil && !on
	})
}

func TestRefusalsListsWhatTheDoorsRefused(t *testing.T) {
	_, h := agreed(t)
	require.Equal(t, "nothing was refused at a door\n", starter(t, "refusals").ok(t).out)
	require.Equal(t, "[]\n", starter(t, "refusals", "-o", "json").ok(t).out)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	gus := offboarding.Actor{Door: offboarding.DoorSlack, ID: "U0GUS", Email: "gus.guest@visitors.example", Guest: true}
	require.NoError(t, h.Cases.KeepRefusal(t.Context(), jane, offboarding.Refusal{By: gus, Action: "request", Rule: "guest", Why: "guests do nothing here", At: at}))
	var all []workflows.RefusedRequest
	eventually(t, "it is kept", func() bool {
		all = as[[]workflows.RefusedRequest](t, starter(t, "refusals", "-o", "json").ok(t))
		return len(all) == 1
	})
	require.Equal(t, "guest", all[0].Refusal.Rule)
	require.Equal(t, gus, all[0].Refusal.By)
	require.True(t, at.Equal(all[0].Refusal.At))
	text := starter(t, "refusals").ok(t).out
	require.Regexp(t, `2026-03-01 12:00:00 +│ gus\.guest@visitors\.example +│ request +│ jane\.doe@example\.com +│ guest +│ guests do nothing here`, text)
	require.Empty(t, as[[]cases.Summary](t, starter(t, "status", "-o", "json").ok(t)), "it opens no case")
}
