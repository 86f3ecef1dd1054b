package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/starter/cases"
	"lastday/starter/command"
)

// said is what a command line came to.
type said struct {
	status   int
	out, err string
}

// starter runs one command line, as a user of this machine would.
func starter(t testing.TB, args ...string) said {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, errs bytes.Buffer
	status := command.Run(ctx, args, &out, &errs)
	return said{status: status, out: out.String(), err: errs.String()}
}

// ok fails unless the command exits with 0.
func (s said) ok(t testing.TB) said {
	t.Helper()
	require.Equal(t, command.ExitDone, s.status, "%s%s", s.out, s.err)
	require.Empty(t, s.err)
	return s
}

// as reads the command's output as JSON, strictly.
func as[T any](t testing.TB, s said) T {
	t.Helper()
	var v T
	dec := json.NewDecoder(strings.NewReader(s.out))
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&v), "%s", s.out)
	require.False(t, dec.More(), "one JSON value")
	return v
}

func TestPlanListsEveryGrantAndChangesNothing(t *testing.T) {
	s := newSite(t, 10)
	openHouse(t, s)
	held := s.firm.Holds(string(jane))

	text := starter(t, "plan", "jane.doe@example.com").ok(t).out
	got := as[offboarding.Case](t, starter(t, "plan", "Jane.Doe@Example.com", "-o", "json").ok(t))

	require.Equal(t, held, s.firm.Holds(string(jane)))
	require.Empty(t, s.writes())
	require.Zero(t, s.firm.Slack.PostCount())
	require.Contains(t, text, "Nothing was changed")
	for _, sys := range got.Systems {
		require.True(t, sys.Account.Found, "%s", sys.System)
		require.NotEmpty(t, sys.Grants, "%s", sys.System)
		for _, g := range sys.Grants {
			require.Contains(t, text, string(g.Class))
		}
	}
	require.Equal(t, "no cases yet; start one: starter offboard EMAIL\n", starter(t, "status").ok(t).out, "a plan is no case")
}

func TestOffboardWaitsAndShowsTheTimeline(t *testing.T) {
	s := newSite(t, 10)
	openHouse(t, s)

	text := starter(t, "offboard", "jane.doe@example.com", "--wait", "--reason", "contract end", "--partner", "Northwind").ok(t).out
	require.Contains(t, text, "Offboarding of jane.doe@example.com is verified")
	for _, name := range []string{"okta", "github", "tailscale", "wireguard", "slack"} {
		require.Contains(t, text, "│ "+name)
	}
	require.Empty(t, s.firm.Holds(string(jane)))

	other := member(s, 1)
	got := as[offboarding.Case](t, starter(t, "offboard", string(other), "--wait", "-o", "json").ok(t))
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, s.firm.Holds(string(other)))

	var all []cases.Summary
	eventually(t, "both cases are listed", func() bool {
		all = as[[]cases.Summary](t, starter(t, "status", "-o", "json").ok(t))
		return len(all) == 2 && all[0].State == "verified" && all[1].State == "verified"
	})
	require.Regexp(t, `jane\.doe@example\.com +│ verified +│ Northwind`, starter(t, "status").ok(t).out)
	require.Contains(t, starter(t, "status", "jane.doe@example.com").ok(t).out, "is verified")
	one := as[offboarding.Case](t, starter(t, "status", "jane.doe@example.com", "-o", "json").ok(t))
	require.Equal(t, "contract end", one.Departure.Reason)
	require.Equal(t, "Northwind", one.Departure.Partner)

	after := starter(t, "offboard", "jane.doe@example.com")
	require.Equal(t, command.ExitError, after.status)
	require.Contains(t, after.err, "--again")
	again := as[cases.Started](t, starter(t, "offboard", "jane.doe@example.com", "--again", "-o", "json").ok(t))
	require.Equal(t, "offboard:jane.doe@example.com#2", again.CaseID)
	require.False(t, again.Joined)
}

