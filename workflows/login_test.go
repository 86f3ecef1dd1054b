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

// oktaKnows is a house in which only Okta knows the person's GitHub login.
func oktaKnows(t *testing.T) (*house, *scripted, *scripted) {
	h, okta, github := twoSystems(t)
	okta.logins = map[offboarding.System]string{"github": "jane-doe"}
	github.needsLogin = true
	h.settings.Systems[1].LoginFrom = "okta"
	return h, okta, github
}

func TestALoginIsTakenFromTheSystemThatKnowsIt(t *testing.T) {
	h, _, github := oktaKnows(t)
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, github.left())
	require.Equal(t, []string{"jane.doe@example.com jane-doe"}, h.argsOf("github.Find"))
}

func TestASystemWaitsForTheOneThatKnowsTheLogin(t *testing.T) {
	h, okta, github := oktaKnows(t)
	vpn := h.system("wireguard").holds("peers")
	okta.down(transport.Unavailable, 40*time.Minute, activities.Find)
	h.after(time.Minute, func() {
		require.Empty(t, h.when("github.Find"), "nobody is looked for without the login")
		require.Empty(t, vpn.left(), "the rest goes on")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, github.left())
	require.Equal(t, []string{"jane.doe@example.com jane-doe"}, h.argsOf("github.Find"))
}

func TestAPersonIsNotCalledAbsentWhileTheirLoginIsUnknown(t *testing.T) {
	h, okta, github := oktaKnows(t)
	okta.down(transport.Unauthorized, 3*time.Hour, activities.Find)
	h.after(time.Hour, func() {
		require.Equal(t, []string{"okta", "github"}, asked(h.now()))
		require.Equal(t, offboarding.NeedsDecision, h.now().State)
		require.Contains(t, h.now().Needs()[1].What, "okta, which knows the login here, has not answered")
	})
	h.after(4*time.Hour, func() { h.mustDecide(offboarding.Retry, "okta") })
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, "github goes on by itself once okta has answered")
	require.Empty(t, github.left())
}

func TestAPersonIsNotCalledAbsentWhenTheLoginsSystemIsGivenUp(t *testing.T) {
	h, okta, github := oktaKnows(t)
	okta.down(transport.Unauthorized, 100*time.Hour, activities.Find)
	h.after(time.Hour, func() { h.mustDecide(offboarding.Attest, "okta") })
	h.after(2*time.Hour, func() {
		require.Equal(t, []string{"github"}, asked(h.now()))
		h.mustDecide(offboarding.Waive, "github")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Closed, got.State)
	require.Len(t, github.left(), 2)
	require.False(t, part(t, got, "github").Verified())
}

func TestWhoIsFoundWithoutTheLoginIsCutAtOnce(t *testing.T) {
	h, okta, github := oktaKnows(t)
	github.needsLogin = false
	okta.down(transport.Unauthorized, 3*time.Hour, activities.Find)
	h.after(time.Minute, func() { require.Empty(t, github.left()) })
	h.after(4*time.Hour, func() { h.mustDecide(offboarding.Retry, "okta") })
	require.Equal(t, offboarding.Verified, h.offboard(jane).State)
}

func TestALoginThatIsGivenUpWhileItIsWaitedForDoesNotHoldUpForEver(t *testing.T) {
	h, okta, github := oktaKnows(t)
	github.needsLogin = false
	okta.down(transport.Unauthorized, 100*time.Hour, activities.Find)
	h.after(time.Hour, func() { h.mustDecide(offboarding.Attest, "okta") })
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Closed, got.State)
	require.Empty(t, github.left(), "it looks again at its time, without the login")
}

func TestALoginThatIsMendedWhileTheCaseWaitsIsUsed(t *testing.T) {
	h, okta, github := oktaKnows(t)
	slices.Reverse(h.settings.Systems) // whichever is asked first
	okta.logins = nil
	h.after(time.Hour, func() { okta.logins = map[offboarding.System]string{"github": "jane-doe"} })
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, github.left())
	require.Equal(t, []string{"jane.doe@example.com ", "jane.doe@example.com jane-doe"}, h.argsOf("github.Find"))
}

func TestSystemsThatWaitForEachOthersLoginDoNotStandStill(t *testing.T) {
	h, okta, github := oktaKnows(t)
	github.needsLogin = false
	h.settings.Systems[0].LoginFrom = "github"
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, okta.left())
	require.Empty(t, github.left())
}
