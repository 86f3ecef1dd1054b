package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/workflows"
)

func TestAFinalRefusalAsksAPersonWhoDecidesEachWay(t *testing.T) {
	for _, kind := range []transport.Kind{transport.Unauthorized, transport.Identity, transport.Refused, transport.Protected} {
		for _, verb := range verbs {
			for _, word := range []offboarding.Verb{offboarding.Retry, offboarding.Attest, offboarding.Waive} {
				t.Run(fmt.Sprint(kind, verb, word), func(t *testing.T) {
					h, okta, github := twoSystems(t)
					okta.down(kind, 30*time.Minute, verb)
					h.after(10*time.Second, func() {
						now := h.now()
						require.Equal(t, []string{"okta"}, asked(now))
						require.Contains(t, now.Needs()[0].What, "okta: call: scripted")
						require.Equal(t, offboarding.NeedsDecision, now.State)
						require.Empty(t, github.left(), "github goes on")
					})
					h.after(31*time.Minute, func() {
						require.Len(t, h.when(activities.Name("okta", verb)), 1, "a final refusal is not tried again unasked")
						h.mustDecide(word, "okta")
					})
					got := h.offboard(jane)
					require.Empty(t, got.Needs())
					require.Equal(t, 31*time.Minute, got.EndedAt.Sub(monday), "the word is acted upon at once")
					switch word {
					case offboarding.Retry:
						require.Equal(t, offboarding.Verified, got.State, got.Outcome)
						require.Empty(t, okta.left())
					case offboarding.Attest, offboarding.Waive:
						require.Equal(t, offboarding.Closed, got.State, got.Outcome)
						require.False(t, part(t, got, "okta").Verified())
						require.True(t, part(t, got, "github").Verified())
						require.Equal(t, []offboarding.Verb{word}, []offboarding.Verb{got.Decisions[0].Verb})
					}
				})
			}
		}
	}
}

func TestAWordOnOneClassLeavesTheSystemWaiting(t *testing.T) {
	h := newHouse(t)
	okta := h.system("okta").holds("sessions", "groups")
	okta.classes = []offboarding.Class{"sessions", "groups"}
	okta.down(transport.Unauthorized, 100*time.Hour, activities.Revoke)
	h.after(time.Minute, func() { h.mustDecide(offboarding.Attest, "okta/sessions") })
	h.after(2*time.Minute, func() {
		require.Equal(t, []string{"okta"}, asked(h.now()), "groups are open")
		h.mustDecide(offboarding.Waive, "okta/groups")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Closed, got.State)
	require.Equal(t, offboarding.Attested, verdict(t, got, "okta", "sessions").Proof)
	require.Equal(t, offboarding.Waived, verdict(t, got, "okta", "groups").Proof)
	require.Len(t, okta.left(), 2, "what is waived stays")
}

func TestABadDecisionIsRefusedWithAReason(t *testing.T) {
	good := offboarding.Decision{Verb: offboarding.Attest, System: "okta", Reason: "seen", By: offboarding.Named(offboarding.DoorCommand, "ada@example.com")}
	bad := map[string]func(*offboarding.Decision){
		"own case": func(d *offboarding.Decision) {
			d.By = offboarding.Named(offboarding.DoorCommand, " Jane.Doe@Example.com ")
		},
		"no system":      func(d *offboarding.Decision) { d.System = "slack" },
		"no class":       func(d *offboarding.Decision) { d.Class = "yachts" },
		"needs a reason": func(d *offboarding.Decision) { d.Reason = " " },
		"the name":       func(d *offboarding.Decision) { d.By = offboarding.Actor{} },
		"is no decision": func(d *offboarding.Decision) { d.Verb = "shrug" },
		"needs an end":   func(d *offboarding.Decision) { d.Verb = offboarding.Waive },
		"has passed": func(d *offboarding.Decision) {
			d.Verb, d.Until = offboarding.Waive, monday.Add(-time.Hour)
		},
		"only a waiver":         func(d *offboarding.Decision) { d.Until = monday.AddDate(1, 0, 0) },
		"longer than":           func(d *offboarding.Decision) { d.Reason = strings.Repeat("x", 2001) },
		"waits for no decision": func(d *offboarding.Decision) { d.System = "github" },
	}
	for why, spoil := range bad {
		t.Run(why, func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.down(transport.Unauthorized, time.Hour, activities.Contain)
			github.down(transport.Unavailable, 10*time.Minute, activities.Contain)
			d := good
			spoil(&d)
			var said *outcome
			h.after(time.Minute, func() {
				said = h.update(workflows.DecideUpdate, d)
				require.Equal(t, []string{"okta"}, asked(h.now()))
			})
			h.after(2*time.Hour, func() { h.decide(offboarding.Retry, "okta") })
			got := h.offboard(jane)
			require.ErrorContains(t, said.rejected, why)
			require.Equal(t, why == "own case", said.accepted, "what a rule refuses is kept, what makes no sense is not")
			require.Len(t, got.Decisions, 1, "a refused word is no decision")
		})
	}
}

