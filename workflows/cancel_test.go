package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/workflows"
)

var stopIt = workflows.CancelRequest{Reason: "she stays", By: offboarding.Named(offboarding.DoorCommand, "ada@example.com")}

func TestACaseCanBeCancelledAtEachStep(t *testing.T) {
	cut := map[activities.Verb]string{
		activities.Find:    "nothing was cut",
		activities.Contain: "github (1 changes)",
		activities.Revoke:  "okta (1 changes), github (3 changes)",
		activities.Observe: "okta (3 changes), github (3 changes)",
	}
	for _, verb := range verbs {
		t.Run(string(verb), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.down(transport.Unavailable, 100*time.Hour, verb)
			var said *outcome
			// The others wait ten seconds for okta before they go on without it.
			h.after(5*time.Second, func() {
				if verb == activities.Find || verb == activities.Contain {
					require.Len(t, github.left(), 2)
				}
				said = h.update(workflows.CancelUpdate, stopIt)
			})
			got := h.offboard(jane)
			require.True(t, said.done)
			require.Equal(t, offboarding.Cancelled, got.State)
			require.Contains(t, got.Outcome, "cancelled by ada@example.com: she stays")
			require.Contains(t, got.Outcome, cut[verb])
			require.Less(t, got.EndedAt.Sub(monday), 6*time.Second, "it ends at once")
			require.Empty(t, got.Needs())
			require.Equal(t, got.Outcome, h.lastNotice().Footer, "HR is told what was cut")
		})
		t.Run(string(verb)+" in Temporal", func(t *testing.T) {
			h, okta, _ := twoSystems(t)
			okta.down(transport.Unavailable, 100*time.Hour, verb)
			h.after(5*time.Second, h.env.CancelWorkflow)
			h.start(jane)
			require.True(t, h.env.IsWorkflowCompleted())
			require.True(t, temporal.IsCanceledError(h.env.GetWorkflowError()), "%v", h.env.GetWorkflowError())
			require.Contains(t, h.lastNotice().Footer, "cancelled in Temporal; ")
			require.Contains(t, h.lastNotice().Footer, cut[verb])
		})
	}
}

func TestACaseCanBeCancelledWhileItWaits(t *testing.T) {
	waits := map[string]func(*house, *offboarding.Departure){
		"for its time": func(_ *house, d *offboarding.Departure) { d.At = monday.Add(100 * time.Hour) },
		"for a person": func(h *house, _ *offboarding.Departure) {
			h.system("okta").down(transport.Unauthorized, 100*time.Hour, activities.Contain)
		},
		"for a word on a class": func(h *house, _ *offboarding.Departure) {
			h.system("github").asks("deploy-keys", offboarding.Ask)
		},
		"for the next look": func(h *house, _ *offboarding.Departure) { h.system("github").lies = true },
		"for the vendor": func(h *house, _ *offboarding.Departure) {
			h.system("okta").fail[activities.Contain] = func(int) error {
				return &transport.Error{Kind: transport.Limited, System: "okta", Op: "call", RetryAfter: 50 * time.Minute}
			}
		},
		"for a login": func(h *house, _ *offboarding.Departure) {
			h.system("okta").down(transport.Unavailable, 100*time.Hour, activities.Find)
			h.settings.Systems[1].LoginFrom = "okta"
		},
		"for a begin": func(h *house, d *offboarding.Departure) {
			d.At = monday.Add(100 * time.Hour)
			h.system("okta").down(transport.Unavailable, time.Minute, activities.Find)
		},
	}
	for what, prepare := range waits {
		t.Run(what, func(t *testing.T) {
			h, _, _ := twoSystems(t)
			d := jane
			prepare(h, &d)
			h.after(30*time.Minute, func() { h.must = append(h.must, h.update(workflows.CancelUpdate, stopIt)) })
			got := h.offboard(d)
			require.Equal(t, offboarding.Cancelled, got.State)
			require.Equal(t, 30*time.Minute, got.EndedAt.Sub(monday))
			require.Empty(t, got.Needs())
		})
		t.Run(what+" in Temporal", func(t *testing.T) {
			h, _, _ := twoSystems(t)
			d := jane
			prepare(h, &d)
			h.after(30*time.Minute, h.env.CancelWorkflow)
			h.start(d)
			require.True(t, h.env.IsWorkflowCompleted())
			require.True(t, temporal.IsCanceledError(h.env.GetWorkflowError()), "%v", h.env.GetWorkflowError())
		})
	}
}

func TestACancellationNeedsAReasonAndAName(t *testing.T) {
	for why, r := range map[string]workflows.CancelRequest{
		"needs a reason": {By: offboarding.Named(offboarding.DoorCommand, "ada@example.com")},
		"the name":       {Reason: "she stays", By: offboarding.Named(offboarding.DoorCommand, " ")},
		"own case":       {Reason: "I stay", By: offboarding.Named(offboarding.DoorCommand, "Jane.Doe@example.com")},
	} {
		h, _, _ := twoSystems(t)
		d := jane
		d.At = monday.Add(time.Hour)
		var said *outcome
		h.after(time.Minute, func() { said = h.update(workflows.CancelUpdate, r) })
		require.Equal(t, offboarding.Verified, h.offboard(d).State)
		require.ErrorContains(t, said.rejected, why)
	}
}
