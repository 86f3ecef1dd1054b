package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

func TestAccessTakenAgainWhileAnotherSystemWasLiveIsFound(t *testing.T) {
	h, okta, github := twoSystems(t)
	okta.down(transport.Unavailable, 50*time.Minute, activities.Find)
	h.after(20*time.Minute, func() {
		require.Equal(t, offboarding.Confirming, part(t, h.now(), "github").Stage, "github was through")
		github.holds("membership")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	require.Empty(t, github.left(), "what came back was cut again")
	looks := h.when("github.Observe")
	require.Greater(t, looks[len(looks)-1], 50*time.Minute, "the proof is from after okta was contained")
}

func TestAnAccountMadeWhileAnotherSystemWasLiveIsFound(t *testing.T) {
	h, okta, github := twoSystems(t)
	github.account, github.grants = false, nil
	okta.down(transport.Unavailable, 50*time.Minute, activities.Find)
	h.after(20*time.Minute, func() {
		github.account = true
		github.holds("membership")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	require.Empty(t, github.left())
	require.Contains(t, h.calls("github"), "github.Contain")
}

func TestACaseWithoutTroubleLooksOnce(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.offboard(jane)
	for _, system := range []string{"okta", "github"} {
		require.Equal(t, []string{system + ".Find", system + ".Contain", system + ".Revoke", system + ".Observe"}, h.calls(system))
	}
}

func TestAnotherAddressOfThePersonIsLookedForEverywhere(t *testing.T) {
	h, okta, github := twoSystems(t)
	okta.emails = []string{"Jane.Doe@example.com", "jd@example.com"}
	github.knownAs = "jd@example.com"
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	require.Empty(t, github.left())
	require.Equal(t, []string{"jd@example.com"}, github.asked[len(github.asked)-1].Emails)
}

func TestAnAccountThatIsSomebodyElsesIsLookedForAnewOnRetry(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.fail[activities.Observe] = func(try int) error {
		if try == 1 {
			okta.id = "id-new"
			okta.holds("sessions")
			return &transport.Error{Kind: transport.Identity, System: "okta", Op: "observe", Detail: "the login is another account's now"}
		}
		return nil
	}
	h.after(time.Minute, func() { h.mustDecide(offboarding.Retry, "okta") })
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	require.Equal(t, "id-new", part(t, got, "okta").Account.ID)
	require.Equal(t, []string{
		"okta.Find", "okta.Contain", "okta.Revoke", "okta.Observe",
		"okta.Find", "okta.Contain", "okta.Revoke", "okta.Observe",
	}, h.calls("okta"), "the account that was found anew is cut like the first")
}

func TestNobodyGoesOnCuttingAPersonWhoTurnsOutToBeProtected(t *testing.T) {
	h, okta, github := twoSystems(t)
	okta.shield = "is the last super administrator"
	okta.down(transport.Unavailable, 2*time.Minute, activities.Find)
	github.down(transport.Unavailable, 10*time.Minute, activities.Contain)
	h.after(30*time.Minute, func() {
		require.ElementsMatch(t, []string{"okta", "github"}, asked(h.now()))
		require.NotEmpty(t, github.left(), "github was not cut after okta had said so")
		h.mustDecide(offboarding.Waive, "okta")
		h.mustDecide(offboarding.Waive, "github")
	})
	got := h.offboard(jane)
	require.Equal(t, offboarding.Closed, got.State, got.Outcome)
	require.NotEmpty(t, github.left())
}

func TestALongDeadlineStaysFarBelowTheEventLimit(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.lies = true
	h.settings.Deadline = 30 * time.Hour
	h.after(31*time.Hour, func() { h.mustDecide(offboarding.Waive, "okta") })
	h.offboard(jane)
	require.Less(t, len(h.calls("okta")), 500)
}

// What a system was read as before counts for nothing once it had to be read
// again: a person's retry makes it be read, not be believed.
func TestAnOldReadingDoesNotStandInForOneThatFails(t *testing.T) {
	for _, verb := range []activities.Verb{activities.Observe, activities.Find} {
		t.Run(string(verb), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.down(transport.Unavailable, 50*time.Minute, activities.Find)
			if verb == activities.Find { // it is asked again under another address
				okta.emails = []string{"jd@example.com"}
			}
			refused := true
			h.after(20*time.Minute, func() {
				require.Equal(t, offboarding.Confirming, part(t, h.now(), "github").Stage)
				github.holds("membership")
				github.fail[verb] = func(int) error {
					if refused {
						return &transport.Error{Kind: transport.Unauthorized, System: "github", Op: "call", Detail: "scripted"}
					}
					return nil
				}
			})
			h.after(60*time.Minute, func() { h.mustDecide(offboarding.Retry, "github") })
			h.after(61*time.Minute, func() {
				now := h.now()
				require.Equal(t, []string{"github"}, asked(now), "still refused, so still asked")
				for _, v := range part(t, now, "github").Verdicts {
					require.False(t, v.Verified(), "%s", v.Class)
				}
				refused = false
				h.mustDecide(offboarding.Retry, "github")
			})
			got := h.offboard(jane)
			require.Equal(t, offboarding.Verified, got.State, got.Outcome)
			require.Empty(t, github.left())
		})
	}
}

func TestARetryLooksForTheAccountUntilItIsFound(t *testing.T) {
	h, okta, _ := twoSystems(t)
	wrong := &transport.Error{Kind: transport.Identity, System: "okta", Op: "call", Detail: "the login is another account's now"}
	okta.fail[activities.Observe] = func(try int) error {
		if try == 1 {
			okta.id = "id-new"
			okta.holds("sessions")
			return wrong
		}
		return nil
	}
	okta.fail[activities.Find] = func(try int) error {
		if try == 2 {
			return wrong
		}
		return nil
	}
	h.after(time.Minute, func() { h.mustDecide(offboarding.Retry, "okta") })
	h.after(2*time.Minute, func() { h.mustDecide(offboarding.Retry, "okta") })
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State, got.Outcome)
	require.Equal(t, "id-new", part(t, got, "okta").Account.ID, "never goes on with the account it was not")
	require.Empty(t, okta.left())
}
