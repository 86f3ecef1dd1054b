package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
	"lastday/workflows"
)

func person(email string, groups ...string) offboarding.Actor {
	return offboarding.Actor{Door: offboarding.DoorSlack, ID: "U" + email, Email: offboarding.Subject(email), Groups: groups}
}

var (
	hanna = person("hanna@example.com", "slack:SHR")
	sven  = person("sven@example.com", "slack:SEC")
	tara  = person("tara@example.com", "slack:SEC")
)

// twoOfSecurity is a policy under which every departure needs two people.
func twoOfSecurity(h *house, expired offboarding.Expiry) {
	h.settings.Policy = true
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action != workflows.ActionRequest || q.Plan == nil {
			return offboarding.Ruling{}
		}
		return offboarding.Ruling{Approvals: []offboarding.Requirement{{
			Rule: "two-of-security", From: "security", Members: []string{"slack:SEC"}, Count: 2, Within: 24 * time.Hour, Expired: expired,
		}}}
	}
}

func byHanna() offboarding.Departure {
	d := jane
	d.RequestedBy = hanna
	return d
}

// agree sends a yes to the plan as the case has it now.
func (h *house) agree(by offboarding.Actor) *outcome {
	return h.update(workflows.ApproveUpdate, offboarding.Approval{By: by, Plan: h.now().Plan})
}

func TestNothingIsCutBeforeEnoughPeopleAgree(t *testing.T) {
	h, okta, _ := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryCancel)
	h.after(time.Hour, func() {
		now := h.now()
		require.Equal(t, offboarding.AwaitingApproval, now.State)
		require.NotEmpty(t, now.Plan)
		h.must = append(h.must, h.agree(sven))
	})
	h.after(2*time.Hour, func() {
		require.NotEmpty(t, okta.left())
		require.Empty(t, append(h.when("okta.Contain"), h.when("github.Contain")...))
		require.Equal(t, offboarding.AwaitingApproval, h.now().State)
		h.must = append(h.must, h.agree(tara))
	})
	got := h.offboard(byHanna())
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, 2*time.Hour, h.first("okta.Contain"))
	require.Equal(t, []time.Duration{0, 2 * time.Hour}, h.when("okta.Find"), "looked up again after the wait")
	require.Len(t, got.Approvals, 2)
	require.Empty(t, got.Refusals)
}

func TestWhoMayNotAgreeIsRefusedAndKept(t *testing.T) {
	h, _, _ := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryCancel)
	asked := hanna
	asked.Groups = []string{"slack:SEC"}
	guest := person("guest@example.com", "slack:SEC")
	guest.Guest = true
	leaver := person(string(jane.Subject), "slack:SEC")
	h.after(time.Hour, func() {
		h.agree(asked)
		h.agree(leaver)
		h.agree(person("stranger@example.com", "slack:OTHER"))
		h.update(workflows.ApproveUpdate, offboarding.Approval{By: sven, Plan: "another"})
		h.must = append(h.must, h.agree(sven))
	})
	h.after(2*time.Hour, func() {
		h.agree(sven)
		h.agree(guest)
		require.Equal(t, offboarding.AwaitingApproval, h.now().State)
	})
	h.after(3*time.Hour, func() { h.must = append(h.must, h.agree(tara)) })
	d := byHanna()
	d.RequestedBy = asked
	got := h.offboard(d)
	require.Equal(t, offboarding.Verified, got.State)
	rules := map[string]string{}
	for _, r := range got.Refusals {
		require.Equal(t, "approve", r.Action)
		require.False(t, r.At.IsZero())
		rules[r.By.String()+" "+r.Rule] = r.Why
	}
	require.Contains(t, rules, "hanna@example.com own-request")
	require.Contains(t, rules, string(jane.Subject)+" own-case")
	require.Contains(t, rules, "stranger@example.com not-an-approver")
	require.Contains(t, rules, "sven@example.com plan-changed")
	require.Contains(t, rules, "sven@example.com once-each")
	require.Equal(t, 3*time.Hour, h.first("okta.Contain"))
}

