package workflows_test

import (
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"

	"lastday/activities"
	"lastday/offboarding"
	"lastday/workflows"
)

func TestACaseThatTheBrakeHoldsWaitsForItsRelease(t *testing.T) {
	h, okta, _ := twoSystems(t)
	h.settings.Brake = workflows.Limits{PerHour: 1, Releasers: 2}
	var asked []int
	h.brake = func(a workflows.Admission) workflows.Admitted {
		asked = append(asked, a.Asked)
		if a.Asked == 1 {
			return workflows.Admitted{Held: "1 departures began in the last hour, and 1 are allowed"}
		}
		return workflows.Admitted{}
	}
	h.after(time.Hour, func() {
		now := h.now()
		require.Equal(t, offboarding.Paused, now.State)
		require.Contains(t, now.Held, "1 are allowed")
		require.Empty(t, h.when("okta.Contain"))
		okta.holds("admin-roles")
	})
	h.after(2*time.Hour, func() { h.env.SignalWorkflow("released", nil) })
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, got.Held)
	require.Equal(t, []int{1, 2}, asked)
	require.Equal(t, 2*time.Hour, h.first("okta.Contain"))
	require.Equal(t, []time.Duration{0, 2 * time.Hour}, h.when("okta.Find"), "looked up again after the wait")
	require.Empty(t, okta.left())
}

func TestAHeldCaseCanBeCancelled(t *testing.T) {
	h, okta, _ := twoSystems(t)
	h.settings.Brake = workflows.Limits{PerHour: 1}
	h.brake = func(workflows.Admission) workflows.Admitted { return workflows.Admitted{Held: "too many"} }
	h.after(time.Hour, func() { h.must = append(h.must, h.update(workflows.CancelUpdate, stopIt)) })
	got := h.offboard(jane)
	require.Equal(t, offboarding.Cancelled, got.State)
	require.Contains(t, got.Outcome, "nothing was cut")
	require.Len(t, okta.left(), 3)
}

// guardian runs the brake or the kill switch alone.
func guardian(t *testing.T, rule func(workflows.Inquiry) offboarding.Ruling) *house {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	h := &house{t: t, env: suite.NewTestWorkflowEnvironment(), rule: rule, settings: workflows.Settings{Tell: true}}
	h.env.SetStartTime(monday)
	h.recorder = &book{h: h} // asked where the settings say that a record is kept
	activities.RegisterMessenger(h.env, h)
	workflows.Register(h.env, counsel{h}, h.recorder)
	return h
}

// answers sends an update whose answer is kept.
func answers[T any](h *house, name, id string, arg any, to func(T, error)) {
	h.env.UpdateWorkflow(name, id, &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { var none T; to(none, err) },
		OnComplete: func(v any, err error) {
			got, _ := v.(T)
			to(got, err)
		},
	}, arg)
}

func TestTheBrakeLetsThroughWhatIsAllowedAndHoldsTheRest(t *testing.T) {
	h := guardian(t, nil)
	held := map[string]string{}
	admit := func(n, ask int) {
		run := fmt.Sprint("run", n)
		answers(h, workflows.AdmitUpdate, fmt.Sprint(run, "/", ask), workflows.Admission{
			CaseID: fmt.Sprint("case", n), RunID: run, Asked: ask, Limits: workflows.Limits{PerHour: 5, PerDay: 8, Releasers: 2},
		}, func(a workflows.Admitted, err error) {
			require.NoError(t, err)
			held[run] = a.Held
		})
	}
	count := func() (through int) {
		for _, why := range held {
			if why == "" {
				through++
			}
		}
		return through
	}
	var released []workflows.Released
	release := func(by offboarding.Actor) {
		answers(h, workflows.ReleaseUpdate, "", workflows.SteerRequest{By: by, Reason: "the partner's whole team"}, func(r workflows.Released, err error) {
			require.NoError(t, err)
			released = append(released, r)
		})
	}
	var mu sync.Mutex
	told := map[string]int{}
	h.env.OnSignalExternalWorkflow("default-test-namespace", mock.Anything, mock.Anything, "released", mock.Anything).Return(
		func(_, id, run, _ string, _ any) error {
			mu.Lock()
			defer mu.Unlock()
			told[id+" "+run]++
			return nil
		})
	h.env.RegisterDelayedCallback(func() {
		for n := range 50 {
			admit(n, 1)
		}
	}, time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.Equal(t, 5, count())
		require.Equal(t, "5 departures began in the last hour, and 5 are allowed", held["run20"])
		admit(2, 2) // asks again, after a crash: it was let through
		admit(20, 2)
	}, 2*time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.Equal(t, 5, count())
		for n := range 5 {
			admit(100+n, 1)
		}
	}, 70*time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.Equal(t, 8, count(), "an hour later five more, but eight a day")
		require.Contains(t, held["run104"], "8 departures began in the last day")
		release(sven)
		release(sven)
	}, 80*time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.Equal(t, []workflows.Released{{Missing: 1}, {Missing: 1}}, released)
		mu.Lock()
		defer mu.Unlock()
		require.Empty(t, told)
		release(tara)
	}, 90*time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.Equal(t, workflows.Released{Cases: 47}, released[2])
		mu.Lock()
		defer mu.Unlock()
		require.Len(t, told, 47)
		for name, n := range told {
			require.Equal(t, 1, n, name)
		}
		admit(20, 3)
		admit(200, 1)
	}, 100*time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.Empty(t, held["run20"], "released")
		require.NotEmpty(t, held["run200"], "a release does not raise the limits")
		done(h)
	}, 110*time.Minute)
	h.env.ExecuteWorkflow(workflows.BrakeType, workflows.BrakeState{})
	require.True(t, h.env.IsWorkflowCompleted())
}

