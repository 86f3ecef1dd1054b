package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/faults"
	"lastday/starter/cases"
	"lastday/starter/command"
)

// filing is a site whose policy lets files ask.
func filing(t *testing.T, staff int, brake string) *site {
	t.Helper()
	return newSite(t, staff).append(t, `
policy:
  may:
    request: actor.door in ['file', 'command']
    release: actor.door == 'command'
`+brake)
}

// writeCSV writes a CSV file.
func writeCSV(t testing.TB, s *site, lines ...string) string {
	t.Helper()
	path := filepath.Join(s.dir, "departures.csv")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	return path
}

// leaving is a file of so many of the staff, who leave now.
func leaving(t testing.TB, s *site, n int, more ...string) string {
	t.Helper()
	lines := []string{"email,last day"}
	for i := range n {
		lines = append(lines, string(member(s, i))+",now")
	}
	return writeCSV(t, s, append(lines, more...)...)
}

// planned waits until plans are made: in its first moment a worker is not yet
// seen by those who ask for one.
func planned(t *testing.T) {
	t.Helper()
	eventually(t, "the worker is seen", func() bool { return starter(t, "plan", string(jane)).status == command.ExitDone })
}

// over waits until so many cases, and no others, have ended in the state and
// told so: until then a request still joins them.
func over(t *testing.T, c *cases.Client, state string, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d cases have ended as %s", n, state), func() bool {
		all, err := c.List(t.Context(), 1000)
		require.NoError(t, err)
		return len(all) == n && !slices.ContainsFunc(all, func(s cases.Summary) bool { return s.State != state || s.ClosedAt.IsZero() })
	})
}

func TestAFileIsPlannedCheckedAndStartedOnce(t *testing.T) {
	const all = 4
	s := filing(t, all+2, "")
	h := openHouse(t, s)
	nothing := func(why string) {
		t.Helper()
		listed, err := h.Cases.List(t.Context(), 10)
		require.NoError(t, err)
		require.Empty(t, listed, why)
		require.Empty(t, s.writes(), why)
		require.Zero(t, s.firm.Slack.PostCount(), why)
	}

	planned(t)
	plan := starter(t, "import", leaving(t, s, all), "--dry-run").ok(t)
	require.Contains(t, plan.out, "line 2: jane.doe@example.com, at once\n  okta: ends 1 login, ")
	require.Equal(t, all, strings.Count(plan.out, "  okta: ends "), "%s", plan.out)
	require.Contains(t, plan.out, "4 people; 0 refused, 0 known to no system, 0 not looked up, 0 need a person. Nothing was changed.\n")
	nothing("a plan")

	mixed := leaving(t, s, all, string(member(s, all))+",2035-02-30", "nobody,now")
	for _, args := range [][]string{{"import", mixed}, {"import", mixed, "--dry-run"}} {
		bad := starter(t, args...)
		require.Equal(t, command.ExitError, bad.status)
		require.Contains(t, bad.out, `line 6: last day: "2035-02-30" is not a time: February 2035 has 28 days`)
		require.Contains(t, bad.out, `line 7: email: "nobody" is not a work e-mail address`)
		require.Contains(t, bad.err, "2 of 6 lines are bad; nothing was started: correct them, or leave them out with --skip-bad")
		nothing("bad lines")
	}

	good := starter(t, "import", mixed, "--skip-bad", "-o", "json")
	require.Equal(t, command.ExitError, good.status, "a script is to know of the lines that were left out")
	require.Contains(t, good.err, "2 lines were bad and left out")
	require.Equal(t, all, as[command.Imported](t, good).Summary.Started)
	over(t, h.Cases, "verified", all)
	require.NotEmpty(t, s.firm.Holds(string(member(s, all))), "a line that was left out")

	wrote := len(s.writes())
	again := as[command.Imported](t, starter(t, "import", leaving(t, s, all), "-o", "json").ok(t))
	require.Equal(t, all, again.Summary.AlreadyEnded)
	require.Zero(t, again.Summary.Started)
	require.Len(t, s.writes(), wrote)
	require.Equal(t, all, s.firm.Slack.PostCount())
	require.Equal(t, map[string]int{"verified": all}, states(t, h.Cases))
	onceEach(t, s)
}

