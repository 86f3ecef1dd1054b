package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/offboarding"
	"lastday/record/setup"
	"lastday/record/verify"
	"lastday/standalone/backup"
	"lastday/starter/cases"
)

// lossySite is a site of one process, with the folders of a restore.
type lossySite struct {
	*site
	data, keys, backup, away string
}

func newLossySite(t *testing.T, staff int) *lossySite {
	s := newSite(t, staff)
	l := &lossySite{
		site: s, data: filepath.Join(s.dir, "data"), keys: filepath.Join(s.dir, "safe"),
		backup: filepath.Join(s.dir, "backup"), away: filepath.Join(s.dir, "away"),
	}
	s.append(t, "standalone:\n  data_dir: "+l.data+"\n  frontend: 127.0.0.1:0\n  ui: 127.0.0.1:0\n"+`
policy:
  may:
    request: actor.door == 'command'
    approve: actor.door == 'command'
    cancel: actor.door == 'command'
    expedite: actor.door == 'command'
    unfreeze: actor.door == 'command'
  brake:
    per_hour: 1000
  approvals:
    - rule: four-eyes
      when: departure.reason == 'ask first'
      from: security
      say: somebody else looks at it
  groups:
    security: [sven@example.com]
`)
	return l
}

// lose copies the keys away as an operator has done before, and what anchors are
// in other hands, and removes the data directory.
func (l *lossySite) lose(t *testing.T) {
	t.Helper()
	files := setup.EmbeddedFiles(l.data)
	require.NoError(t, os.MkdirAll(l.keys, 0o700))
	for _, path := range []string{files.NamesKey, files.SigningKey, files.PublicKey} {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(l.keys, filepath.Base(path)), b, 0o600))
	}
	require.NoError(t, os.CopyFS(l.away, os.DirFS(files.Anchors)))
	require.NoError(t, os.RemoveAll(l.data))
}

func TestWhatWasOpenAtTheBackupEndsVerifiedAfterTheRestore(t *testing.T) {
	const busy = 12
	l := newLossySite(t, busy+6)
	dated, asking, calledOff, lost := member(l.site, 0), member(l.site, 1), member(l.site, 2), member(l.site, 3)
	load := make([]offboarding.Subject, busy)
	for n := range load {
		load[n] = member(l.site, 4+n)
	}
	// A call is held while the backup is taken, so that some cases are in the middle.
	inside, goOn := make(chan struct{}), make(chan struct{})
	var first sync.Once
	gates(t, l.site, func(system string, r *http.Request, m moment) bool {
		if system == "github" && m == applied && r.Method == http.MethodDelete {
			first.Do(func() { close(inside) })
			<-goOn
		}
		return false
	})
	h := startWhole(t, l.site)
	c := dialCases(t, h.address)
	tomorrow := time.Now().Add(24 * time.Hour)
	offboard(t, c, offboarding.Departure{Subject: dated, At: tomorrow})
	offboard(t, c, offboarding.Departure{Subject: calledOff, At: tomorrow})
	offboard(t, c, offboarding.Departure{Subject: asking, Reason: "ask first"})
	is(t, c, dated, offboarding.Waiting)
	is(t, c, calledOff, offboarding.Waiting)
	is(t, c, asking, offboarding.AwaitingApproval)
	for _, who := range load {
		offboard(t, c, offboarding.Departure{Subject: who})
	}
	<-inside
	began := time.Now()
	_, err := backup.Make(t.Context(), l.config(t), l.backup)
	require.NoError(t, err)
	t.Logf("the backup took %s with %d cases open", time.Since(began).Round(time.Millisecond), busy+3)
	close(goOn)

	// More happens, of which the backup knows nothing.
	_, err = c.Cancel(t.Context(), calledOff, "she stays", hr)
	require.NoError(t, err)
	offboard(t, c, offboarding.Departure{Subject: lost})
	require.Equal(t, offboarding.Verified, ended(t, c, lost.CaseID()).State)
	for _, who := range load {
		require.Equal(t, offboarding.Verified, ended(t, c, who.CaseID()).State)
	}
	h.kill()
	l.lose(t)
	stays := l.firm.Holds(string(calledOff))
	require.NotEmpty(t, stays)
	before := len(l.writes())

	_, err = backup.Restore(t.Context(), l.config(t), l.backup, l.keys)
	require.NoError(t, err)
	h = startWhole(t, l.site)
	c = dialCases(t, h.address)
	frozen, err := c.Frozen(t.Context())
	require.NoError(t, err)
	require.True(t, frozen, "who was called off after the backup would be cut")
	is(t, c, calledOff, offboarding.Waiting)
	_, err = c.Get(t.Context(), lost)
	require.ErrorContains(t, err, "no case", "what began after the backup is not known")

	// Due while it is frozen: nothing is cut before two people have looked.
	_, err = c.Expedite(t.Context(), calledOff, hr)
	require.NoError(t, err)
	is(t, c, calledOff, offboarding.Containing)
	_, err = c.Cancel(t.Context(), calledOff, "she stays", hr)
	require.NoError(t, err)
	require.Equal(t, offboarding.Cancelled, ended(t, c, calledOff.CaseID()).State)
	require.Len(t, l.writes(), before, "nothing is written while it is frozen")
	for _, who := range []offboarding.Actor{sven, tara} {
		_, err := c.Unfreeze(t.Context(), who, "the list is right")
		require.NoError(t, err)
	}
	l.goesOn(t, c, dated, asking, load, lost)
	require.Equal(t, stays, l.firm.Holds(string(calledOff)))
	l.effectsOnce(t, lost)
	l.recordIsHonest(t)
}