func TestAnotherPlanIsAskedForAnew(t *testing.T) {
	h, okta, _ := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryCancel)
	h.after(time.Hour, func() { h.must = append(h.must, h.agree(sven), h.agree(tara)) })
	h.after(2*time.Hour, func() {
		require.Equal(t, offboarding.Waiting, h.now().State)
		okta.holds("admin-roles") // given on the last day
	})
	h.after(49*time.Hour, func() {
		now := h.now()
		require.Equal(t, offboarding.AwaitingApproval, now.State, "an administrator was not what they agreed to")
		require.NotEqual(t, now.Approvals[0].Plan, now.Plan)
		require.Empty(t, h.when("okta.Contain"))
		h.must = append(h.must, h.agree(sven), h.agree(tara))
	})
	d := inTwoDays()
	d.RequestedBy = hanna
	got := h.offboard(d)
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, 49*time.Hour, h.first("okta.Contain"))
	require.Len(t, got.Approvals, 4)
}

func TestAnApprovalIsVoidWhenTheCaseIsMoved(t *testing.T) {
	h, _, _ := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryCancel)
	h.after(time.Hour, func() { h.must = append(h.must, h.agree(sven), h.agree(tara)) })
	h.after(2*time.Hour, func() {
		r := moved(24 * time.Hour)
		r.By = hanna
		h.must = append(h.must, h.update(workflows.RescheduleUpdate, r))
	})
	h.after(3*time.Hour, func() {
		require.NotEmpty(t, offboarding.Missing(h.now().Ruling.Approvals, h.now().Approvals, h.now().Plan, h.now().Departure))
	})
	h.after(25*time.Hour, func() {
		require.Empty(t, h.when("okta.Contain"))
		require.Equal(t, offboarding.AwaitingApproval, h.now().State)
		h.must = append(h.must, h.agree(sven), h.agree(tara))
	})
	d := inTwoDays()
	d.RequestedBy = hanna
	got := h.offboard(d)
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, 25*time.Hour, h.first("okta.Contain"))
}

func TestWithoutAnAnswerInTimeTheCaseEndsOrSaysSoAgain(t *testing.T) {
	t.Run("cancel", func(t *testing.T) {
		h, okta, _ := twoSystems(t)
		twoOfSecurity(h, offboarding.ExpiryCancel)
		h.after(time.Hour, func() { h.must = append(h.must, h.agree(sven)) })
		got := h.offboard(byHanna())
		require.Equal(t, offboarding.Cancelled, got.State)
		require.Contains(t, got.Outcome, "not agreed to within 24h0m0s: the rule two-of-security wants 1 more of security")
		require.Len(t, okta.left(), 3)
		require.Equal(t, 24*time.Hour, got.EndedAt.Sub(monday))
	})
	t.Run("remind", func(t *testing.T) {
		h, _, _ := twoSystems(t)
		twoOfSecurity(h, offboarding.ExpiryRemind)
		h.after(100*time.Hour, func() { h.must = append(h.must, h.agree(sven), h.agree(tara)) })
		got := h.offboard(byHanna())
		require.Equal(t, offboarding.Verified, got.State)
		require.Equal(t, 100*time.Hour, h.first("okta.Contain"))
	})
}

func TestARejectionEndsTheCaseWithNothingCut(t *testing.T) {
	h, okta, _ := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryCancel)
	var without *outcome
	h.after(time.Hour, func() {
		without = h.update(workflows.ApproveUpdate, offboarding.Approval{By: sven, Plan: h.now().Plan, Reject: true})
		h.must = append(h.must, h.update(workflows.ApproveUpdate, offboarding.Approval{By: sven, Plan: h.now().Plan, Reject: true, Reason: "wrong Jane"}))
	})
	got := h.offboard(byHanna())
	require.Equal(t, offboarding.Cancelled, got.State)
	require.ErrorContains(t, without.rejected, "a rejection needs a reason")
	require.Contains(t, got.Outcome, "rejected by sven@example.com: wrong Jane; nothing was cut")
	require.Len(t, okta.left(), 3)
}

