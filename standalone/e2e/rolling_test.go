package e2e

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"

	"lastday/offboarding"
	"lastday/sandbox/faults"
)

// fleet is a company whose workers are replaced while its cases are open.
type fleet struct {
	t       *testing.T
	site    *site
	place   *workplace
	address string
	now     *process
	// builds are the binaries, by the process's id, that ran so far.
	builds map[int]string
	cases  []string
	next   int
}

// rolls starts the build's worker, and then stops the one before, as a rollout
// does; cases go on meanwhile.
func (f *fleet) rolls(build string, args ...string) {
	f.t.Helper()
	before := f.now
	f.now = startProcess(f.t, build, f.address, f.place, f.site, args...)
	f.builds[f.now.cmd.Process.Pid] = build
	if before == nil {
		return
	}
	told := before.signal(f.t, syscall.SIGTERM)
	require.Zero(f.t, before.ends(f.t), before.said())
	f.t.Logf("the worker before ended after %s", before.at.Sub(told).Round(time.Millisecond))
}

// midway are the states in which a case is being cut.
var midway = []offboarding.State{offboarding.Containing, offboarding.Revoking, offboarding.Observing}

// someLeave starts a few cases, which meet a vendor that fails.
func (f *fleet) someLeave(n int) {
	f.t.Helper()
	f.site.firm.GitHub.Faults().Set(faults.Fault{Op: "*", Kind: faults.Fail, Times: 4})
	f.site.firm.Okta.Faults().Set(faults.Fault{Op: "*", Kind: faults.Latency, Millis: 40, Seconds: 20})
	for range n {
		f.leaves(offboarding.Departure{Subject: member(f.site, f.next)})
		f.next++
	}
	eventually(f.t, "they are in the middle of it", func() bool {
		c, err := f.place.cases.Get(f.t.Context(), member(f.site, f.next-1))
		return err == nil && slices.Contains(midway, c.State)
	})
}

func (f *fleet) leaves(d offboarding.Departure) {
	f.t.Helper()
	f.cases = append(f.cases, offboard(f.t, f.place.cases, d).CaseID)
}

// Workers of the released commit and of this one replace each other while cases
// wait for their date and for a person, and while others are being cut.
func TestCasesGoOnWhenWorkersAreUpgradedAndRolledBack(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the worker of an earlier commit")
	}
	before, after := releasedWorker(t), buildWorker(t, "../..")
	address, free := workplaces(t, 1)
	s := asking(t).append(t, "case: {patience: 3s}\n")
	f := &fleet{t: t, site: s, place: <-free, address: address, builds: map[int]string{}, next: 1}
	by := offboarding.Named(offboarding.DoorCommand, "hr@example.com")

	f.rolls(before)
	f.leaves(offboarding.Departure{Subject: jane})
	dated, soon := member(s, f.next), member(s, f.next+1)
	f.next += 2
	f.leaves(offboarding.Departure{Subject: dated, At: time.Now().AddDate(1, 0, 0).UTC()})
	f.leaves(offboarding.Departure{Subject: soon, At: time.Now().Add(8 * time.Second).UTC()})
	eventually(t, "Jane's case asks", func() bool {
		c, err := f.place.cases.Get(t.Context(), jane)
		return err == nil && c.State == offboarding.NeedsDecision
	})
	f.someLeave(2)
	f.rolls(after)
	f.someLeave(2)
	_, err := f.place.cases.Reschedule(t.Context(), dated, time.Now().AddDate(2, 0, 0), "Europe/Berlin", by)
	require.NoError(t, err)
	f.rolls(before) // and back
	f.someLeave(1)
	f.rolls(after)
	_, err = f.place.cases.Expedite(t.Context(), dated, by)
	require.NoError(t, err)

	both := 0
	for _, id := range f.cases {
		end, want := ended(t, f.place.cases, id), offboarding.Verified
		if end.State == offboarding.NeedsDecision {
			settleAll(t, f.place, end)
			end, want = ended(t, f.place.cases, id), offboarding.Closed
		}
		require.Equal(t, want, end.State, "%s: %s %+v", id, end.Outcome, end.Needs())
		ran := f.wellRun(history(t, f.place.c, end.ID, end.RunID))
		if ran[before] && ran[after] {
			both++
		}
	}
	t.Logf("%d cases, %d of them run by both builds", len(f.cases), both)
	require.GreaterOrEqual(t, both, 3, "Jane's, the dated one, and one that was being cut at least")
	onceEach(t, s)
	require.Equal(t, len(f.cases), s.firm.Slack.PostCount(), "one message a case")
}

// settleAll answers whatever a case asks.
func settleAll(t *testing.T, place *workplace, c offboarding.Case) {
	t.Helper()
	by := offboarding.Named(offboarding.DoorCommand, "it@example.com")
	for _, n := range c.Needs() {
		_, err := place.cases.Decide(t.Context(), c.Departure.Subject, offboarding.Decision{
			Verb: offboarding.Waive, System: n.System, Class: n.Class, Reason: "rotates in spring", By: by, Until: time.Now().AddDate(0, 1, 0),
		})
		require.NoError(t, err)
	}
}

// wellRun tells which builds ran a case, and fails if a task of it failed.
func (f *fleet) wellRun(h *historypb.History) map[string]bool {
	f.t.Helper()
	out := map[string]bool{}
	for _, e := range h.GetEvents() {
		if a := e.GetWorkflowTaskFailedEventAttributes(); a != nil {
			// A sticky worker that is gone is no failure of the code.
			require.Equal(f.t, enumspb.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE, a.GetCause(), "%v", a.GetFailure())
		}
		if a := e.GetWorkflowTaskCompletedEventAttributes(); a != nil {
			var pid int
			_, err := fmt.Sscanf(a.GetIdentity(), "%d@", &pid)
			require.NoError(f.t, err, a.GetIdentity())
			require.Contains(f.t, f.builds, pid)
			out[f.builds[pid]] = true
		}
	}
	return out
}