func is(t *testing.T, c *cases.Client, who offboarding.Subject, state offboarding.State) {
	t.Helper()
	eventually(t, string(who)+" is "+string(state), func() bool {
		now, err := c.Get(t.Context(), who)
		return err == nil && now.State == state
	})
}

// goesOn brings every case that was open at the backup to its end, and begins the
// one again whose start was lost.
func (l *lossySite) goesOn(t *testing.T, c *cases.Client, dated, asking offboarding.Subject, load []offboarding.Subject, lost offboarding.Subject) {
	t.Helper()
	now, err := c.Get(t.Context(), asking)
	require.NoError(t, err)
	_, err = c.Approve(t.Context(), asking, offboarding.Approval{By: sven, Plan: now.Plan})
	require.NoError(t, err)
	_, err = c.Expedite(t.Context(), dated, hr)
	require.NoError(t, err)
	offboard(t, c, offboarding.Departure{Subject: lost})
	for _, who := range append([]offboarding.Subject{dated, asking, lost}, load...) {
		end := ended(t, c, who.CaseID())
		require.Equal(t, offboarding.Verified, end.State, "%s: %s", who, end.Outcome)
		require.Empty(t, l.firm.Holds(string(who)))
	}
}

// effectsOnce holds what the vendors were told, in both lives, against one case
// for each person, and the channel against one message for each case.
func (l *lossySite) effectsOnce(t *testing.T, lost offboarding.Subject) {
	t.Helper()
	took := map[string]int{}
	for _, w := range l.writes() {
		if took[w.call] += w.took; took[w.call] > 1 && !repeatable(w.call) {
			t.Errorf("%s: done %d times", w.call, took[w.call])
		}
	}
	messages := map[string]int{}
	for _, m := range l.firm.Slack.Messages() {
		if who, is := strings.CutPrefix(m.Text, "Offboarding of "); is {
			messages[strings.Fields(who)[0]]++
		}
	}
	for who, n := range messages {
		if who == string(lost) {
			require.Equal(t, 2, n, "the message of the lost case stays, and the new one has its own")
			continue
		}
		require.Equal(t, 1, n, "messages about %s", who)
	}
	require.NotEmpty(t, messages)
}

// recordIsHonest resumes signing in the documented way, and asks the verifier
// with what an auditor may have brought from before the backup and from the time
// that is lost.
func (l *lossySite) recordIsHonest(t *testing.T) {
	t.Helper()
	files := setup.EmbeddedFiles(l.data)
	kept := func(name string) string {
		b, err := os.ReadFile(filepath.Join(files.Anchors, name))
		require.NoError(t, err)
		return string(b)
	}
	stopped, err := os.ReadFile(files.Copy + ".stopped")
	require.NoError(t, err)
	require.Contains(t, string(stopped), `"restored"`)
	old := kept("latest")
	require.Contains(t, starter(t, "record", "resume", "-c", l.path).ok(t).out, "sign")
	eventually(t, "what was not signed for is signed and anchored", func() bool { return kept("latest") != old })

	log := filepath.Join(t.TempDir(), "log")
	eventually(t, "the log is exported, all signed for", func() bool {
		_ = os.RemoveAll(log)
		return starter(t, "record", "export", "--log", log, "-c", l.path).status == 0
	})
	backedUp, err := filepath.Glob(filepath.Join(l.backup, "record", "anchors", "*.checkpoint"))
	require.NoError(t, err)
	require.NotEmpty(t, backedUp)
	report := checkedLog(t, files.Dir, log, backedUp[0])
	require.Equal(t, verify.CannotSay, report.Verdict(), "what came after has no witness but the operator: %s", report.Text())
	require.Contains(t, report.Text(), "The log continues 1 copy of yours.")
	report = checkedLog(t, files.Dir, log, filepath.Join(l.away, "latest"))
	require.Equal(t, verify.Tampered, report.Verdict(), "whoever was shown what is lost sees that it is lost: %s", report.Text())
}