func TestAWaitingCaseIsJoinedMovedAndBegun(t *testing.T) {
	s := newSite(t, 10)
	openHouse(t, s)
	held := s.firm.Holds(string(jane))

	first := starter(t, "offboard", "jane.doe@example.com", "--at", "2035-12-31 17:00 Europe/Berlin", "--by", "hanna@example.com").ok(t)
	require.Contains(t, first.out, "started offboard:jane.doe@example.com, due 2035-12-31 17:00 CET")

	second := starter(t, "offboard", "jane.doe@example.com", "--urgent").ok(t)
	require.Contains(t, second.out, "joined the running case of jane.doe@example.com")
	require.Contains(t, second.out, "asked for by hanna@example.com")
	require.True(t, as[cases.Started](t, starter(t, "offboard", "jane.doe@example.com", "-o", "json").ok(t)).Joined)

	var now offboarding.Case
	eventually(t, "the case waits for its time", func() bool {
		now = as[offboarding.Case](t, starter(t, "status", "jane.doe@example.com", "-o", "json").ok(t))
		return now.State == offboarding.Waiting
	})
	require.Equal(t, "2035-12-31T16:00:00Z", now.Due.Format(time.RFC3339))

	moved := as[offboarding.Case](t, starter(t, "reschedule", "jane.doe@example.com", "--at", "2034-06-01 09:00 UTC", "-o", "json").ok(t))
	require.Equal(t, "2034-06-01T09:00:00Z", moved.Due.Format(time.RFC3339))
	require.Contains(t, starter(t, "reschedule", "jane.doe@example.com", "--at", "2034-07-01 09:00 UTC").ok(t).out, "jane.doe@example.com")
	require.Equal(t, held, s.firm.Holds(string(jane)), "nothing is cut before its time")
	require.Empty(t, s.writes())

	begun := as[offboarding.Case](t, starter(t, "expedite", "jane.doe@example.com", "-o", "json").ok(t))
	require.WithinDuration(t, time.Now(), begun.Due, time.Minute)
	end := as[offboarding.Case](t, starter(t, "offboard", "jane.doe@example.com", "--wait", "-o", "json").ok(t))
	require.Equal(t, offboarding.Verified, end.State, "a second offboard waits for the case it joined")
	require.Empty(t, s.firm.Holds(string(jane)))
	require.Equal(t, 1, s.firm.Slack.PostCount())

	late := starter(t, "reschedule", "jane.doe@example.com", "--at", "2034-07-01 09:00 UTC")
	require.Equal(t, command.ExitError, late.status)
	require.Regexp(t, "has ended|the case is over", late.err) // over: its end is on its way into the record
}

func TestACancelledCaseCutsNothingMore(t *testing.T) {
	s := newSite(t, 10)
	openHouse(t, s)
	held := s.firm.Holds(string(jane))
	starter(t, "offboard", "jane.doe@example.com", "--at", "2035-12-31").ok(t)
	require.Equal(t, command.ExitUsage, starter(t, "cancel", "jane.doe@example.com").status, "a reason is needed")

	got := as[offboarding.Case](t, starter(t, "cancel", "jane.doe@example.com", "--reason", "she stays", "--by", "hanna@example.com", "-o", "json").ok(t))
	require.Equal(t, "jane.doe@example.com", string(got.Departure.Subject))
	eventually(t, "the case is cancelled", func() bool {
		got = as[offboarding.Case](t, starter(t, "status", "jane.doe@example.com", "-o", "json").ok(t))
		return got.State == offboarding.Cancelled
	})
	require.Contains(t, got.Outcome, "cancelled by hanna@example.com: she stays; nothing was cut")
	require.Equal(t, held, s.firm.Holds(string(jane)))
	require.Empty(t, s.writes())
	waited := starter(t, "offboard", "jane.doe@example.com", "--wait")
	require.Equal(t, command.ExitError, waited.status, "the case has ended: %s", waited.out)
}

// asking is the site with classes that a person is asked about.
func asking(t testing.TB) *site {
	return newSite(t, 10).edit(t, "deploy_keys: remove", "deploy_keys: ask", "api_tokens: remove", "api_tokens: ask", "auth_keys: remove", "auth_keys: ask")
}

