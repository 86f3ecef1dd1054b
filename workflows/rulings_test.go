package workflows_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/policy"
	"lastday/workflows"
)

// slowly is how long somebody takes to answer, by the real clock.
func slowly(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

func adminsNeed(count int, expired offboarding.Expiry) func(workflows.Inquiry) offboarding.Ruling {
	return func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action != workflows.ActionRequest || q.Plan == nil || !q.Plan.Admin {
			return offboarding.Ruling{}
		}
		return offboarding.Ruling{Approvals: []offboarding.Requirement{{
			Rule: "administrators", From: "security", Members: []string{"slack:SEC"}, Count: count, Within: 24 * time.Hour, Expired: expired,
		}}}
	}
}

// Two systems are found late at once. The ruling on the first one's facts
// comes back after the ruling on both and replaces it: the administrator is cut
// with nobody's agreement.
func TestAnOlderRulingDoesNotReplaceANewerOne(t *testing.T) {
	h, _, github := twoSystems(t)
	slack := h.system("slack").holds("membership", "admin-roles")
	h.settings.Policy = true
	github.down(transport.Unavailable, 30*time.Minute, activities.Find)
	slack.down(transport.Unavailable, 30*time.Minute, activities.Find)
	slack.hook[activities.Find] = func(int) {
		if h.env.Now().Sub(monday) >= 30*time.Minute {
			slowly(t, 100*time.Millisecond) // answers a moment later than github
		}
	}
	need := adminsNeed(1, offboarding.ExpiryRemind)
	var once sync.Once
	ruled := make(chan struct{})
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Plan != nil && q.Plan.Admin {
			defer once.Do(func() { close(ruled) })
		}
		if q.Plan != nil && len(q.Plan.Systems) == 2 { // okta and github: slow to answer
			select {
			case <-ruled:
				slowly(t, 300*time.Millisecond)
			case <-time.After(3 * time.Second):
			}
		}
		return need(q)
	}
	h.after(2*time.Hour, func() {
		require.Empty(t, h.when("slack.Contain"), "nobody agreed to cut an administrator")
		h.agree(sven)
	})
	h.offboard(byHanna())
	require.NotEmpty(t, h.when("slack.Contain"))
	require.GreaterOrEqual(t, h.first("slack.Contain"), 2*time.Hour)
}

// A system that fell behind at the start answered "nobody" long before the
// case's time. It is not asked again, and yet the case ends with "nobody knows them".
func TestALateSystemIsAskedAgainAtTheCasesTime(t *testing.T) {
	for _, slowEnd := range []bool{false, true} {
		t.Run(fmt.Sprint(slowEnd), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.account = false
			okta.down(transport.Unavailable, 30*time.Minute, activities.Find)
			h.after(24*time.Hour, func() {
				github.account = false // the last day: one account goes, another came
				okta.account = true
			})
			h.tellErr = func(int) error { // Slack is slow when the end is told
				if now := h.env.Now().Sub(monday); slowEnd && now >= 48*time.Hour && now < 48*time.Hour+10*time.Minute {
					return &transport.Error{Kind: transport.Unavailable, System: "slack", Op: "post"}
				}
				return nil
			}
			got := h.offboard(inTwoDays())
			t.Log(got.State, got.Outcome, h.calls("okta"), h.when("okta.Contain"))
			require.False(t, got.State == offboarding.NothingFound && len(h.when("okta.Contain")) > 0, "okta is cut after the case said that nothing was changed")
			require.NotEqual(t, offboarding.NothingFound, got.State, "nothing-found is said while okta knows the person")
		})
	}
}

// A write that is being tried again goes out after the plan has become one
// that nobody agreed to.
func TestAWriteUnderWayIsNotRepeatedUnderAPlanNobodyAgreedTo(t *testing.T) {
	for _, refuses := range []bool{false, true} {
		t.Run(fmt.Sprint(refuses), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			h.settings.Policy = true
			github.holds("admin-roles")
			github.down(transport.Unavailable, 10*time.Minute, activities.Find)
			okta.down(transport.Unavailable, 20*time.Minute, activities.Contain)
			h.rule = adminsNeed(1, offboarding.ExpiryRemind)
			if refuses {
				h.rule = func(q workflows.Inquiry) offboarding.Ruling {
					if q.Action == workflows.ActionRequest && q.Plan != nil && q.Plan.Admin {
						return offboarding.Ruling{Refused: "never-administrators", Why: "no"}
					}
					return offboarding.Ruling{}
				}
			}
			var left int
			h.after(50*time.Minute, func() {
				left = len(okta.left())
				h.update(workflows.CancelUpdate, stopIt)
			})
			got := h.offboard(byHanna())
			t.Log(got.State, got.Outcome)
			require.Equal(t, 3, left, "okta was cut at a time at which the policy did not allow it")
		})
	}
}