// Somebody imports the list of the whole company: no more are cut than the
// brake allows, until two people have said that it is meant.
func TestTheBrakeHoldsAFileOfTheWholeCompany(t *testing.T) {
	const company, allowed = 14, 4
	s := filing(t, company, fmt.Sprintf("  brake:\n    per_hour: %d\n", allowed))
	h := openHouse(t, s)
	path := leaving(t, s, company)
	got := starter(t, "import", path, "--parallel", "14", "-o", "json")
	require.Equal(t, command.ExitNeedsPerson, got.status, "%s%s", got.out, got.err)
	sum := as[command.Imported](t, got).Summary
	require.Equal(t, company, sum.Started)
	require.Equal(t, company-allowed, sum.Waits)
	eventually(t, "the allowed ones are verified", func() bool {
		now := states(t, h.Cases)
		return now["verified"] == allowed && now["paused"] == company-allowed
	})
	cut := 0
	for n := range company {
		who := member(s, n)
		c, err := h.Cases.Get(t.Context(), who)
		require.NoError(t, err)
		if c.State == offboarding.Verified {
			cut++
			require.Empty(t, s.firm.Holds(string(who)))
			continue
		}
		require.Contains(t, c.Held, "4 are allowed")
		require.NotEmpty(t, s.firm.Holds(string(who)))
		for _, sys := range c.Systems {
			require.Zero(t, sys.ContainedAt, "%s in %s", who, sys.System)
		}
	}
	require.Equal(t, allowed, cut)
	require.Contains(t, starter(t, "status").ok(t).out, "The brake holds 10 departures")
	held := starter(t, "status", string(heldOne(t, s, h.Cases.Get)))
	require.Equal(t, command.ExitNeedsPerson, held.status)
	require.Contains(t, held.out, "held by the brake: 4 departures began in the last hour, and 4 are allowed\n  starter release --reason TEXT")

	second := starter(t, "import", path, "-o", "json")
	require.Equal(t, command.ExitNeedsPerson, second.status, "those who are held wait for people: %s", second.err)
	again := as[command.Imported](t, second)
	require.Equal(t, company-allowed, again.Summary.Joined, "importing it again frees nobody")
	require.Equal(t, company-allowed, states(t, h.Cases)["paused"])

	require.Equal(t, command.ExitUsage, starter(t, "release").status)
	release := func(by string) said {
		return starter(t, "release", "--reason", "the whole company moves", "--by", by).ok(t)
	}
	require.Equal(t, "noted; 1 more must say so before anything goes on\n", release("sven@example.com").out)
	require.Equal(t, "noted; 1 more must say so before anything goes on\n", release("Sven+x@example.com").out, "one person counts once")
	require.Equal(t, company-allowed, states(t, h.Cases)["paused"])
	require.Equal(t, "released 10 departures\n", release("tara@example.com").out)
	eventually(t, "all are verified", func() bool { return states(t, h.Cases)["verified"] == company })
	for n := range company {
		require.Empty(t, s.firm.Holds(string(member(s, n))))
	}
	onceEach(t, s)
	require.Equal(t, company, s.firm.Slack.PostCount(), "one message a case")
	none := starter(t, "release", "--reason", "once more", "--by", "tara@example.com")
	require.Equal(t, command.ExitError, none.status)
	require.Contains(t, none.err, "no departure is held")
}

// heldOne is one of those whom the brake holds.
func heldOne(t *testing.T, s *site, get func(context.Context, offboarding.Subject) (offboarding.Case, error)) offboarding.Subject {
	t.Helper()
	for n := range s.firm.Staff {
		if c, err := get(t.Context(), member(s, n)); err == nil && c.State == offboarding.Paused {
			return member(s, n)
		}
	}
	t.Fatal("the brake holds nobody")
	return ""
}

func TestWithoutAPolicyAFileIsRefusedUntilThereIsOne(t *testing.T) {
	const all = 3
	s := newSite(t, all)
	h := openHouse(t, s)
	path := leaving(t, s, all)
	got := starter(t, "import", path)
	require.Equal(t, command.ExitError, got.status)
	require.Contains(t, got.err, "3 people were refused")
	require.Contains(t, got.out, "line 2: jane.doe@example.com: refused: ")
	require.Contains(t, got.out, "there is no policy, so only the command line may do anything: write the section policy of lastday.yaml, see docs/policy.md")
	require.Empty(t, s.writes())
	over(t, h.Cases, "refused", all)

	h.Close()
	h = openHouse(t, s.append(t, "\npolicy:\n  may:\n    request: actor.door == 'file'\n"))
	after := starter(t, "import", path, "-o", "json")
	require.Equal(t, command.ExitDone, after.status, "%s%s", after.out, after.err)
	require.Equal(t, all, as[command.Imported](t, after).Summary.Started, "what a rule refused keeps nobody from asking again")
	eventually(t, "all are verified", func() bool { return states(t, h.Cases)["verified"] == all })
	for n := range all {
		require.Empty(t, s.firm.Holds(string(member(s, n))))
	}
}

// stopping cancels a command line once it has printed a text so many times.
type stopping struct {
	bytes.Buffer
	text  string
	after int
	stop  context.CancelFunc
}

func (w *stopping) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if strings.Count(w.String(), w.text) >= w.after {
		w.stop()
	}
	return n, err
}

