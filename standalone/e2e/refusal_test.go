package e2e

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/sandbox/people"
	"lastday/starter/command"
)

func TestBadInputIsRefusedWithWhatToDo(t *testing.T) {
	s := newSite(t, 5)
	h := openHouse(t, s)
	const who = "jane.doe@example.com"
	for _, bad := range []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"no e-mail", []string{"offboard", "jane"}, 2, "give one like jane.doe@example.com"},
		{"a path for an e-mail", []string{"offboard", "../../etc@example.com"}, 2, "is not a work e-mail address"},
		{"a slash in the e-mail", []string{"plan", "a/b@example.com"}, 2, "characters no work address has"},
		{"a name around the e-mail", []string{"offboard", "Jane <jane.doe@example.com>"}, 2, "without spaces"},
		{"two people at once", []string{"offboard", who, "ana@example.com"}, 2, "starter offboard EMAIL"},
		{"nobody", []string{"offboard"}, 2, "starter offboard EMAIL"},
		{"an unknown flag", []string{"offboard", who, "--now"}, 2, "unknown flag: --now"},
		{"an unknown command", []string{"fire", who}, 2, `unknown command "fire"`},
		{"an unknown output", []string{"status", "-o", "yaml"}, 2, "give text or json"},
		{"a time in the past", []string{"offboard", who, "--at", "2020-01-01 10:00 UTC"}, 2, "is in the past"},
		{"an unknown zone", []string{"offboard", who, "--at", "2035-01-01 10:00 Europe/Atlantis"}, 2, "is no time zone: give one like Europe/Berlin"},
		{"a time that does not exist", []string{"offboard", who, "--at", "2030-03-31 02:30 Europe/Berlin"}, 2, "does not exist"},
		{"no time at all", []string{"offboard", who, "--at", "soon"}, 2, `"soon" is not a time`},
		{"reschedule into the past", []string{"reschedule", who, "--at", "2020-01-01"}, 2, "is in the past"},
		{"reschedule without a time", []string{"reschedule", who}, 2, "--at TIME"},
		{"a reason of a thousand characters", []string{"offboard", who, "--reason", long(1000)}, 2, "at most 500 characters"},
		{"cancel without a reason", []string{"cancel", who}, 2, "--reason TEXT"},
		{"an unknown decision", []string{"decide", who, "github", "ignore", "--reason", "x"}, 2, "say retry, attest or waive"},
		{"a decision without a reason", []string{"decide", who, "github", "retry"}, 2, "--reason TEXT"},
		{"a waiver without an end", []string{"decide", who, "github", "waive", "--reason", "x"}, 2, "--until DATE"},
		{"a waiver that has ended", []string{"decide", who, "github", "waive", "--reason", "x", "--until", "2020-01-01"}, 2, "is in the past"},
		{"an end of what has none", []string{"decide", who, "github", "retry", "--reason", "x", "--until", "2035-01-01"}, 2, "only a waiver has an end"},
		{"a class of no system", []string{"decide", who, "/deploy-keys", "retry", "--reason", "x"}, 2, "SYSTEM/CLASS"},
		{"no case to show", []string{"status", who}, 1, "start one: starter offboard " + who},
		{"no case to decide on", []string{"decide", who, "github", "retry", "--reason", "x"}, 1, "no case for " + who},
		{"no case to cancel", []string{"cancel", who, "--reason", "x"}, 1, "no case for " + who},
		{"no case to move", []string{"reschedule", who, "--at", "2035-01-01"}, 1, "no case for " + who},
		{"no case to begin", []string{"expedite", who}, 1, "no case for " + who},
		{"a check without a file", []string{"check"}, 2, "-c FILE"},
		{"a file that is not there", []string{"check", "-c", filepath.Join(s.dir, "none.yaml")}, 1, "none.yaml"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			got := starter(t, bad.args...)
			require.Equal(t, bad.status, got.status, "%s%s", got.out, got.err)
			require.Contains(t, got.err, bad.says)
			require.Empty(t, got.out)
		})
	}
	all, err := h.Cases.List(t.Context(), 10)
	require.NoError(t, err)
	require.Empty(t, all, "no case was started")
	require.Zero(t, s.calls(), "no vendor was called")
}

func long(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'x'
	}
	return string(b)
}