// The leaver agrees under another address, which the directory knows as theirs.
func TestTheLeaverUnderAnotherAddressDoesNotDecide(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.emails = []string{"jd@example.com"}
	h.settings.Policy = true
	p, err := policy.New(policy.Config{
		Groups:    map[string][]string{"security": {"slack:S0SEC00001"}},
		May:       map[policy.Action]string{policy.Request: "true", policy.Approve: "actor.memberOf('security')", policy.Decide: "actor.memberOf('security')"},
		Approvals: []policy.Approval{{Rule: "always", When: "true", From: "security"}},
	})
	require.NoError(t, err)
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		return p.Rule(policy.Question{Action: policy.Action(q.Action), Actor: q.Actor, Departure: q.Departure, Plan: q.Plan})
	}
	h.after(time.Hour, func() { h.agree(person("jd@example.com", "slack:S0SEC00001")) })
	h.after(2*time.Hour, func() {
		require.Equal(t, offboarding.AwaitingApproval, h.now().State)
		h.agree(person("sven@example.com", "slack:S0SEC00001"))
	})
	got := h.offboard(byHanna())
	require.Len(t, got.Approvals, 1)
	require.Equal(t, "sven@example.com", got.Approvals[0].By.String())
}

// failingCounsel cannot reach the brake for a while.
type failingCounsel struct {
	counsel
	until time.Duration
}

func (c failingCounsel) Admit(context.Context, workflows.Admission) (workflows.Admitted, error) {
	if c.h.env.Now().Sub(monday) < c.until {
		return workflows.Admitted{}, errors.New("no brake")
	}
	return workflows.Admitted{}, nil
}

// An emergency whose facts change while the brake is asked.
func TestAnEmergencyThatIsNoneAnyMoreSaysWhatItWaitsFor(t *testing.T) {
	h, _, github := twoSystems(t)
	h.settings.Policy = true
	h.settings.Brake = workflows.Limits{PerHour: 5}
	github.holds("admin-roles")
	github.down(transport.Unavailable, 30*time.Second, activities.Find)
	need := adminsNeed(1, offboarding.ExpiryRemind)
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		r := need(q)
		r.Emergency = q.Action == workflows.ActionRequest && len(r.Approvals) == 0 // never for administrators
		return r
	}
	for _, s := range h.systems {
		activities.Register(h.env, s, h.guard, func(context.Context) error { return nil })
	}
	activities.RegisterMessenger(h.env, h)
	workflows.Register(h.env, failingCounsel{counsel{h}, 3 * time.Minute}, nil)
	var state offboarding.State
	var agreed *outcome
	h.after(time.Hour, func() { agreed = h.agree(sven) })
	h.after(5*time.Hour, func() {
		now := h.now()
		state = now.State
		t.Log(now.State, now.Needs(), now.Ruling, len(now.Approvals), h.trace())
		if !now.State.Ended() {
			h.update(workflows.CancelUpdate, stopIt)
		}
	})
	d := byHanna()
	d.Urgent = true
	h.env.ExecuteWorkflow(workflows.OffboardType, d)
	require.True(t, h.env.IsWorkflowCompleted())
	require.True(t, agreed.done)
	require.NotEqual(t, offboarding.Containing, state, "all have agreed, nothing is asked, and nothing goes on")
	require.NotEmpty(t, h.when("okta.Contain"))
}