func TestAnEmergencyContainsFirstAndAsksAfter(t *testing.T) {
	h, okta, github := twoSystems(t)
	twoOfSecurity(h, offboarding.ExpiryCancel)
	ordinary := h.rule
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		r := ordinary(q)
		r.Emergency = len(r.Approvals) > 0
		return r
	}
	github.down(transport.Unavailable, 30*time.Minute, activities.Contain)
	h.after(time.Hour, func() {
		require.Less(t, h.first("okta.Contain"), time.Minute)
		require.NotEmpty(t, h.when("github.Contain"), "a system that was late is contained as well")
		require.Empty(t, h.when("okta.Revoke"))
		require.Empty(t, h.when("github.Revoke"))
		require.Equal(t, offboarding.AwaitingApproval, h.now().State)
		require.Contains(t, h.lastNotice().Headline, "EMERGENCY, cut before anybody agreed")
		h.must = append(h.must, h.agree(sven), h.agree(tara))
	})
	d := byHanna()
	d.Urgent = true
	got := h.offboard(d)
	require.Equal(t, offboarding.Verified, got.State)
	require.GreaterOrEqual(t, h.first("okta.Revoke"), time.Hour)
	require.Empty(t, okta.left())
	require.Empty(t, github.left())
	require.NotContains(t, h.lastNotice().Headline, "EMERGENCY")
}

func TestARuleThatRefusesStopsBeforeAnySystemIsAsked(t *testing.T) {
	h, okta, _ := twoSystems(t)
	h.settings.Policy = true
	h.rule = func(workflows.Inquiry) offboarding.Ruling {
		return offboarding.Ruling{Refused: "only-hr", Why: "ask somebody of HR"}
	}
	got := h.offboard(byHanna())
	require.Equal(t, offboarding.Refused, got.State)
	require.Equal(t, "refused by the rule only-hr: ask somebody of HR; nothing was changed", got.Outcome)
	require.Empty(t, h.when("okta.Find"))
	require.Len(t, okta.left(), 3)
	require.Len(t, got.Refusals, 1)
	require.Equal(t, "request", got.Refusals[0].Action)
}

// A system that was down when people agreed may tell that the plan is another.
func TestWhatIsFoundLateIsNotCutUnderAnOlderAgreement(t *testing.T) {
	h, okta, github := twoSystems(t)
	h.settings.Policy = true
	github.holds("admin-roles")
	github.down(transport.Unavailable, 30*time.Minute, activities.Find)
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action != workflows.ActionRequest || q.Plan == nil || !q.Plan.Admin {
			return offboarding.Ruling{}
		}
		return offboarding.Ruling{Approvals: []offboarding.Requirement{{
			Rule: "administrators", From: "security", Members: []string{"slack:SEC"}, Count: 1, Within: 24 * time.Hour, Expired: offboarding.ExpiryRemind,
		}}}
	}
	h.after(2*time.Hour, func() {
		now := h.now()
		require.Empty(t, okta.left(), "what needs no approval is cut")
		require.Empty(t, h.when("github.Contain"))
		require.Equal(t, []string{"github"}, asked(now))
		require.Contains(t, now.Needs()[0].What, "1 of security (administrators)")
		h.must = append(h.must, h.agree(sven))
	})
	got := h.offboard(byHanna())
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, github.left())
	require.GreaterOrEqual(t, h.first("github.Contain"), 2*time.Hour)
}

func TestEveryActionIsAskedOfThePolicy(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.settings.Policy = true
	h.rule = func(q workflows.Inquiry) offboarding.Ruling {
		if q.Action == workflows.ActionRequest || q.Actor.Is(hanna.Email) {
			return offboarding.Ruling{}
		}
		return offboarding.Ruling{Refused: "only-hanna", Why: "ask Hanna"}
	}
	h.after(time.Hour, func() {
		r := moved(96 * time.Hour)
		r.By = sven
		h.update(workflows.RescheduleUpdate, r)
		h.update(workflows.ExpediteUpdate, workflows.ExpediteRequest{By: sven})
		h.update(workflows.CancelUpdate, workflows.CancelRequest{By: sven, Reason: "no"})
		h.agree(sven)
	})
	h.after(2*time.Hour, func() {
		now := h.now()
		require.Equal(t, offboarding.Waiting, now.State)
		require.Equal(t, monday.Add(48*time.Hour), now.Due)
		require.Len(t, now.Refusals, 4)
		h.must = append(h.must, h.update(workflows.ExpediteUpdate, workflows.ExpediteRequest{By: hanna}))
	})
	d := inTwoDays()
	d.RequestedBy = hanna
	got := h.offboard(d)
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, 2*time.Hour, h.first("okta.Contain"))
}