func TestAStrangerIsFoundNowhereAndNothingIsChanged(t *testing.T) {
	s := newSite(t, 5)
	openHouse(t, s)
	got := starter(t, "offboard", "jane.do@example.com", "--wait")
	require.Equal(t, command.ExitError, got.status)
	require.Contains(t, got.err, "none of okta, github, tailscale, wireguard, slack knows jane.do@example.com: check the spelling; nothing was changed")
	require.Equal(t, offboarding.NothingFound, as[offboarding.Case](t, starter(t, "status", "jane.do@example.com", "-o", "json").ok(t)).State)
	require.Contains(t, starter(t, "plan", "jane.do@example.com").ok(t).out, "no system knows jane.do@example.com")
	require.Empty(t, s.writes())
}

func TestAProtectedPersonIsRefusedBeforeAnyCall(t *testing.T) {
	s := newSite(t, 5)
	openHouse(t, s)
	held := s.firm.Holds(string(admin))
	for _, who := range []string{"ADA.Admin@Example.COM", "ada.admin+x@example.com", people.Robot.Email} {
		got := starter(t, "offboard", who, "--wait")
		require.Equal(t, command.ExitError, got.status, who)
		require.Contains(t, got.err, "list of protected people")
		require.Contains(t, got.err, "nothing was changed")
	}
	require.Empty(t, s.writes())
	for system, v := range s.vendors() {
		if system != "slack" { // HR is told
			require.Empty(t, v.Calls(), "%s", system)
		}
	}
	require.Equal(t, held, s.firm.Holds(string(admin)))
}

// Nobody is on the list here: what the vendors say of owners and of the
// credentials' own accounts must do.
func TestOwnersAndTheCredentialsOwnAccountsAreRefused(t *testing.T) {
	s := newSite(t, 5).edit(t, "  - "+people.Admin.Email+"\n", "  - nobody@example.com\n", "  - "+people.Robot.Email+"\n", "")
	openHouse(t, s)
	for _, who := range []string{people.Admin.Email, people.Robot.Email} {
		held := s.firm.Holds(who)
		got := starter(t, "offboard", who, "--wait")
		require.Equal(t, command.ExitError, got.status, "%s%s", got.out, got.err)
		require.Contains(t, got.err, "was refused")
		require.Equal(t, held, s.firm.Holds(who))
	}
	require.Empty(t, s.writes())
}

func TestWithoutTemporalTheCommandLineSaysSo(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	t.Setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
	for _, args := range [][]string{
		{"offboard", "jane.doe@example.com"},
		{"plan", "jane.doe@example.com"},
		{"status"},
		{"cancel", "jane.doe@example.com", "--reason", "x"},
	} {
		got := starter(t, args...)
		require.Equal(t, command.ExitError, got.status)
		require.Contains(t, got.err, "no temporal answers at 127.0.0.1:1: start standalone up, or set TEMPORAL_ADDRESS")
	}
}

// Two hundred clicks are one departure.
func TestTwoHundredRequestsAtOnceMakeOneCase(t *testing.T) {
	s := newSite(t, 5)
	h := openHouse(t, s)
	const clicks = 200
	type click struct {
		joined bool
		run    string
		err    error
	}
	made := make(chan click, clicks)
	start := make(chan struct{})
	for range clicks {
		go func() {
			<-start
			got, err := h.Cases.Offboard(t.Context(), offboarding.Departure{Subject: jane, RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}, false)
			made <- click{got.Joined, got.RunID, err}
		}()
	}
	close(start)
	runs := map[string]bool{}
	first, joined, late := 0, 0, 0
	for range clicks {
		got := <-made
		switch {
		case got.run == "": // the case was over before this click was
			require.ErrorContains(t, got.err, "has a case that has ended")
			require.ErrorContains(t, got.err, "--again")
			late++
			continue
		case got.joined:
			joined++
		default:
			first++
		}
		runs[got.run] = true
	}
	t.Logf("%d clicks: %d started, %d joined, %d came after the end", clicks, first, joined, late)
	require.Equal(t, 1, first)
	require.Len(t, runs, 1, "one run, whoever asked")
	end := ended(t, h.Cases, jane.CaseID())
	require.Equal(t, offboarding.Verified, end.State, end.Outcome)
	require.Equal(t, 1, s.firm.Slack.PostCount())

	again := offboarding.Departure{Subject: jane, RequestedBy: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}
	_, err := h.Cases.Offboard(t.Context(), again, false)
	require.ErrorContains(t, err, "--again")
	second, err := h.Cases.Offboard(t.Context(), again, true)
	require.NoError(t, err)
	require.Equal(t, jane.CaseID()+"#2", second.CaseID)
	end = ended(t, h.Cases, second.CaseID)
	require.Equal(t, offboarding.Verified, end.State, "what is gone already is proven again: %s", end.Outcome)
	require.Equal(t, 2, s.firm.Slack.PostCount(), "another case, another message")
}