// A word to release counts for cases that were not held when it was said.
func TestAReleaseIsForWhatWasHeldWhenItWasSaid(t *testing.T) {
	h := guardian(t, nil)
	h.env.OnSignalExternalWorkflow("default-test-namespace", mock.Anything, mock.Anything, "released", mock.Anything).Return(
		func(_, _, _, _ string, _ any) error { return nil })
	admit := func(n int) {
		answers(h, workflows.AdmitUpdate, fmt.Sprint(n), workflows.Admission{CaseID: fmt.Sprint("case", n), RunID: fmt.Sprint("run", n), Limits: workflows.Limits{PerHour: 1}}, func(workflows.Admitted, error) {})
	}
	var out []workflows.Released
	release := func(by offboarding.Actor) {
		answers(h, workflows.ReleaseUpdate, "", workflows.SteerRequest{By: by, Reason: "these two"}, func(r workflows.Released, err error) {
			require.NoError(t, err)
			out = append(out, r)
		})
	}
	h.env.RegisterDelayedCallback(func() { admit(1); admit(2) }, time.Minute)
	h.env.RegisterDelayedCallback(func() { release(sven) }, 2*time.Minute) // one case is held
	h.env.RegisterDelayedCallback(func() {
		for n := 100; n < 300; n++ { // a week later: a file with the whole company
			admit(n)
		}
	}, 7*24*time.Hour)
	h.env.RegisterDelayedCallback(func() { release(tara) }, 7*24*time.Hour+time.Hour)
	h.env.RegisterDelayedCallback(func() { done(h) }, 8*24*time.Hour)
	h.env.ExecuteWorkflow(workflows.BrakeType, workflows.BrakeState{})
	require.Len(t, out, 2)
	require.NotZero(t, out[1].Missing, "one person alone released %d cases that the other never saw", out[1].Cases)
}

// A reminder for one requirement puts off the end of another for ever.
func TestAReminderDoesNotPutOffAnotherDeadline(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.settings.Policy = true
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action != workflows.ActionRequest || q.Plan == nil {
			return offboarding.Ruling{}
		}
		return offboarding.Ruling{Approvals: []offboarding.Requirement{
			{Rule: "a", From: "hr", Members: []string{"slack:HR"}, Count: 1, Within: 12 * time.Hour, Expired: offboarding.ExpiryRemind},
			{Rule: "b", From: "security", Members: []string{"slack:SEC"}, Count: 1, Within: 24 * time.Hour, Expired: offboarding.ExpiryCancel},
		}}
	}
	h.env.RegisterDelayedCallback(func() { h.update(workflows.CancelUpdate, stopIt) }, 240*time.Hour)
	got := h.offboard(byHanna())
	require.Equal(t, offboarding.Cancelled, got.State)
	require.LessOrEqual(t, got.EndedAt.Sub(monday), 25*time.Hour, got.Outcome)
}

// The account vanishes after something was cut.
func TestACaseThatCutSomethingDoesNotSayNothingWasChanged(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta").holds("login", "sessions", "groups")
	okta.fail[activities.Observe] = func(try int) error {
		if try == 1 {
			okta.account = false
			return &transport.Error{Kind: transport.Identity, System: "okta", Op: "observe", Detail: "gone"}
		}
		return nil
	}
	h.after(time.Minute, func() { h.mustDecide(offboarding.Retry, "okta") })
	got := h.offboard(jane)
	require.NotEmpty(t, part(t, got, "okta").Actions)
	require.NotContains(t, got.Outcome, "nothing was changed", "%s", got.State)
}

// Every refusal is kept.
func TestTheLeaversOwnWordIsKeptAsARefusal(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.settings.Policy = true
	h.after(time.Hour, func() {
		h.update(workflows.CancelUpdate, workflows.CancelRequest{Reason: "I stay", By: person(string(jane.Subject))})
		h.update(workflows.ExpediteUpdate, workflows.ExpediteRequest{By: person(string(jane.Subject))})
	})
	d := inTwoDays()
	d.RequestedBy = hanna
	got := h.offboard(d)
	require.Len(t, got.Refusals, 2)
}

// A late system answers while the policy is asked about the plan without it:
// the plan's hash then holds what the ruling never saw.
func TestARulingIsOnWhatThePlanHolds(t *testing.T) {
	h, _, github := twoSystems(t)
	h.settings.Policy = true
	github.holds("admin-roles")
	github.down(transport.Unavailable, 10*time.Second+200*time.Millisecond, activities.Find) // patience is 10 s
	need := adminsNeed(1, offboarding.ExpiryRemind)
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Plan != nil && len(q.Plan.Systems) == 1 {
			slowly(t, 1500*time.Millisecond)
		}
		return need(q)
	}
	h.after(2*time.Hour, func() { h.agree(sven) })
	got := h.offboard(byHanna())
	require.NotEmpty(t, got.Approvals, "an administrator was cut without anybody's agreement at %s", h.when("github.Contain"))
}

