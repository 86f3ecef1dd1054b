package alerts

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/workflows"
)

// cause makes what an alert is about happen, and says how it is mended.
type cause struct {
	make func(p *plant)
	mend func(p *plant)
	// within is how long after the cause the alert may come at the latest.
	within time.Duration
	// also are alerts that the same cause gives.
	also []string
}

// causes has every alert's.
func causes() map[string]cause {
	counted := func(part string) cause {
		return cause{
			make:   func(p *plant) { p.temporal.Counts[part] = 1 },
			mend:   func(p *plant) { delete(p.temporal.Counts, part) },
			within: 90 * time.Second,
		}
	}
	return map[string]cause{
		"LastdayCaseOverdue":     counted("LastdayDeadline <"),
		"LastdayBrakeHolds":      counted("'paused'"),
		"LastdayContainedLate":   {make: containLate, mend: none, within: time.Minute},
		"LastdayDecisionWaits":   {make: decisionWaits, mend: func(p *plant) { clear(p.temporal.Waiting) }, within: 4*time.Hour + time.Minute, also: []string{"LastdayRecordQuiet"}},
		"LastdayFrozen":          {make: func(p *plant) { p.temporal.Frozen = true }, mend: func(p *plant) { p.temporal.Frozen = false }, within: 15 * time.Second},
		"LastdayWorkflowFailing": {make: breakWorkflow, mend: func(p *plant) { p.frontend.breaks(false) }, within: time.Minute},
		"LastdayStepPanics":      {make: func(p *plant) { p.step(func(context.Context) error { panic("canary") }) }, mend: none, within: 30 * time.Second},
		"LastdayProcessDown":     {make: func(p *plant) { p.server.Stop() }, mend: nil, within: 90 * time.Second},
		"LastdayQueueWithoutWorker": {
			make:   func(p *plant) { p.temporal.Polled[activities.TaskQueue("okta")] = gone },
			mend:   func(p *plant) { p.temporal.Polled[activities.TaskQueue("okta")] = p.now() },
			within: 3 * time.Minute,
		},
		"LastdayTemporalDown": {make: temporalDown, mend: temporalUp, within: 90 * time.Second},
		"LastdayCensusStale":  {make: temporalDown, mend: temporalUp, within: 6 * time.Minute, also: []string{"LastdayTemporalDown"}},
		"LastdayTasksWait":    {make: tasksWait, mend: func(p *plant) { p.each = func() {} }, within: 8 * time.Minute},
		"LastdayCredentialRefused": {
			make:   func(p *plant) { p.answers(status(http.StatusUnauthorized)); p.contact() },
			mend:   func(p *plant) { p.answers(status(http.StatusOK)); p.contact() },
			within: 30 * time.Second,
		},
		"LastdayVendorDown":      {make: vendorSays(status(http.StatusBadGateway)), mend: vendorSays(status(http.StatusOK)), within: 10 * time.Minute},
		"LastdayVendorLimits":    {make: vendorSays(status(http.StatusTooManyRequests)), mend: vendorSays(status(http.StatusOK)), within: 15 * time.Minute},
		"LastdayVendorBudgetLow": {make: vendorSays(budget(40)), mend: vendorSays(budget(550)), within: 6 * time.Minute},
		"LastdayRecordStopped":   {make: tamper, mend: nil, within: 30 * time.Second, also: []string{"LastdayRecordUnsigned"}},
		"LastdayRecordUnsigned":  {make: func(p *plant) { p.unsign(); p.write("unsigned") }, mend: nil, within: 3 * time.Minute},
		"LastdayAnchorBehind":    {make: loseAnchor, mend: nil, within: 62 * time.Minute},
		"LastdayRecordQuiet":     {make: none, mend: nil, within: 2*time.Hour + time.Minute},
		"LastdayRecordUnreadable": {
			make: func(p *plant) { p.unsign(); require.NoError(p.t, p.ledger.Close()) }, mend: nil, within: 2 * time.Minute,
		},
	}
}

