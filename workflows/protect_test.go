package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

// wroteNothing checks that no writing activity was called.
func wroteNothing(t *testing.T, h *house) {
	t.Helper()
	require.False(t, slices.ContainsFunc(h.trace(), func(c call) bool {
		return c.name != activities.Name("okta", activities.Find) && c.name != activities.Name("github", activities.Find)
	}), "%v", h.trace())
}

func TestAProtectedPersonIsRefusedBeforeAnyWrite(t *testing.T) {
	protect := map[string]func(*house){
		"by the settings":       func(h *house) { h.settings.Protected = "is an executive" },
		"by an account":         func(h *house) { h.system("github").shield = "is the last owner" },
		"by the worker's guard": func(h *house) { h.guard = activities.ProtectedList{"JANE.DOE+ceo@example.com"} },
		"by the other login":    func(h *house) { h.guard = activities.ProtectedList{"Jane"} },
	}
	for how, f := range protect {
		for _, d := range []offboarding.Departure{jane, inTwoDays()} {
			t.Run(how, func(t *testing.T) {
				h, okta, github := twoSystems(t)
				f(h)
				got := h.offboard(d)
				require.Equal(t, offboarding.Refused, got.State)
				require.Contains(t, got.Outcome, "nothing was changed")
				require.Less(t, got.EndedAt.Sub(monday), time.Minute, "refused when it is asked for, not when it is due")
				require.Len(t, okta.left(), 3)
				require.Len(t, github.left(), 2)
				wroteNothing(t, h)
				require.Contains(t, h.lastNotice().Headline, "refused")
			})
		}
	}
}

func TestAPersonWhoIsProtectedMeanwhileIsRefusedAtTheirTime(t *testing.T) {
	h, _, github := twoSystems(t)
	h.after(time.Hour, func() { github.shield = "is the last owner" })
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Refused, got.State)
	require.Contains(t, got.Outcome, "github: is the last owner")
	wroteNothing(t, h)
}

func TestAPersonWhoIsProtectedRightBeforeAWriteIsNotCut(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.down(transport.Protected, 100*time.Hour, activities.Contain)
	h.after(time.Hour, func() {
		require.Equal(t, []string{"okta"}, asked(h.now()))
		require.Len(t, okta.left(), 3)
		h.mustDecide(offboarding.Waive, "okta")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Closed, got.State)
	require.Len(t, okta.left(), 3)
}

func TestASystemThatAnswersLateOfAProtectedAccountIsNotWrittenTo(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.shield = "is the last admin"
	okta.down(transport.Unavailable, 20*time.Minute, activities.Find)
	h.after(30*time.Minute, func() {
		require.Equal(t, []string{"okta"}, asked(h.now()))
		require.Contains(t, h.now().Needs()[0].What, "is the last admin")
		h.mustDecide(offboarding.Waive, "okta")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Closed, got.State)
	require.Len(t, okta.left(), 3)
	require.Empty(t, h.when("okta.Contain"))
}

func TestNobodyFoundAnywhereEndsWithAnAnswer(t *testing.T) {
	for _, down := range []time.Duration{0, 20 * time.Minute} {
		t.Run("found out after "+down.String(), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.account, github.account = false, false
			okta.down(transport.Unavailable, down, activities.Find)
			got := h.offboard(jane)
			require.Equal(t, offboarding.NothingFound, got.State, "a misspelt name is never called verified")
			require.Contains(t, got.Outcome, "none of okta, github knows jane.doe@example.com")
			wroteNothing(t, h)
		})
	}
}

func TestASystemWithoutThePersonIsVerifiedByItsEvidence(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.account = false
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.True(t, part(t, got, "okta").Verified())
	require.Equal(t, []string{"okta.Find", "okta.Find"}, h.calls("okta"), "once more after github was contained")
}

func TestAnAbsenceWithoutEvidenceIsNoAnswer(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.account, okta.noControl = false, true
	h.after(61*time.Minute, func() {
		require.Equal(t, []string{"okta"}, asked(h.now()))
		require.Contains(t, h.now().Needs()[0].What, "nothing shows that the question was answered")
		h.mustDecide(offboarding.Attest, "okta")
	})
	require.Equal(t, offboarding.Closed, h.offboard(jane).State)
}

func TestACaseWithoutSystemsIsNotVerified(t *testing.T) {
	h := newHouse(t)
	got := h.offboard(jane)
	require.Equal(t, offboarding.NothingFound, got.State)
	require.Contains(t, got.Outcome, "no system is configured")
}
