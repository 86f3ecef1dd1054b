package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"lastday/activities"
	"lastday/activities/transport"
	"lastday/offboarding"
)

func TestAQuickCaseIsToldAtItsStartAndItsEnd(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.offboard(jane)
	require.Len(t, h.notices, 2)
	require.Contains(t, h.lastNotice().Headline, "is verified")
	require.Zero(t, h.doubted)
}

func TestAfterAFailureAMessageMayHaveBeenPostedUnseen(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.tellErr = func(try int) error {
		if try == 1 {
			return &transport.Error{Kind: transport.Unauthorized, System: "slack", Op: "post message"}
		}
		return nil
	}
	h.offboard(jane)
	require.Equal(t, 1, h.doubted)
}

func TestASecondAttemptLeavesADoubt(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.tellErr = func(try int) error {
		if try == 1 {
			return &transport.Error{Kind: transport.Unavailable, System: "slack", Op: "post message"}
		}
		return nil
	}
	h.offboard(jane)
	require.Equal(t, 3, h.told)
	require.Equal(t, 1, h.doubted)
}

func TestAChannelThatIsDownHoldsUpNothingBeforeTheEnd(t *testing.T) {
	for what, down := range map[string]time.Duration{"for a while": 30 * time.Minute, "for good": 100 * time.Hour} {
		t.Run(what, func(t *testing.T) {
			h, okta, github := twoSystems(t)
			h.tellErr = func(int) error {
				if h.env.Now().Sub(monday) < down {
					return &transport.Error{Kind: transport.Unavailable, System: "slack", Op: "post message", Detail: "503"}
				}
				return nil
			}
			h.after(time.Second, func() {
				require.Empty(t, okta.left())
				require.Empty(t, github.left())
			})
			got := h.offboard(jane)
			require.Equal(t, offboarding.Verified, got.State)
			require.Less(t, got.ProvenAt.Sub(monday), time.Minute)
			if down > time.Hour {
				require.Contains(t, got.Outcome, "HR could not be told, so tell them yourself: slack: post message: 503")
				return
			}
			require.Contains(t, h.lastNotice().Headline, "is verified")
		})
	}
}

func TestAChannelThatRefusesIsSaidInTheOutcome(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.tellErr = func(int) error {
		return &transport.Error{Kind: transport.Unauthorized, System: "slack", Op: "post message", Detail: "invalid_auth"}
	}
	got := h.offboard(jane)
	require.Equal(t, offboarding.Verified, got.State)
	require.Contains(t, got.Outcome, "invalid_auth")
}

func TestNoChannelMeansNoMessages(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.settings.Tell = false
	require.Equal(t, offboarding.Verified, h.offboard(jane).State)
	require.Empty(t, h.notices)
}

func TestHRIsToldWhatTheCaseWaitsForAndOnlyOnce(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.asks("groups", offboarding.Ask)
	okta.blind = []offboarding.Class{"access-tokens"}
	okta.lies = true // looked at again each minute
	told := 0
	h.after(10*time.Minute, func() { told = len(h.notices) })
	h.after(50*time.Minute, func() {
		require.Len(t, h.notices, told, "nothing has changed")
		require.Contains(t, h.lastNotice().Lines[0].Text, "access-tokens: cannot be read back")
		require.Contains(t, h.lastNotice().Lines[0].Text, "groups: machines may depend")
		require.Equal(t, offboarding.MarkNeed, h.lastNotice().Lines[0].Mark)
		require.Equal(t, offboarding.MarkDone, h.lastNotice().Lines[1].Mark)
	})
	h.after(70*time.Minute, func() {
		require.Contains(t, h.lastNotice().Headline, "needs a decision", "everything waits for people by now")
		h.mustDecide(offboarding.Waive, "okta")
	})
	require.Equal(t, offboarding.Closed, h.offboard(jane).State)
}

func TestHRIsToldWhenTheLastBusySystemIsThrough(t *testing.T) {
	h, okta, github := twoSystems(t)
	okta.down(transport.Unauthorized, 100*time.Hour, activities.Contain)
	github.down(transport.Unavailable, 20*time.Minute, activities.Revoke)
	h.after(10*time.Minute, func() { require.NotContains(t, h.lastNotice().Headline, "needs a decision") })
	h.after(30*time.Minute, func() {
		require.Contains(t, h.lastNotice().Headline, "needs a decision")
		h.mustDecide(offboarding.Attest, "okta")
	})
	h.offboard(jane)
}