func TestASettledSystemTakesNoWordAnyMore(t *testing.T) {
	h, okta, _ := twoSystems(t)
	h.system("github").down(transport.Unauthorized, 100*time.Hour, activities.Contain)
	okta.down(transport.Unauthorized, 3*time.Hour, activities.Contain)
	var late []*outcome
	h.after(time.Hour, func() { h.decide(offboarding.Attest, "github") })
	h.after(2*time.Hour, func() {
		late = append(late, h.decide(offboarding.Retry, "github"), h.decide(offboarding.Retry, "github/membership"), h.decide(offboarding.Waive, "github"))
	})
	h.after(4*time.Hour, func() { h.decide(offboarding.Retry, "okta") })
	got := h.offboard(jane)
	for _, o := range late {
		require.ErrorContains(t, o.rejected, "is settled")
	}
	require.Equal(t, offboarding.Closed, got.State)
	require.True(t, part(t, got, "github").Settled())
}

func TestNothingCanBeDecidedOnceTheCaseIsOver(t *testing.T) {
	h, _, _ := twoSystems(t)
	// The last message takes its time: the case is decided, its workflow open.
	h.tellErr = func(int) error {
		if h.env.Now().Sub(monday) < 10*time.Minute {
			return &transport.Error{Kind: transport.Unavailable, System: "slack", Op: "post"}
		}
		return nil
	}
	var late []*outcome
	h.after(5*time.Minute, func() {
		late = append(late, h.decide(offboarding.Retry, "okta"),
			h.update(workflows.CancelUpdate, workflows.CancelRequest{Reason: "oops", By: offboarding.Named(offboarding.DoorCommand, "ada@example.com")}),
			h.update(workflows.ExpediteUpdate, workflows.ExpediteRequest{By: offboarding.Named(offboarding.DoorCommand, "ada@example.com")}),
			h.update(workflows.RescheduleUpdate, workflows.RescheduleRequest{At: monday.AddDate(0, 0, 9), By: offboarding.Named(offboarding.DoorCommand, "ada@example.com")}))
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Len(t, late, 4)
	for _, o := range late {
		require.ErrorContains(t, o.rejected, "the case is over (verified)")
	}
}

func TestTheSameDecisionTwiceIsTheSameAsOnce(t *testing.T) {
	for _, word := range []offboarding.Verb{offboarding.Retry, offboarding.Attest, offboarding.Waive} {
		t.Run(string(word), func(t *testing.T) {
			h, okta, _ := twoSystems(t)
			okta.down(transport.Refused, 30*time.Minute, activities.Revoke)
			h.after(time.Hour, func() {
				h.mustDecide(word, "okta")
				h.decide(word, "okta") // whether it comes in time or is refused
			})
			got := h.offboard(jane)
			want := offboarding.Closed
			if word == offboarding.Retry {
				want = offboarding.Verified
			}
			require.Equal(t, want, got.State)
			require.LessOrEqual(t, len(h.when("okta.Revoke")), 3)
		})
	}
}

func TestARetryThatComesDuringAStepIsNotLost(t *testing.T) {
	h, okta, _ := twoSystems(t)
	h.settings.Patience = time.Minute
	okta.fail[activities.Contain] = func(try int) error {
		switch {
		case try < 8:
			return &transport.Error{Kind: transport.Unavailable, System: "okta", Op: "call", Detail: "busy"}
		case try == 8:
			return &transport.Error{Kind: transport.Unauthorized, System: "okta", Op: "call", Detail: "refused"}
		}
		return nil
	}
	// The try that is refused comes after 300 ms doubled seven times, 38.1 s.
	h.after(30*time.Second, func() { h.mustDecide(offboarding.Retry, "okta") })
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Less(t, got.EndedAt.Sub(monday), time.Minute, "nobody had to say it again")
}