func TestTheBrakeIsReleasedOnlyByWhomThePolicyAllows(t *testing.T) {
	h := guardian(t, func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action == workflows.ActionRelease && !q.Actor.InAny([]string{"slack:SEC"}) {
			return offboarding.Ruling{Refused: "may-release", Why: "ask security"}
		}
		return offboarding.Ruling{}
	})
	var refused error
	h.env.RegisterDelayedCallback(func() {
		for n := range 2 {
			answers(h, workflows.AdmitUpdate, "", workflows.Admission{RunID: fmt.Sprint(n), Limits: workflows.Limits{PerHour: 1}}, func(workflows.Admitted, error) {})
		}
		answers(h, workflows.ReleaseUpdate, "", workflows.SteerRequest{By: hanna, Reason: "go"}, func(_ workflows.Released, err error) { refused = err })
	}, time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.ErrorContains(t, refused, "refused by the rule may-release: ask security")
		v, err := h.env.QueryWorkflow(workflows.BrakeQuery)
		require.NoError(t, err)
		var state workflows.BrakeState
		require.NoError(t, v.Get(&state))
		require.Len(t, state.Held, 1)
		require.Len(t, state.Refusals, 1)
		require.Equal(t, "may-release", state.Refusals[0].Rule)
		done(h)
	}, 2*time.Minute)
	h.env.ExecuteWorkflow(workflows.BrakeType, workflows.BrakeState{})
	require.True(t, h.env.IsWorkflowCompleted())
}

// freezing runs the kill switch on the word of somebody.
func freezing(h *house, by offboarding.Actor) {
	h.env.RegisterDelayedCallback(func() {
		answers(h, workflows.FreezeUpdate, "", workflows.SteerRequest{By: by, Reason: "a wrong list"}, func(workflows.Frozen, error) {})
	}, 0)
	h.env.ExecuteWorkflow(workflows.FreezeType)
}

func TestAFreezeEndsWhenTwoPeopleSaySo(t *testing.T) {
	h := guardian(t, nil)
	say := func(by offboarding.Actor) {
		answers(h, workflows.UnfreezeUpdate, "", workflows.SteerRequest{By: by, Reason: "all clear"}, func(_ workflows.Frozen, err error) { require.NoError(t, err) })
	}
	h.env.RegisterDelayedCallback(func() {
		require.Equal(t, "FROZEN: Lastday takes nobody's access away", h.lastNotice().Headline)
		require.Contains(t, h.lastNotice().Facts, "frozen by hanna@example.com: a wrong list")
		say(sven)
		say(sven)
	}, 5*time.Second)
	h.env.RegisterDelayedCallback(func() {
		require.False(t, h.env.IsWorkflowCompleted())
		say(tara)
	}, time.Hour)
	freezing(h, hanna)
	require.NoError(t, h.env.GetWorkflowError())
	var got workflows.Frozen
	require.NoError(t, h.env.GetWorkflowResult(&got))
	require.Equal(t, time.Hour, got.EndedAt.Sub(monday))
	require.Len(t, got.Agreed, 2)
	require.Contains(t, h.lastNotice().Headline, "goes on")
}

func onlySecurity(q workflows.Inquiry) offboarding.Ruling {
	if q.Actor.InAny([]string{"slack:SEC"}) {
		return offboarding.Ruling{}
	}
	return offboarding.Ruling{Refused: "may-freeze", Why: "ask security"}
}

func TestAFreezeThatThePolicyRefusesEndsAtOnce(t *testing.T) {
	h := guardian(t, onlySecurity)
	freezing(h, hanna)
	require.NoError(t, h.env.GetWorkflowError())
	var got workflows.Frozen
	require.NoError(t, h.env.GetWorkflowResult(&got))
	require.Empty(t, got.Orders)
	require.Len(t, got.Refusals, 1)
	require.Equal(t, "may-freeze", got.Refusals[0].Rule)
	require.Empty(t, h.notices)
}

func TestARefusedWordDoesNotEndWhatAnotherHasFrozen(t *testing.T) {
	h := guardian(t, onlySecurity)
	h.env.RegisterDelayedCallback(func() {
		answers(h, workflows.FreezeUpdate, "", workflows.SteerRequest{By: sven, Reason: "stop"}, func(_ workflows.Frozen, err error) { require.NoError(t, err) })
	}, 0)
	open := false
	h.env.RegisterDelayedCallback(func() {
		open = !h.env.IsWorkflowCompleted()
	}, time.Hour)
	h.env.RegisterDelayedCallback(func() {
		open = open && !h.env.IsWorkflowCompleted()
		for _, by := range []offboarding.Actor{sven, tara} {
			answers(h, workflows.UnfreezeUpdate, "", workflows.SteerRequest{By: by, Reason: "all clear"}, func(workflows.Frozen, error) {})
		}
	}, 2*time.Hour)
	freezing(h, hanna)
	require.True(t, open)
	require.NoError(t, h.env.GetWorkflowError())
	var got workflows.Frozen
	require.NoError(t, h.env.GetWorkflowResult(&got))
	require.Len(t, got.Orders, 1)
	require.Len(t, got.Refusals, 1)
}

// done lets the brake come to its next run, which is the only way it ends.
func done(h *house) {
	h.env.SetContinueAsNewSuggested(true)
	h.env.SignalWorkflow("wake", nil)
}