func none(*plant) {}

func TestEachAlertFiresWhenItIsCausedAndEndsWhenItIsMended(t *testing.T) {
	all := causes()
	for _, r := range rules(t) {
		c, known := all[r.Alert]
		require.True(t, known, "nothing here causes %s", r.Alert)
		delete(all, r.Alert)
		t.Run(r.Alert, func(t *testing.T) {
			t.Parallel()
			p := newPlant(t)
			scrapes := 0
			p.pass(5*time.Minute, func(firing []string) bool {
				require.Empty(t, firing, "all is well")
				scrapes++
				return scrapes > 12
			})
			c.make(p)
			took := p.pass(c.within, func(firing []string) bool {
				for _, f := range firing {
					require.Contains(t, append(c.also, r.Alert), f, "another alert of the same cause")
				}
				return slices.Contains(firing, r.Alert)
			})
			t.Logf("fires after %s", took)
			if c.mend == nil {
				return
			}
			c.mend(p)
			p.pass(90*time.Minute, func(firing []string) bool { return !slices.Contains(firing, r.Alert) })
		})
	}
	require.Empty(t, all, "causes without an alert")
}

func containLate(p *plant) {
	p.metrics.Temporal().WithTags(map[string]string{"system": "okta", "urgent": "false"}).Timer(workflows.ContainedTimer).Record(2 * time.Hour)
}

func decisionWaits(p *plant) {
	p.temporal.Waiting[offboarding.NeedsDecision] = []offboarding.Case{{
		ID: "offboard:canary@example.com", RunID: "run", State: offboarding.NeedsDecision,
		Systems: []offboarding.SystemCase{{System: "okta", Needs: []offboarding.Need{{System: "okta", What: "canary", Since: p.now()}}}},
	}}
}

// breakWorkflow has a case panic in a real worker, once: a task that fails again
// and again is counted each time.
func breakWorkflow(p *plant) {
	p.frontend.breaks(true)
	select {
	case <-p.frontend.failed:
	case <-time.After(20 * time.Second):
		p.t.Fatal("the task did not fail")
	}
}

func temporalDown(p *plant) { p.temporal.Down = true }
func temporalUp(p *plant)   { p.temporal.Down = false }

func tasksWait(p *plant) {
	p.each = func() {
		p.frontend.late.Store(3)
		require.Eventually(p.t, func() bool { return p.frontend.late.Load() < 0 }, 10*time.Second, time.Millisecond)
	}
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func budget(left int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Rate-Limit-Limit", "600")
		w.Header().Set("X-Rate-Limit-Remaining", strconv.Itoa(left))
		w.Header().Set("X-Rate-Limit-Reset", strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10))
	}
}

// vendorSays has the vendor called all the time, and answer so.
func vendorSays(what func(http.ResponseWriter)) func(*plant) {
	return func(p *plant) {
		p.answers(what)
		p.each = p.contact
	}
}

// tamper replaces the copy of what was signed last, as somebody would who
// rewrites the record.
func tamper(p *plant) {
	require.NoError(p.t, os.WriteFile(filepath.Join(p.dir, "record", "last-signed"), []byte("lastday.local/record\n7\nAAAA\n\n"), 0o600))
	p.write("after")
	stopped(p, func(places int, health error) bool { return health != nil })
}

func loseAnchor(p *plant) {
	require.NoError(p.t, os.RemoveAll(p.anchors()))
	require.NoError(p.t, os.WriteFile(p.anchors(), []byte("no folder"), 0o600))
	p.write("after")
	require.Eventually(p.t, func() bool {
		places, _, _ := p.ledger.Notarial()
		return !places[0].Behind.IsZero()
	}, 20*time.Second, 10*time.Millisecond)
}

func stopped(p *plant, is func(places int, health error) bool) {
	require.Eventually(p.t, func() bool {
		places, health, _ := p.ledger.Notarial()
		return is(len(places), health)
	}, 20*time.Second, 10*time.Millisecond)
}