func TestACaseWaitsForThePersonItAsks(t *testing.T) {
	s := asking(t)
	openHouse(t, s)

	waiting := starter(t, "offboard", "jane.doe@example.com", "--wait")
	require.Equal(t, command.ExitNeedsPerson, waiting.status, "%s%s", waiting.out, waiting.err)
	for _, target := range []string{"github/deploy-keys", "okta/api-tokens", "tailscale/auth-keys", "tailscale/api-tokens"} {
		require.Contains(t, waiting.out, "starter decide jane.doe@example.com "+target+" retry|attest|waive")
	}
	require.Contains(t, waiting.err, "4 decisions are waited for")
	require.Equal(t, command.ExitNeedsPerson, starter(t, "status", "jane.doe@example.com").status)
	require.True(t, holds(s, "deploy-keys"), "a class that asks is not touched")
	require.True(t, holds(s, "auth-keys"), "a class that asks is not touched")

	for _, bad := range []struct {
		args []string
		says string
	}{
		{[]string{"github/no-such-class", "retry", "--reason", "x"}, `github has no class "no-such-class"`},
		{[]string{"gitlab", "retry", "--reason", "x"}, `no system "gitlab"`},
		{[]string{"wireguard", "waive", "--reason", "x", "--until", "2035-01-01"}, "wireguard is settled"},
		{[]string{"github/groups", "attest", "--reason", "x"}, "shown to be gone already"},
		{[]string{"github/deploy-keys", "attest", "--reason", "x", "--by", "Jane.Doe@example.com"}, "the person who leaves does not decide"},
	} {
		got := decide(t, bad.args...)
		require.Equal(t, command.ExitError, got.status, "%v: %s", bad.args, got.out)
		require.Contains(t, got.err, bad.says)
	}
	require.Equal(t, command.ExitNeedsPerson, starter(t, "status", "jane.doe@example.com").status, "nothing was decided yet")

	decide(t, "github/deploy-keys", "retry", "--reason", "no build uses it", "--by", "ivo@example.com").ok(t)
	decide(t, "okta/api-tokens", "attest", "--reason", "taken over by the robot", "--by", "ivo@example.com").ok(t)
	eventually(t, "what is still there cannot be said to be gone", func() bool {
		return strings.Contains(starter(t, "status", "jane.doe@example.com").out, "ivo@example.com says it is gone, but 1 still there")
	})
	decide(t, "okta/api-tokens", "retry", "--reason", "the robot has its own now", "--by", "ivo@example.com").ok(t)
	decide(t, "tailscale/auth-keys", "waive", "--reason", "rotates in spring", "--until", "2035-03-01", "--by", "ivo@example.com").ok(t)
	eventually(t, "the case waits for the one that is left", func() bool {
		return starter(t, "status", "jane.doe@example.com").status == command.ExitNeedsPerson
	})
	decide(t, "tailscale/api-tokens", "retry", "--reason", "unused", "--by", "ivo@example.com").ok(t)

	var end offboarding.Case
	eventually(t, "the case is closed", func() bool {
		end = as[offboarding.Case](t, starter(t, "status", "jane.doe@example.com", "-o", "json"))
		return end.State == offboarding.Closed
	})
	require.False(t, holds(s, "deploy-keys"), "retry removes")
	require.True(t, holds(s, "auth-keys"), "waive does not")
	require.Equal(t, offboarding.Observed, proof(end, "github", offboarding.DeployKeys))
	require.Equal(t, offboarding.Waived, proof(end, "tailscale", offboarding.AuthKeys))
	require.Equal(t, offboarding.Observed, proof(end, "okta", offboarding.APITokens))
	require.Len(t, end.Decisions, 5)
	eventually(t, "HR is told how it ended", func() bool {
		return strings.Contains(s.firm.Slack.Messages()[0].Text, "is closed, not all of it verified")
	})
	require.Equal(t, 1, s.firm.Slack.PostCount())

	late := decide(t, "github/deploy-keys", "retry", "--reason", "x")
	require.Equal(t, command.ExitError, late.status)
	require.Regexp(t, "has ended|the case is over", late.err) // over: its end is on its way into the record
}

func decide(t testing.TB, args ...string) said {
	t.Helper()
	return starter(t, append([]string{"decide", "jane.doe@example.com"}, args...)...)
}

// holds reports whether Jane truly holds something of the class.
func holds(s *site, class string) bool {
	for _, h := range s.firm.Holds(string(jane)) {
		if strings.Contains(h, ": "+class+"/") {
			return true
		}
	}
	return false
}

func proof(c offboarding.Case, name offboarding.System, class offboarding.Class) offboarding.Proof {
	for _, v := range system(c, name).Verdicts {
		if v.Class == class {
			return v.Proof
		}
	}
	return offboarding.ProofNone
}

func TestCheckReachesEveryVendor(t *testing.T) {
	s := newSite(t, 5)
	type finding struct{ Level, What, Do string }
	type check struct {
		System   string
		Findings []finding
	}
	got := starter(t, "check", "-c", s.path, "-o", "json").ok(t)
	require.Len(t, as[[]check](t, got), 5)
	require.Empty(t, s.writes())
	require.NotContains(t, starter(t, "check", "-c", s.path).ok(t).out, "bad ")
}

func TestSetupAddsNothingToAHouseThatIsSetUp(t *testing.T) {
	openHouse(t, newSite(t, 2))
	require.Empty(t, as[map[string][]string](t, starter(t, "setup", "-o", "json").ok(t))["added"])
}