// The time is moved up while the policy is asked about the later one.
func TestARulingIsOnTheTimeThatTheCaseHas(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.settings.Policy = true
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action != workflows.ActionRequest || q.Plan == nil {
			return offboarding.Ruling{}
		}
		if q.Departure.At.Sub(monday) >= 24*time.Hour {
			slowly(t, 1500*time.Millisecond)
			return offboarding.Ruling{}
		}
		return offboarding.Ruling{Approvals: []offboarding.Requirement{{
			Rule: "short-notice", From: "security", Members: []string{"slack:SEC"}, Count: 1, Within: 24 * time.Hour, Expired: offboarding.ExpiryRemind,
		}}}
	}
	h.env.RegisterDelayedCallback(func() { h.update(workflows.ExpediteUpdate, workflows.ExpediteRequest{By: hanna}) }, 500*time.Millisecond)
	h.after(2*time.Hour, func() { h.agree(sven) })
	d := inTwoDays()
	d.RequestedBy = hanna
	got := h.offboard(d)
	require.NotEmpty(t, got.Approvals, "cut at %s", h.when("okta.Contain"))
}

// A reminder a minute: the server ends a run at 51,200 events.
func TestRemindersDoNotFillTheHistory(t *testing.T) {
	h, _, _ := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryRemind)
	rule := h.rule
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		r := rule(q)
		for i := range r.Approvals {
			r.Approvals[i].Within = time.Minute // the least that the policy takes
		}
		return r
	}
	h.after(7*24*time.Hour, func() { h.update(workflows.CancelUpdate, stopIt) })
	h.offboard(byHanna())
	require.Less(t, h.told, 1000, "each is a timer, an activity and their tasks: some ten events")
}

// A person's word on a system that is found late and waits for approvals.
func TestAWordOnASystemThatWaitsForApprovalIsHeard(t *testing.T) {
	h, _, github := twoSystems(t)
	h.settings.Policy = true
	github.holds("admin-roles")
	github.down(transport.Unavailable, 30*time.Minute, activities.Find)
	h.rule = adminsNeed(1, offboarding.ExpiryRemind)
	h.after(2*time.Hour, func() {
		require.Equal(t, []string{"github"}, asked(h.now()))
		h.mustDecide(offboarding.Waive, "github") // the access stays, somebody accepts that
	})
	got := h.offboard(byHanna())
	require.Equal(t, offboarding.Closed, got.State)
	require.Empty(t, h.when("github.Contain"), "waived, and cut all the same")
}

// What the brake hands on to its next run has to fit: above 2 MiB the server
// ends it, and what it counted is forgotten.
func TestTheBrakesStateFitsIntoItsNextRun(t *testing.T) {
	h := guardian(t, nil)
	run := func(n int) string { return fmt.Sprintf("0198c5b2-7a11-7d3e-9d1c-%012d", n) }
	state := workflows.BrakeState{}
	for n := range 15_000 { // people let through in one day
		state.Begun = append(state.Begun, workflows.Begun{Run: run(n), At: monday.Unix()})
	}
	for n := range 4_999 {
		state.Held = append(state.Held, workflows.Held{CaseID: fmt.Sprintf("offboard:firstname.lastname%d@example.com", n), RunID: run(20_000 + n), Since: monday})
	}
	var last workflows.Admitted
	h.env.RegisterDelayedCallback(func() {
		for n := 5_000; n < 5_002; n++ {
			answers(h, workflows.AdmitUpdate, "", workflows.Admission{
				CaseID: fmt.Sprintf("offboard:firstname.lastname%d@example.com", n), RunID: run(20_000 + n), Limits: workflows.Limits{PerHour: 1},
			}, func(a workflows.Admitted, err error) {
				require.NoError(t, err)
				last = a
			})
		}
	}, time.Minute)
	h.env.RegisterDelayedCallback(func() {
		require.NotEmpty(t, last.Held)
		require.Positive(t, last.Again, "one too many to be told: it asks again")
		v, err := h.env.QueryWorkflow(workflows.BrakeQuery)
		require.NoError(t, err)
		require.NoError(t, v.Get(&state))
		require.Len(t, state.Held, 5_000)
		raw, err := json.Marshal(state)
		require.NoError(t, err)
		require.Less(t, len(raw), 2<<20)
		done(h)
	}, time.Hour)
	h.env.ExecuteWorkflow(workflows.BrakeType, state)
	require.ErrorContains(t, h.env.GetWorkflowError(), "continue as new")
}

func TestACaseThatIsNotToldAsksAgainByItself(t *testing.T) {
	h, okta, _ := twoSystems(t)
	h.settings.Brake = workflows.Limits{PerHour: 1}
	h.brake = func(a workflows.Admission) workflows.Admitted {
		if a.Asked < 4 {
			return workflows.Admitted{Held: "too many", Again: 15 * time.Minute}
		}
		return workflows.Admitted{}
	}
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, 45*time.Minute, h.first("okta.Contain"))
	require.Empty(t, okta.left())
}