func TestAnImportThatIsInterruptedIsFinishedByAnother(t *testing.T) {
	const all = 10
	s := filing(t, all, "")
	h := openHouse(t, s)
	path := leaving(t, s, all)
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	out := &stopping{text: ": started", after: 3, stop: stop}
	var errs bytes.Buffer
	status := command.Run(ctx, []string{"import", path, "--parallel", "2", "--by", "hr@example.com"}, out, &errs)
	require.Equal(t, command.ExitError, status)
	started := strings.Count(out.String(), ": started")
	require.GreaterOrEqual(t, started, 3)
	require.Less(t, started, all)
	require.Contains(t, errs.String(), fmt.Sprintf("stopped after %d of %d people; what was started goes on, and importing the file again starts the others: interrupted", started, all))
	over(t, h.Cases, "verified", started)
	for n := range all {
		_, err := h.Cases.Get(t.Context(), member(s, n))
		require.Equal(t, err != nil, len(s.firm.Holds(string(member(s, n)))) > 0, "whoever was not started holds all, %s", member(s, n))
	}

	again := as[command.Imported](t, starter(t, "import", path, "--by", "hr@example.com", "-o", "json").ok(t)).Summary
	require.Equal(t, started, again.AlreadyEnded)
	require.Equal(t, all-started, again.Started)
	eventually(t, "all are verified", func() bool { return states(t, h.Cases)["verified"] == all })
	require.Equal(t, map[string]int{"verified": all}, states(t, h.Cases))
	onceEach(t, s)
	require.Equal(t, all, s.firm.Slack.PostCount())
}

// The policy wants security to agree to any bulk start.
func TestABulkStartWaitsForSecurityOnePersonAtATime(t *testing.T) {
	const all = 2
	t.Setenv("LASTDAY_USER", "")
	s := filing(t, all+1, `    approve: actor.door == 'command'
  groups:
    security: [sven@example.com, tara@example.com]
  approvals:
    - rule: many-at-once
      when: departure.bulk
      from: security
`)
	h := openHouse(t, s)
	path := leaving(t, s, all)
	nameless := starter(t, "import", path)
	require.Equal(t, command.ExitError, nameless.status)
	require.Contains(t, nameless.out, "say under which work e-mail you ask: --by EMAIL")
	over(t, h.Cases, "refused", all)
	got := starter(t, "import", path, "--by", "hr@example.com")
	require.Equal(t, command.ExitNeedsPerson, got.status, "%s%s", got.out, got.err)
	require.Contains(t, got.err, "2 people's cases need a person")
	require.Contains(t, got.out, "line 2: jane.doe@example.com: waits: Offboarding of jane.doe@example.com waits for approval")
	require.Empty(t, s.writes())

	plan := func(who offboarding.Subject) string {
		return as[offboarding.Case](t, starter(t, "status", string(who), "-o", "json")).Plan
	}
	other := starter(t, "approve", string(jane), "--plan", plan(member(s, 1)), "--by", "sven@example.com")
	require.Equal(t, command.ExitError, other.status, "the plan of somebody else")
	require.Contains(t, other.err, "plan-changed")
	own := starter(t, "approve", string(jane), "--plan", plan(jane), "--by", "hr@example.com")
	require.Equal(t, command.ExitError, own.status)
	require.Contains(t, own.err, "own-request")
	starter(t, "approve", string(jane), "--plan", plan(jane), "--by", "sven@example.com").ok(t)
	eventually(t, "Jane's case is verified", func() bool { return states(t, h.Cases)["verified"] == 1 })
	require.Empty(t, s.firm.Holds(string(jane)))
	require.NotEmpty(t, s.firm.Holds(string(member(s, 1))), "each is agreed to alone")
	single := starter(t, "offboard", string(member(s, all)), "--by", "hr@example.com", "--wait").ok(t)
	require.Contains(t, single.out, "is verified", "one person is no bulk start")
}

// A case that a rule has refused stays open until the channel was told, which
// may take long. To join it is to be offboarded by nobody: an import that meets
// it must not pass for done.
func TestAnImportThatMeetsARefusedCaseIsNotDone(t *testing.T) {
	t.Setenv("LASTDAY_USER", "")
	for _, again := range []struct{ name, by string }{{"somebody who may ask", "hr@example.com"}, {"the same once more", "Hanna"}} {
		t.Run(again.name, func(t *testing.T) {
			s := filing(t, 2, `  groups:
    security: [sven@example.com]
  approvals:
    - rule: many-at-once
      when: departure.bulk
      from: security
`)
			openHouse(t, s)
			s.firm.Slack.Faults().Set(faults.Fault{Op: "POST /api/chat.postMessage", Kind: faults.Fail})
			path := leaving(t, s, 1)
			first := starter(t, "import", path, "--by", "Hanna")
			require.Equal(t, command.ExitError, first.status, "%s", first.out)
			require.Contains(t, first.out, "jane.doe@example.com: refused: ")

			second := starter(t, "import", path, "--by", again.by)
			require.NotEqual(t, command.ExitDone, second.status, "%s", second.out)
			if again.by != "Hanna" {
				require.Contains(t, second.out, "waits for approval")
			}
		})
	}
}
