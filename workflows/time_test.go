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

func inTwoDays() offboarding.Departure {
	d := jane
	d.At, d.Zone = monday.Add(48*time.Hour), "Europe/Vienna"
	return d
}

func moved(at time.Duration) workflows.RescheduleRequest {
	return workflows.RescheduleRequest{At: monday.Add(at), Zone: "Asia/Tokyo", By: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}
}

func TestACaseWaitsForItsTimeAndFindsWhatWasGivenMeanwhile(t *testing.T) {
	h, okta, github := twoSystems(t)
	h.after(time.Hour, func() {
		now := h.now()
		require.Equal(t, offboarding.Waiting, now.State)
		require.Equal(t, monday.Add(48*time.Hour), now.Due)
		require.Equal(t, monday.Add(49*time.Hour), now.Deadline)
		require.Empty(t, now.Needs())
		require.Contains(t, h.lastNotice().Facts, "due 2026-11-25 10:00 CET")
		okta.holds("admin-roles")
		github.holds("invitations")
	})
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, okta.left())
	require.Empty(t, github.left())
	for _, s := range []string{"okta", "github"} {
		require.Equal(t, []time.Duration{0, 48 * time.Hour}, h.when(s+".Find"))
		require.Equal(t, []time.Duration{48 * time.Hour}, h.when(s+".Contain"))
		require.Len(t, h.when(s+".Revoke"), 1, "what was given meanwhile is cut with the rest")
	}
}

func TestSomebodyWhoIsGoneWhenTheirTimeComesIsNoSpellingMistake(t *testing.T) {
	h, okta, github := twoSystems(t)
	h.after(time.Hour, func() { okta.account, github.account = false, false })
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.NothingFound, got.State)
	require.Equal(t, "jane.doe@example.com was found when this was asked for, and none of okta, github knows them any more; nothing was changed", got.Outcome)
}

func TestACaseIsMovedWhileItWaits(t *testing.T) {
	for name, at := range map[string]time.Duration{"later": 72 * time.Hour, "earlier": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			h, _, _ := twoSystems(t)
			h.after(time.Hour, func() { h.must = append(h.must, h.update(workflows.RescheduleUpdate, moved(at))) })
			h.after(2*time.Hour, func() {
				now := h.now()
				require.Equal(t, monday.Add(at), now.Due)
				require.Equal(t, monday.Add(at+time.Hour), now.Deadline)
				require.Equal(t, "Asia/Tokyo", now.Departure.Zone)
				require.Contains(t, h.lastNotice().Facts, "due "+offboarding.In(monday.Add(at), "Asia/Tokyo"))
			})
			got := h.offboard(inTwoDays())
			require.Equal(t, offboarding.Verified, got.State)
			require.Equal(t, at, h.first("okta.Contain"))
		})
	}
}

func TestACaseIsMovedWhileItLooksAgainAtItsTime(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.hook[activities.Find] = func(try int) {
		if try == 2 {
			h.update(workflows.RescheduleUpdate, moved(96*time.Hour))
		}
	}
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, 96*time.Hour, h.first("okta.Contain"), "what was promised is kept")
	require.Equal(t, []time.Duration{0, 48 * time.Hour, 96 * time.Hour}, h.when("okta.Find"))
}

func TestAWaitingCaseIsExpedited(t *testing.T) {
	h, _, _ := twoSystems(t)
	h.after(time.Hour, func() {
		h.must = append(h.must, h.update(workflows.ExpediteUpdate, workflows.ExpediteRequest{By: offboarding.Named(offboarding.DoorCommand, "hr@example.com")}))
	})
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Verified, got.State)
	require.Equal(t, time.Hour, h.first("okta.Contain"))
	require.Equal(t, []time.Duration{0, time.Hour}, h.when("okta.Find"), "looked again before cutting")
	require.Equal(t, monday.Add(2*time.Hour), got.Deadline)
}

func TestABadTimeIsRefused(t *testing.T) {
	h, okta, _ := twoSystems(t)
	okta.down(transport.Unavailable, 48*time.Hour+30*time.Minute, activities.Contain)
	var past, leaver, begun, expedited *outcome
	h.after(time.Hour, func() {
		past = h.update(workflows.RescheduleUpdate, moved(-time.Hour))
		r := moved(100 * time.Hour)
		r.By = offboarding.Named(offboarding.DoorCommand, string(jane.Subject))
		leaver = h.update(workflows.RescheduleUpdate, r)
	})
	h.after(48*time.Hour+time.Minute, func() {
		begun = h.update(workflows.RescheduleUpdate, moved(100*time.Hour))
		expedited = h.update(workflows.ExpediteUpdate, workflows.ExpediteRequest{By: offboarding.Named(offboarding.DoorCommand, "hr@example.com")})
	})
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Verified, got.State)
	require.ErrorContains(t, past.rejected, "has passed")
	require.ErrorContains(t, leaver.rejected, "own case")
	require.ErrorContains(t, begun.rejected, "has begun")
	require.ErrorContains(t, expedited.rejected, "has begun")
}

func TestASystemThatIsDownAtTheCasesTimeIsLookedAtAgainBeforeItIsCut(t *testing.T) {
	for _, kind := range []transport.Kind{transport.Unavailable, transport.Unauthorized} {
		t.Run(string(kind), func(t *testing.T) {
			h, okta, github := twoSystems(t)
			okta.fail[activities.Find] = func(try int) error {
				if try > 1 && h.env.Now().Sub(monday) < 48*time.Hour+30*time.Minute {
					return &transport.Error{Kind: kind, System: "okta", Op: "call"}
				}
				return nil
			}
			h.after(time.Hour, func() { okta.holds("admin-roles") })
			h.after(48*time.Hour+time.Minute, func() {
				require.Empty(t, github.left())
				require.Len(t, okta.left(), 4)
			})
			if kind == transport.Unauthorized {
				h.after(48*time.Hour+45*time.Minute, func() { h.mustDecide(offboarding.Retry, "okta") })
			}
			got := h.offboard(inTwoDays())
			require.Equal(t, offboarding.Verified, got.State)
			require.Empty(t, okta.left())
			require.Contains(t, h.argsOf("okta.Revoke")[0], "admin-roles", "it cuts what it finds at its time")
		})
	}
}

func TestAnAccountGivenWhileTheCaseWaitsIsNotMissedWhenTheSystemRefuses(t *testing.T) {
	h, okta, github := twoSystems(t)
	github.account = false
	github.fail[activities.Find] = func(int) error {
		if now := h.env.Now().Sub(monday); now > 47*time.Hour && now < 49*time.Hour {
			return &transport.Error{Kind: transport.Unauthorized, System: "github", Op: "call"}
		}
		return nil
	}
	h.after(time.Hour, func() { github.account = true })
	h.after(50*time.Hour, func() { h.mustDecide(offboarding.Retry, "github") })
	got := h.offboard(inTwoDays())
	require.Equal(t, offboarding.Verified, got.State)
	require.Empty(t, okta.left())
	require.Empty(t, github.left(), "the answer of two days ago is no answer")
}
